/*
 * best.c - best fit: take the smallest free block that is large enough.
 *
 *      free list:   [48] -> [96] -> [16] -> [64]
 *      a request for 50 bytes:                take: 64 leaves the least over
 *
 * Large blocks stay whole for large requests; the rest of each block is a small splinter. The search looks
 * at every free block, unless one fits exactly.
 *
 * Source: Knuth, TAOCP vol. 1, 2.5. J. Shore, "On the External Storage Fragmentation Produced by First-Fit
 * and Best-Fit Allocation Strategies" (CACM 18, 1975): within a few percent of first fit, either way.
 */
#include "../fit.h"

static MemoryBlock *best_find(const halloc_free_set *set, size_t size) {
    MemoryBlock *best = NULL;
    for (MemoryBlock *block = set->root[ONE_LIST]; block; block = block->nextFree) {
        size_t has = halloc_probe(set, block);
        if (has == size)
            return block;
        if (has > size && (!best || has < best->size))
            best = block;
    }
    return best;
}

INTERNAL_DEFINE const halloc_policy fit_best = {
    .name = "best",
    .summary = "the smallest free block that is large enough",
    .learning = true,
    .find = best_find,
    .insert = first_insert,
    .remove = first_remove,
};
