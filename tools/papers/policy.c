/*
 * policy.c - first fit with the free list in order of addresses: the papers' first fit, in forty lines.
 * Halloc's own `first` keeps the list in the order of frees, so an insert needs no search.
 *
 *      free list        [ 0: 48 ] -> [ 160: 16 ] -> [ 400: 2,000 ]
 *      as in memory     |  free  |in use| free |in use|   free ...
 *
 * Blocks crowd into the low end, and the free memory at the high end grows together. By this Shore explains
 * why first fit wins when sizes vary much (shore.c).
 */
#include "../../halloc.h"
#include "model.h"

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    MemoryBlock *block = set->root[0];
    while (block && halloc_probe(set, block) < size)
        block = block->nextFree;
    return block;
}

/* Inserts it after the last block that lies below. Linear: the price of the order. */
static void insert(halloc_free_set *set, MemoryBlock *block) {
    MemoryBlock *below = NULL, *above = set->root[0];
    while (above && above < block) {
        below = above;
        above = above->nextFree;
    }
    block->prevFree = below;
    block->nextFree = above;
    if (above)
        above->prevFree = block;
    if (below)
        below->nextFree = block;
    else
        set->root[0] = block;
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, 0, block);
}

bool model_policy(void) {
    static const halloc_policy policy = {
        .name = MODEL_FIRST_BY_ADDRESS,
        .summary = "the free block at the lowest address that is large enough",
        .learning = true,
        .find = find,
        .insert = insert,
        .remove = take_out,
    };
    return halloc_policy_find(policy.name) || halloc_policy_register(&policy);
}
