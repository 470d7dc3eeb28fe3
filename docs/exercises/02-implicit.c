/* 02-implicit.c - chapter 2: search the implicit list, every block from the first to the last. Mend find.
 *
 * The engine links all blocks of the heap in address order: next, prev. The first has no prev, the last no next.
 * A policy is also asked to keep its free blocks on a list of their own. This one does; find makes no use of it,
 * but to get hold of some block of the heap.
 */
#include "halloc.h"

static MemoryBlock *first_block(const halloc_free_set *set) {
    MemoryBlock *block = set->root[0];
    while (block && block->prev)
        block = block->prev;
    return block;
}

/* The first block in address order that will do. halloc_probe gives its size, and counts the look: ask it first, of
 * each block, or some looks are not counted. */
static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    for (MemoryBlock *block = first_block(set); block; block = block->next)
        if (halloc_probe(set, block) >= size)
            return block;
    return NULL;
}

static void insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, 0, block);
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, 0, block);
}

const halloc_policy halloc_user_policy = {
    .name = "implicit",
    .summary = "the first block in address order, found by walking over all",
    .learning = true,
    .find = find,
    .insert = insert,
    .remove = take_out,
};
