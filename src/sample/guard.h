/*
 * guard.h - sampled objects between pages that nobody can touch: HALLOC_CONF=guard:BYTES.
 *
 *      place         | no access |  .....[object] | no access ...      in use: an overflow faults at once
 *                    | no access |  no access     | no access ...      free: so does any use
 *
 * GUARD_PLACES of them lie outside the region. The object ends at the end of its page, as near as its
 * alignment allows; the bytes between hold a pattern, which free compares. Places are taken in turn: so a
 * freed object stays without access for long.
 *
 * A handler of SIGSEGV tells what happened, with the stacks of allocation and free. Then it hands the signal
 * on to the program's own handler. That one may be set later: so each guarded object looks who handles the
 * signal.
 *
 * Source: K. Serebryany et al., "GWP-ASan: Sampling-Based Detection of Memory-Safety Bugs in Production"
 * (2024).
 */
#pragma once

#include "sample.h"

struct guarded {
    struct sample sample;
    uint32_t state;
};

enum guarded_state { GUARDED_FREE, GUARDED_TAKEN, GUARDED_IN_USE };

INTERNAL_DATA struct guarded guarded[GUARD_PLACES];
INTERNAL_DATA char *guard_places; /* where they begin; NULL: none yet */
INTERNAL_DATA bool guard_is_busy; /* a thread sets the handler: not in the child of a fork */

/* The place that an address lies in, or just behind; NULL: in none. */
INTERNAL struct guarded *guarded_at(const void *address);

/* The sample of an object of `size` bytes, aligned as a slot of `slot_bytes`. NULL: it is larger than a page,
 * no place is free, or no memory. */
INTERNAL struct sample *guard_take(size_t size, size_t slot_bytes);

/* True if a guarded object in use starts at ptr. */
static inline bool guard_is_object(const void *ptr) {
    const struct guarded *place = guarded_at(ptr);
    return place && place->sample.object == ptr && load_acquire(&place->state) == GUARDED_IN_USE;
}

/* Its memory goes. Reports an overflow into the pattern under the call's name. */
INTERNAL void guard_give(void *object, const char *call);

/* Tells of the object that an address lies in or near. False: there is none. */
INTERNAL bool guard_tell(const void *address);
