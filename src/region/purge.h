/*
 * purge.h - giving memory that stays free back to the system.
 *
 *      before    | in use | dirty  dirty  clean | in use |     resident: 4
 *      after     | in use | clean  clean  clean | in use |     resident: 2
 *
 * A page that is used again soon should stay: giving it back and faulting it in again costs about
 * 2 µs, more than most of what programs do with a page. Programs breathe: what they needed a moment
 * ago they will need again. So memory stays up to the recent peak of what was in use, and an eighth
 * more; the peak is forgotten as time goes by. Past that free blocks go, large ones first. With
 * MADV_DONTNEED, so that the resident size is the truth.
 *
 * There is no background thread: it would not survive fork, and could be interrupted by signals
 * anywhere. The thread whose release crosses the line does the work, outside the lock: a block is
 * taken out of the engine, purged, and given back clean.
 */
#ifndef HALLOC_PURGE_H
#define HALLOC_PURGE_H

#include "region.h"

/* Purges down to the recent peak: what a due region_give asks for. */
INTERNAL void purge(void);

/* Gives held blocks back to the engine. Under the region's lock. */
INTERNAL void purge_unhold(void);

/* Purges until at most `keep_bytes` are free and dirty. Returns the bytes given back. */
INTERNAL size_t purge_to(size_t keep_bytes);

#endif
