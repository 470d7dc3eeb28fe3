/*
 * worst.c - worst fit: take the largest free block.
 *
 *      free list:   [48] -> [96] -> [16] -> [64]
 *      a request for 40 bytes:  take: the rest, 56 bytes, is still useful
 *
 * The idea sounds fair: no splinters. But it uses up every large block, and then the first large request
 * finds none. Here to be seen failing.
 *
 * Source: Knuth, TAOCP vol. 1, 2.5, exercise; Wilson et al. 1995, 3.4: clearly the worst.
 */
#include "../fit.h"

static MemoryBlock *worst_find(const halloc_free_set *set, size_t size) {
    MemoryBlock *worst = NULL;
    for (MemoryBlock *block = set->root[ONE_LIST]; block; block = block->nextFree)
        if (halloc_probe(set, block) >= size && (!worst || block->size > worst->size))
            worst = block;
    return worst;
}

INTERNAL_DEFINE const halloc_policy fit_worst = {
    .name = "worst",
    .summary = "the largest free block",
    .learning = true,
    .find = worst_find,
    .insert = first_insert,
    .remove = first_remove,
};
