/* serve.c - see serve.h. */
#include "serve.h"

#include "../region/zero.h"

INTERNAL_DEFINE struct process process;
INTERNAL_DEFINE struct lock start_lock = LOCK_INIT(RANK_START);

/* The thread's list is empty: is the next object a sample? */
static NOINLINE void *take_sample(struct thread_cache *cache, size_t size, unsigned size_class) {
    uint64_t *until = &cache->until_sample[size_class];
    size_t bytes = slot_bytes(size_class), mean = load_relaxed(&conf.sample_bytes);
    if (cache->active[size_class])
        sample_frees(until, cache->active[size_class], &cache->list[size_class]);
    bool is_due = sample_is_due(until, bytes, mean);
    return is_due ? sample_take(size, bytes, sample_weight(until, bytes, mean)) : NULL;
}

static void *take_slot(size_t size, unsigned size_class) {
    struct thread_cache *own = cache_mine();
    struct thread_cache *cache = own ? own : cache_borrow();
    if (!cache)
        return NULL;
    void *slot = slot_pop(&cache->list[size_class]);
    if (!slot && unlikely(load_relaxed(&conf.sample_bytes)))
        slot = take_sample(cache, size, size_class);
    if (!slot)
        slot = cache_refill(cache, size_class);
    if (!own)
        cache_return(cache);
    return slot;
}

INTERNAL void *serve_sampled(void *block, size_t size, size_t had) {
    if (unlikely(load_relaxed(&conf.sample_bytes)) && block && cache_own)
        sample_large(&cache_own->until_sample[SIZE_CLASSES], block, size, had);
    return block;
}

INTERNAL void *serve_take(size_t size, size_t alignment, bool zeroed) {
    if (process.classic) {
        void *ptr = halloc_heap_aligned(process.classic, alignment, max_size(size, 1));
        return ptr && zeroed ? memset(ptr, 0, size) : ptr;
    }
    void *zero = size || alignment > ALIGNMENT_BYTES ? NULL : zero_take();
    if (zero)
        return zero;
    if (conf.harden)
        return harden_take(size, alignment, zeroed);
    size = max_size(size, 1);
    size_t slot_size = aligned_slot_size(size, alignment);
    if (slot_size > SLOT_MOST_BYTES || alignment > UNIT_BYTES) {
        cache_mine(); /* the block may be kept there, when it is given back */
        return serve_sampled(large_take(size, alignment, zeroed), size, 0);
    }
    void *slot = take_slot(size, size_class_of(slot_size));
    return slot && zeroed ? memset(slot, 0, size) : slot;
}

static void give_slot(struct slab *slab, void *slot) {
    struct thread_cache *cache = cache_mine();
    if (!cache) {
        slot_set_free(slot, NULL);
        count(&counters->remote_frees, 1);
        count(&counters->remote_batches, foreign_hand_over(slot, NULL));
    } else if (load_relaxed(&slab->owner) != cache) {
        cache_free_foreign(cache, slab, slot);
    } else {
        slab_put(slab, slot);
        cache_freed(cache, slab);
    }
}

INTERNAL void serve_give(void *ptr, const char *call, size_t size, size_t alignment) {
    struct slab *slab;
    if (process.classic)
        heap_free(process.classic, ptr, call);
    else if (zero_contains(ptr))
        zero_give(ptr);
    else if (guarded_at(ptr))
        guard_give(ptr, call);
    else if (conf.harden)
        harden_give(ptr, call, size, alignment);
    else if ((slab = slab_of(ptr)))
        give_slot(slab, ptr);
    else
        large_give(ptr);
}

/* A slot serves a smaller size, unless that would waste more than half of it. Up to 64 bytes a move costs
 * more. */
static bool resize_in_place(void *ptr, size_t old_bytes, size_t size) {
    size_t room = conf.harden ? harden_bytes(ptr) : old_bytes;
    bool wastes = size <= room / 2 && old_bytes > 64;
    if (conf.harden)
        return !wastes && harden_resize(ptr, size, BY_MALLOC);
    if (old_bytes <= SLOT_MOST_BYTES)
        return size <= old_bytes && !wastes;
    return size > SLOT_MOST_BYTES && large_expand(ptr, size);
}

/* A block that grew once will probably grow again. With an eighth more, which costs nothing until it is
 * touched, a growing vector moves a logarithmic number of times. */
static void *move(void *ptr, size_t old_bytes, size_t size, const char *call) {
    bool grows = old_bytes > SLOT_MOST_BYTES && size > old_bytes;
    size_t roomy = grows ? size + size / 8 : size;
    void *moved = serve_take(roomy, ALIGNMENT_BYTES, false);
    if (!moved && grows)
        moved = serve_take(roomy = size, ALIGNMENT_BYTES, false);
    if (!moved)
        return NULL;
    if (grows && conf.harden)
        harden_resize(moved, size, BY_MALLOC);
    else if (grows)
        dense_choose_grown(moved, roomy, ptr, old_bytes);
    if (grows && unit_of(moved)->kind == UNIT_SAMPLED)
        sample_of(moved)->size = size; /* as the program asked */
    memcpy(moved, ptr, min_size(old_bytes, size));
    serve_give(ptr, call, SIZE_UNSAID, 1);
    return moved;
}

INTERNAL void *serve_resize(void *ptr, size_t old_bytes, size_t size, const char *call) {
    if (process.classic)
        return heap_resize(process.classic, ptr, size, call);
    if (resize_in_place(ptr, old_bytes, size))
        return size > old_bytes ? serve_sampled(ptr, size, old_bytes) : ptr;
    void *moved = move(ptr, old_bytes, size, call);
    bool may_stay = !moved && size <= old_bytes; /* to become smaller it need not move */
    return may_stay && (!conf.harden || harden_resize(ptr, size, BY_MALLOC)) ? ptr : moved;
}
