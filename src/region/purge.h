/*
 * purge.h - giving memory that stays free back to the system.
 *
 *      before    | in use | dirty  dirty  clean | in use |     resident: 4
 *      after     | in use | clean  clean  clean | in use |     resident: 2
 *
 * A page that is used again soon should stay: giving it back and faulting it in again costs about 2 µs,
 * more than most of what programs do with a page. Programs need again what they needed a moment ago. So
 * memory stays up to a line: the recent peak of what was in use, an eighth more, and a floor. The peak is
 * forgotten as time goes by. Above the line free blocks go, large ones first. With MADV_DONTNEED, so that
 * the resident size is the truth. Purged memory that is taken again a moment later raises the line by as
 * much.
 *
 * There is no background thread: it would not survive fork. The thread whose release crosses the line does
 * the work, outside the lock: it isolates free blocks in the engine, purges them, and puts them back
 * clean.
 */
#pragma once

#include "region.h"

/* Under the region's lock, when the blocks in use have changed, and `clean_bytes` of clean memory were taken:
 * moves the line up. */
INTERNAL void purge_note(size_t clean_bytes);

/* Under the region's lock, after a release: is more resident than the line allows? */
INTERNAL bool purge_is_due(void);

/* Purges down to the recent peak. */
INTERNAL void purge(void);

/* Purges if that is due for no other reason than that time went by. */
INTERNAL void purge_if_due(void);

/* Purges until at most `keep_bytes` are free and dirty. Returns the bytes given back. */
INTERNAL size_t purge_to(size_t keep_bytes);

/* Under the region's lock: from now on the recent peak is what is in use. */
INTERNAL void purge_forget_peak(void);

/* Under the region's lock, which it gives up meanwhile: waits until isolated blocks are back. False: there
 * are none, or this thread itself isolated them and is now in a signal handler. */
INTERNAL bool purge_wait(void);

/* In the child of a fork, under the region's lock: ends a purge whose thread is not there. */
INTERNAL void purge_after_fork(void);
