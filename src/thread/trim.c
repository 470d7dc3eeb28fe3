/* trim.c - a thread gives up what its cache holds and does not need. */
#include "thread_cache.h"

/* Every slot of the list goes to its slab as from another thread, and then this slab collects. */
static void stop_allocating(struct thread_cache *cache, unsigned size_class) {
    struct slab *slab = cache->active[size_class];
    void *list = cache->list[size_class];
    cache->list[size_class] = NULL;
    cache->active[size_class] = NULL;
    foreign_hand_over(list);
    if (!slab)
        return;
    void *own = slab->free; /* where a sample is near, frees lie here (sample.h) */
    slab->free = NULL;
    foreign_hand_over(own);
    slab->frees_left = (uint16_t)(slab_carved_slots(slab) - remote_collect(slab));
    partial_append(cache, slab);
}

/* Giving memory back calls libc, and a program's own version of that may call malloc: with another cache. */
INTERNAL struct thread_cache *cache_bar_own(void) {
    struct thread_cache *own = cache_own;
    if (own) {
        cache_fast = &empty_cache;
        cache_own = NULL;
        cache_is_barred = true;
    }
    return own;
}

static void let_in(struct thread_cache *own) {
    if (own) {
        cache_fast = counting ? &empty_cache : own;
        cache_own = own;
        cache_is_barred = false;
    }
}

/* One thread at a time has the time to look at the pools. */
static bool pools_are_due(void) {
    static uint64_t thinned_at;
    uint64_t now = platform_milliseconds(), before = load_relaxed(&thinned_at);
    return now - before >= PURGE_INTERVAL_MS &&
           __atomic_compare_exchange_n(&thinned_at, &before, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

INTERNAL size_t cache_thin(struct thread_cache *cache, bool at_once) {
    size_t given = 0;
    bool pools = at_once || pools_are_due();
    struct thread_cache *own = cache_bar_own();
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        for (struct slab *next, *each = cache->partial[size_class].first; each; each = next) {
            next = slab_next(each);
            if (each->frees_left == 0)
                continue;
            remote_collect(each); /* or what others freed would wait for the next refill */
            if (each->frees_left == 0)
                partial_emptied(cache, each);
            else
                given += slab_thin(each, at_once);
        }
        given += pools ? shared_thin(size_class, cache, at_once) : 0;
    }
    let_in(own);
    if (given)
        count_always(&counters->purged_bytes, given);
    return given;
}

INTERNAL void cache_empty(struct thread_cache *cache) {
    struct thread_cache *own = cache_bar_own();
    cache_flush_foreign(cache);
    large_cache_empty(&cache->large);
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        stop_allocating(cache, size_class);
        for (struct slab *next, *each = cache->partial[size_class].first; each; each = next) {
            next = slab_next(each);
            partial_remove(cache, each);
            shared_give(each);
        }
    }
    let_in(own);
}
