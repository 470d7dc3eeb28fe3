/*
 * large.c - see large.h. Layer 6.
 */
#include "large.h"

#include "counters.h"
#include "huge.h"
#include "mapping.h"
#include "platform.h"
#include "purge.h"

INTERNAL void *large_take(size_t bytes, size_t alignment, bool zeroed) {
    if (bytes > PTRDIFF_MAX)
        return NULL;
    size_t natural = min_size(power_of_two_at_least(bytes) / 8, LARGE_ALIGNMENT_BYTES);
    void *block = region_take(bytes, max_size(alignment, natural));
    if (!block && natural > alignment)
        block = region_take(bytes, alignment);
    if (!block)
        return mapping_take(bytes, alignment);
    store_relaxed(&unit_of(block)->kind, UNIT_BLOCK);
    count(&counters->large_taken, 1);
    count_occupied();
    if (bytes >= HUGE_LEAST_BYTES)
        (zeroed ? huge_refuse : huge_ask)(block, bytes);
    if (zeroed)
        region_clear(block, bytes);
    return block;
}

INTERNAL size_t large_bytes(const void *ptr) {
    return large_is_block(ptr) ? region_block_bytes(ptr) : mapping_bytes(ptr);
}

static void large_release(void *ptr, size_t dirty_bytes) {
    if (!large_is_block(ptr)) {
        mapping_give(ptr);
        return;
    }
    store_relaxed(&unit_of(ptr)->kind, UNIT_NONE);
    count(&counters->large_released, 1);
    huge_learn(ptr, dirty_bytes);
    if (region_give(ptr, dirty_bytes))
        purge();
}

INTERNAL void large_give(void *ptr) {
    large_release(ptr, large_bytes(ptr));
}

INTERNAL bool large_expand(void *ptr, size_t bytes) {
    if (!large_is_block(ptr)) {
        size_t has = mapping_bytes(ptr);
        return bytes <= has && bytes > has / 2;
    }
    bool due;
    bool done = region_resize(ptr, bytes, &due);
    count_occupied();
    if (due)
        purge();
    return done;
}

/* By page tables: the old block's pages become the new one's, and the old reads as zero. Only where
 * the new one has no pages of its own to copy into: those would be thrown away, and the old block's
 * not be there for the next request. Whole pages move; what lies behind `bytes` nobody has. */
static bool move_pages(void *from, void *to, size_t bytes) {
    static uint64_t moves;
    if (bytes < MOVE_LEAST_BYTES || !large_is_block(from) || !large_is_block(to))
        return false;
    if (platform_page_bytes() > UNIT_BYTES)
        return false;
    if (region_dirty_bytes(to, bytes) > bytes / 2 || load_relaxed(&moves) >= MOVE_MOST_TIMES)
        return false;
    if (!platform_move(from, to, bytes))
        return false;
    count_always(&moves, 1);
    count(&counters->large_moved, 1);
    region_forget_dirt(from, bytes);
    return true;
}

INTERNAL void *large_move(void *ptr, size_t bytes) {
    size_t old_bytes = large_bytes(ptr), dirty_bytes = old_bytes;
    void *moved = large_take(bytes, 1, false);
    if (!moved)
        return NULL;
    size_t kept = min_size(old_bytes, bytes);
    if (move_pages(ptr, moved, align_up(kept, UNIT_BYTES)))
        dirty_bytes = 0;
    else
        memcpy(moved, ptr, kept);
    large_release(ptr, dirty_bytes);
    return moved;
}
