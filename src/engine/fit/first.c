/*
 * first.c - first fit: take the first free block that is large enough.
 *
 *      free list, last freed first:   [48] -> [16] -> [96] -> [64]
 *      a request for 50 bytes:         no      no     take
 *
 * The list is in LIFO order: a block just freed is still in the processor's cache, and is tried
 * first. Inserting and removing take constant time, finding looks at every free block at worst.
 *
 * Source: D. Knuth, TAOCP vol. 1, 2.5, algorithm A; the orders of the list are compared in
 * P. Wilson et al., "Dynamic Storage Allocation: A Survey and Critical Review" (1995), 3.4.
 * Expect large blocks near the head to be whittled down, and small splinters to gather there.
 */
#include "../fit.h"

static MemoryBlock *first_find(const halloc_free_set *set, size_t size) {
    MemoryBlock *block = set->root[ONE_LIST];
    while (block && halloc_probe(set, block) < size)
        block = block->nextFree;
    return block;
}

static void first_insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, ONE_LIST, block);
}

static void first_remove(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, ONE_LIST, block);
}

INTERNAL_DEFINE const halloc_policy fit_first = {
    .name = "first",
    .summary = "the first free block that is large enough, last freed first",
    .roots = ONE_LIST + 1,
    .learning = true,
    .find = first_find,
    .insert = first_insert,
    .remove = first_remove,
};
