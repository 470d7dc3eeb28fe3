/*
 * region.c - see region.h for the picture.
 */
#include "region.h"

#include "../platform/conf.h"
#include "../base/counters.h"
#include "huge.h"
#include "../platform/platform.h"

INTERNAL_DEFINE struct region region = {.lock = LOCK_INIT(RANK_HEAP)};

/* --- Addresses -------------------------------------------------------------------------------- */

/* Bytes of a table of so many units, and one, for descriptors begin with number 0; in whole words. */
static size_t table_bytes(enum region_part table, size_t units, size_t granule) {
    static const uint16_t bits[TABLES] = {8 * sizeof *region.heads, 8 * DESCRIPTOR_BYTES, 8 * NOTE_BYTES, 1,
                                          8 * sizeof(MemoryBlock)};
    return align_up((units + 1) * bits[table] / 8 + sizeof(uint64_t), granule);
}

/* From now on nothing is reserved but what is in use: see region.h. */
static void open_up(void) {
    for (enum region_part part = 0; part < PARTS; part++) {
        char *start = region.part[part];
        bool is_table = part != PART_BLOCKS;
        char *from = is_table ? start + region.usable[part] : region.engine.top;
        char *to =
            is_table ? start + table_bytes(part, region.limit_units, GUARD_BYTES) : region.engine.limit;
        if (!region.is_open[part] && from < to)
            region.is_open[part] = platform_release(from, (size_t)(to - from));
    }
}

INTERNAL void region_heed_limit(void) {
    lock_acquire(&region.lock);
    if (platform_address_limit() < (size_t)(region.engine.limit - region.base))
        open_up();
    lock_release(&region.lock);
}

/* A system that refuses to change even nothing has a filter against it, and may still give new mappings. */
static bool make_usable(enum region_part part, char *start, size_t bytes) {
    if (!region.is_open[part]) {
        if (platform_commit(start, bytes))
            return true;
        if (!platform_commit(start, 0))
            open_up();
    }
    return region.is_open[part] && platform_extend(start, bytes);
}

/* --- Tables ----------------------------------------------------------------------------------- */

/* Makes entries of all tables usable up to `units`; where one fails, what succeeded stays, for the next
 * time. */
static bool commit_tables(size_t units) {
    for (enum region_part table = 0; table < TABLES; table++) {
        size_t bytes = table_bytes(table, units, platform_page_bytes()), usable = region.usable[table];
        if (bytes > usable && !make_usable(table, region.part[table] + usable, bytes - usable))
            return false;
        region.usable[table] = max_size(bytes, usable);
    }
    return true;
}

static bool grow_tables(size_t units_needed) {
    if (units_needed <= region.table_units)
        return true;
    size_t least = max_size(units_needed, TABLE_STEP_UNITS);
    size_t units = min_size(max_size(least, 2 * region.table_units), region.limit_units);
    if (!commit_tables(units) && !commit_tables(units = units_needed))
        return false;
    region.table_units = units;
    store_release(&region.bytes, units << UNIT_SHIFT);
    return true;
}

/* --- The frontier ----------------------------------------------------------------------------- */

static bool commit_blocks(struct engine *engine, size_t bytes) {
    char *old_top = engine->top;
    size_t units = (size_t)(old_top + bytes - engine->base) >> UNIT_SHIFT;
    if (!grow_tables(units) || !make_usable(PART_BLOCKS, old_top, bytes))
        return false;
    if (conf.thp == CONF_THP_NEVER)
        platform_huge_pages(old_top, bytes, false);
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

/* Under a policy whose blocks lie at multiples of their size, the last block is not all that is free. */
static bool top_is_free(void) {
    const struct engine *engine = &region.engine;
    size_t least = max_size((size_t)(engine->top - engine->base) / 4, RETRACT_LEAST_BYTES);
    return engine->last->isFree && engine->last->size >= least && !engine->warm.policy->piece;
}

/* Bytes at the top that are clean, in whole huge pages, but for an eighth of the region. */
static size_t clean_top_bytes(void) {
    const struct engine *engine = &region.engine;
    size_t keep = (size_t)(engine->top - engine->base) / 8, end = region_unit(engine->top);
    size_t clean = region_unit(engine->top - (engine->last->size - keep));
    for (size_t dirty; (dirty = dirty_next(engine->dirty_map, clean, end, true)) < end;)
        clean = dirty_next(engine->dirty_map, dirty, end, false);
    return align_down((end - clean) << UNIT_SHIFT, HUGE_STEP_BYTES);
}

INTERNAL void region_retract(void) {
    struct engine *engine = &region.engine;
    lock_acquire(&region.lock);
    size_t bytes = top_is_free() ? clean_top_bytes() : 0;
    char *start = engine->top - bytes;
    bool is_open = region.is_open[PART_BLOCKS];
    if (bytes) {
        huge_wish(start, bytes, false);
        if (is_open ? platform_release(start, bytes) : platform_uncommit(start, bytes))
            engine_retract(engine, bytes);
    }
    lock_release(&region.lock);
}

/* So that a descriptor's distance from the first fits an entry of `heads`. */
#define UNITS_MOST (UINT32_MAX / DESCRIPTOR_BYTES)

/* --- Start ------------------------------------------------------------------------------------ */

/* Places the tables and the blocks in a reservation for `units` units, each with a guard behind it. Returns
 * how many bytes it must have. */
static size_t lay_out(uintptr_t start, size_t units) {
    uintptr_t at = start + GUARD_BYTES;
    for (enum region_part part = 0; part < TABLES; part++) {
        region.part[part] = (char *)at;
        at += table_bytes(part, units, GUARD_BYTES) + GUARD_BYTES;
    }
    region.heads = (uint32_t *)region.part[PART_HEADS];
    region.slabs = (struct slab *)region.part[PART_SLABS];
    region.notes_distance = (size_t)(region.part[PART_NOTES] - region.part[PART_SLABS]);
    region.engine.dirty_map = (uint64_t *)region.part[PART_DIRT];
    region.engine.table = (MemoryBlock *)region.part[PART_RECORDS];
    region.base = region.part[PART_BLOCKS] = (char *)align_up(at, REGION_ALIGNMENT_BYTES);
    region.limit_units = units;
    size_t bytes = at - start + REGION_ALIGNMENT_BYTES + units * UNIT_BYTES + GUARD_BYTES;
    return align_up(bytes, max_size(platform_page_bytes(), UNIT_BYTES));
}

/* Addresses for the layout: reserved, or where a limit forbids that, only chosen. Mappings that the kernel
 * places will fill the chosen range from its other end. 0: not to be had. */
static uintptr_t choose_place(size_t bytes) {
    size_t page = platform_page_bytes();
    void *reserved = platform_reserve(bytes, page);
    if (reserved || platform_address_limit() > bytes)
        return (uintptr_t)reserved;
    void *next = platform_reserve(page, page);
    if (!next || (uintptr_t)next <= bytes)
        return 0;
    platform_release(next, page);
    for (enum region_part part = 0; part < PARTS; part++)
        region.is_open[part] = true;
    return align_down((uintptr_t)next - bytes, page);
}

static bool start_with(const halloc_policy *policy, size_t units) {
    memset(region.usable, 0, sizeof region.usable);
    memset(region.is_open, 0, sizeof region.is_open);
    size_t bytes = lay_out(0, units);
    uintptr_t start = choose_place(bytes);
    lay_out(start, units);
    struct engine *engine = &region.engine;
    engine->granule = engine->split_bytes = UNIT_BYTES;
    engine->header_bytes = 0;
    engine->grow = region_grow;
    engine_init(engine, policy, region.base, region.base, region.base + units * UNIT_BYTES);
    if (start && region_grow(engine, UNIT_BYTES)) {
        engine_extend(engine, region.base);
        return true;
    }
    if (start && !region.is_open[PART_BLOCKS]) /* else it may be others' */
        platform_release((void *)start, bytes);
    region.base = NULL;
    region.table_units = region.bytes = 0;
    return false;
}

INTERNAL bool region_start(const halloc_policy *policy, size_t reserve_bytes) {
    size_t least = RESERVE_LEAST_BYTES >> UNIT_SHIFT;
    size_t units = min_size(max_size(reserve_bytes >> UNIT_SHIFT, least), UNITS_MOST);
    while (!start_with(policy, units)) {
        if (units == least)
            return false;
        units = max_size(units / 2, least);
    }
    return true;
}

/* --- Blocks ----------------------------------------------------------------------------------- */

static MemoryBlock *record_of(const void *block) {
    return region.engine.table + region_unit(block);
}

/* As it was when the block was taken. */
static size_t clean_bytes(const MemoryBlock *block) {
    return block->size - block->tag * UNIT_BYTES;
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
    region.purged_bytes = intervals < 32 ? region.purged_bytes >> 2 * intervals : 0;
    region.peak_time = now;
}

/* What was purged a moment ago and is taken again should have stayed: the line goes up by as much. */
static void count_clean_taken(size_t clean) {
    size_t regretted = min_size(clean, region.purged_bytes);
    region.purged_bytes -= regretted;
    region.recent_peak_bytes += regretted;
    store_relaxed(&region.clean_taken_bytes, region.clean_taken_bytes + clean);
}

static bool purge_is_due(void) {
    if (!conf.purge || region.purging)
        return false;
    if (++region.releases % PURGE_LOOK_RELEASES == 0)
        forget_peak();
    size_t peak = region.recent_peak_bytes;
    return region_resident_bytes() > peak + (peak >> PURGE_SHARE_SHIFT) + PURGE_FLOOR_BYTES;
}

/* Where the region can't grow, all that is free may just be held by a purge: that comes back soon. Unless
 * we are a signal handler that interrupted the purge. */
INTERNAL void *region_take(size_t bytes, size_t alignment) {
    alignment = max_size(alignment, UNIT_BYTES);
    lock_acquire(&region.lock);
    MemoryBlock *block;
    while (!(block = engine_take(&region.engine, bytes, alignment)) && region.held_count &&
           region.purger != thread_mark()) {
        uint32_t batches = region.batches;
        lock_release(&region.lock);
        platform_wait(&region.batches, batches);
        lock_acquire(&region.lock);
    }
    if (block)
        count_clean_taken(clean_bytes(block));
    count_blocks();
    lock_release(&region.lock);
    return block ? block_payload(&region.engine, block) : NULL;
}

INTERNAL bool region_give(void *start, size_t dirty_bytes) {
    size_t unit = region_unit(start);
    lock_acquire(&region.lock);
    dirty_set(region.engine.dirty_map, unit, unit + (align_up(dirty_bytes, UNIT_BYTES) >> UNIT_SHIFT));
    engine_give(&region.engine, record_of(start));
    if (region.is_open[PART_BLOCKS] && top_is_free()) /* others may need the addresses */
        region.recent_peak_bytes = region.engine.used_bytes;
    count_blocks();
    bool due = purge_is_due();
    lock_release(&region.lock);
    return due;
}

INTERNAL bool region_resize(void *start, size_t bytes, bool *due) {
    MemoryBlock *block = record_of(start);
    lock_acquire(&region.lock);
    size_t had = clean_bytes(block);
    bool done = engine_resize(&region.engine, block, bytes);
    if (clean_bytes(block) > had)
        count_clean_taken(clean_bytes(block) - had);
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

INTERNAL void region_zero(void *start, size_t bytes) {
    bool is_long = bytes >= ZERO_LOOK_BYTES;
    if (!is_long || platform_resident(start, bytes) >= bytes / 2 || !platform_purge(start, bytes))
        memset(start, 0, bytes);
}

INTERNAL void region_clear(void *start, size_t bytes) {
    const uint64_t *map = region.engine.dirty_map;
    size_t unit = region_unit(start), end = unit + (align_up(bytes, UNIT_BYTES) >> UNIT_SHIFT);
    for (size_t at = dirty_next(map, unit, end, true); at < end; at = dirty_next(map, at, end, true)) {
        size_t after = dirty_next(map, at, end, false);
        region_zero(region.base + (at << UNIT_SHIFT), (after - at) << UNIT_SHIFT);
        at = after;
    }
}
