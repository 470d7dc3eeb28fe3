/*
 * call_site.h - the call sites of samples, in a table by the hash of the stack.
 *
 *      hash of the stack -> place -> return addresses, the innermost first; what its samples stand for
 *
 * No lock: a place is claimed by one compare-and-swap. Nothing is ever removed. Number 0 counts for all
 * stacks that found no place.
 */
#pragma once

#include "../base/config.h"

struct site {
    uint64_t hash;           /* 0: unused */
    uint64_t objects, bytes; /* that its samples stand for, freed ones as well */
    uint64_t depth;          /* 0: not written yet */
    uintptr_t frame[SAMPLE_FRAMES];
};

/* SAMPLE_SITES of them; NULL: nothing was sampled. */
INTERNAL_DATA struct site *sites;

/* The number of the site that the program is at. */
INTERNAL uint16_t site_here(void);
