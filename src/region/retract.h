/*
 * retract.h - the frontier comes down where much is free at the top.
 *
 *      | in use | free, clean .................. | frontier
 *      | in use | free | frontier
 *
 * Memory beyond the frontier counts no more: neither as memory that was promised to us (overcommit,
 * RLIMIT_DATA), nor, where the region is open, as addresses. An eighth of the region stays, for the next
 * blocks.
 */
#pragma once

#include "region.h"

/* True if a quarter of the region is free at the top. Under the lock. */
INTERNAL bool region_top_is_free(void);

/* After a purge: takes the frontier down over clean memory. */
INTERNAL void region_retract(void);
