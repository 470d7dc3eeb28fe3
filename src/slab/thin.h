/*
 * thin.h - the pages of a slab that hold nothing but free slots go back to the system.
 *
 *      slots    | used | free | free | free | free | free | used | ...
 *      pages    |            |  given back  |             |
 *
 * After a busy hour a program frees nineteen objects of twenty, and those that live on lie anywhere: hardly
 * a slab is empty. But a noted slot holds nothing (slab.h), not even a link. So a page that only noted
 * slots reach into can be given back while the slab stays as it is; when its slots are listed again, the
 * kernel gives zeroed pages in their place. Where free slots are linked through themselves, that can't be.
 *
 * It costs a system call a stretch of pages, and a fault a page that is used again. So only slabs are thinned
 * that nobody allocated from or freed into between two looks, PURGE_INTERVAL_MS apart.
 */
#pragma once

#include "slab.h"

/* The slab's owner looks at it while it is PARTIAL: thins it if that was not done, and if it is `idle`
 * or was at the last look as it is now. What is listed is noted first. Returns bytes given back. */
INTERNAL size_t slab_thin(struct slab *slab, bool idle);
