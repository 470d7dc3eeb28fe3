/* 04-address-order.c - chapter 4: a free list in address order, first fit.
 *
 *      root[0] -> 0x100 -> 0x340 -> 0x900      insert 0x500 between its neighbours on the list
 */
#include "halloc.h"

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    MemoryBlock *block = set->root[0];
    while (block && halloc_probe(set, block) < size)
        block = block->nextFree;
    return block;
}

/* Behind every block with a lower address. */
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
    .name = "ordered",
    .summary = "first fit on a list in address order",
    .learning = true,
    .find = find,
    .insert = insert,
    .remove = take_out,
};
