/* large.h - requests above SLOT_MOST_BYTES: each is a block of the region. */
#pragma once

#include "../base/probe.h"
#include "slab.h"

/* At least `bytes`, aligned to `alignment` or a unit; NULL: out of memory. */
INTERNAL void *large_take(size_t bytes, size_t alignment, bool zeroed);

static inline bool kind_is_block(uint8_t kind) {
    return kind == UNIT_BLOCK || kind == UNIT_SAMPLED;
}

/* True if a block of the region in use starts at ptr. */
static inline bool large_is_block(const void *ptr) {
    return region_contains(ptr) && ((uintptr_t)ptr & (UNIT_BYTES - 1)) == 0 &&
           kind_is_block(load_relaxed(&unit_of(ptr)->kind));
}

/* A block is no program's any more. */
ALWAYS_INLINE void large_set_freed(const void *block, enum unit_kind kind) {
    if (unlikely(load_relaxed(&unit_of(block)->kind) == UNIT_SAMPLED))
        PROBE_FREE(block);
    store_relaxed(&unit_of(block)->kind, (uint8_t)kind);
}

/* Gives a block in use back. */
INTERNAL void large_give(void *ptr);

/* Changes its size without moving it. False: nothing changed. */
INTERNAL bool large_expand(void *ptr, size_t bytes);
