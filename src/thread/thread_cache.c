/* thread_cache.c - the caches' lists of partial slabs. */
#include "thread_cache.h"

INTERNAL_DEFINE RARELY_TOUCHED struct thread_cache empty_cache;
INTERNAL_DEFINE TLS struct thread_cache *cache_fast = &empty_cache;
INTERNAL_DEFINE TLS struct thread_cache *cache_own;
INTERNAL_DEFINE TLS bool cache_is_barred;
INTERNAL_DEFINE struct lock caches_lock = LOCK_INIT(RANK_CACHES);
INTERNAL_DEFINE struct thread_cache *caches;
INTERNAL_DEFINE bool has_orphans;

/* Nothing of a partial slab is in use any more. It is kept while there is room; else released. */
INTERNAL void partial_emptied(struct thread_cache *cache, struct slab *slab) {
    cache->empty_bytes += slab_bytes(slab);
    if (cache->empty_bytes <= CACHE_EMPTY_BYTES)
        return;
    partial_remove(cache, slab);
    slab_release(slab);
}

INTERNAL void partial_append(struct thread_cache *cache, struct slab *slab) {
    store_relaxed(&slab->state, SLAB_PARTIAL);
    slab_deactivate(slab);
    slab_list_append(&cache->partial[slab->size_class], slab);
    if (slab->frees_left == 0)
        partial_emptied(cache, slab);
}

INTERNAL void partial_remove(struct thread_cache *cache, struct slab *slab) {
    if (slab->frees_left == 0)
        cache->empty_bytes -= slab_bytes(slab);
    slab_list_remove(&cache->partial[slab->size_class], slab);
}

INTERNAL const char *cache_check(const struct thread_cache *cache) {
    size_t empty_bytes = 0;
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        const struct slab *active = cache->active[size_class];
        const char *broken = active ? slab_check(active) : NULL;
        if (broken)
            return broken;
        for (void *slot = cache->list[size_class]; slot; slot = slot_words(slot)[0])
            if (!slot_is_marked(slot) || slab_at(slot)->size_class != size_class)
                return "cache 1: a slot on a list is not free, or of another class";
        for (const struct slab *slab = cache->partial[size_class].first; slab; slab = slab_next(slab)) {
            if (slab->owner != cache || slab->state != SLAB_PARTIAL)
                return "cache 2: a slab on a partial list is not partial, or another's";
            if ((broken = slab_check(slab)))
                return broken;
            empty_bytes += slab->frees_left == 0 ? slab_bytes(slab) : 0;
        }
    }
    return empty_bytes == cache->empty_bytes ? NULL : "cache 3: empty_bytes is not their sum";
}
