/* watch.h - while the program runs: how fast its traces grow, and which of them have stopped to. */
#ifndef HALLOC_TRACE_WATCH_H
#define HALLOC_TRACE_WATCH_H

#include "launch.h"

/* Looks at the session's files, and says on stderr what is new. Called every now and then. */
void watch_look(const struct launch *launch);
void watch_end(void);

/* --- collect.c: the files ------------------------------------------------------------------------- */

struct trace_file;

/* One that is of this session: its path, to be kept only by copying, and the header. */
typedef void session_visit(void *context, const char *path, const struct trace_file *header);

/* The program's own file first, then those of its children, in no order. */
void session_visit_files(const struct launch *launch, session_visit *visit, void *context);

#endif
