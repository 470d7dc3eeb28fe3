/*
 * worst.c - worst fit: take the largest free block.
 *
 *      free list:   [48] -> [96] -> [16] -> [64]
 *      a request for 40 bytes:  take: what is left over (56) is still useful
 *
 * The idea sounds fair: no splinters. It uses up every large block, and the first large request
 * then finds none. Here to be seen failing.
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

static void worst_insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, ONE_LIST, block);
}

static void worst_remove(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, ONE_LIST, block);
}

INTERNAL_DEFINE const halloc_policy fit_worst = {
    .name = "worst",
    .summary = "the largest free block",
    .roots = ONE_LIST + 1,
    .learning = true,
    .find = worst_find,
    .insert = worst_insert,
    .remove = worst_remove,
};
