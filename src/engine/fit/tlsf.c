/*
 * tlsf.c - two-level segregated fit: two bitmaps lead to a list whose every block fits.
 *
 *      level        0              1              2                  3
 *      granules     1 2 ... 7      8 9 ... 15     16-17 ... 30-31    32-35 ... 60-63      ...
 *      bitmap[0]    0              1              0                  1
 *      eight bits   00000000       00100000       00000000           00000001
 *
 * One bit says that a level holds any block, eight more say which of its lists do. A request is rounded up
 * to where a list begins, so that every block of that list and of those above it fits. Two bit scans find the
 * first such list, and its head is taken. Nothing is searched or compared: each step takes the same time
 * however many blocks are free, as a real-time system needs.
 *
 * The price: a block in the request's own list is passed over, though it may fit. Only when no list above
 * has any is the head of the own list looked at. The paper's pool is fixed and would fail there. Our heap has
 * just grown by exactly what was missing, and that block is there. segregated.c looks at its own list
 * first: at most four blocks more, and a tighter fit.
 *
 * Source: M. Masmano, I. Ripoll, A. Crespo, J. Real, "TLSF: A New Dynamic Memory Allocator for Real-Time
 * Systems" (ECRTS 2004). Expect one probe a request, two at most, and memory near that of best fit.
 */
#include "../fit.h"

#define LEVELS (HALLOC_ROOTS / LEVEL_LISTS)
#define LEVELS_A_WORD (8 * sizeof(unsigned long) / LEVEL_LISTS)

_Static_assert(LEVELS < 8 * sizeof(unsigned long), "every level has a bit in bitmap[0]");
_Static_assert(LEVELS <= (HALLOC_WORDS - 1) * LEVELS_A_WORD, "every list has a bit in the words behind it");

/* The least number of granules from which on a list holds nothing smaller. */
static size_t round_to_list(size_t granules) {
    if (granules < LEVEL_LISTS)
        return granules;
    size_t step = (size_t)1 << (floor_log2(granules) - LEVEL_LOG);
    return (granules + step - 1) & -step;
}

/* The lists of a level that hold any block, a bit each. */
static unsigned level_bits(const halloc_free_set *set, size_t level) {
    unsigned long word = set->bitmap[1 + level / LEVELS_A_WORD];
    return (unsigned)(word >> (level % LEVELS_A_WORD * LEVEL_LISTS)) & ((1u << LEVEL_LISTS) - 1);
}

static void level_flip(halloc_free_set *set, size_t list) {
    size_t level = list / LEVEL_LISTS;
    unsigned long bit = 1ul << (level % LEVELS_A_WORD * LEVEL_LISTS + list % LEVEL_LISTS);
    set->bitmap[1 + level / LEVELS_A_WORD] ^= bit;
    if (level_bits(set, level))
        set->bitmap[0] |= 1ul << level;
    else
        set->bitmap[0] &= ~(1ul << level);
}

/* The first list from `list` on that holds a block: of its own level, or of the next that has any.
 * HALLOC_ROOTS: there is none. */
static size_t scan_bitmaps(const halloc_free_set *set, size_t list) {
    size_t level = list / LEVEL_LISTS;
    unsigned bits = level_bits(set, level) & (~0u << (list % LEVEL_LISTS));
    if (!bits) {
        unsigned long levels = set->bitmap[0] & (~0ul << (level + 1));
        if (!levels)
            return HALLOC_ROOTS;
        level = (size_t)__builtin_ctzl(levels);
        bits = level_bits(set, level);
    }
    return level * LEVEL_LISTS + (size_t)__builtin_ctz(bits);
}

/* The head of a list, if it fits. The last list has no upper end: there all are looked at. */
static MemoryBlock *fitting_head(const halloc_free_set *set, size_t list, size_t size) {
    MemoryBlock *block = set->root[list];
    while (block && halloc_probe(set, block) < size)
        block = list == LAST_LIST ? block->nextFree : NULL;
    return block;
}

static MemoryBlock *tlsf_find(const halloc_free_set *set, size_t size) {
    size_t extent = size + set->header_bytes;
    size_t rounded = round_to_list(extent / set->granule) * set->granule;
    size_t list = scan_bitmaps(set, list_by_size(set, rounded));
    return fitting_head(set, list < HALLOC_ROOTS ? list : list_by_size(set, extent), size);
}

static void tlsf_insert(halloc_free_set *set, MemoryBlock *block) {
    size_t list = list_by_size(set, block->size + set->header_bytes);
    if (!set->root[list])
        level_flip(set, list);
    halloc_list_push(set, list, block);
}

static void tlsf_remove(halloc_free_set *set, MemoryBlock *block) {
    size_t list = list_by_size(set, block->size + set->header_bytes);
    halloc_list_unlink(set, list, block);
    if (!set->root[list])
        level_flip(set, list);
}

INTERNAL_DEFINE const halloc_policy fit_tlsf = {
    .name = "tlsf",
    .summary = "two bitmaps lead to a list whose every block fits",
    .find = tlsf_find,
    .insert = tlsf_insert,
    .remove = tlsf_remove,
};
