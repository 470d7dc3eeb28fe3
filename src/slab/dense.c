/*
 * dense.c - is the heap so full that huge pages cost no memory?
 *
 *      slabs    | carved ........ | uncarved |     nobody has touched what is not carved
 *      blocks   | full? empty? unknown       |     the program writes it, or not
 *      free     | ...                        |
 *
 * Untouched memory costs nothing on small pages; on huge pages all of it would be resident. So huge pages are
 * wished for only where at most an eighth of the heap is anything but carved slots. Large blocks count as
 * full up to the number of bytes that came back full on small pages.
 *
 * The verdict holds for what is taken next. A walk over all blocks forms it anew each time that the memory
 * in use has grown by an eighth: so the walk costs each new block the same.
 */
#include "slab.h"

/* An eighth of `bytes` may be empty. */
static bool is_full(size_t full, size_t bytes) {
    return full >= bytes - bytes / 8;
}

static bool heap_is_dense;

/* Bytes of large blocks that came back full. Where two threads add at once, one may be lost. */
static size_t seen_full_bytes;

/* What is free at the top is nothing yet. */
static void judge_heap(void) {
    const struct engine *engine = &region.engine;
    size_t full = 0, large = 0, bytes = 0;
    lock_acquire(&region.lock);
    for (const MemoryBlock *block = engine->first; block; block = block->next) {
        if (block->isFree)
            continue;
        const char *start = block_payload(engine, block);
        const struct slab unit = slab_snapshot(unit_of(start));
        size_t carved =
            unit.kind == UNIT_SLAB ? (size_t)(unit.last - start) + slot_bytes(unit.size_class) : 0;
        bytes = (size_t)(block_end(engine, block) - engine->base);
        full += min_size(carved, block->size);
        large += carved ? 0 : block->size;
    }
    full += min_size(large, load_relaxed(&seen_full_bytes));
    store_relaxed(&region.clean_taken_bytes, 0);
    store_relaxed(&heap_is_dense, bytes >= DENSE_LEAST_BYTES && is_full(full, bytes));
    lock_release(&region.lock);
}

INTERNAL void dense_choose(void *start, size_t bytes, bool zeroed) {
    size_t enough = max_size(load_relaxed(&counters->used_bytes) / 8, HUGE_STEP_BYTES);
    if (conf.thp == CONF_THP_GROWN && load_relaxed(&region.clean_taken_bytes) >= enough)
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
