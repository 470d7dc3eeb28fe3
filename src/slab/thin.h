/*
 * thin.h - the pages of a slab that hold nothing but free slots go back to the system.
 *
 *      slots    | used | free | free | free | free | free | used | ...
 *      pages    |            |  given back  |             |
 *
 * A noted slot holds nothing (slab.h), not even a link. So a page that only noted slots reach into can go
 * back while the slab stays. That costs system calls and faults: so a slab is thinned only if nobody
 * allocated from it or freed into it between two looks, PURGE_INTERVAL_MS apart.
 */
#pragma once

#include "slab.h"

/* By the owner, while it is PARTIAL: thins it once, if it is `idle` or unchanged since the last look. Notes
 * listed slots first. Returns bytes given back. */
INTERNAL size_t slab_thin(struct slab *slab, bool idle);
