/*
 * walled.h - large blocks under harden:on.
 *
 *      | guard | object | fill | guard |      a guard can't be accessed
 *
 * The word of the seal lies in the descriptor of the object's first unit: the object's pages end with the
 * object. A block that is freed can't be accessed either, unless it is short: that is cleared. It waits until
 * others were freed. Then it serves a request of the same length, with its guards in place: that saves most
 * of the system calls.
 */
#pragma once

#include "../slab/large.h"
#include "seal.h"

/* NULL: out of memory. */
INTERNAL void *walled_take(size_t size, size_t alignment, bool zeroed);

/* Bytes for object and fill of the block that starts at ptr; 0: none does. */
static inline size_t walled_room(const void *ptr) {
    return large_is_block(ptr) && unit_of(ptr)->free ? (size_t)(unit_of(ptr)->last - (const char *)ptr) : 0;
}

static inline uint64_t *walled_seal(const void *object) {
    return &unit_of(object)->reciprocal;
}

/* Makes room for `size` bytes in place, if it can for an eighth more; the new room. 0: nothing changed. */
INTERNAL size_t walled_grow(void *object, size_t size);

/* Its memory goes. False: another thread was faster. */
INTERNAL bool walled_give(void *object);

/* There is no memory: no block waits any longer. */
INTERNAL void walled_release(void);
