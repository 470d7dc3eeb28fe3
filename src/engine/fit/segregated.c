/*
 * segregated.c - segregated fits: a list for each range of sizes, and a bitmap of those that hold blocks.
 *
 *      granules   1  2  3 ... 15 | 16-17 18-19 ... 30-31 | 32-35 ... 60-63 | 64-71 ...
 *      list       1  2  3 ... 15 |  16    17   ...  23   |  24   ...  31   |  32   ...
 *
 * A request looks at the head of its own list, where a block may fit, and then at the next list that holds
 * any, where all fit. Every step takes constant time. The fit is within an eighth of best fit.
 *
 * Source: M. Masmano et al., "TLSF: A New Dynamic Memory Allocator for Real-Time Systems" (ECRTS
 * 2004). The lists are LIFO, so a block that was just freed, and is warm, is taken first.
 */
#include "../fit.h"

#define WORD_BITS (8 * sizeof(unsigned long))

_Static_assert(HALLOC_ROOTS <= HALLOC_WORDS * WORD_BITS, "every list has a bit");

/* How many blocks of a request's own list are looked at before the next list is. */
#define OWN_LIST_LOOKS 4

/* The first list from `list` on that holds a block; HALLOC_ROOTS if none does. */
static size_t next_used_list(const halloc_free_set *set, size_t list) {
    for (size_t word = list / WORD_BITS; word < HALLOC_WORDS; word++) {
        unsigned long bits = set->bitmap[word];
        if (word == list / WORD_BITS)
            bits &= ~0ul << (list % WORD_BITS);
        if (bits)
            return word * WORD_BITS + (size_t)__builtin_ctzl(bits);
    }
    return HALLOC_ROOTS;
}

static MemoryBlock *segregated_find(const halloc_free_set *set, size_t size) {
    size_t own = list_by_size(set, size + set->header_bytes);
    MemoryBlock *block = set->root[own];
    for (int look = 0; block && (look < OWN_LIST_LOOKS || own == LAST_LIST); look++) {
        if (halloc_probe(set, block) >= size)
            return block;
        block = block->nextFree;
    }
    size_t list = next_used_list(set, own + 1);
    if (list == HALLOC_ROOTS)
        return NULL;
    halloc_probe(set, set->root[list]);
    return set->root[list];
}

static void segregated_insert(halloc_free_set *set, MemoryBlock *block) {
    size_t list = list_by_size(set, block->size + set->header_bytes);
    halloc_list_push(set, list, block);
    set->bitmap[list / WORD_BITS] |= 1ul << (list % WORD_BITS);
}

static void segregated_remove(halloc_free_set *set, MemoryBlock *block) {
    size_t list = list_by_size(set, block->size + set->header_bytes);
    halloc_list_unlink(set, list, block);
    if (!set->root[list])
        set->bitmap[list / WORD_BITS] &= ~(1ul << (list % WORD_BITS));
}

INTERNAL_DEFINE const halloc_policy fit_segregated = {
    .name = "segregated",
    .summary = "a list for each range of sizes; constant time",
    .find = segregated_find,
    .insert = segregated_insert,
    .remove = segregated_remove,
};
