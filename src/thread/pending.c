/*
 * pending.c - frees for other threads' slabs, gathered and handed over in batches.
 *
 *      pending[hash of the slab]:   slab | first -> ... -> last | count
 *
 * A batch is handed over when another slab hashes to its place, when too many bytes wait in all, at the end
 * of a period (refill.c), or when the thread ends.
 */
#include "thread_cache.h"

static void hand_over(struct slab *slab, void *first, void *last, uint32_t slots) {
    uint32_t before = remote_publish(slab, first, last, slots);
    count(&counters->remote_batches, 1);
    count(&counters->remote_frees, slots);
    if (before & REMOTE_WATCHED)
        cache_send_notice(slab);
    else
        shared_release_if_empty(slab);
}

/* Hands the place's batch over, and puts `next` there first: malloc may be called meanwhile. */
static void replace(struct thread_cache *cache, struct pending *pending, struct pending next) {
    struct pending batch = *pending;
    *pending = next;
    if (!batch.slab)
        return;
    cache->pending_bytes -= (size_t)batch.count * batch.weight;
    hand_over(batch.slab, batch.first, batch.last, batch.count);
}

INTERNAL void cache_flush_pending(struct thread_cache *cache) {
    for (size_t place = 0; place < REMOTE_PENDING_SLABS; place++)
        replace(cache, &cache->pending[place], (struct pending){0});
}

INTERNAL void cache_free_remote(struct thread_cache *cache, struct slab *slab, void *slot) {
    uint32_t number = slab_number(slab); /* slabs lie 4 or 8 units apart: its low bits say nothing */
    struct pending *pending = &cache->pending[(number >> 2 ^ number >> 8) % REMOTE_PENDING_SLABS];
    if (likely(pending->slab == slab)) {
        slot_set_free(slot, pending->first);
        pending->first = slot;
        pending->count++;
        cache->pending_bytes += pending->weight;
    } else {
        uint32_t weight = (uint32_t)min_size(slot_bytes(slab->size_class), REMOTE_PENDING_SLOT_BYTES);
        slot_set_free(slot, NULL);
        cache->pending_bytes += weight;
        replace(cache, pending, (struct pending){slab, slot, slot, 1, weight});
    }
    if (unlikely(cache->pending_bytes > REMOTE_PENDING_BYTES))
        cache_flush_pending(cache);
}

INTERNAL void remote_free_at_once(struct slab *slab, void *slot) {
    slot_set_free(slot, NULL);
    hand_over(slab, slot, slot, 1);
}
