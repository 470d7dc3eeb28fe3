/* blocks.h - blocks of whole units, for slabs, large blocks and caches. A release may purge (purge.h). */
#pragma once

#include "region.h"

/* A block of at least `bytes`, aligned to a unit or to more; NULL: no room. */
INTERNAL void *region_take(size_t bytes, size_t alignment);

/* Gives a block back, of which the first `dirty_bytes` may have been written. */
INTERNAL void region_give(void *block, size_t dirty_bytes);

/* Changes a block's size in place. False: no room, nothing changed. */
INTERNAL bool region_resize(void *block, size_t bytes);

/* Under a limit: `bytes` of a slab's clean memory will be written to, and count from now on. False: the limit
 * has no room for them; not asked where they count in any case. Minus so many bytes: these are not written to
 * for now. */
INTERNAL bool region_count_written(size_t bytes, bool in_any_case);

/* Copies figures to the counters: the region's, or those of the classic heap that serves malloc. */
INTERNAL void count_engine(const struct engine *engine);

/* The block's size in bytes. Its user may ask without the lock: nobody else changes it. */
INTERNAL size_t region_block_bytes(const void *block);

/* Makes the first `bytes` of a block that was just taken zero: clears only what is dirty. */
INTERNAL void region_clear(void *block, size_t bytes);

/* Makes memory zero. Gives a long stretch that is hardly resident back: written zeros would be resident. */
INTERNAL void region_zero(void *start, size_t bytes);
