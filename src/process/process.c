/*
 * process.c - see process.h.
 *
 * Reading order: taking and giving, uncounted; resizing; the counted calls. How it starts: start.c.
 */
#include "process.h"

#include "../base/counters.h"
#include "start.h"

INTERNAL_DEFINE struct process process;

/* --- Take ------------------------------------------------------------------------------------- */

static void *take_slot(unsigned size_class) {
    struct thread_cache *own = cache_mine(!counting);
    struct thread_cache *cache = own ? own : cache_borrow();
    if (!cache)
        return NULL;
    void **list = &cache->list[size_class];
    void *slot = *list ? slot_pop(list) : cache_refill(cache, size_class);
    if (slot)
        slot_set_used(slot);
    if (!own)
        cache_return(cache);
    return slot;
}

static void *take(size_t size, size_t alignment, bool zeroed) {
    if (process.classic) {
        void *ptr =
            halloc_heap_aligned(process.classic, max_size(alignment, ALIGNMENT_BYTES), max_size(size, 1));
        return ptr && zeroed ? memset(ptr, 0, size) : ptr;
    }
    size_t slot_size = alignment > ALIGNMENT_BYTES ? aligned_slot_size(size, alignment) : size;
    if (slot_size > SLOT_MOST_BYTES || alignment > UNIT_BYTES) {
        cache_mine(!counting); /* for its stash, when the block is given back */
        return large_take(size, alignment, zeroed);
    }
    void *slot = take_slot(size_class_of(slot_size));
    return slot && zeroed ? memset(slot, 0, size) : slot;
}

/* --- Which kind of pointer is it? ------------------------------------------------------------- */

/* The slab that ptr points into; NULL if into none. */
static struct slab *slab_of(const void *ptr) {
    struct slab *slab = region_contains(ptr) ? slab_at(ptr) : region.slabs;
    return slab != region.slabs ? slab : NULL;
}

/* NULL if ptr is a slot in use. */
static const char *slot_fault(const struct slab *slab, void *ptr) {
    if (!slab_is_slot(slab, ptr))
        return FAULT_NO_BLOCK;
    return slot_is_free(slab, ptr) ? FAULT_FREED : NULL;
}

/* Why a pointer that is neither a slot nor a block's start is none. A walk under the lock: the
 * program is about to end. */
static const char *stray_fault(const void *ptr) {
    const char *fault = FAULT_FOREIGN;
    if (region_contains(ptr) && unit_of(ptr)->kind == UNIT_STASHED)
        return FAULT_FREED;
    lock_acquire(&region.lock);
    const struct engine *engine = &region.engine;
    for (const MemoryBlock *block = engine->first; block; block = block->next)
        if ((const char *)ptr >= block_payload(engine, block) && (const char *)ptr < block_end(engine, block))
            fault = block->isFree ? FAULT_FREED : FAULT_NO_BLOCK;
    lock_release(&region.lock);
    return fault;
}

/* Usable bytes, or 0 after misuse. */
static size_t usable(void *ptr, const char *call) {
    if (process.classic)
        return heap_usable(process.classic, ptr, call);
    struct slab *slab = slab_of(ptr);
    size_t bytes = slab ? slot_bytes(slab->size_class) : large_bytes(ptr);
    const char *fault = slab ? slot_fault(slab, ptr) : bytes ? NULL : stray_fault(ptr);
    if (fault)
        fatal(call, fault, ptr);
    return fault ? 0 : bytes;
}

/* --- Give ------------------------------------------------------------------------------------- */

static void give_slot(struct slab *slab, void *slot) {
    struct thread_cache *cache = cache_mine(!counting);
    if (!cache) {
        remote_free_at_once(slab, slot);
    } else if (load_relaxed(&slab->owner) != cache) {
        cache_free_remote(cache, slab, slot);
    } else {
        bool listed = slab->lists_for == cache;
        if (listed ? slab_give_listed(slab, slot) : slab_give_noted(slab, slot))
            cache_slab_event(cache, slab);
    }
}

/* ptr was found good by usable(). */
static void give(void *ptr, const char *call) {
    struct slab *slab;
    if (process.classic)
        heap_free(process.classic, ptr, call);
    else if ((slab = slab_of(ptr)))
        give_slot(slab, ptr);
    else
        large_give(ptr);
}

/* --- Resize ----------------------------------------------------------------------------------- */

/* Without moving it: within the slot, unless that would waste more than half of it; or, a block,
 * in place. */
static bool resize_in_place(void *ptr, size_t old_bytes, size_t size) {
    if (old_bytes <= SLOT_MOST_BYTES || slab_of(ptr))
        return size <= old_bytes && (size > old_bytes / 2 || old_bytes <= 64);
    return size > SLOT_MOST_BYTES && large_expand(ptr, size);
}

/* A block that had to move once will probably grow again: with an eighth more, which costs
 * nothing until it is touched, a growing vector moves a logarithmic number of times. */
static void *move(void *ptr, size_t old_bytes, size_t size, const char *call) {
    if (old_bytes > SLOT_MOST_BYTES && size > SLOT_MOST_BYTES && !slab_of(ptr)) {
        void *roomy = size > old_bytes ? large_move(ptr, size + size / 8) : NULL;
        return roomy ? roomy : large_move(ptr, size);
    }
    void *moved = take(size, ALIGNMENT_BYTES, false);
    if (moved) {
        memcpy(moved, ptr, min_size(old_bytes, size));
        give(ptr, call);
    }
    return moved;
}

static void *resize(void *ptr, size_t old_bytes, size_t size, const char *call) {
    if (process.classic)
        return heap_resize(process.classic, ptr, size, call);
    if (resize_in_place(ptr, old_bytes, size))
        return ptr;
    void *moved = move(ptr, old_bytes, size, call);
    return moved || size > old_bytes ? moved : ptr; /* to become smaller it need not move */
}

/* --- The calls, counted ----------------------------------------------------------------------- */

/* A classic heap knows no counters (it may be anybody's); its figures are copied when asked for. */
static void count_classic(const struct engine *engine) {
    store_relaxed(&counters->region_bytes, (uint64_t)(load_relaxed(&engine->top) - engine->base));
    store_relaxed(&counters->used_bytes, load_relaxed(&engine->used_bytes));
    store_relaxed(&counters->peak_used_bytes, load_relaxed(&engine->peak_used_bytes));
    store_relaxed(&counters->peak_occupied_bytes, load_relaxed(&engine->peak_used_bytes));
    store_relaxed(&counters->policy_finds, load_relaxed(&engine->set[0].finds));
    store_relaxed(&counters->policy_inserts, load_relaxed(&engine->set[0].inserts));
    store_relaxed(&counters->policy_removes, load_relaxed(&engine->set[0].removes));
}

static void count_live(size_t granted, size_t freed) {
    if (process.classic)
        count_classic(&process.classic->engine);
    uint64_t live = __atomic_add_fetch(&counters->live_bytes, granted - freed, __ATOMIC_RELAXED);
    count_peak(&counters->peak_live_bytes, live);
}

static void count_allocation(void *ptr, size_t size) {
    size_t granted = usable(ptr, "malloc");
    count(&counters->allocations, 1);
    count(&counters->requested_bytes, size);
    count(&counters->granted_bytes, granted);
    count(&counters->live_blocks, 1);
    count_live(granted, 0);
}

static void count_failure(void) {
    count(&counters->failures, 1);
    if (counting && process.classic)
        count_classic(&process.classic->engine);
}

static __attribute__((noinline)) void *allocate(size_t size, size_t alignment, bool zeroed) {
    void *ptr = NULL;
    if (size <= PTRDIFF_MAX && alignment <= ALIGNMENT_MOST_BYTES && process_is_ready())
        ptr = take(size, alignment, zeroed);
    if (!ptr) {
        count_failure();
        errno = ENOMEM;
    } else if (counting) {
        count_allocation(ptr, size);
    }
    return ptr;
}

/* First what the thread has at hand: nothing while requests are counted, for then cache_fast is empty. */
INTERNAL void *process_allocate(size_t size, size_t alignment, bool zeroed) {
    if (size > PTRDIFF_MAX || alignment > UNIT_BYTES)
        return allocate(size, alignment, zeroed);
    size_t slot_size = alignment > ALIGNMENT_BYTES ? aligned_slot_size(size, alignment) : size;
    if (slot_size > SLOT_MOST_BYTES) {
        void *block = stash_take(&cache_fast->stash, size, zeroed);
        return block ? block : allocate(size, alignment, zeroed);
    }
    void **list = &cache_fast->list[size_class_of(slot_size)];
    if (!*list)
        return allocate(size, alignment, zeroed);
    void *slot = slot_pop(list);
    slot_set_used(slot);
    return zeroed ? memset(slot, 0, size) : slot;
}

static __attribute__((noinline)) void deallocate(void *ptr, const char *call) {
    int saved = errno;
    if (!process_is_ready()) {
        fatal(call, FAULT_FOREIGN, ptr);
        return;
    }
    size_t bytes = usable(ptr, call);
    if (bytes) {
        give(ptr, call);
        if (counting) {
            count(&counters->frees, 1);
            count(&counters->live_blocks, (uint64_t)-1);
            count_live(0, bytes);
        }
    }
    errno = saved;
}

INTERNAL void process_free(void *ptr, const char *call) {
    struct thread_cache *cache = cache_fast;
    if (cache == &empty_cache || !large_is_block(ptr) || !stash_give(&cache->stash, ptr))
        deallocate(ptr, call);
}

INTERNAL void *process_resize(void *ptr, size_t size, const char *call) {
    size_t old_bytes = process_usable(ptr, call);
    if (!old_bytes)
        return NULL; /* misuse:warn */
    void *resized = size <= PTRDIFF_MAX ? resize(ptr, old_bytes, size, call) : NULL;
    if (!resized) {
        count_failure();
        errno = ENOMEM;
    } else if (counting) {
        size_t granted = usable(resized, call);
        count(&counters->resizes, 1);
        count(&counters->requested_bytes, size);
        count(&counters->granted_bytes, granted);
        count_live(granted, old_bytes);
    }
    return resized;
}

INTERNAL bool process_expand(void *ptr, size_t size, const char *call) {
    size_t old_bytes = process_usable(ptr, call);
    if (!old_bytes || size > PTRDIFF_MAX)
        return false;
    if (size <= old_bytes)
        return true;
    bool done = process.classic ? heap_expand(process.classic, ptr, size, call)
                                : !slab_of(ptr) && large_expand(ptr, size);
    if (done && counting)
        count_live(usable(ptr, call), old_bytes);
    return done;
}

INTERNAL size_t process_usable(void *ptr, const char *call) {
    if (process_is_ready())
        return usable(ptr, call);
    fatal(call, FAULT_FOREIGN, ptr);
    return 0;
}

INTERNAL size_t process_good_size(size_t size) {
    if (size > PTRDIFF_MAX || !process_is_ready())
        return size;
    if (process.classic)
        return free_set_round(&process.classic->engine.set[0], max_size(size, 1));
    if (size <= SLOT_MOST_BYTES)
        return slot_bytes(size_class_of(size));
    size_t rounded = free_set_round(&region.engine.set[0], size);
    return rounded ? rounded : size;
}
