/*
 * purge.h - giving memory that stays free back to the system.
 *
 *      before    | in use | dirty  dirty  clean | in use |     resident: 4
 *      after     | in use | clean  clean  clean | in use |     resident: 2
 *
 * Programs need again what they needed a moment ago, and a fault costs about 2 µs. So memory stays up to a
 * line: the recent peak of what was in use, an eighth more, and a floor. The peak is forgotten as time goes
 * by. Above the line free blocks go, large ones first. Purged memory that is taken again soon raises the line
 * by as much. Docs: chapter 11.
 *
 * By default there is no background thread. The thread whose release crosses the line isolates free blocks in
 * the engine, purges them outside the lock, and puts them back clean.
 */
#pragma once

#include "region.h"

/* Under the region's lock, when the blocks in use have changed, and `clean_bytes` of clean memory were taken:
 * moves the line up. */
INTERNAL void purge_note(size_t clean_bytes);

/* Under the region's lock, after a release: gives the lock up. Then purges, if more is resident than the
 * line allows: down to the recent peak and half of the floor. A purge that ended at the line would soon be
 * due again. */
INTERNAL void purge_and_release_lock(void);

/* The same for no other reason than that time went by. Takes the lock itself. */
INTERNAL void purge_if_due(void);

/* Purges until at most `keep_bytes` are free and dirty, in so many batches at most. Returns the bytes given
 * back. */
INTERNAL size_t purge_to(size_t keep_bytes, size_t batches);

/* Under the region's lock, which it gives up meanwhile: waits until another thread that purges has put blocks
 * back, or is done. False: none does, or it is this thread, now in a signal handler. */
INTERNAL bool purge_wait(void);

/* In the child of a fork, under the region's lock: ends a purge whose thread is not there. */
INTERNAL void purge_after_fork(void);
