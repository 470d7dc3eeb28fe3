/* trim.c - a thread gives up what its cache holds and does not need. */
#include "thread_cache.h"

/* Takes the slots of a list that do not lie in the slab. */
static void *remove_foreign(void **list, const struct slab *slab) {
    void *foreign = NULL, *own = NULL;
    for (void *next, *slot = *list; slot; slot = next) {
        next = slot_words(slot)[0];
        void **to = slab_at(slot) == slab ? &own : &foreign;
        slot_words(slot)[0] = *to;
        *to = slot;
    }
    *list = own;
    return foreign;
}

static void stop_allocating(struct thread_cache *cache, unsigned size_class) {
    struct slab *slab = cache->active[size_class];
    void *foreign = remove_foreign(&cache->list[size_class], slab), *own = cache->list[size_class];
    cache->list[size_class] = NULL;
    cache->active[size_class] = NULL;
    if (slab) {
        slab_note_all(slab, own);
        partial_append(cache, slab);
    }
    foreign_hand_over(foreign);
}

/* Giving memory back calls libc, and a program's own version of that may call malloc: with another cache. */
static struct thread_cache *bar_own_cache(void) {
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

/* Each slab is this thread's meanwhile. */
static size_t thin_pool(struct thread_cache *cache, unsigned size_class, bool all) {
    size_t given = 0;
    for (size_t left = shared_count(size_class); left > 0; left--) {
        struct slab *slab = shared_adopt(size_class, cache);
        if (!slab)
            break;
        remote_collect(slab);
        if (slab->frees_left > 0)
            given += slab_thin(slab, all);
        shared_give(slab);
    }
    return given;
}

/* One thread at a time has the time to look at the pools. */
static bool pools_are_due(void) {
    static uint64_t thinned_at;
    uint64_t now = platform_milliseconds(), before = load_relaxed(&thinned_at);
    return now - before >= PURGE_INTERVAL_MS &&
           __atomic_compare_exchange_n(&thinned_at, &before, now, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

INTERNAL size_t cache_thin(struct thread_cache *cache, bool all) {
    size_t given = 0;
    bool pools = all || pools_are_due();
    struct thread_cache *own = bar_own_cache();
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        if (all)
            stop_allocating(cache, size_class);
        for (struct slab *next, *each = cache->partial[size_class].first; each; each = next) {
            next = slab_next(each);
            if (each->frees_left == 0)
                continue;
            remote_collect(each); /* or what others freed would wait for the next refill */
            if (each->frees_left == 0)
                partial_emptied(cache, each);
            else
                given += slab_thin(each, all);
        }
        given += pools ? thin_pool(cache, size_class, all) : 0;
    }
    let_in(own);
    if (given)
        count_always(&counters->purged_bytes, given);
    return given;
}

INTERNAL void cache_empty(struct thread_cache *cache) {
    struct thread_cache *own = bar_own_cache();
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
