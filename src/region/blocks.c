/* blocks.c - see blocks.h. */
#include "blocks.h"

#include "purge.h"

static MemoryBlock *record_of(const void *block) {
    return region.engine.table + region_unit(block);
}

INTERNAL void count_engine(const struct engine *engine) {
    const halloc_free_set *set = engine->set;
    store_relaxed(&counters->region_bytes, (uint64_t)(load_relaxed(&engine->top) - engine->base));
    store_relaxed(&counters->used_bytes, load_relaxed(&engine->used_bytes));
    store_relaxed(&counters->peak_used_bytes, load_relaxed(&engine->peak_used_bytes));
    store_relaxed(&counters->policy_finds, load_relaxed(&set[0].finds) + set[1].finds);
    store_relaxed(&counters->policy_inserts, load_relaxed(&set[0].inserts) + set[1].inserts);
    store_relaxed(&counters->policy_removes, load_relaxed(&set[0].removes) + set[1].removes);
}

/* Under the lock, when blocks in use have changed: the units [from, to) came into use, or none did. */
static void note_change(size_t from, size_t to) {
    size_t dirty = dirty_count(region.dirt, from, to), clean_bytes = (to - from - dirty) << UNIT_SHIFT;
    region.dirty_units -= dirty;
    store_relaxed(&region.clean_taken_bytes, region.clean_taken_bytes + clean_bytes);
    store_relaxed(&counters->free_dirty_bytes, region.dirty_units * UNIT_BYTES);
    count_engine(&region.engine);
    purge_note(clean_bytes);
}

/* A purge may have isolated all that is free: that comes back soon. */
INTERNAL void *region_take(size_t bytes, size_t alignment) {
    lock_acquire(&region.lock);
    MemoryBlock *block;
    do
        block = region_may_hold(bytes) ? engine_take(&region.engine, bytes, max_size(alignment, UNIT_BYTES))
                                       : NULL;
    while (!block && purge_wait());
    size_t unit = block ? block_unit(&region.engine, block) : 0;
    note_change(unit, unit + (block ? block->size >> UNIT_SHIFT : 0));
    lock_release(&region.lock);
    return block ? block_payload(&region.engine, block) : NULL;
}

INTERNAL void region_give(void *start, size_t dirty_bytes) {
    MemoryBlock *block = record_of(start);
    size_t unit = region_unit(start), written = align_up(dirty_bytes, UNIT_BYTES) >> UNIT_SHIFT;
    lock_acquire(&region.lock);
    dirty_mark(region.dirt, unit, unit + written, true);
    region.dirty_units +=
        written + dirty_count(region.dirt, unit + written, unit + (block->size >> UNIT_SHIFT));
    engine_give(&region.engine, block);
    note_change(0, 0);
    purge_and_release_lock();
}

/* A tail that is cut off is dirty, whatever it was. */
INTERNAL bool region_resize(void *start, size_t bytes) {
    MemoryBlock *block = record_of(start);
    size_t unit = region_unit(start);
    lock_acquire(&region.lock);
    size_t old = unit + (block->size >> UNIT_SHIFT);
    dirty_mark(region.dirt, unit + (align_up(bytes, UNIT_BYTES) >> UNIT_SHIFT), old, true);
    bool done = region_may_hold(bytes - block->size) && engine_resize(&region.engine, block, bytes);
    size_t now = unit + (block->size >> UNIT_SHIFT);
    if (now < old)
        region.dirty_units += old - now;
    note_change(old, max_size(old, now));
    purge_and_release_lock();
    return done;
}

INTERNAL bool region_count_written(size_t bytes, bool in_any_case) {
    lock_acquire(&region.lock);
    bool may = in_any_case || region_may_hold(bytes);
    region.unwritten_bytes -= may ? bytes : 0;
    lock_release(&region.lock);
    return may;
}

INTERNAL size_t region_block_bytes(const void *start) {
    return load_relaxed(&record_of(start)->size);
}

/* Where a page has several units, the first and the last may be shared with other blocks. */
INTERNAL void region_zero(void *start, size_t bytes) {
    bool may_purge = bytes >= ZERO_LOOK_BYTES && platform_page_bytes() <= UNIT_BYTES;
    if (!may_purge || platform_resident(start, bytes) >= bytes / 2 || !platform_purge(start, bytes))
        memset(start, 0, bytes);
}

INTERNAL void region_clear(void *start, size_t bytes) {
    size_t unit = region_unit(start), end = unit + (align_up(bytes, UNIT_BYTES) >> UNIT_SHIFT);
    for (size_t after, at = unit; (at = dirty_next(region.dirt, at, end)) < end; at = after) {
        after = dirty_next_clean(region.dirt, at, end);
        region_zero(region.base + (at << UNIT_SHIFT), (after - at) << UNIT_SHIFT);
    }
}
