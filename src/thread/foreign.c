/*
 * foreign.c - frees of slots whose slab is not the thread's.
 *
 *      foreign[class]:   slot -> slot -> slot       of any slabs; all of them in use, as those slabs see it
 *
 * The thread's next requests of that class take them: so a free and a malloc cost no access to the slab, and
 * no atomic operation. Slots beyond FOREIGN_MOST_BYTES are handed over to their slabs (remote.h); so are all
 * at times (refill.c), and when the thread ends.
 *
 * A FULL slab is on no list, and has no owner. A free by the thread that filled it makes it that thread's
 * again, if the thread needs it. Otherwise, slots that are handed over bring the slab to the pool of its
 * class, where the next thread that needs slots adopts it.
 */
#include "thread_cache.h"

/* First publishes, then looks at the owner. A thread that gives a slab up sets the owner, then looks at what
 * was published: one sees the other (Dekker). */
static void hand_over(struct slab *slab, void *first, void *last, uint32_t slots) {
    remote_publish(slab, first, last, slots);
    count(&counters->remote_batches, 1);
    count(&counters->remote_frees, slots);
    struct thread_cache *owner = __atomic_load_n(&slab->owner, __ATOMIC_SEQ_CST);
    if (!owner_is_full(owner))
        shared_release_if_empty(slab);
    else if (slab_claim(slab, owner, OWNER_SHARED))
        shared_give(slab);
}

/* Slots of one slab that follow each other make one batch. */
INTERNAL void foreign_hand_over(void *first) {
    while (first) {
        struct slab *slab = slab_at(first);
        void *last = first, *next;
        uint32_t slots = 1;
        for (; (next = slot_words(last)[0]) && slab_at(next) == slab; last = next)
            slots++;
        hand_over(slab, first, last, slots);
        first = next;
    }
}

/* The list is empty first: malloc may be called meanwhile. */
static void flush(struct foreign *foreign) {
    void *first = foreign->first;
    *foreign = (struct foreign){0};
    foreign_hand_over(first);
}

INTERNAL void cache_flush_foreign(struct thread_cache *cache) {
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++)
        flush(&cache->foreign[size_class]);
}

/* The thread filled the slab, and has no partial slab of that class. Others can't use the free slots of a
 * thread's slabs: so one is enough, unless there are no others. After E. Berger et al. (Hoard, 2000). */
static bool may_claim(const struct thread_cache *cache, const struct slab *slab, unsigned size_class) {
    return load_relaxed(&slab->owner) == filled_by(cache) &&
           (!cache->partial[size_class].first || load_relaxed(&live_caches) <= 1);
}

INTERNAL void cache_free_foreign(struct thread_cache *cache, struct slab *slab, void *slot) {
    unsigned size_class = slab->size_class;
    if (may_claim(cache, slab, size_class) && slab_claim(slab, filled_by(cache), cache)) {
        partial_append(cache, slab);
        slab_put(slab, slot);
        slab->frees_left--; /* of a full slab: others are left */
        return;
    }
    struct foreign *foreign = &cache->foreign[size_class];
    slot_set_free(slot, foreign->first);
    foreign->first = slot;
    foreign->bytes += slot_bytes(size_class);
    if (unlikely(foreign->bytes > FOREIGN_MOST_BYTES))
        flush(foreign);
}

INTERNAL void foreign_free_at_once(struct slab *slab, void *slot) {
    slot_set_free(slot, NULL);
    hand_over(slab, slot, slot, 1);
}
