/*
 * remote.h - slots freed by a thread that does not own their slab.
 *
 *      the freeing thread                       the slab's `remote` word
 *      pending[slab]: slot -> slot -> slot      | watched | count | first |  -> slot -> slot
 *                     \________ one compare-and-swap ________^
 *
 * A thread gathers several slots before it hands them over: the expensive part is the descriptor's cache
 * line, which moves between processors. The owner takes all with one exchange when it runs out of slots.
 *
 * `watched` is set while the slab is FULL. The thread that clears it sends the owner a notice (notice.c).
 *
 * ABA does no harm: pushing needs only that the first slot is still first, and nobody pops one by one.
 * Source: R. K. Treiber (1986); taking all at once as in mimalloc (D. Leijen et al. 2019), handing over in
 * batches as in snmalloc (P. Liétar et al. 2019).
 */
#pragma once

#include "slab.h"

/* The word: watched, 1 bit; count, 16 bits; first, as its place in the slab, 15 bits. */
#define REMOTE_WATCHED ((uint32_t)1 << 31)
#define REMOTE_PLACE_BITS 15

_Static_assert(SLAB_LARGE_BYTES / ALIGNMENT_BYTES < 1 << REMOTE_PLACE_BITS, "any place in a slab fits");

static inline uint32_t remote_count(uint32_t word) {
    return word >> REMOTE_PLACE_BITS & 0xffff;
}

/* Adds `count` slots, linked from first to last, to the slab's word. Returns the word before. */
INTERNAL uint32_t remote_publish(struct slab *slab, void *first, void *last, uint32_t count);

/* The owner: moves everything to the slab's own list. Returns how many slots. */
INTERNAL uint32_t remote_collect(struct slab *slab);

/* The owner: asks for a notice at the next free; or no longer. False: the notice is on its way. */
INTERNAL void remote_watch(struct slab *slab);
INTERNAL bool remote_unwatch(struct slab *slab);
