/*
 * zero.h - requests of size 0: each gets an address of its own, where nothing can be read or written.
 *
 *      |guard| records |guard| addresses of size 0 |guard| blocks ...
 *                            ^ 16 bytes each, never accessible: they cost no memory
 *
 * A byte for each says that it is in use. Addresses are given in turn: what was freed comes back late.
 */
#pragma once

#include "region.h"

/* NULL: many are in use, or a limit on addresses forbade to reserve them. No lock is needed. */
INTERNAL void *zero_take(void);

ALWAYS_INLINE bool zero_contains(const void *ptr) {
    return (uintptr_t)ptr - (uintptr_t)region.zeros < ZERO_BYTES && region.zeros;
}

/* True if ptr, which lies there, was given and not freed. */
INTERNAL bool zero_is_taken(const void *ptr);

INTERNAL void zero_give(const void *ptr);
