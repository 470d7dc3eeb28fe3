/*
 * watch.h - watches the traces while the program runs: how fast they grow, and which have stopped growing.
 */
#ifndef HALLOC_TRACE_WATCH_H
#define HALLOC_TRACE_WATCH_H

#include "launch.h"

/* Looks at the session's files, and prints what is new. Call it again and again. */
void watch_look(const struct launch *launch);
void watch_end(void);

/* --- collect.c: the files ------------------------------------------------------------------------- */

struct trace_file;

/* A file of this session: its header and its path, which the callee must copy to keep. */
typedef void session_visit(void *context, const char *path, const struct trace_file *header);

/* Visits the program's own file first, then those of its children, in no order. */
void session_visit_files(const struct launch *launch, session_visit *visit, void *context);

#endif
