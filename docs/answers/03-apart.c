/* 03-apart.c - chapter 3: no hook may_merge: the engine merges free neighbours, whatever their sizes. */
#include "halloc.h"

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

const halloc_policy halloc_user_policy = {
    .name = "merged",
    .summary = "first fit, free neighbours merged",
    .learning = true,
    .find = find,
    .insert = insert,
    .remove = take_out,
};
