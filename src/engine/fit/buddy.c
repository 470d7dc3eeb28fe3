/*
 * buddy.c - the binary buddy system: sizes are powers of two, and a block has one buddy.
 *
 *      |                     256                       |
 *      |          128          |          128          |    a request for 60 bytes, header
 *      |    64     |    64     |          128          |    included, halves until 64 is left
 *       in use       its buddy
 *
 * A block of 2^k bytes lies at a multiple of 2^k. So its buddy's address differs in bit k alone, and the two
 * make a block of 2^(k+1) at a legal place. Nothing else may merge. Addresses are those of payloads, so a
 * block is aligned to its size, and an aligned request needs no search of its own. A heap whose range is not
 * a power of two is cut into the largest legal pieces.
 *
 * All work is bounded by the number of sizes, 64. Expect a quarter to a third of the memory lost to rounding.
 *
 * Source: K. Knowlton, "A Fast Storage Allocator" (CACM 8, 1965); Knuth, TAOCP vol. 1, 2.5, algorithms R and
 * S. The waste: D. Russell, "Internal Fragmentation in a Class of Buddy Systems" (SIAM J. Comput. 6, 1977).
 */
#include "../fit.h"

/* A list for each power of two, and a bit in bitmap[0] for each list that holds a block. */
static unsigned order_of(const halloc_free_set *set, size_t size) {
    return floor_log2(size + set->header_bytes);
}

static MemoryBlock *buddy_find(const halloc_free_set *set, size_t size) {
    unsigned order = order_of(set, size);
    if ((size_t)1 << order < size + set->header_bytes)
        order++;
    unsigned long larger = set->bitmap[0] & (~0ul << order);
    if (!larger)
        return NULL;
    MemoryBlock *block = set->root[__builtin_ctzl(larger)];
    halloc_probe(set, block);
    return block;
}

static void buddy_insert(halloc_free_set *set, MemoryBlock *block) {
    unsigned order = order_of(set, block->size);
    halloc_list_push(set, order, block);
    set->bitmap[0] |= 1ul << order;
}

static void buddy_remove(halloc_free_set *set, MemoryBlock *block) {
    unsigned order = order_of(set, block->size);
    halloc_list_unlink(set, order, block);
    if (!set->root[order])
        set->bitmap[0] &= ~(1ul << order);
}

static size_t buddy_round(const halloc_free_set *set, size_t size) {
    size_t extent = power_of_two_at_least(max_size(size + set->header_bytes, set->granule));
    return extent ? extent - set->header_bytes : 0;
}

/* The largest power of two within `bytes` that divides the payload's address. */
static size_t buddy_piece(const halloc_free_set *set, size_t payload, size_t bytes) {
    (void)set;
    size_t fits = (size_t)1 << floor_log2(bytes);
    size_t divides = payload & -payload;
    return payload ? min_size(fits, divides) : fits;
}

static bool buddy_may_merge(const halloc_free_set *set, size_t payload, size_t left, size_t right) {
    (void)set;
    return left == right && payload % (left + right) == 0;
}

INTERNAL_DEFINE const halloc_policy fit_buddy = {
    .name = "buddy",
    .summary = "powers of two, each with one buddy to merge with",
    .roots = 8 * sizeof(size_t),
    .find = buddy_find,
    .insert = buddy_insert,
    .remove = buddy_remove,
    .round_size = buddy_round,
    .piece = buddy_piece,
    .may_merge = buddy_may_merge,
};
