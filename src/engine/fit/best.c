/*
 * best.c - best fit: take the smallest free block that is large enough.
 *
 *      free list:   [48] -> [96] -> [16] -> [64]
 *      a request for 50 bytes:                take: 64 leaves the least over
 *
 * Large blocks stay whole for large requests; what is left over of each is a small splinter. The
 * search looks at every free block, unless one fits exactly.
 *
 * Source: Knuth, TAOCP vol. 1, 2.5. J. Shore, "On the External Storage Fragmentation Produced by
 * First-Fit and Best-Fit Allocation Strategies" (CACM 18, 1975): within a few percent of first
 * fit, now one ahead, now the other, by the distribution of sizes.
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

static void best_insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, ONE_LIST, block);
}

static void best_remove(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, ONE_LIST, block);
}

INTERNAL_DEFINE const halloc_policy fit_best = {
    .name = "best",
    .summary = "the smallest free block that is large enough",
    .roots = ONE_LIST + 1,
    .learning = true,
    .find = best_find,
    .insert = best_insert,
    .remove = best_remove,
};
