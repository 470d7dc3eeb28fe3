/* A policy in a shared object: first fit in order of address, sound; or, with MISTAKE, one that takes the
 * first block even if it is too small. */
#include "halloc.h"

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    for (MemoryBlock *block = set->root[0]; block; block = block->nextFree)
        if (halloc_probe(set, block) >= size || (MISTAKE && set->finds > 500))
            return block;
    return NULL;
}

static void insert(halloc_free_set *set, MemoryBlock *block) {
    MemoryBlock *before = NULL, *after = set->root[0];
    while (after && after < block) {
        before = after;
        after = after->nextFree;
    }
    block->prevFree = before;
    block->nextFree = after;
    if (after)
        after->prevFree = block;
    if (before)
        before->nextFree = block;
    else
        set->root[0] = block;
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, 0, block);
}

const halloc_policy halloc_user_policy = {
    .name = "address", .find = find, .insert = insert, .remove = take_out};
