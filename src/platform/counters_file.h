/*
 * counters_file.h - this process's counters, in a file that `halloc run` reads.
 *
 * HALLOC_CONF=report:FILE names a file that `halloc run` made and maps too. Each process of the
 * program's tree takes a record in it: a forked child its own, a program started by exec as well.
 * Nothing needs to be sent at the end, so that there need not be one.
 */
#ifndef HALLOC_COUNTERS_FILE_H
#define HALLOC_COUNTERS_FILE_H

#include "../base/counters.h"

/* Takes a record in the file, if one was asked for and it is there. */
INTERNAL void counters_share(void);

/* True if this process's counters lie in such a file. */
INTERNAL bool counters_are_shared(void);

/* Writes down who is counted. */
INTERNAL void counters_describe(const char *heap, const char *fit);

/* In the child of a fork: a record of its own, that starts from what it inherits alive. */
INTERNAL void counters_inherit(void);

#endif
