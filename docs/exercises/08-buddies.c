/* 08-buddies.c - the binary buddy system. It merges blocks that are no buddies. Mend it. */
#include "halloc.h"

/* Sizes are those of blocks, header included: powers of two. */
static unsigned order_of(const halloc_free_set *set, size_t size) {
    return 63 - (unsigned)__builtin_clzl(size + set->header_bytes);
}

static size_t round_size(const halloc_free_set *set, size_t size) {
    size_t extent = (size_t)1 << order_of(set, size);
    while (extent < size + set->header_bytes)
        extent *= 2;
    return extent - set->header_bytes;
}

/* The largest power of two within `bytes` that divides the place. */
static size_t piece(const halloc_free_set *set, size_t payload, size_t bytes) {
    (void)set;
    size_t extent = (size_t)1 << (63 - __builtin_clzl(bytes));
    while (payload % extent)
        extent /= 2;
    return extent;
}

/* Two of one size make a block of twice the size. */
static bool may_merge(const halloc_free_set *set, size_t payload, size_t left, size_t right) {
    (void)set, (void)payload;
    return left == right;
}

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    for (unsigned order = order_of(set, size); order < 64; order++)
        if (set->root[order]) {
            halloc_probe(set, set->root[order]);
            return set->root[order];
        }
    return NULL;
}

static void insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, order_of(set, block->size), block);
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, order_of(set, block->size), block);
}

const halloc_policy halloc_user_policy = {.name = "mine",
                                          .summary = "buddies",
                                          .find = find,
                                          .insert = insert,
                                          .remove = take_out,
                                          .round_size = round_size,
                                          .piece = piece,
                                          .may_merge = may_merge};
