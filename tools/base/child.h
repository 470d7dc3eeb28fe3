/*
 * child.h - a child process for work that may never end, and clocks to limit it.
 */
#ifndef HALLOC_CHILD_H
#define HALLOC_CHILD_H

#include <sys/types.h>
#include <time.h>

/* A child that dies with its parent. Returns 0 in the child, and -1 if there is none. */
pid_t child_fork(void);

/* The time of a clock, in seconds. */
double clock_seconds(clockid_t clock);

#endif
