/* 00-large-enough.c - chapter 0: a policy that forgot to ask one thing. Mend find.
 *
 * Somebody wants `size` bytes. The free blocks are on a list: set->root[0] is the first, nextFree leads from
 * each to the next, NULL ends it. find returns the one to use, or NULL if none will do.
 */
#include "halloc.h"

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    (void)size;
    return set->root[0];
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
