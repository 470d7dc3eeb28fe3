/*
 * bump.c - bump: only the free block at the end of the heap is ever taken.
 *
 *      | in use | lost   | in use | in use | frontier ............ |
 *                                            a request is cut off here; the frontier moves up
 *
 * No search and no choice: allocation is an addition. Memory comes back only where the engine merges it
 * into the frontier. A program that frees in the opposite order, as a stack does, wins all back. Any other
 * free block is lost until all between it and the frontier is free, too. One exception: a block that is
 * resized in place may grow into a lost block behind it, since that is no search either.
 *
 * Source: D. Hanson, "Fast Allocation and Deallocation of Memory Based on Object Lifetimes"
 * (Software: Practice and Experience 20, 1990). Expect one probe, and a heap as large as all requests
 * together while one old block stays.
 */
#include "../fit.h"

#define FRONTIER 0 /* at most one block */
#define LOST 1

static MemoryBlock *bump_find(const halloc_free_set *set, size_t size) {
    MemoryBlock *block = set->root[FRONTIER];
    return block && halloc_probe(set, block) >= size ? block : NULL;
}

/* The last block in address order has no next. */
static void bump_insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, block->next ? LOST : FRONTIER, block);
}

/* Not by `next`: a growing heap has linked its new memory already when the frontier joins it. */
static void bump_remove(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, block == set->root[FRONTIER] ? FRONTIER : LOST, block);
}

INTERNAL_DEFINE const halloc_policy fit_bump = {
    .name = "bump",
    .summary = "only the end of the heap: no search, and holes are lost",
    .roots = LOST + 1,
    .learning = true,
    .find = bump_find,
    .insert = bump_insert,
    .remove = bump_remove,
};
