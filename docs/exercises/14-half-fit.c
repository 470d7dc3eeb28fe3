/* 14-half-fit.c - half fit (T. Ogasawara 1995): a list for each power of two, no search at all. Every block that it
 * gives was promised to be large enough, and some are not. Mend it. */
#include "halloc.h"

/* 64 to 127 bytes: list 6; 128 to 255: list 7; ... */
static unsigned list_of(size_t size) {
    return 63 - (unsigned)__builtin_clzl(size | 1);
}

/* Nobody looks at sizes: the first block of the first list that holds any is taken. */
static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    unsigned long lists = set->bitmap[0] & (~0ul << list_of(size));
    if (!lists)
        return NULL;
    MemoryBlock *block = set->root[__builtin_ctzl(lists)];
    halloc_probe(set, block);
    return block;
}

static void insert(halloc_free_set *set, MemoryBlock *block) {
    unsigned list = list_of(block->size);
    halloc_list_push(set, list, block);
    set->bitmap[0] |= 1ul << list;
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    unsigned list = list_of(block->size);
    halloc_list_unlink(set, list, block);
    if (!set->root[list])
        set->bitmap[0] &= ~(1ul << list);
}

const halloc_policy halloc_user_policy = {.name = "half",
                                          .summary = "half fit: a list whose every block fits, unseen",
                                          .find = find,
                                          .insert = insert,
                                          .remove = take_out};
