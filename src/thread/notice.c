/*
 * notice.c - a full slab that another thread freed into is brought to its owner's notice.
 *
 *      the freeing thread, having taken the watch off        the owner, when it needs a slab
 *      owner->notices <- slab -> slab                        takes the whole stack, and reads it
 */
#include "thread_cache.h"

INTERNAL void leave_to_others(struct slab *slab) {
    remote_collect(slab);
    if (slab->frees_left == 0)
        slab_release(slab);
    else
        shared_give(slab);
}

/* A full slab comes back, or did already. Not to the lists of an orphaned cache: they can't be trusted. */
static void read_notice(struct thread_cache *cache, struct slab *slab) {
    slab->notice_pending = 0;
    if (slab->state == SLAB_FULL) {
        slab_unset_full(slab);
        if (cache->state == CACHE_LIVE) {
            remote_collect(slab);
            partial_append(cache, slab);
        } else if (cache->state == CACHE_DEAD || slab_repair(slab)) {
            leave_to_others(slab);
        }
    } else if (slab->state == SLAB_PARTIAL && cache->state == CACHE_DEAD) {
        partial_remove(cache, slab);
        leave_to_others(slab);
    } else if (slab->state == SLAB_PARTIAL && cache->state == CACHE_LIVE && slab->frees_left == 0) {
        partial_release_surplus(cache, slab);
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

/* First push, then look at the state; cache_return sets it, then reads: one sees the other (Dekker). */
INTERNAL void cache_send_notice(struct slab *slab) {
    struct thread_cache *owner = load_relaxed(&slab->owner);
    uint32_t notice = slab_number(slab);
    uint32_t top = load_relaxed(&owner->notices);
    do
        links_of(slab)->notice = top;
    while (!__atomic_compare_exchange_n(&owner->notices, &top, notice, true, __ATOMIC_SEQ_CST,
                                        __ATOMIC_RELAXED));
    if (likely(__atomic_load_n(&owner->state, __ATOMIC_SEQ_CST) == CACHE_LIVE))
        return;
    lock_acquire(&caches_lock);
    if (owner->state != CACHE_LIVE)
        cache_read_notices(owner);
    lock_release(&caches_lock);
}
