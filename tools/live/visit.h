/*
 * visit.h - one look at a process: finds it, holds it still if asked, reads its heap and its mappings.
 *
 * Without a pause, the process goes on while it is read. The tables may then not fit together. That is
 * noticed where blocks do not tile the region, and the look is repeated. Counts may still be a moment old.
 */
#ifndef HALLOC_LIVE_VISIT_H
#define HALLOC_LIVE_VISIT_H

#include "view.h"

#include <sys/types.h>

/* The pid that a word names; 0: it names none. */
pid_t visit_pid(const char *word);

/* Returns NULL, or why not, in words that follow "process 17: ". The caller frees the view in any case. */
const char *visit(pid_t pid, bool paused, struct view *view);

/* Calls `each` for every process of this user, or for root of everybody, that runs on Halloc, or seems to.
 * Then `why` says why it can't be read, and the view has only its pid and program. Returns how many there
 * were. */
size_t visit_all(void (*each)(const struct view *view, const char *why, void *context), void *context);

#endif
