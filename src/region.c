/*
 * region.c - see region.h for the picture. Layer 5.
 */
#include "region.h"

#include "conf.h"
#include "counters.h"
#include "huge.h"
#include "platform.h"

INTERNAL_DEFINE struct region region = {.lock = LOCK_INIT(RANK_HEAP)};

/* --- Tables ----------------------------------------------------------------------------------- */

/* Makes entries of all tables usable up to `units`; where one fails, what succeeded stays, unused. */
static bool commit_tables(size_t units) {
    size_t page = platform_page_bytes(), old_units = region.table_units;
    size_t old_heads = align_up(old_units * sizeof *region.heads, page);
    size_t new_heads = align_up(units * sizeof *region.heads, page);
    size_t old_slabs = old_units ? align_up((old_units + 1) * DESCRIPTOR_BYTES, page) : 0;
    size_t new_slabs = align_up((units + 1) * DESCRIPTOR_BYTES, page);
    size_t old_records = align_up(old_units * sizeof(MemoryBlock), page);
    size_t new_records = align_up(units * sizeof(MemoryBlock), page);
    char *records = (char *)region.engine.table;
    if (old_units == 0) { /* the bits of all units at once: they lie just before the records */
        size_t bits = (size_t)(records - (char *)region.engine.dirty_map);
        records -= bits;
        new_records += bits;
    }
    return platform_commit((char *)region.heads + old_heads, new_heads - old_heads) &&
           platform_commit((char *)region.slabs + old_slabs, new_slabs - old_slabs) &&
           platform_commit((char *)region.slabs + region.notes_distance + old_slabs, new_slabs - old_slabs) &&
           platform_commit(records + old_records, new_records - old_records);
}

static bool grow_tables(size_t units_needed) {
    if (units_needed <= region.table_units)
        return true;
    size_t least = max_size(units_needed, TABLE_STEP_UNITS);
    size_t units = min_size(max_size(least, 2 * region.table_units), region.limit_units);
    if (!commit_tables(units))
        return false;
    region.table_units = units;
    store_release(&region.bytes, units << UNIT_SHIFT);
    return true;
}

/* --- The frontier ----------------------------------------------------------------------------- */

static bool commit_blocks(struct engine *engine, size_t bytes) {
    char *old_top = engine->top;
    size_t units = (size_t)(old_top + bytes - engine->base) >> UNIT_SHIFT;
    if (!grow_tables(units) || !platform_commit(old_top, bytes))
        return false;
    if (conf.thp == CONF_THP_NEVER)
        platform_huge_pages(old_top, bytes, false);
    huge_ask(old_top, bytes);
    engine->top = old_top + bytes;
    store_relaxed(&counters->region_bytes, (uint64_t)(engine->top - engine->base));
    return true;
}

/* A step of an eighth of the region, in whole huge pages; if the system refuses so much, what is needed
 * and no more. */
static bool region_grow(struct engine *engine, size_t bytes) {
    size_t granule = max_size(UNIT_BYTES, platform_page_bytes());
    size_t room = (size_t)(engine->limit - engine->top);
    size_t eighth = (size_t)(engine->top - engine->base) / 8;
    size_t step = min_size(max_size(eighth, FRONTIER_STEP_LEAST_BYTES), FRONTIER_STEP_MOST_BYTES);
    size_t least = align_up(bytes, granule);
    size_t wanted = min_size(align_up(max_size(bytes, step), HUGE_STEP_BYTES), room);
    if (least > room)
        return false;
    return commit_blocks(engine, wanted) || (least < wanted && commit_blocks(engine, least));
}

/* So that a descriptor's distance from the first fits an entry of `heads`. */
#define UNITS_MOST (UINT32_MAX / DESCRIPTOR_BYTES)

/* --- Start ------------------------------------------------------------------------------------ */

/* Places the tables and the blocks in a reservation of `total` bytes for `units` units. */
static void lay_out(char *start, size_t units) {
    size_t heads_bytes = align_up(units * sizeof *region.heads, GUARD_BYTES);
    size_t slabs_bytes = align_up((units + 1) * DESCRIPTOR_BYTES, GUARD_BYTES);
    size_t bits_bytes = align_up(units / 8 + sizeof(uint64_t), GUARD_BYTES);
    size_t records_bytes = align_up(units * sizeof(MemoryBlock), GUARD_BYTES);
    char *heads = start + GUARD_BYTES;
    char *slabs = heads + heads_bytes + GUARD_BYTES;
    char *bits = slabs + 2 * (slabs_bytes + GUARD_BYTES);
    char *records = bits + bits_bytes;
    char *blocks = records + records_bytes + GUARD_BYTES;
    region.heads = (uint32_t *)heads;
    region.slabs = (struct slab *)slabs;
    region.notes_distance = slabs_bytes + GUARD_BYTES;
    region.engine.dirty_map = (uint64_t *)bits;
    region.engine.table = (MemoryBlock *)records;
    region.base = (char *)align_up((uintptr_t)blocks, REGION_ALIGNMENT_BYTES);
    region.limit_units = units;
}

static size_t reservation_bytes(size_t units) {
    size_t entry = sizeof *region.heads + DESCRIPTOR_BYTES + NOTE_BYTES + sizeof(MemoryBlock);
    return units * entry + units / 8 + units * UNIT_BYTES + REGION_ALIGNMENT_BYTES + 12 * GUARD_BYTES;
}

INTERNAL bool region_start(const halloc_policy *policy, size_t reserve_bytes) {
    size_t least = RESERVE_LEAST_BYTES >> UNIT_SHIFT;
    size_t units = min_size(max_size(reserve_bytes >> UNIT_SHIFT, least), UNITS_MOST);
    char *start;
    size_t page = max_size(platform_page_bytes(), UNIT_BYTES);
    bool refused = false;
    while (!(start = platform_reserve(align_up(reservation_bytes(units), page), platform_page_bytes()))) {
        if (units == least)
            return false;
        units = max_size(units / 2, least);
        refused = true;
    }
    size_t total = align_up(reservation_bytes(units), page);
    if (refused) {
        /* A limit on addresses was met. Leave half of what it allows to mappings of their own, for
         * requests that the region can't hold, and to the program: threads have stacks. */
        platform_release(start, total);
        units = max_size(units / 2, least);
        total = align_up(reservation_bytes(units), page);
        start = platform_reserve(total, platform_page_bytes());
        if (!start)
            return false;
    }
    lay_out(start, units);
    struct engine *engine = &region.engine;
    engine->granule = engine->split_bytes = UNIT_BYTES;
    engine->header_bytes = 0;
    engine->grow = region_grow;
    engine_init(engine, policy, region.base, region.base, region.base + units * UNIT_BYTES);
    if (!region_grow(engine, UNIT_BYTES)) {
        platform_release(start, total);
        region.base = NULL;
        region.table_units = region.bytes = 0;
        return false;
    }
    engine_extend(engine, region.base);
    return true;
}

/* --- Blocks ----------------------------------------------------------------------------------- */

static MemoryBlock *record_of(const void *block) {
    return region.engine.table + region_unit(block);
}

/* What is in use, and what could be purged, for the statistics; under the lock. */
static void count_blocks(void) {
    const struct engine *engine = &region.engine;
    region.recent_peak_bytes = max_size(region.recent_peak_bytes, engine->used_bytes);
    store_relaxed(&counters->used_bytes, engine->used_bytes);
    store_relaxed(&counters->peak_used_bytes, engine->peak_used_bytes);
    store_relaxed(&counters->free_dirty_bytes, engine->dirty_units * UNIT_BYTES);
    store_relaxed(&counters->policy_finds, engine->warm.finds + engine->cold.finds);
    store_relaxed(&counters->policy_inserts, engine->warm.inserts + engine->cold.inserts);
    store_relaxed(&counters->policy_removes, engine->warm.removes + engine->cold.removes);
}

/* Once an interval the recent peak forgets three quarters of what is not in use any more. */
static void forget_peak(void) {
    uint64_t now = platform_milliseconds();
    uint64_t intervals = region.peak_time ? (now - region.peak_time) / PURGE_INTERVAL_MS : 0;
    size_t unused = region.recent_peak_bytes - region.engine.used_bytes;
    if (region.peak_time && !intervals)
        return;
    region.recent_peak_bytes = region.engine.used_bytes + (intervals < 32 ? unused >> 2 * intervals : 0);
    region.peak_time = now;
}

static bool purge_is_due(void) {
    if (!conf.purge || region.purging)
        return false;
    if (++region.releases % PURGE_LOOK_RELEASES == 0)
        forget_peak();
    size_t peak = region.recent_peak_bytes;
    return region_resident_bytes() > peak + (peak >> PURGE_SHARE_SHIFT) + PURGE_FLOOR_BYTES;
}

/* Where the region can't grow, all that is free may just be held by a purge: that comes back soon. Not for
 * ever, for this may be a signal handler that interrupted the purge. */
INTERNAL void *region_take(size_t bytes, size_t alignment) {
    alignment = max_size(alignment, UNIT_BYTES);
    lock_acquire(&region.lock);
    MemoryBlock *block = engine_take(&region.engine, bytes, alignment);
    for (unsigned tries = 0; !block && region.held_count && tries < HELD_TRIES; tries++) {
        lock_release(&region.lock);
        platform_yield();
        lock_acquire(&region.lock);
        block = engine_take(&region.engine, bytes, alignment);
    }
    count_blocks();
    lock_release(&region.lock);
    return block ? block_payload(&region.engine, block) : NULL;
}

INTERNAL bool region_give(void *start, size_t dirty_bytes) {
    size_t unit = region_unit(start);
    lock_acquire(&region.lock);
    dirty_set(region.engine.dirty_map, unit, unit + (align_up(dirty_bytes, UNIT_BYTES) >> UNIT_SHIFT));
    engine_give(&region.engine, record_of(start));
    count_blocks();
    bool due = purge_is_due();
    lock_release(&region.lock);
    return due;
}

INTERNAL bool region_resize(void *start, size_t bytes, bool *due) {
    lock_acquire(&region.lock);
    bool done = engine_resize(&region.engine, record_of(start), bytes);
    count_blocks();
    *due = purge_is_due();
    lock_release(&region.lock);
    return done;
}

INTERNAL size_t region_block_bytes(const void *start) {
    return load_relaxed(&record_of(start)->size);
}

INTERNAL bool region_look(void) {
    lock_acquire(&region.lock);
    forget_peak();
    bool due = purge_is_due();
    lock_release(&region.lock);
    return due;
}

INTERNAL void region_clear(void *start, size_t bytes) {
    const uint64_t *map = region.engine.dirty_map;
    size_t unit = region_unit(start), end = unit + (align_up(bytes, UNIT_BYTES) >> UNIT_SHIFT);
    for (size_t at = dirty_next(map, unit, end, true); at < end; at = dirty_next(map, at, end, true)) {
        size_t after = dirty_next(map, at, end, false);
        memset(region.base + (at << UNIT_SHIFT), 0, (after - at) << UNIT_SHIFT);
        at = after;
    }
}
