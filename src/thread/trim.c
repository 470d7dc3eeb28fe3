/* trim.c - a thread gives up what its cache holds and does not need. */
#include "thread_cache.h"

/* Every slot of the list goes to its slab as from another thread, and then this slab collects. */
static void give_up_active(struct thread_cache *cache, unsigned size_class) {
    struct slab *slab = cache->active[size_class];
    void *list = cache->list[size_class];
    cache->list[size_class] = NULL;
    cache->active[size_class] = NULL;
    foreign_hand_over(list, NULL);
    if (!slab)
        return;
    void *own = slab->free; /* where a sample is near, frees lie here (sample.h) */
    slab->free = NULL;
    foreign_hand_over(own, NULL);
    slab->frees_left = slab_carved_slots(slab) - remote_collect(slab);
    slab->list = &slab->free;
    shared_give(slab);
}

/* A walk over the free slots tells how many are in use. The next walk comes when the slab can be empty at the
 * earliest. A walk costs a unit, and one for each eight slots; a slab that goes costs eight more. */
INTERNAL void cache_give_up_if_unused(struct thread_cache *cache, struct slab *slab) {
    uint32_t free = remote_count(load_relaxed(&links_of(slab)->remote)), left = SLAB_SLOTS_MOST;
    void *slot = cache->list[slab->size_class]; /* a damaged one ends the walk: malloc will tell */
    for (; slot && left && slot_is_marked(slot); slot = slot_words(slot)[0], left--)
        free += slab_at(slot) == slab;
    uint32_t used = slab_carved_slots(slab) - free;
    slab->frees_left = (uint32_t)min_size(max_size(used, free / 16), ACTIVE_FREES);
    cache->give_up_units -= min_size((SLAB_SLOTS_MOST - left) / 8 + (used ? 1 : 9), cache->give_up_units);
    if (!used)
        give_up_active(cache, slab->size_class);
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
    if (at_once)
        cache_empty(cache);
    struct thread_cache *own = cache_bar_own();
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        for (struct slab *next, *each = cache->partial[size_class].first; each; each = next) {
            next = slab_next(each);
            remote_collect(each); /* or what others freed would wait for the next refill */
            if (each->frees_left == 0)
                partial_share(cache, each);
            else
                given += slab_thin(each, false);
        }
        given += pools ? shared_thin(size_class, cache, at_once) : 0;
    }
    let_in(own);
    count_always(&counters->purged_bytes, given);
    return given;
}

INTERNAL void cache_empty(struct thread_cache *cache) {
    struct thread_cache *own = cache_bar_own();
    cache_flush_foreign(cache);
    large_cache_empty(&cache->large);
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        give_up_active(cache, size_class);
        for (struct slab *next, *each = cache->partial[size_class].first; each; each = next) {
            next = slab_next(each);
            partial_share(cache, each);
        }
    }
    let_in(own);
}
