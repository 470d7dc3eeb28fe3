/*
 * dense.c - see dense.h. Layer 6.
 */
#include "dense.h"

#include "conf.h"
#include "counters.h"
#include "huge.h"
#include "platform.h"

/* An eighth of `bytes` may be empty. */
static bool is_full(size_t full, size_t bytes) {
    return full >= bytes - bytes / 8;
}

static bool heap_is_dense;

/* So many bytes of large blocks came back full. Only a figure: where two threads add at once, one may be
 * lost. */
static size_t seen_full_bytes;

/* What is carved of the slab that begins there, if one does. Other threads may be at work on it: a number may
 * be a moment old. ThreadSanitizer can't know that this is all that is wanted. */
static __attribute__((noinline, no_sanitize("thread"))) size_t carved_bytes(const struct slab *unit) {
    return unit->kind == UNIT_SLAB ? slab_carved(unit) : 0;
}

/* Under the region's lock. What is free at the top is nothing yet. */
static bool look_through_heap(void) {
    const struct engine *engine = &region.engine;
    size_t full = 0, large = 0, bytes = 0;
    for (const MemoryBlock *block = engine->first; block; block = block->next) {
        if (block->isFree)
            continue;
        const char *start = block_payload(engine, block);
        const struct slab *unit = unit_of(start);
        bytes = (size_t)(start - engine->base) + block->size;
        full += min_size(carved_bytes(unit), block->size);
        large += load_relaxed(&unit->kind) == UNIT_BLOCK ? block->size : 0;
    }
    full += min_size(large, load_relaxed(&seen_full_bytes));
    return bytes >= DENSE_LEAST_BYTES && is_full(full, bytes);
}

static void judge_heap(void) {
    if (load_relaxed(&region.clean_taken_bytes) <
        max_size(load_relaxed(&counters->used_bytes) / 8, HUGE_STEP_BYTES))
        return;
    lock_acquire(&region.lock);
    store_relaxed(&region.clean_taken_bytes, 0);
    store_relaxed(&heap_is_dense, look_through_heap());
    lock_release(&region.lock);
}

INTERNAL void dense_choose(void *start, size_t bytes, bool zeroed) {
    if (conf.thp != CONF_THP_GROWN)
        return;
    judge_heap();
    bool wanted = load_relaxed(&heap_is_dense);
    if (bytes >= HUGE_LEAST_BYTES) /* a large table that begins as zero is often a sparse one */
        wanted = !zeroed && load_relaxed(&seen_full_bytes) >= bytes;
    huge_wish(start, bytes, wanted);
}

INTERNAL void dense_learn(void *block, size_t bytes) {
    static size_t calls;
    if (conf.thp != CONF_THP_GROWN || bytes < DENSE_LOOK_LEAST_BYTES || huge_is_wished(block, bytes))
        return;
    size_t number = load_relaxed(&calls), stands_for = number < DENSE_LOOKS ? 1 : DENSE_LOOKS;
    store_relaxed(&calls, number + 1);
    if (number % stands_for)
        return;
    size_t seen = load_relaxed(&seen_full_bytes);
    bool full = is_full(platform_resident(block, bytes), bytes);
    store_relaxed(&seen_full_bytes, full ? seen + bytes * stands_for : seen / 2);
}
