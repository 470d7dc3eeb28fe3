/*
 * dense.c - is the heap so full that huge pages cost no memory?
 *
 *      slabs    | carved ........ | uncarved |     nobody has touched what is not carved
 *      blocks   | full? empty? unknown       |     the program writes it, or not
 *
 * Untouched memory costs nothing on small pages; on huge pages all of it would be resident. So slabs ask for
 * huge pages only while at most an eighth of them is uncarved, and a little more: a thread that is alone
 * carves its slabs to their ends soon. Large blocks ask once as many bytes as are in use came back full, and
 * where a full one grows. Slots above 8 KiB are often buffers of which little is written: carving touches one
 * page of each. So their slabs are judged as large blocks are.
 *
 * The verdict on slabs holds for what is taken next. A walk over all blocks forms it anew each time that so
 * much clean memory was taken as an eighth of what is in use: so the walk costs each new block the same.
 *
 * A system may give huge pages to all, unasked (`always`). Many threads that use little of their slabs would
 * be resident with all of them. So once half of the slabs is uncarved, memory beyond the frontier gets only
 * the huge pages that are asked for (region.c), from then on.
 */
#include "slab.h"

/* An eighth of `bytes` may be empty. */
static bool is_full(size_t full, size_t bytes) {
    return full >= bytes - bytes / 8;
}

/* Of what the last walk saw: are slabs dense, and the bytes of large blocks in use. */
static bool slabs_are_dense;
static size_t large_in_use;

/* Bytes of large blocks that came back full. Where two threads add at once, one may be lost. */
static size_t seen_full_bytes;

static void judge_heap(void) {
    const struct engine *engine = &region.engine;
    size_t carved = 0, slabs = 0, large = 0;
    lock_acquire(&region.lock);
    for (const MemoryBlock *block = engine->first; block; block = block->next) {
        if (block->isFree)
            continue;
        const char *start = block_payload(engine, block);
        const struct slab unit = slab_snapshot(unit_of(start));
        if (unit.kind == UNIT_SLAB && block->size <= SLAB_SMALL_BYTES) {
            carved += (size_t)(unit.last - start) + slot_bytes(unit.size_class);
            slabs += block->size;
        } else {
            large += block->size;
        }
    }
    store_relaxed(&region.clean_taken_bytes, 0);
    carved += load_relaxed(&live_caches) <= 1 ? DENSE_ALONE_BYTES : 0;
    region.none_unasked |= slabs >= DENSE_LEAST_BYTES && carved < slabs / 2;
    store_relaxed(&slabs_are_dense, slabs >= DENSE_LEAST_BYTES && is_full(carved, slabs));
    store_relaxed(&large_in_use, large);
    lock_release(&region.lock);
}

static void judge_if_due(void) {
    size_t enough = max_size(load_relaxed(&counters->used_bytes) / 8, HUGE_STEP_BYTES);
    if (conf.thp == CONF_THP_GROWN && load_relaxed(&region.clean_taken_bytes) >= enough)
        judge_heap();
}

/* A large table that begins as zero is often a sparse one. */
INTERNAL void dense_choose_large(void *start, size_t bytes, bool zeroed) {
    judge_if_due();
    bool alone = bytes >= HUGE_LEAST_BYTES;
    size_t evidence = alone ? bytes : max_size(bytes, load_relaxed(&large_in_use));
    bool wanted = !zeroed && load_relaxed(&seen_full_bytes) >= evidence;
    if (wanted || alone)
        huge_wish(start, bytes, wanted);
}

INTERNAL void dense_choose_slab(void *start, size_t bytes) {
    if (bytes > SLAB_SMALL_BYTES)
        return dense_choose_large(start, bytes, false);
    judge_if_due();
    huge_wish(start, bytes, load_relaxed(&slabs_are_dense));
}

INTERNAL void dense_choose_grown(void *start, size_t bytes, void *old, size_t had) {
    if (conf.thp == CONF_THP_GROWN && had >= DENSE_LOOK_LEAST_BYTES && bytes - had >= had / 8)
        huge_wish(start, bytes, is_full(platform_resident(old, had), had));
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
