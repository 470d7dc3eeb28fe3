/*
 * thin.h - the pages of a slab that hold nothing but free slots go back to the system.
 *
 *      slots    | used | free | free | free | free | free | used | ...
 *      pages    |            |  given back  |             |
 *
 * After a busy hour a program frees nineteen objects of twenty, and the rest lie anywhere: hardly a slab is
 * empty. But a noted slot holds nothing (slab.h), not even a link. So a page that only noted slots reach
 * into can go back while the slab stays. When its slots are listed again, the kernel gives zeroed pages.
 *
 * It costs a system call for each stretch of pages, and a fault for each page that is used again. So a slab
 * is thinned only if nobody allocated from it or freed into it between two looks, PURGE_INTERVAL_MS apart.
 */
#pragma once

#include "slab.h"

/* The slab's owner looks at it while it is PARTIAL: thins it if that was not done, and if it is `idle` or
 * unchanged since the last look. Listed slots are noted first. Returns bytes given back. */
INTERNAL size_t slab_thin(struct slab *slab, bool idle);
