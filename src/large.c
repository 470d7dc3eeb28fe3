/*
 * large.c - see large.h. Layer 6.
 */
#include "large.h"

#include "conf.h"
#include "counters.h"
#include "mapping.h"
#include "platform.h"
#include "purge.h"

static uint8_t *kind_of(const void *block) {
    return &region.slabs[region_unit(block)].kind;
}

static bool is_block(const void *ptr) {
    return region_contains(ptr) && ((uintptr_t)ptr & (UNIT_BYTES - 1)) == 0 &&
           load_relaxed(kind_of(ptr)) == UNIT_BLOCK;
}

INTERNAL void *large_take(size_t bytes, size_t alignment, bool zeroed) {
    if (bytes > PTRDIFF_MAX)
        return NULL;
    void *block = region.base ? region_take(bytes, alignment) : NULL;
    if (!block)
        return mapping_take(bytes, alignment);
    store_relaxed(kind_of(block), UNIT_BLOCK);
    count(&counters->large_taken, 1);
    count_occupied();
    if (zeroed)
        region_clear(block, bytes);
    if (conf.thp == CONF_THP_LARGE && bytes >= 4 * MIB)
        platform_huge_pages(block, region_block_bytes(block), true);
    return block;
}

INTERNAL size_t large_bytes(const void *ptr) {
    return is_block(ptr) ? region_block_bytes(ptr) : mapping_bytes(ptr);
}

INTERNAL void large_give(void *ptr) {
    if (!is_block(ptr)) {
        mapping_give(ptr);
        return;
    }
    store_relaxed(kind_of(ptr), UNIT_NONE);
    count(&counters->large_released, 1);
    if (region_give(ptr, region_block_bytes(ptr)))
        purge();
}

INTERNAL bool large_expand(void *ptr, size_t bytes) {
    if (!is_block(ptr))
        return mapping_bytes(ptr) >= bytes;
    bool due;
    bool done = region_resize(ptr, bytes, &due);
    count_occupied();
    if (due)
        purge();
    return done;
}

/* By page tables: the old block's pages become the new one's, and the old reads as zero. Whole
 * pages move; the block ends with one, and what lies behind `bytes` in it nobody has. */
static bool move_pages(void *from, void *to, size_t bytes) {
    static uint64_t moves;
    if (bytes < MOVE_LEAST_BYTES || !is_block(from) || !is_block(to) || platform_page_bytes() > UNIT_BYTES)
        return false;
    if (load_relaxed(&moves) >= MOVE_MOST_TIMES || !platform_move(from, to, bytes))
        return false;
    count(&moves, 1);
    count(&counters->large_moved, 1);
    return true;
}

INTERNAL void *large_move(void *ptr, size_t bytes) {
    size_t old_bytes = large_bytes(ptr);
    void *moved = large_take(bytes, 1, false);
    if (!moved)
        return NULL;
    size_t kept = min_size(old_bytes, bytes);
    if (!move_pages(ptr, moved, align_up(kept, UNIT_BYTES)))
        memcpy(moved, ptr, kept);
    large_give(ptr);
    return moved;
}
