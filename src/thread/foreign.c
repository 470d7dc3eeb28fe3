/*
 * foreign.c - slots that a thread freed, and whose slab is not the thread's.
 *
 *      foreign[class]:   slot -> slot -> slot       of any slabs; all of them in use, as those slabs see it
 *
 * The thread's next requests of that class take them: so a free and a malloc cost no access to the slab, and
 * no atomic operation. Slots beyond a share of the heap are handed over to their slabs (remote.h); so are all
 * at times (refill.c), and when the thread ends.
 *
 * A FULL slab is on no list, and has no owner. A free makes it the freeing thread's, if that thread needs it
 * (refill.c). Otherwise, slots that are handed over bring the slab to the pool of its class, where the next
 * thread that needs slots adopts it.
 */
#include "thread_cache.h"

/* First publishes, then looks at the owner. A thread that gives a slab up sets the owner, then looks at what
 * was published: one sees the other (Dekker). */
static void hand_over(struct slab *slab, void *first, void *last, uint32_t slots) {
    remote_publish(slab, first, last, slots);
    if (__atomic_load_n(&slab->owner, __ATOMIC_SEQ_CST) != OWNER_FULL)
        shared_release_if_empty(slab);
    else
        shared_give_full(slab);
}

/* Slots of one slab that follow each other make one batch. The list `ownerless` is whole at each hand-over:
 * malloc may be called there. */
INTERNAL uint64_t foreign_hand_over(void *first, void **ownerless) {
    uint64_t batches = 0;
    while (first) {
        struct slab *slab = slab_at(first);
        void *last = first, *next;
        uint32_t slots = 1;
        for (; (next = slot_next(last)) && slab_at(next) == slab; last = next)
            slots++;
        if (!ownerless || owner_is_cache(load_relaxed(&slab->owner))) {
            hand_over(slab, first, last, slots);
            batches++;
        } else {
            slot_set_free(last, *ownerless);
            *ownerless = first;
        }
        first = next;
    }
    return batches;
}

/* The list is empty first: malloc may be called meanwhile. */
INTERNAL void foreign_flush(struct foreign *foreign) {
    void *first = foreign->first;
    *foreign = (struct foreign){0};
    count(&counters->remote_batches, foreign_hand_over(first, NULL));
}

/* Below NOTES_FROM_BYTES in all, slots whose slab has an owner go back to it. Otherwise two threads would
 * have objects in one slab for ever, and move its cache lines between processors. In a larger heap that is
 * rare, and room counts. While samples are taken, the list waits: nobody would count these slots. */
INTERNAL void foreign_list(struct thread_cache *cache, unsigned size_class) {
    struct foreign foreign = cache->foreign[size_class];
    if (foreign.bytes < FOREIGN_LEAST_BYTES || load_relaxed(&conf.sample_bytes))
        return;
    cache->foreign[size_class] = (struct foreign){0};
    bool small = load_relaxed(&counters->used_bytes) < NOTES_FROM_BYTES;
    if (small)
        count(&counters->remote_batches, foreign_hand_over(foreign.first, &cache->list[size_class]));
    else
        cache->list[size_class] = foreign.first;
}

INTERNAL void cache_flush_foreign(struct thread_cache *cache) {
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++)
        foreign_flush(&cache->foreign[size_class]);
}
