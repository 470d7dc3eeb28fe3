/* process.c - see process.h. */
#include "process.h"

#include "start.h"

static void count_live(size_t granted, size_t freed) {
    if (process.classic) { /* a heap of the program's own knows no counters */
        count_engine(&process.classic->engine);
        store_relaxed(&counters->peak_occupied_bytes, load_relaxed(&counters->peak_used_bytes));
    }
    uint64_t live = __atomic_add_fetch(&counters->live_bytes, granted - freed, __ATOMIC_RELAXED);
    count_peak(&counters->peak_live_bytes, live);
}

/* An allocation, or a resize of what had `freed` bytes. */
static void count_granted(void *ptr, size_t size, size_t freed, uint64_t *calls) {
    size_t granted = process_usable(ptr, "malloc");
    count(calls, 1);
    count(&counters->requested_bytes, size);
    count(&counters->granted_bytes, granted);
    count_live(granted, freed);
}

static void *fail(void) {
    count(&counters->failures, 1);
    if (counting)
        count_live(0, 0);
    return fail_with(ENOMEM);
}

static __attribute__((noinline)) void *allocate_slowly(size_t size, size_t alignment, bool zeroed) {
    void *ptr = NULL;
    if (load_acquire(&harden_serves) && size && size <= PTRDIFF_MAX && alignment <= UNIT_BYTES)
        ptr = harden_take(size, alignment, zeroed);
    if (ptr)
        return ptr;
    if (size <= PTRDIFF_MAX && alignment <= ALIGNMENT_MOST_BYTES && process_is_ready())
        for (unsigned step = 0; !(ptr = serve_take(size, alignment, zeroed)) && limit_help(size, step);)
            step++;
    if (!ptr)
        return fail();
    if (counting) {
        count(&counters->live_blocks, 1);
        count_granted(ptr, size, 0, &counters->allocations);
    }
    return ptr;
}

/* First what the thread has at hand: nothing while requests are counted, for then cache_fast is empty. */
INTERNAL void *process_allocate(size_t size, size_t alignment, bool zeroed) {
    if (size > PTRDIFF_MAX || alignment > UNIT_BYTES)
        return allocate_slowly(size, alignment, zeroed);
    size_t slot_size = aligned_slot_size(size, alignment);
    if (slot_size > SLOT_MOST_BYTES) {
        void *block = large_cache_take(&cache_fast->large, size, zeroed);
        return block ? serve_sampled(block, size, 0) : allocate_slowly(size, alignment, zeroed);
    }
    void *slot = slot_pop(&cache_fast->list[size_class_of(slot_size)]);
    if (!slot)
        return allocate_slowly(size, alignment, zeroed);
    return zeroed ? memset(slot, 0, size) : slot;
}

static __attribute__((noinline)) void deallocate(void *ptr, const char *call, size_t said, size_t alignment) {
    int saved = errno;
    size_t bytes = process_usable(ptr, call);
    if (bytes != MISUSED) {
        serve_give(ptr, call, said, alignment);
        if (counting) {
            count(&counters->frees, 1);
            count(&counters->live_blocks, (uint64_t)-1);
            count_live(0, bytes);
        }
    }
    errno = saved;
}

INTERNAL void process_free(void *ptr, const char *call, size_t size, size_t alignment) {
    struct thread_cache *cache = cache_fast;
    if (cache != &empty_cache && large_is_block(ptr) && large_cache_give(&cache->large, ptr))
        return;
    struct slab *slab = load_acquire(&harden_serves) ? slab_of(ptr) : NULL;
    if (slab)
        harden_give_slot(slab, ptr, call, size, alignment);
    else
        deallocate(ptr, call, size, alignment);
}

INTERNAL void *process_resize(void *ptr, size_t old_bytes, size_t size, const char *call) {
    void *resized = size <= PTRDIFF_MAX ? serve_resize(ptr, old_bytes, size, call) : NULL;
    for (unsigned step = 0; !resized && size <= PTRDIFF_MAX && limit_help(size, step); step++)
        resized = serve_resize(ptr, old_bytes, size, call);
    if (!resized)
        return fail();
    if (counting)
        count_granted(resized, size, old_bytes, &counters->resizes);
    return resized;
}

INTERNAL bool process_expand(void *ptr, size_t size, const char *call) {
    size_t old_bytes = process_usable(ptr, call);
    if (old_bytes == MISUSED || size > PTRDIFF_MAX)
        return false;
    if (size <= old_bytes)
        return true;
    bool done = process.classic ? heap_expand(process.classic, ptr, size, call)
                                : old_bytes > SLOT_MOST_BYTES && !conf.harden && large_expand(ptr, size) &&
                                      serve_sampled(ptr, size, old_bytes);
    if (counting)
        count_live(process_usable(ptr, call), old_bytes);
    return done;
}

INTERNAL size_t process_good_size(size_t size) {
    if (size > PTRDIFF_MAX || !process_is_ready() || conf.harden)
        return size;
    if (!process.classic && size <= SLOT_MOST_BYTES)
        return slot_bytes(size_class_of(size));
    const struct engine *engine = process.classic ? &process.classic->engine : &region.engine;
    size_t rounded = free_set_round(&engine->set[0], size);
    return rounded ? rounded : size;
}
