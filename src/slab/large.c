/* large.c - see large.h. */
#include "large.h"

INTERNAL void *large_take(size_t bytes, size_t alignment, bool zeroed) {
    size_t natural = min_size(power_of_two_at_least(bytes) / 8, LARGE_ALIGNMENT_BYTES);
    void *block = region_take(bytes, max_size(alignment, natural));
    if (!block && natural > alignment)
        block = region_take(bytes, alignment);
    if (!block)
        return NULL;
    store_relaxed(&unit_of(block)->kind, UNIT_BLOCK);
    count(&counters->large_taken, 1);
    count_occupied();
    dense_choose_large(block, bytes, zeroed);
    if (zeroed)
        region_clear(block, bytes);
    return block;
}

INTERNAL void large_give(void *ptr) {
    size_t bytes = region_block_bytes(ptr);
    large_set_freed(ptr, UNIT_NONE);
    count(&counters->large_released, 1);
    dense_learn(ptr, bytes);
    region_give(ptr, bytes);
}

INTERNAL bool large_expand(void *ptr, size_t bytes) {
    size_t had = region_block_bytes(ptr);
    bool done = region_resize(ptr, bytes);
    count_occupied();
    if (done && bytes > had)
        dense_choose_grown(ptr, bytes, ptr, had);
    return done;
}
