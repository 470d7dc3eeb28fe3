/*
 * blocks.h - taking and giving blocks of whole units.
 *
 * For slabs, large blocks and thread caches. A release that leaves too much free memory resident purges some
 * before it returns.
 */
#pragma once

#include "region.h"

/* A block of at least `bytes`, aligned to a unit or to more; NULL: no room. */
INTERNAL void *region_take(size_t bytes, size_t alignment);

/* Gives a block back, of which the first `dirty_bytes` may have been written. */
INTERNAL void region_give(void *block, size_t dirty_bytes);

/* Changes a block's size in place. False: no room, nothing changed. */
INTERNAL bool region_resize(void *block, size_t bytes);

/* The block's size in bytes. Its user may ask without the lock: nobody else changes it. */
INTERNAL size_t region_block_bytes(const void *block);

/* Makes the first `bytes` of a block that was just taken zero: clears what is dirty, and leaves
 * alone what the kernel gave as zero. */
INTERNAL void region_clear(void *block, size_t bytes);

/* Makes memory zero. A long stretch that is hardly resident is given back instead: writing zeros would make
 * all of it resident. */
INTERNAL void region_zero(void *start, size_t bytes);
