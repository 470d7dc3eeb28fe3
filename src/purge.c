/*
 * purge.c - see purge.h. Layer 5.
 */
#include "purge.h"

#include "counters.h"
#include "huge.h"
#include "platform.h"

/* Up to PURGE_BATCH free blocks with dirty units, from the policy's last list on: the largest, where it
 * sorts them by size. What is purged leaves these lists, so no batch looks at what others looked at. */
static size_t choose(MemoryBlock *chosen[PURGE_BATCH]) {
    size_t count = 0;
    for (size_t root = HALLOC_ROOTS; root-- > 0;)
        for (MemoryBlock *block = region.engine.warm.root[root]; block; block = block->nextFree) {
            chosen[count++] = block;
            if (count == PURGE_BATCH)
                return count;
        }
    return count;
}

/* Gives the dirty stretches of a held block back, and marks them clean where that worked. Pages
 * may be larger than units: a page that lies partly outside stays. A long stretch is cut down to
 * whole huge pages: half of one given back leaves 512 small ones, and as many faults for whoever
 * comes next. Returns units given back. */
static size_t purge_block(MemoryBlock *block) {
    uint64_t *map = region.engine.dirty_map;
    size_t page = platform_page_bytes(), purged = 0;
    size_t end = block_unit(&region.engine, block) + (block->size >> UNIT_SHIFT);
    size_t at = dirty_next(map, block_unit(&region.engine, block), end, true);
    while (at < end) {
        size_t after = dirty_next(map, at, end, false);
        bool is_long = (after - at) << UNIT_SHIFT >= HUGE_LEAST_BYTES;
        size_t step = is_long ? HUGE_STEP_BYTES : page;
        size_t from = align_up(at << UNIT_SHIFT, step), to = align_down(after << UNIT_SHIFT, step);
        if (from < to && platform_purge(region.base + from, to - from)) {
            if (!is_long)
                huge_refuse(region.base + from, to - from);
            lock_acquire(&region.lock);
            dirty_clear(map, from >> UNIT_SHIFT, to >> UNIT_SHIFT);
            lock_release(&region.lock);
            purged += (to - from) >> UNIT_SHIFT;
        }
        at = dirty_next(map, after, end, true);
    }
    return purged;
}

/* One batch: held under the lock, purged outside it, given back. The list is cut where enough is
 * chosen. Returns units given back. */
static size_t purge_batch(size_t keep_units) {
    MemoryBlock *chosen[PURGE_BATCH];
    lock_acquire(&region.lock);
    size_t dirty = region.engine.dirty_units, held = 0;
    size_t count = dirty > keep_units ? choose(chosen) : 0;
    while (held < count && dirty > keep_units) {
        dirty -= min_size(chosen[held]->tag, dirty);
        engine_hold(&region.engine, chosen[held++]);
    }
    lock_release(&region.lock);

    size_t purged = 0;
    for (size_t index = 0; index < held; index++)
        purged += purge_block(chosen[index]);

    lock_acquire(&region.lock);
    for (size_t index = 0; index < held; index++)
        engine_unhold(&region.engine, chosen[index]);
    store_relaxed(&counters->free_dirty_bytes, region.engine.dirty_units * UNIT_BYTES);
    lock_release(&region.lock);
    return purged;
}

/* One thread purges at a time: a second would find the blocks held, and look for worse ones. */
static bool begin(void) {
    lock_acquire(&region.lock);
    bool first = !region.purging;
    region.purging = true;
    lock_release(&region.lock);
    return first;
}

static void end(void) {
    lock_acquire(&region.lock);
    region.purging = false;
    lock_release(&region.lock);
}

static size_t purge_batches(size_t keep_bytes, size_t batches) {
    if (!begin())
        return 0;
    size_t total = 0, purged = 1;
    for (; purged && batches; batches--)
        total += purged = purge_batch(keep_bytes >> UNIT_SHIFT);
    end();
    count_always(&counters->purges, 1);
    count_always(&counters->purged_bytes, total * UNIT_BYTES);
    return total * UNIT_BYTES;
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
