/*
 * progress.h - a line on the terminal while something takes long: "halloc stat: reading 42 %".
 *
 * Only where stderr is a terminal, only after half a second, and only if the command has said its name;
 * so a library may show progress without knowing who looks.
 */
#ifndef HALLOC_TRACE_PROGRESS_H
#define HALLOC_TRACE_PROGRESS_H

#include <stdint.h>

void progress_begin(const char *who);
/* Cheap when called every few thousand steps. */
void progress_show(const char *what, uint64_t done, uint64_t all);
/* Clears the line: before anything else is printed. */
void progress_end(void);

#endif
