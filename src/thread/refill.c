/* refill.c - a thread's list of slots is empty, or a slab needs attention; and periodic work. */
#include "../region/purge.h"
#include "thread_cache.h"

static void activate(struct thread_cache *cache, struct slab *slab) {
    slab_activate(slab, cache, &cache->list[slab->size_class]);
    cache->active[slab->size_class] = slab;
}

/* Nothing left to take. False if a free by another thread came in between: then there is. */
static bool retire_full(struct slab *slab) {
    slab_set_full(slab);
    if (slab->notice_pending)
        return true;
    remote_watch(slab);
    if (remote_count(load_relaxed(&links_of(slab)->remote)) == 0)
        return true;
    if (remote_unwatch(slab)) {
        slab_unset_full(slab);
        activate(slab->owner, slab);
        return false;
    }
    slab->notice_pending = 1;
    return true;
}

/* The next slab to allocate from, nearest first. */
static struct slab *find_slab(struct thread_cache *cache, unsigned size_class) {
    cache_read_notices(cache);
    struct slab *slab = cache->partial[size_class].first;
    if (slab) {
        partial_remove(cache, slab);
        return slab;
    }
    slab = shared_adopt(size_class, cache);
    if (unlikely(!slab && load_relaxed(&has_orphans)) && orphans_adopt())
        slab = shared_adopt(size_class, cache);
    if (!slab)
        slab = slab_make(size_class, cache);
    if (unlikely(!slab)) { /* the region is full: what this thread keeps of other classes may help */
        cache_empty(cache);
        slab = slab_make(size_class, cache);
    }
    return slab;
}

static void give_memory_back(struct thread_cache *cache) {
    uint64_t now = conf.purge ? platform_milliseconds() : 0;
    if (now - cache->purged_at < PURGE_LOOK_MS)
        return;
    cache->purged_at = now;
    purge_if_due();
    if (now - cache->thinned_at < PURGE_INTERVAL_MS)
        return;
    if (cache->thinned_at)
        cache_thin(cache, false);
    cache->thinned_at = now;
}

static void tick(struct thread_cache *cache) {
    if (++cache->ticks % PERIOD_TICKS)
        return;
    if (cache->pending_bytes)
        cache_flush_pending(cache);
    give_memory_back(cache);
}

INTERNAL void *cache_refill(struct thread_cache *cache, unsigned size_class) {
    count(&counters->refills, 1);
    tick(cache);
    struct slab *slab = cache->active[size_class];
    for (;;) {
        void *list = slab ? slab_take_all(slab) : NULL;
        if (list) {
            cache->list[size_class] = list;
            return cache_take(cache, size_class);
        }
        if (slab && !retire_full(slab))
            continue;
        cache->active[size_class] = NULL; /* full, and on no list: cache_empty must not find it */
        slab = find_slab(cache, size_class);
        if (!slab)
            return NULL;
        activate(cache, slab);
    }
}

INTERNAL void cache_slab_event(struct thread_cache *cache, struct slab *slab) {
    if (slab->state == SLAB_ACTIVE) {
        slab->frees_left = ACTIVE_FREES;
        tick(cache);
    } else if (slab->state == SLAB_FULL) {
        slab_unset_full(slab);
        if (!slab->notice_pending)
            slab->notice_pending = !remote_unwatch(slab);
        partial_append(cache, slab);
    } else {
        partial_emptied(cache, slab);
    }
}
