/* thread_cache.c - what all caches share, and their invariants. */
#include "thread_cache.h"

INTERNAL_DEFINE RARELY_TOUCHED struct thread_cache empty_cache;
INTERNAL_DEFINE TLS struct thread_cache *cache_fast = &empty_cache;
INTERNAL_DEFINE TLS struct thread_cache *cache_own;
INTERNAL_DEFINE TLS bool cache_is_barred;
INTERNAL_DEFINE struct lock caches_lock = LOCK_INIT(RANK_CACHES);
INTERNAL_DEFINE struct thread_cache *caches;
INTERNAL_DEFINE bool has_orphans;

INTERNAL void partial_share(struct thread_cache *cache, struct slab *slab) {
    slab_list_remove(&cache->partial[slab->size_class], slab);
    shared_give(slab);
}

INTERNAL const char *cache_check(const struct thread_cache *cache) {
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
        }
    }
    return NULL;
}
