/* remote.c - see remote.h. */
#include "remote.h"

/* The first slot as its place in the slab, in steps of the alignment, plus one: 0 is none. */
static uint32_t encode(const struct slab *slab, const void *first, uint32_t count) {
    return count << REMOTE_PLACE_BITS | (uint32_t)(slab_offset(slab, first) / ALIGNMENT_BYTES + 1);
}

static void *decode(const struct slab *slab, uint32_t word) {
    uint32_t place = word % (1u << REMOTE_PLACE_BITS);
    return place ? slab_start(slab) + (place - 1) * ALIGNMENT_BYTES : NULL;
}

INTERNAL void remote_publish(struct slab *slab, void *first, void *last, uint32_t count) {
    uint32_t *remote = &links_of(slab)->remote, old = load_relaxed(remote), new;
    do {
        slot_set_free(last, decode(slab, old));
        new = encode(slab, first, remote_count(old) + count);
    } while (!__atomic_compare_exchange_n(remote, &old, new, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED));
}

INTERNAL uint32_t remote_collect(struct slab *slab) {
    if (!load_relaxed(&links_of(slab)->remote))
        return 0;
    uint32_t word = __atomic_exchange_n(&links_of(slab)->remote, 0, __ATOMIC_ACQUIRE);
    void *first = decode(slab, word);
    uint32_t count = remote_count(word);
    if (slab->free) { /* walk to the last only if there is something to link it to */
        void *last = first;
        for (void *next; (next = slot_next(last)); last = next)
            ;
        slot_set_free(last, slab->free);
    }
    slab->free = first;
    if (slab->state != SLAB_ACTIVE)
        slab->frees_left = (uint16_t)(slab->frees_left - count);
    return count;
}
