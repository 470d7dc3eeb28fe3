/*
 * purge.c - see purge.h.
 */
#include "purge.h"

#include "../base/counters.h"
#include "huge.h"
#include "../platform/platform.h"

/* A long stretch is given back but for its edges (purge_block): these stay until nothing else is left. */
static bool is_rest(const MemoryBlock *block) {
    return block->size >= HUGE_LEAST_BYTES && block->tag * UNIT_BYTES < HUGE_LEAST_BYTES;
}

struct work {
    size_t keep_units;
    size_t fruitless; /* blocks that gave nothing: they stand in front of those that were not tried */
    size_t purged;    /* units */
    bool rests;
};

/* Holds up to PURGE_BATCH free blocks, from the policy's last list on: the largest, where it sorts them by
 * size. What was purged has left these lists, so no batch looks at what others looked at. */
static void hold_some(const struct work *work) {
    size_t dirty = region.engine.dirty_units, skip = work->fruitless;
    for (size_t root = HALLOC_ROOTS; root-- > 0;) {
        for (MemoryBlock *next, *block = region.engine.warm.root[root]; block; block = next) {
            if (dirty <= work->keep_units || region.held_count == PURGE_BATCH)
                return;
            next = block->nextFree;
            if (is_rest(block) && !work->rests)
                continue;
            if (skip) {
                skip--;
                continue;
            }
            dirty -= min_size(block->tag, dirty);
            engine_hold(&region.engine, block);
            region.held[region.held_count++] = block;
        }
    }
}

/* Gives the dirty stretches of a held block back, and marks them clean where that worked. Pages
 * may be larger than units: a page that lies partly outside the block stays. So does a huge page, in a long
 * stretch: half of one given back leaves 512 small ones, and as many faults for whoever
 * comes next. But nothing stays at the top, which may come down. Returns units given back. */
static size_t purge_block(MemoryBlock *block, bool at_top) {
    uint64_t *map = region.engine.dirty_map;
    size_t page = platform_page_bytes(), purged = 0;
    size_t first = block_unit(&region.engine, block), end = first + (block->size >> UNIT_SHIFT);
    for (size_t after, at = first; (at = dirty_next(map, at, end, true)) < end; at = after) {
        after = dirty_next(map, at, end, false);
        bool is_long = (after - at) << UNIT_SHIFT >= HUGE_LEAST_BYTES;
        size_t step = is_long ? HUGE_STEP_BYTES : page, last_step = at_top ? page : step;
        size_t from = max_size(align_down(at << UNIT_SHIFT, step), align_up(first << UNIT_SHIFT, step));
        size_t to = min_size(align_up(after << UNIT_SHIFT, step), align_down(end << UNIT_SHIFT, last_step));
        if (from >= to || !platform_purge(region.base + from, to - from))
            continue;
        if (!is_long)
            huge_wish(region.base + from, to - from, false);
        lock_acquire(&region.lock);
        purged += dirty_count(map, from >> UNIT_SHIFT, to >> UNIT_SHIFT);
        dirty_clear(map, from >> UNIT_SHIFT, to >> UNIT_SHIFT);
        lock_release(&region.lock);
    }
    return purged;
}

/* One batch: held under the lock, purged outside it, given back. False: nothing was left to try. */
static bool purge_batch(struct work *work) {
    lock_acquire(&region.lock);
    hold_some(work);
    const MemoryBlock *last = region.engine.last;
    lock_release(&region.lock);
    if (!region.held_count)
        return false;

    for (size_t index = 0; index < region.held_count; index++) {
        size_t purged = purge_block(region.held[index], region.held[index] == last);
        work->purged += purged;
        work->fruitless += !purged;
    }

    lock_acquire(&region.lock);
    purge_unhold();
    store_relaxed(&counters->free_dirty_bytes, region.engine.dirty_units * UNIT_BYTES);
    lock_release(&region.lock);
    return true;
}

INTERNAL void purge_unhold(void) {
    while (region.held_count)
        engine_unhold(&region.engine, region.held[--region.held_count]);
    __atomic_add_fetch(&region.batches, 1, __ATOMIC_RELAXED);
    platform_wake(&region.batches, INT32_MAX);
}

/* One thread purges at a time: a second would find the blocks held, and look for worse ones. */
static bool begin(void) {
    lock_acquire(&region.lock);
    bool first = !region.purging;
    if (first)
        region.purger = thread_mark();
    region.purging = true;
    lock_release(&region.lock);
    return first;
}

/* What can't be given back (locked pages, say) is as good as needed: or each release would try again. */
static void end(const struct work *work) {
    lock_acquire(&region.lock);
    if (work->fruitless && !work->purged)
        region.recent_peak_bytes = max_size(region.recent_peak_bytes, region_resident_bytes());
    region.purged_bytes += work->purged * UNIT_BYTES;
    region.purging = false;
    lock_release(&region.lock);
}

static size_t purge_batches(size_t keep_bytes, size_t batches) {
    if (!begin())
        return 0;
    struct work work = {.keep_units = keep_bytes >> UNIT_SHIFT};
    for (; batches; batches--) {
        if (purge_batch(&work))
            continue;
        if (work.rests)
            break;
        work.rests = true;
        work.fruitless = 0;
    }
    end(&work);
    region_retract();
    count_always(&counters->purges, 1);
    count_always(&counters->purged_bytes, work.purged * UNIT_BYTES);
    return work.purged * UNIT_BYTES;
}

INTERNAL size_t purge_to(size_t keep_bytes) {
    return purge_batches(keep_bytes, SIZE_MAX);
}

INTERNAL void purge(void) {
    lock_acquire(&region.lock);
    size_t keep = region.recent_peak_bytes - region.engine.used_bytes + PURGE_FLOOR_BYTES / 2;
    lock_release(&region.lock);
    purge_batches(keep, PURGE_BATCHES_MOST);
}
