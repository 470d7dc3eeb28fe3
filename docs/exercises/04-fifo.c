/* 04-fifo.c - chapter 4: this is a stack, last freed first. Make it a queue: what was freed first is tried first.
 *
 * A queue needs its end as well as its beginning. set->cursor is yours to keep it in; it begins as NULL.
 */
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
    .name = "fifo",
    .summary = "first fit, first freed first",
    .learning = true,
    .find = find,
    .insert = insert,
    .remove = take_out,
};
