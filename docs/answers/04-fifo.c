/* 04-fifo.c - chapter 4: a queue: what was freed first is tried first. set->cursor is the last block, if any. */
#include "halloc.h"

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    MemoryBlock *block = set->root[0];
    while (block && halloc_probe(set, block) < size)
        block = block->nextFree;
    return block;
}

/* Behind the last. */
static void insert(halloc_free_set *set, MemoryBlock *block) {
    MemoryBlock *last = set->cursor;
    block->prevFree = last;
    block->nextFree = NULL;
    if (last)
        last->nextFree = block;
    else
        set->root[0] = block;
    set->cursor = block;
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    if (set->cursor == block)
        set->cursor = block->prevFree;
    halloc_list_unlink(set, 0, block);
}

const halloc_policy halloc_user_policy = {
    .name = "fifo",
    .summary = "first fit, first freed first",
    .learning = true,
    .find = find,
    .insert = insert,
    .remove = take_out,
};
