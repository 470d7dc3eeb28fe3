/* remote.c - see remote.h. */
#include "remote.h"

INTERNAL void remote_publish(struct slab *slab, void *first, void *last, uint32_t count) {
    uint64_t *remote = &links_of(slab)->remote, old = load_relaxed(remote), new;
    do {
        slot_set_free(last, remote_first(old));
        new = (uint64_t)(remote_count(old) + count) << REMOTE_FIRST_BITS | (uintptr_t)first;
    } while (!__atomic_compare_exchange_n(remote, &old, new, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
}

INTERNAL uint32_t remote_collect(struct slab *slab) {
    if (!load_relaxed(&links_of(slab)->remote))
        return 0;
    uint64_t word = __atomic_exchange_n(&links_of(slab)->remote, 0, __ATOMIC_ACQUIRE);
    void *first = remote_first(word);
    uint32_t count = remote_count(word);
    if (slab->free) { /* walk to the last only if there is something to link it to */
        void *last = first;
        for (void *next; (next = slot_next(last)); last = next)
            ;
        slot_set_free(last, slab->free);
    }
    slab->free = first;
    if (slab->state != SLAB_ACTIVE)
        slab->frees_left -= count;
    return count;
}
