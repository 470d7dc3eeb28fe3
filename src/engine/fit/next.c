/*
 * next.c - next fit: first fit that goes on where it last took a block.
 *
 *      free list:   [48] -> [96] -> [16] -> [64] -> back to the start
 *                                    ^ rover
 *      a request for 50 bytes:      no     take; the rover moves on
 *
 * The rover spreads the search over the list, so that splinters do not gather at its head. It moves when a
 * block is taken: finding changes nothing. When its own block is merged away, it steps to the next.
 *
 * Source: Knuth, TAOCP vol. 1, 2.5, exercise 6. Expect short searches and poor memory: blocks of
 * all ages end up beside each other (Wilson et al. 1995, 3.4).
 */
#include "../fit.h"

/* From `block` to the end of the list, or to `stop`. */
static MemoryBlock *search_list(const halloc_free_set *set, MemoryBlock *block, const MemoryBlock *stop,
                                size_t size) {
    while (block && block != stop && halloc_probe(set, block) < size)
        block = block->nextFree;
    return block == stop ? NULL : block;
}

static MemoryBlock *next_find(const halloc_free_set *set, size_t size) {
    MemoryBlock *found = search_list(set, set->cursor, NULL, size);
    return found ? found : search_list(set, set->root[ONE_LIST], set->cursor, size);
}

/* In front of the rover: what was freed just now is looked at last. A rover that went past the
 * end of the list stands at its start. */
static void next_insert(halloc_free_set *set, MemoryBlock *block) {
    if (!set->cursor)
        set->cursor = set->root[ONE_LIST];
    MemoryBlock *rover = set->cursor;
    if (!rover || !rover->prevFree) {
        halloc_list_push(set, ONE_LIST, block);
        return;
    }
    block->nextFree = rover;
    block->prevFree = rover->prevFree;
    rover->prevFree->nextFree = block;
    rover->prevFree = block;
}

static void next_remove(halloc_free_set *set, MemoryBlock *block) {
    if (set->cursor == block)
        set->cursor = block->nextFree;
    halloc_list_unlink(set, ONE_LIST, block);
}

static void next_take(halloc_free_set *set, MemoryBlock *block) {
    set->cursor = block->nextFree;
}

INTERNAL_DEFINE const halloc_policy fit_next = {
    .name = "next",
    .summary = "first fit that goes on where it last took a block",
    .roots = ONE_LIST + 1,
    .learning = true,
    .find = next_find,
    .insert = next_insert,
    .remove = next_remove,
    .take = next_take,
};
