/* 00-large-enough.c - chapter 0: take the first free block that is large enough.
 *
 * Somebody wants `size` bytes. The free blocks are on a list: set->root[0] is the first, nextFree leads from
 * each to the next, NULL ends it. find returns the one to use, or NULL if none will do.
 */
#include "halloc.h"

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    MemoryBlock *block = set->root[0];
    while (block && block->size < size)
        block = block->nextFree;
    return block;
}

/* A block became free: put it on the list, in front. */
static void insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, 0, block);
}

/* A block is no longer free: take it off the list. */
static void take_out(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, 0, block);
}

const halloc_policy halloc_user_policy = {
    .name = "mine",
    .summary = "the first free block that is large enough",
    .learning = true,
    .find = find,
    .insert = insert,
    .remove = take_out,
};
