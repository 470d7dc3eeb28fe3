/*
 * thread_cache.c - see thread_cache.h for the picture and the invariants.
 *
 * Reading order: partial lists; refill; events; notices; emptying. Remote frees: pending.c.
 */
#include "thread_cache.h"

#include "../platform/conf.h"
#include "../base/counters.h"
#include "../platform/lock.h"
#include "../platform/platform.h"
#include "../region/purge.h"
#include "../slab/thin.h"

INTERNAL_DEFINE RARELY_TOUCHED struct thread_cache empty_cache;
INTERNAL_DEFINE TLS struct thread_cache *cache_fast = &empty_cache;
INTERNAL_DEFINE TLS struct thread_cache *cache_own;
INTERNAL_DEFINE TLS bool cache_is_barred;
INTERNAL_DEFINE struct lock caches_lock = LOCK_INIT(RANK_CACHES);
INTERNAL_DEFINE struct thread_cache *caches;
INTERNAL_DEFINE bool lost_slabs;

/* --- Partial lists ---------------------------------------------------------------------------- */

static void push_partial(struct thread_cache *cache, struct slab *slab) {
    slab->state = SLAB_PARTIAL;
    slab_rest(slab);
    slab_list_append(&cache->partial[slab->size_class], slab);
}

static void remove_partial(struct thread_cache *cache, struct slab *slab) {
    if (slab->state == SLAB_EMPTY)
        cache->empty_bytes -= slab_bytes(slab->size_class);
    slab_list_remove(&cache->partial[slab->size_class], slab);
}

/* A partial slab of which nothing is in use. Kept while there is room, for the next refill of its
 * class; else released. A notice on its way keeps it: the sender still holds its address. */
static void slab_emptied(struct thread_cache *cache, struct slab *slab) {
    size_t bytes = slab_bytes(slab->size_class);
    if (cache->empty_bytes + bytes <= CACHE_EMPTY_BYTES) {
        slab->state = SLAB_EMPTY;
        cache->empty_bytes += bytes;
    } else if (!slab->notice_pending) {
        remove_partial(cache, slab);
        slab_release(slab);
    }
}

/* --- Refill ----------------------------------------------------------------------------------- */

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
        remove_partial(cache, slab);
        return slab;
    }
    slab = shared_adopt(size_class, cache);
    if (unlikely(!slab && load_relaxed(&lost_slabs)) && lost_adopt())
        slab = shared_adopt(size_class, cache);
    if (!slab)
        slab = slab_make(size_class, cache);
    if (unlikely(!slab)) { /* the region is full: what this thread keeps of other classes may help */
        cache_empty(cache);
        slab = slab_make(size_class, cache);
    }
    return slab;
}

/* Is there memory to give back? */
static void look_around(struct thread_cache *cache) {
    uint64_t now = conf.purge ? platform_milliseconds() : 0;
    if (now - cache->looked < PURGE_LOOK_MS)
        return;
    cache->looked = now;
    purge_if_due();
    if (now - cache->thinned < PURGE_INTERVAL_MS)
        return;
    if (cache->thinned)
        cache_thin(cache, false);
    cache->thinned = now;
}

/* Nothing happens by itself: a thread that allocates is what can be counted on. So each refill is a beat, and
 * so are some frees, for a program may live long on what its active slabs have. */
static void beat(struct thread_cache *cache) {
    if (++cache->beats % CACHE_BEATS)
        return;
    if (cache->pending_bytes)
        cache_flush_pending(cache);
    look_around(cache);
}

INTERNAL void *cache_refill(struct thread_cache *cache, unsigned size_class) {
    count(&counters->refills, 1);
    beat(cache);
    struct slab *slab = cache->active[size_class];
    for (;;) {
        void *list = slab ? slab_take_all(slab) : NULL;
        if (list) {
            cache->list[size_class] = list;
            return slot_pop(&cache->list[size_class]);
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

/* --- Events and notices ----------------------------------------------------------------------- */

INTERNAL void cache_slab_event(struct thread_cache *cache, struct slab *slab) {
    if (slab->state == SLAB_ACTIVE) {
        slab->used = ACTIVE_FREES;
        beat(cache);
        return;
    }
    if (slab->state == SLAB_FULL) {
        slab_unset_full(slab);
        if (!slab->notice_pending)
            slab->notice_pending = !remote_unwatch(slab);
        push_partial(cache, slab);
    }
    if (slab->used == 0 && slab->state == SLAB_PARTIAL)
        slab_emptied(cache, slab);
}

/* A slab whose thread is gone: to the pool of its class, for whoever needs slots. */
static void leave_to_others(struct slab *slab) {
    remote_collect(slab);
    if (slab->used == 0)
        slab_release(slab);
    else
        shared_give(slab);
}

static void read_notice(struct thread_cache *cache, struct slab *slab) {
    slab->notice_pending = 0;
    if (slab->state == SLAB_FULL) {
        if (cache->state == CACHE_LOST && !slab_repair(slab))
            return;
        slab_unset_full(slab);
        if (cache->state == CACHE_LOST) {
            leave_to_others(slab);
            return;
        }
        push_partial(cache, slab);
        remote_collect(slab);
    }
    if (cache->state == CACHE_LOST || slab->state == SLAB_ACTIVE)
        return; /* a lost cache's lists are not to be trusted: lost.c */
    if (cache->state == CACHE_DEAD) {
        remove_partial(cache, slab);
        leave_to_others(slab);
    } else if (slab->used == 0 && slab->state == SLAB_PARTIAL) {
        slab_emptied(cache, slab);
    }
}

INTERNAL void cache_read_notices(struct thread_cache *cache) {
    if (!__atomic_load_n(&cache->notices, __ATOMIC_SEQ_CST))
        return;
    uint32_t notice = __atomic_exchange_n(&cache->notices, 0, __ATOMIC_ACQUIRE);
    while (notice) {
        struct slab *slab = slab_numbered(notice);
        notice = links_of(slab)->notice;
        read_notice(cache, slab);
    }
}

/* --- Emptying --------------------------------------------------------------------------------- */

/* The slots of the class's list go back to their slab (invariant 1). */
static void stop_allocating(struct thread_cache *cache, unsigned size_class) {
    struct slab *slab = cache->active[size_class];
    if (!slab)
        return;
    slab_note_all(slab, cache->list[size_class]);
    cache->list[size_class] = NULL;
    cache->active[size_class] = NULL;
    push_partial(cache, slab);
}

/* While a cache is gone through, memory is given back, and whoever stands in front of libc's functions for
 * that may call malloc: then this thread borrows another. */
static struct thread_cache *bar_cache(bool *was_barred) {
    struct thread_cache *own = cache_own;
    *was_barred = cache_is_barred;
    cache_fast = &empty_cache;
    cache_own = NULL;
    cache_is_barred = true;
    return own;
}

static void let_in(struct thread_cache *own, bool was_barred) {
    cache_fast = own && !counting ? own : &empty_cache;
    cache_own = own;
    cache_is_barred = was_barred;
}

INTERNAL size_t cache_thin(struct thread_cache *cache, bool all) {
    size_t given = 0;
    bool was_barred;
    struct thread_cache *own = bar_cache(&was_barred);
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        if (all)
            stop_allocating(cache, size_class);
        for (struct slab *next, *each = cache->partial[size_class].first; each; each = next) {
            next = slab_numbered(links_of(each)->next);
            if (each->state != SLAB_PARTIAL)
                continue;
            remote_collect(each); /* or what others freed would wait for the next refill */
            if (each->used == 0)
                slab_emptied(cache, each);
            else
                given += slab_thin(each, all);
        }
    }
    let_in(own, was_barred);
    if (given)
        count_always(&counters->purged_bytes, given);
    return given;
}

INTERNAL void cache_empty(struct thread_cache *cache) {
    bool was_barred;
    struct thread_cache *own = bar_cache(&was_barred);
    cache_flush_pending(cache);
    stash_empty(&cache->stash);
    cache_read_notices(cache);
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        stop_allocating(cache, size_class);
        for (struct slab *next, *each = cache->partial[size_class].first; each; each = next) {
            next = slab_numbered(links_of(each)->next);
            if (each->notice_pending)
                continue; /* invariant 4: it stays until its notice is read */
            remove_partial(cache, each);
            leave_to_others(each);
        }
    }
    let_in(own, was_barred);
}

/* --- Checks ----------------------------------------------------------------------------------- */

INTERNAL const char *cache_check(const struct thread_cache *cache) {
    size_t empty_bytes = 0;
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        const struct slab *active = cache->active[size_class];
        const char *broken = active ? slab_check(active) : NULL;
        if (broken)
            return broken;
        for (void *slot = cache->list[size_class]; slot; slot = slot_words(slot)[0])
            if (!active || slab_at(slot) != active || !slot_is_marked(slot))
                return "cache 1: a slot on a list is not the active slab's";
        for (const struct slab *slab = cache->partial[size_class].first; slab;
             slab = slab_numbered(links_of(slab)->next)) {
            if (slab->owner != cache || (slab->state != SLAB_PARTIAL && slab->state != SLAB_EMPTY))
                return "cache 2: a slab on a partial list is not partial, or another's";
            if ((broken = slab_check(slab)))
                return broken;
            empty_bytes += slab->state == SLAB_EMPTY ? slab_bytes(slab->size_class) : 0;
        }
    }
    return empty_bytes == cache->empty_bytes ? NULL : "cache 3: empty_bytes is not their sum";
}
