/* region.c - see region.h for the picture. */
#include "region.h"

INTERNAL_DEFINE struct region region = {.lock = LOCK_INIT(RANK_HEAP)};

/* --- Addresses -------------------------------------------------------------------------------- */

/* Bytes of a table of so many units, and one, for descriptors begin with number 0; in whole words. */
static size_t table_bytes(enum region_part table, size_t units, size_t granule) {
    static const uint16_t bits[TABLES] = {8 * sizeof *region.heads, 8 * DESCRIPTOR_BYTES, 8 * NOTE_BYTES,
                                          DIRTY_BITS, 8 * sizeof(MemoryBlock)};
    return align_up((units + 1) * bits[table] / 8 + sizeof(uint64_t), granule);
}

/* From now on nothing is reserved but what is in use: see region.h. */
static void open_up(void) {
    for (enum region_part part = 0; part < PARTS; part++) {
        char *from = region.engine.top, *to = region.engine.limit;
        if (part != PART_BLOCKS) {
            from = region.part[part] + region.usable[part];
            to = region.part[part] + table_bytes(part, region.limit_units, GUARD_BYTES);
        }
        if (!region.is_open[part] && from < to)
            store_relaxed(&region.is_open[part], platform_release(from, (size_t)(to - from)));
    }
}

INTERNAL void region_open(void) {
    if (locks_are_in_hand()) /* a signal handler of a thread that is changing the heap */
        return;
    lock_acquire(&region.lock);
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

/* Makes entries of all tables usable up to `units`. After a failure those that succeeded stay usable. */
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
    size_t had = region.bytes >> UNIT_SHIFT, least = max_size(units_needed, TABLE_STEP_UNITS);
    if (units_needed <= had)
        return true;
    size_t units = min_size(max_size(least, 2 * had), region.limit_units);
    if (!commit_tables(units) && !commit_tables(units = units_needed))
        return false;
    store_release(&region.bytes, units << UNIT_SHIFT);
    store_release(&region.fast_bytes, conf.harden ? 0 : region.bytes);
    return true;
}

/* --- The frontier ----------------------------------------------------------------------------- */

INTERNAL bool region_give_up(char *start, size_t bytes) {
    return region.is_open[PART_BLOCKS] ? platform_release(start, bytes) : platform_uncommit(start, bytes);
}

/* First the blocks: a request that is too large must not keep a hundredth of itself in tables. */
static bool commit_blocks(struct engine *engine, size_t bytes) {
    char *start = engine->top;
    if (!make_usable(PART_BLOCKS, start, bytes))
        return false;
    engine->top = start + bytes;
    bool done = grow_tables((size_t)(engine->top - engine->base) >> UNIT_SHIFT);
    if (!done)
        region_give_up(engine->top = start, bytes);
    else if (conf.thp == CONF_THP_NEVER || conf.thp == CONF_THP_ALL || region.none_unasked)
        platform_huge_pages(start, bytes, conf.thp == CONF_THP_ALL);
    return done;
}

/* A step of an eighth of the region, up to the end of a huge page: a page that only becomes whole later never
 * becomes huge. The first huge page grows in small steps. If the system refuses, what is needed. */
static bool region_grow(struct engine *engine, size_t bytes) {
    size_t granule = max_size(UNIT_BYTES, platform_page_bytes());
    size_t room = (size_t)(engine->limit - engine->top);
    size_t had = (size_t)(engine->top - engine->base);
    size_t step = min_size(max_size(had / 8, FRONTIER_STEP_LEAST_BYTES), FRONTIER_STEP_MOST_BYTES);
    size_t least = align_up(bytes, granule);
    size_t end = had + max_size(bytes, step);
    size_t whole = end <= HUGE_STEP_BYTES ? FRONTIER_STEP_LEAST_BYTES : HUGE_STEP_BYTES;
    size_t wanted = min_size(align_up(end, whole) - had, room);
    if (least > room)
        return false;
    bool done = commit_blocks(engine, wanted);
    store_relaxed(&region.was_refused, region.was_refused || !done);
    return done || (least < wanted && commit_blocks(engine, least));
}

/* --- Start ------------------------------------------------------------------------------------ */

/* Places tables and blocks in a reservation for `units` units, each with a guard behind it. Returns its
 * bytes. */
static size_t lay_out(uintptr_t start, size_t units) {
    uintptr_t at = start + GUARD_BYTES;
    for (enum region_part part = 0; part < TABLES; part++) {
        region.part[part] = (char *)at;
        at += table_bytes(part, units, GUARD_BYTES) + GUARD_BYTES;
    }
    region.heads = (uint32_t *)region.part[PART_HEADS];
    region.slabs = (struct slab *)region.part[PART_SLABS];
    region.notes_distance = (size_t)(region.part[PART_NOTES] - region.part[PART_SLABS]);
    region.dirt = (uint64_t *)region.part[PART_DIRT];
    region.engine.table = (MemoryBlock *)region.part[PART_RECORDS];
    region.zeros = (char *)at;
    at += ZERO_BYTES + GUARD_BYTES;
    region.base = region.part[PART_BLOCKS] = (char *)align_up(at, REGION_ALIGNMENT_BYTES);
    region.limit_units = units;
    size_t bytes = at - start + REGION_ALIGNMENT_BYTES + units * UNIT_BYTES + GUARD_BYTES;
    return align_up(bytes, max_size(platform_page_bytes(), UNIT_BYTES));
}

/* Addresses for the layout: reserved, or where a limit forbids that, only chosen. 0: not to be had. */
static uintptr_t choose_place(size_t bytes) {
    size_t page = platform_page_bytes();
    void *reserved = platform_map(bytes, false);
    if (reserved || platform_address_limit() > bytes)
        return (uintptr_t)reserved;
    void *next = platform_map(page, false);
    if (!next || (uintptr_t)next <= bytes)
        return 0;
    platform_release(next, page);
    for (enum region_part part = 0; part < PARTS; part++)
        region.is_open[part] = true;
    return align_down((uintptr_t)next - bytes, page);
}

static halloc_free_set *resident_first(struct engine *engine, const MemoryBlock *block) {
    return &engine->set[block_is_clean(block)];
}

static bool start_with(const halloc_policy *policy, size_t units) {
    memset(region.usable, 0, sizeof region.usable);
    memset(region.is_open, 0, sizeof region.is_open);
    size_t bytes = lay_out(0, units);
    uintptr_t start = choose_place(bytes);
    lay_out(start, units);
    if (region.is_open[PART_BLOCKS])
        region.zeros = NULL; /* nothing is reserved: others may have mapped something there */
    struct engine *engine = &region.engine;
    engine->granule = engine->split_bytes = UNIT_BYTES;
    engine->header_bytes = 0;
    engine->grow = region_grow;
    engine->set_of = resident_first;
    engine_init(engine, policy, region.base, region.base, region.base + units * UNIT_BYTES);
    if (start && region_grow(engine, UNIT_BYTES)) {
        engine_extend(engine, region.base);
        return true;
    }
    if (start && !region.is_open[PART_BLOCKS])
        platform_release((void *)start, bytes);
    region.base = NULL;
    region.bytes = region.fast_bytes = 0;
    return false;
}

INTERNAL bool region_start(const halloc_policy *policy, size_t reserve_bytes) {
    size_t least = RESERVE_LEAST_BYTES >> UNIT_SHIFT;
    size_t units = min_size(max_size(reserve_bytes >> UNIT_SHIFT, least), UNITS_MOST);
    while (!start_with(policy, units) && units > least)
        units = max_size(units / 2, least);
    return region.base;
}

INTERNAL const char *region_check(void) {
    size_t dirty = 0, clean_blocks = 0;
    const char *broken = engine_check(&region.engine);
    for (const MemoryBlock *block = region.engine.first; block && !broken; block = block->next) {
        size_t units = block->isFree ? block_dirty_units(block) : 0;
        dirty += units;
        clean_blocks += block->isFree && !units;
    }
    if (!broken && clean_blocks != region.engine.set[1].count)
        broken = "region: the second set does not have all blocks that are clean throughout";
    if (!broken && !region.engine.isolated_blocks && dirty != region.dirty_units)
        broken = "region: dirty_units is not the sum over free blocks";
    return broken;
}
