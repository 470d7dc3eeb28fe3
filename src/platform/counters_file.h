/*
 * counters_file.h - this process's counters, in a file that `halloc run` reads.
 *
 * HALLOC_REPORT=FILE in the environment names a counters file, which `halloc run` made and maps too. Each
 * process of the program takes a `struct counters` there: at its start, after exec, and as the child of a
 * fork.
 * Nothing is sent at the end, so a program that ends by SIGKILL is reported, too.
 */
#pragma once

#include "../base/counters.h"

/* Counts in the file from here on. False if none was asked for, or it can't be mapped. */
INTERNAL bool counters_share(void);

/* Notes which heap is counted, and in a shared file which process. */
INTERNAL void counters_describe(const char *heap, const char *fit);

/* In the child of a fork: counters of its own, which start from the blocks that it inherits alive. False if
 * its parent shared none. threads: how many of its threads have a cache, 0 or 1. */
INTERNAL bool counters_inherit(uint64_t threads);
