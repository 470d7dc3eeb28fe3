/* 03-apart.c - chapter 3: blocks of a popular size stay as they are, somebody will want them. Mend it.
 *
 * The engine asks may_merge about two free neighbours: `left` and `right` are their sizes, header included. Where
 * a policy has no such hook, the engine merges them.
 */
#include "halloc.h"

#define POPULAR 128

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    MemoryBlock *block = set->root[0];
    while (block && halloc_probe(set, block) < size)
        block = block->nextFree;
    return block;
}

static void insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, 0, block);
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, 0, block);
}

/* Merging is work, and the next request of that size would have to split again. */
static bool may_merge(const halloc_free_set *set, size_t payload, size_t left, size_t right) {
    (void)set, (void)payload;
    return left > POPULAR && right > POPULAR;
}

const halloc_policy halloc_user_policy = {
    .name = "apart",
    .summary = "first fit that leaves small blocks apart",
    .learning = true,
    .find = find,
    .insert = insert,
    .remove = take_out,
    .may_merge = may_merge,
};
