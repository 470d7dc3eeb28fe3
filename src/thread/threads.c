/* threads.c - see threads.h. */
#include "threads.h"

#include <pthread.h>

static struct thread_cache *dead_caches;
static pthread_key_t exit_key;
static bool has_exit_key;

/* What is left of the newest mapping of caches: they lie outside the region, out of an overflow's reach. */
static char *spare, *spare_end;

static struct thread_cache *make_cache(void) {
    if (spare == spare_end) {
        char *mapping = platform_map(CACHES_BYTES, true);
        if (!mapping)
            return NULL;
        spare = mapping;
        spare_end = mapping + CACHES_BYTES / sizeof(struct thread_cache) * sizeof(struct thread_cache);
    }
    struct thread_cache *cache = (struct thread_cache *)spare;
    spare += sizeof *cache;
    cache->next = caches;
    store_release(&caches, cache);
    return cache;
}

INTERNAL struct thread_cache *cache_borrow(void) {
    lock_acquire(&caches_lock);
    struct thread_cache *cache = dead_caches ? dead_caches : make_cache();
    if (cache) {
        if (cache == dead_caches)
            dead_caches = cache->next_dead;
        cache->holder = thread_mark();
        store_relaxed(&live_caches, live_caches + 1);
    }
    lock_release(&caches_lock);
    return cache;
}

INTERNAL void cache_return(struct thread_cache *cache) {
    cache_empty(cache);
    lock_acquire(&caches_lock);
    cache->holder = NULL;
    store_relaxed(&live_caches, live_caches - 1);
    cache->next_dead = dead_caches;
    dead_caches = cache;
    lock_release(&caches_lock);
}

/* --- Threads ---------------------------------------------------------------------------------- */

/* The key is the first, and so is its destructor. Those of other keys then free what the thread had: so the
 * cache serves them, and ends in the next round of destructors. If there is none, for the thread's first call
 * came late, the cache outlives the thread. */
static void thread_exit(void *cache) {
    static TLS unsigned rounds;
    if (rounds++ > 0 || pthread_setspecific(exit_key, cache) != 0) {
        cache_return(cache_bar_own());
        count(&counters->threads_live, (uint64_t)-1);
    }
}

INTERNAL void threads_start(void) {
    has_exit_key = pthread_key_create(&exit_key, thread_exit) == 0;
}

INTERNAL struct thread_cache *cache_mine(void) {
    if (cache_own || cache_is_barred)
        return cache_own;
    struct thread_cache *cache = cache_borrow();
    if (!cache)
        return NULL;
    cache_own = cache;
    if (!counting) /* else the fast paths are off */
        cache_fast = cache;
    count(&counters->threads, 1);
    count(&counters->threads_live, 1);
    count_peak(&counters->threads_peak, load_relaxed(&counters->threads_live));
    if (has_exit_key)
        pthread_setspecific(exit_key, cache); /* may call calloc: cache_own is set already */
    return cache;
}

void halloc_before_thread(void) {
    if (cache_own && load_relaxed(&live_caches) <= 1 &&
        load_relaxed(&counters->used_bytes) >= NOTES_FROM_BYTES)
        cache_empty(cache_own);
}

INTERNAL void threads_orphan_others(void) {
    for (struct thread_cache *cache = caches; cache; cache = cache->next) {
        if (!cache->holder || cache->holder == thread_mark())
            continue;
        cache->holder = NULL;
        live_caches--;
        has_orphans = true;
    }
}
