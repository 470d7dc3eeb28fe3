/*
 * retract.c - the frontier comes down where much is free at the top.
 *
 *      | in use | free, clean .................. | frontier
 *      | in use | free | frontier
 *
 * Memory beyond the frontier counts no more as promised (overcommit, RLIMIT_DATA), nor in an open region as
 * addresses. An eighth of the region stays, for the next blocks.
 */
#include "region.h"

/* Under a policy whose blocks lie at multiples of their size, the last block is not all that is free. */
INTERNAL bool region_top_is_free(void) {
    const struct engine *engine = &region.engine;
    size_t least = max_size((size_t)(engine->top - engine->base) / 4, RETRACT_LEAST_BYTES);
    return engine->last->isFree && engine->last->size >= least && !engine->set[0].policy->piece;
}

/* Bytes at the top that are clean, in whole huge pages, but for an eighth of the region. */
static size_t clean_top_bytes(void) {
    const struct engine *engine = &region.engine;
    size_t keep = (size_t)(engine->top - engine->base) / 8, end = region_unit(engine->top);
    size_t clean = region_unit(engine->top - (engine->last->size - keep));
    for (size_t dirty; (dirty = dirty_next(region.dirt, clean, end)) < end;)
        clean = dirty_next_clean(region.dirt, dirty, end);
    return align_down((end - clean) << UNIT_SHIFT, HUGE_STEP_BYTES);
}

INTERNAL void region_retract(void) {
    struct engine *engine = &region.engine;
    lock_acquire(&region.lock);
    size_t bytes = region_top_is_free() ? clean_top_bytes() : 0;
    char *start = engine->top - bytes;
    if (bytes) {
        huge_wish(start, bytes, false);
        if (region_give_up(start, bytes))
            engine_retract(engine, bytes);
    }
    lock_release(&region.lock);
}
