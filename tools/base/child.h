/*
 * child.h - a child process for work that may not end, and the clocks to watch it by.
 */
#ifndef HALLOC_CHILD_H
#define HALLOC_CHILD_H

#include <sys/types.h>
#include <time.h>

/* A child that dies with its parent. 0 in the child, -1: none. */
pid_t child_fork(void);

/* What a clock says, in seconds. */
double clock_seconds(clockid_t clock);

#endif
