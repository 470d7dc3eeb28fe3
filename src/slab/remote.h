/*
 * remote.h - slots freed by a thread that does not own their slab.
 *
 *      the freeing thread                       the slab's `remote` word
 *      slot -> slot -> slot                     | count | first |  -> slot -> slot
 *      \________ one compare-and-swap _____________^
 *
 * A thread gathers several slots before it hands them over: the expensive part is the descriptor's cache
 * line, which moves between processors. The owner takes all with one exchange when it runs out of slots.
 *
 * ABA does no harm: pushing needs only that the first slot is still first, and nobody pops one by one.
 * Source: R. K. Treiber (1986); taking all at once as in mimalloc (D. Leijen et al. 2019), handing over in
 * batches as in snmalloc (P. Liétar et al. 2019).
 */
#pragma once

#include "slab.h"

/* The word: the count in 16 bits, the address of the first in 48. Linux gives no higher one unasked. */
#define REMOTE_FIRST_BITS 48

static inline uint32_t remote_count(uint64_t word) {
    return (uint32_t)(word >> REMOTE_FIRST_BITS);
}

static inline void *remote_first(uint64_t word) {
    return (void *)(word & (((uint64_t)1 << REMOTE_FIRST_BITS) - 1));
}

/* Adds `count` slots, linked from first to last, to the slab's word. */
INTERNAL void remote_publish(struct slab *slab, void *first, void *last, uint32_t count);

/* The owner: moves everything to the slab's own list. Returns how many slots. */
INTERNAL uint32_t remote_collect(struct slab *slab);
