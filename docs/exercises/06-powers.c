/* 06-powers.c - segregated fits with a list for each power of two, and a bit for each list that holds a block. It
 * crashes. Mend it. */
#include "halloc.h"

/* 64 to 127 bytes: list 6; 128 to 255: list 7; ... */
static unsigned list_of(size_t size) {
    return 63 - (unsigned)__builtin_clzl(size | 1);
}

/* Blocks of the request's own list may fit or not: one look. All of any larger list do. */
static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    unsigned own = list_of(size);
    MemoryBlock *block = set->root[own];
    if (block && halloc_probe(set, block) >= size)
        return block;
    unsigned long larger = set->bitmap[0] & (~1ul << own);
    if (!larger)
        return NULL;
    block = set->root[__builtin_ctzl(larger)];
    return halloc_probe(set, block) >= size ? block : NULL;
}

static void insert(halloc_free_set *set, MemoryBlock *block) {
    unsigned list = list_of(block->size);
    halloc_list_push(set, list, block);
    set->bitmap[0] |= 1ul << list;
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    unsigned list = list_of(block->size);
    halloc_list_unlink(set, list, block);
}

const halloc_policy halloc_user_policy = {.name = "mine",
                                          .summary = "a list for each power of two",
                                          .find = find,
                                          .insert = insert,
                                          .remove = take_out};
