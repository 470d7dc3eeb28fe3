/*
 * orphans.c - the slabs of threads that do not exist in the child of a fork.
 *
 * Only the thread that calls fork goes on in the child. The others stopped between any two stores: their
 * caches are orphans, and frees into their slabs are remote frees as ever. When the child first needs a slab,
 * it shares those that are provably sound: descriptors and lists agree. Slots that a thread was just taking
 * or freeing are lost to the child, and so are those on its lists.
 */
#include "thread_cache.h"

INTERNAL struct slab *orphans_adopt(unsigned size_class, struct thread_cache *owner) {
    lock_acquire(&caches_lock);
    size_t units = has_orphans ? (size_t)(region.engine.top - region.engine.base) >> UNIT_SHIFT : 0;
    store_relaxed(&has_orphans, false);
    for (size_t unit = 0; unit < units; unit++) {
        struct slab *slab = slab_of_unit(unit);
        const struct thread_cache *lost = load_relaxed(&slab->owner);
        if (slab_number(slab) == unit + 1 && owner_is_cache(lost) && !lost->holder && slab_repair(slab))
            shared_give(slab);
    }
    lock_release(&caches_lock);
    return shared_adopt(size_class, owner);
}
