/*
 * run.h - `halloc run`: runs any program on halloc, and reports when it ends.
 *
 *      cmd_run.c       options; then it prepares, starts, waits and reports
 *      program.c       the environment, the shared file of counters, the program's start and end
 *      try_policy.c    --fit and --policy: is that a policy?
 *      why_not.c       why a program did not run on halloc: looks at its file
 *      report.c        reads the counters
 *      report_text.c   the report for people        report_json.c   for machines
 *      report_words.c  numbers, signals and ends in words
 */
#ifndef HALLOC_RUN_H
#define HALLOC_RUN_H

#include "report.h" /* first: it asks for all that libc has */
#include "../base/fail.h"

#include <stdbool.h>
#include <stdio.h>

struct run_options {
    bool stats, json;
    const char *output; /* the file of the report; NULL: stderr */
    const char *fit, *heap;
    const char *policy; /* a shared object with a policy in it */
    char **command;     /* the program and its arguments, NULL at the end */
};

/* Exit statuses: this command failed, or its command line is wrong. */
#define RUN_FAILED 1
#define RUN_USAGE 2
#define RUN_NOT_EXECUTABLE 126
#define RUN_NOT_FOUND 127

/* `halloc run ...`: argv[0] is "run". Returns the program's exit status, or one of those above. */
int run_command(int argc, char **argv);

/* Prints "halloc run: ..." to stderr. Returns false, so that a check can end in it. */
#define run_fail(...) fail("halloc run", __VA_ARGS__)

/* --- try_policy.c ----------------------------------------------------------------------------- */

/* Are --fit and --policy right? Does the policy serve a heap? Prints the error. With --policy sets
 * options->fit to that policy's name. */
bool run_check_policy(struct run_options *options);

/* --- program.c -------------------------------------------------------------------------------- */

/* Makes the file of counters and sets the environment for the program. */
bool run_prepare(const struct run_options *options, struct report *report);

/* A part of that for other commands: LD_PRELOAD gets Halloc, and `added`, a shared object, or NULL. */
bool run_preload(const char *added);

/* Sets a variable to the items that are not NULL or empty, joined. */
bool run_join(const char *name, const char *const *items, size_t count, char separator);

/* Starts the program. Returns 0, or the exit status if it did not start. */
int run_start(struct report *report);

/* Waits for its end. Signals that other processes send to us meanwhile are passed on to it. */
bool run_wait(struct report *report);

/* Removes the file of counters. The mapping stays. */
void run_clean(void);

/* --- why_not.c -------------------------------------------------------------------------------- */

/* Why did this program not run on halloc, in words that follow "the program did not run on halloc: "? */
const char *run_why_not(const char *program);

#endif
