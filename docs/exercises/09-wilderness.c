/* 09-wilderness.c - first fit that spares the last block of the heap: it alone can grow. It loses blocks as soon as
 * the heap grows. Mend it. */
#include "halloc.h"

enum { OTHERS, WILDERNESS };

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    MemoryBlock *block = set->root[OTHERS];
    while (block && halloc_probe(set, block) < size)
        block = block->nextFree;
    if (block)
        return block;
    MemoryBlock *last = set->root[WILDERNESS];
    return last && halloc_probe(set, last) >= size ? last : NULL;
}

/* What is at the top of the heap has no neighbour above. */
static void insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, block->next ? OTHERS : WILDERNESS, block);
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, block->next ? OTHERS : WILDERNESS, block);
}

const halloc_policy halloc_user_policy = {.name = "mine",
                                          .summary = "first fit, the last block last",
                                          .learning = true,
                                          .find = find,
                                          .insert = insert,
                                          .remove = take_out};
