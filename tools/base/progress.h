/*
 * progress.h - a line on the terminal while work takes long: "halloc stat: reading 42 %".
 *
 * The line appears only if stderr is a terminal, after half a second, and after the command has given its
 * name. So a library may show progress without knowing which command runs.
 */
#ifndef HALLOC_TRACE_PROGRESS_H
#define HALLOC_TRACE_PROGRESS_H

#include <stdint.h>

void progress_begin(const char *who);
/* To be called every few thousand steps. `all` is 0 if it is not known. */
void progress_show(const char *what, uint64_t done, uint64_t all);
/* Clears the line. Call it before any other output. */
void progress_end(void);

#endif
