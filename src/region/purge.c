/* purge.c - see purge.h. */
#include "purge.h"

/* Guarded by the region's lock. */
static struct purge_state {
    size_t recent_peak_bytes; /* of what was in use */
    size_t purged_bytes;      /* purged a moment ago, and not taken again */
    uint64_t forgot_at;       /* when the two last came down, in milliseconds */
    size_t releases;          /* blocks given back: the clock is read at some of them */
    const void *purger;       /* thread_mark() of the one thread that purges, set without the lock; or NULL */
    MemoryBlock *isolated[PURGE_BATCH];
    size_t count;
    uint32_t batches; /* how often isolated blocks were put back, or a purge ended: purge_wait sleeps on it */
} purges;

/* --- When ------------------------------------------------------------------------------------- */

/* Each interval the recent peak loses three quarters of what is not in use any more. */
static void forget_with_time(void) {
    uint64_t now = platform_milliseconds();
    uint64_t intervals = purges.forgot_at ? (now - purges.forgot_at) / PURGE_INTERVAL_MS : 0;
    size_t unused = purges.recent_peak_bytes - region.engine.used_bytes;
    if (purges.forgot_at && !intervals)
        return;
    purges.recent_peak_bytes = region.engine.used_bytes + (intervals < 32 ? unused >> 2 * intervals : 0);
    purges.purged_bytes = intervals < 32 ? purges.purged_bytes >> 2 * intervals : 0;
    purges.forgot_at = now;
}

INTERNAL void purge_note(size_t clean_bytes) {
    size_t regretted = min_size(clean_bytes, purges.purged_bytes);
    purges.purged_bytes -= regretted;
    purges.recent_peak_bytes = max_size(purges.recent_peak_bytes + regretted, region.engine.used_bytes);
}

/* Is more resident than the line allows? Where limits were met, others may need what is free at the top: then
 * the peak is forgotten. */
static bool is_due(void) {
    if (!conf.purge || load_relaxed(&purges.purger))
        return false;
    if ((region.is_open[PART_BLOCKS] || region.was_refused) && region_top_is_free())
        purges.recent_peak_bytes = region.engine.used_bytes;
    if (++purges.releases % PURGE_LOOK_RELEASES == 0)
        forget_with_time();
    size_t peak = purges.recent_peak_bytes;
    return region_resident_bytes() > peak + (peak >> PURGE_SHARE_SHIFT) + PURGE_FLOOR_BYTES;
}

/* --- Isolated blocks -------------------------------------------------------------------------- */

static void put_back_all(void) {
    while (purges.count)
        engine_putback(&region.engine, purges.isolated[--purges.count]);
    __atomic_add_fetch(&purges.batches, 1, __ATOMIC_RELAXED);
    platform_wake(&purges.batches, INT32_MAX);
}

INTERNAL bool purge_wait(void) {
    const void *purger = load_relaxed(&purges.purger);
    if (!purger || purger == thread_mark() || region.lock.taken_for_fork)
        return false;
    uint32_t batches = purges.batches;
    lock_release(&region.lock);
    platform_wait(&purges.batches, batches);
    lock_acquire(&region.lock);
    return true;
}

/* A signal handler may have forked while its thread was changing the heap: then the next purge puts them
 * back. */
INTERNAL void purge_after_fork(void) {
    if (!purges.purger || purges.purger == thread_mark())
        return;
    if (region.lock.taken_for_fork)
        put_back_all();
    purges.purger = NULL;
}

/* --- A batch ---------------------------------------------------------------------------------- */

struct work {
    size_t keep_units;
    size_t fruitless; /* blocks that gave nothing: they stand in front of those that were not tried */
    size_t purged;    /* units */
};

/* Isolates up to PURGE_BATCH blocks, from the policy's last list on: there a sorting policy has the largest.
 * A purged block has left these lists. */
static void isolate_some(const struct work *work) {
    size_t left = region.dirty_units, skip = work->fruitless;
    for (size_t root = HALLOC_ROOTS; root-- > 0;) {
        for (MemoryBlock *next, *block = region.engine.set[0].root[root]; block; block = next) {
            if (left <= work->keep_units || purges.count == PURGE_BATCH)
                return;
            next = block->nextFree;
            if (skip) {
                skip--;
                continue;
            }
            left -= min_size(block_dirty_units(block), left);
            engine_isolate(&region.engine, block);
            purges.isolated[purges.count++] = block;
        }
    }
}

/* Gives the dirty stretches of an isolated block back, and marks them clean where that worked. A page that
 * lies partly outside the block stays. In a long stretch a huge page stays whole, but for the top, where the
 * frontier may come down: half of one given back leaves 512 small ones. Returns units. */
static size_t purge_block(MemoryBlock *block, bool at_top) {
    size_t page = platform_page_bytes(), purged = 0;
    size_t first = block_unit(&region.engine, block), end = first + (block->size >> UNIT_SHIFT);
    for (size_t after, at = first; (at = dirty_next(region.dirt, at, end)) < end; at = after) {
        after = dirty_next_clean(region.dirt, at, end);
        bool is_long = (after - at) << UNIT_SHIFT >= HUGE_LEAST_BYTES;
        size_t step = is_long ? HUGE_STEP_BYTES : page, last_step = at_top ? page : step;
        size_t from = max_size(align_down(at << UNIT_SHIFT, step), align_up(first << UNIT_SHIFT, step));
        size_t to = min_size(align_up(after << UNIT_SHIFT, step), align_down(end << UNIT_SHIFT, last_step));
        if (from >= to || !platform_purge(region.base + from, to - from))
            continue;
        if (!is_long)
            huge_wish(region.base + from, to - from, false);
        from >>= UNIT_SHIFT;
        to >>= UNIT_SHIFT;
        lock_acquire(&region.lock);
        size_t dirty = dirty_count(region.dirt, from, to);
        dirty_mark(region.dirt, from, to, false);
        region.dirty_units -= dirty;
        purged += dirty;
        lock_release(&region.lock);
    }
    return purged;
}

/* Isolated under the lock, purged outside it, put back. False: nothing was left to try. */
static bool purge_batch(struct work *work) {
    lock_acquire(&region.lock);
    isolate_some(work);
    const MemoryBlock *last = region.engine.last;
    lock_release(&region.lock);
    if (!purges.count)
        return false;

    for (size_t index = 0; index < purges.count; index++) {
        size_t purged = purge_block(purges.isolated[index], purges.isolated[index] == last);
        work->purged += purged;
        work->fruitless += !purged;
    }

    lock_acquire(&region.lock);
    put_back_all();
    store_relaxed(&counters->free_dirty_bytes, region.dirty_units * UNIT_BYTES);
    lock_release(&region.lock);
    return true;
}

/* --- Purging ---------------------------------------------------------------------------------- */

/* What can't be given back (locked pages, say) is as good as needed: or each release would try again. */
static void end_purge(const struct work *work) {
    lock_acquire(&region.lock);
    if (work->fruitless && !work->purged)
        purges.recent_peak_bytes = max_size(purges.recent_peak_bytes, region_resident_bytes());
    purges.purged_bytes += work->purged * UNIT_BYTES;
    store_relaxed(&purges.purger, NULL);
    put_back_all(); /* none is left: but some may wait for the end */
    lock_release(&region.lock);
}

/* One thread at a time: a second one would find the best blocks isolated. */
INTERNAL size_t purge_to(size_t keep_bytes, size_t batches) {
    const void *nobody = NULL;
    if (!__atomic_compare_exchange_n(&purges.purger, &nobody, thread_mark(), false, __ATOMIC_ACQUIRE,
                                     __ATOMIC_RELAXED))
        return 0;
    struct work work = {.keep_units = keep_bytes >> UNIT_SHIFT};
    while (batches-- && work.fruitless < PURGE_FRUITLESS_MOST && purge_batch(&work))
        ;
    end_purge(&work);
    region_retract();
    count_always(&counters->purges, 1);
    count_always(&counters->purged_bytes, work.purged * UNIT_BYTES);
    return work.purged * UNIT_BYTES;
}

INTERNAL void purge_and_release_lock(void) {
    bool due = is_due();
    size_t keep = purges.recent_peak_bytes - region.engine.used_bytes + PURGE_FLOOR_BYTES / 2;
    lock_release(&region.lock);
    if (due)
        purge_to(keep, PURGE_BATCHES_MOST);
}

INTERNAL void purge_if_due(void) {
    lock_acquire(&region.lock);
    forget_with_time();
    purge_and_release_lock();
}
