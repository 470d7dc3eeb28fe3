/*
 * lost.c - the slabs of threads that do not exist in the child of a fork. Layer 7.
 *
 * fork copies the memory of all threads, but only the calling thread goes on. The others stopped
 * between any two stores. Their caches are marked lost; frees into their slabs are remote frees as
 * ever. When the child first needs a slab, it looks through the slabs once, and takes over those
 * that are provably whole: descriptors agree, and the list of free slots is sound. `used` is then
 * counted anew: what is not on the list counts as in use. So a slot that the lost thread had in its
 * cache stays lost, and nothing worse.
 */
#include "thread_cache.h"

#include "lock.h"

static bool is_lost(const struct slab *slab) {
    struct thread_cache *owner = load_relaxed(&slab->owner);
    return slab->kind == UNIT_SLAB && slab->head == slab && owner && owner != OWNER_SHARED &&
           owner->state == CACHE_LOST && slab->state != SLAB_FULL && !slab->notice_pending;
}

/* All units of the slab say so. */
static bool is_whole(const struct slab *slab) {
    size_t units = slab_bytes(slab->size_class) >> UNIT_SHIFT;
    for (size_t unit = 0; unit < units; unit++)
        if (slab[unit].owner != slab->owner || slab[unit].head != slab || slab[unit].kind != UNIT_SLAB)
            return false;
    return slab_carved(slab) % slot_bytes(slab->size_class) == 0;
}

INTERNAL bool lost_adopt(void) {
    lock_acquire(&caches_lock);
    bool first = lost_slabs;
    store_relaxed(&lost_slabs, false);
    for (struct thread_cache *cache = caches; cache && first; cache = cache->next)
        if (cache->state == CACHE_LOST)
            cache_read_notices(cache); /* none may be left about a slab that changes hands */
    size_t units = first ? (size_t)(region.engine.top - region.engine.base) >> UNIT_SHIFT : 0;
    for (size_t unit = 0; unit < units; unit++) {
        struct slab *slab = &region.slabs[unit];
        uint32_t free_slots;
        if (!is_lost(slab) || !is_whole(slab) || !slab_list_is_sound(slab, &free_slots))
            continue;
        slab->used = (uint16_t)(slab_carved_slots(slab) - free_slots);
        slab->hidden = 0;
        remote_unwatch(slab); /* full when its thread stopped, in the midst of bringing it back */
        shared_give(slab);
    }
    lock_release(&caches_lock);
    return first;
}
