/* 05-next-fit.c - next fit: go on where the last search ended. The rover never stands on a block that is gone. */
#include "halloc.h"

static MemoryBlock *search(const halloc_free_set *set, MemoryBlock *block, const MemoryBlock *stop,
                           size_t size) {
    while (block && block != stop && halloc_probe(set, block) < size)
        block = block->nextFree;
    return block == stop ? NULL : block;
}

/* From the rover to the end of the list, then from the start to the rover. */
static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    MemoryBlock *found = search(set, set->cursor, NULL, size);
    return found ? found : search(set, set->root[0], set->cursor, size);
}

static void insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, 0, block);
}

/* The search ended here: the next one begins behind it. */
static void take(halloc_free_set *set, MemoryBlock *block) {
    set->cursor = block->nextFree;
}

/* A block also leaves when a neighbour absorbs it, and nobody calls take then. */
static void take_out(halloc_free_set *set, MemoryBlock *block) {
    if (set->cursor == block)
        set->cursor = block->nextFree;
    halloc_list_unlink(set, 0, block);
}

const halloc_policy halloc_user_policy = {.name = "mine",
                                          .summary = "next fit",
                                          .learning = true,
                                          .find = find,
                                          .insert = insert,
                                          .remove = take_out,
                                          .take = take};
