/*
 * lab.h - `halloc lab new`, `check` and `race`. Each returns the exit status: 0; 1 for a policy that fails;
 * 2 for an error, or a wrong command line.
 */
#ifndef HALLOC_LAB_LAB_H
#define HALLOC_LAB_LAB_H

#include "trial/trial.h"
#include "../base/fail.h"

struct lab_options {
    const char *source;
    const char *const *traces;
    size_t trace_count;
    bool json, each; /* each: print every trace's board as well */
    struct trial_options trial;
};

int lab_new(const struct lab_options *options);
int lab_check(const struct lab_options *options);
int lab_race(const struct lab_options *options);

/* Prints the error. Returns 2. */
#define lab_usage(what, word) fail_usage("halloc lab", what, word)

#endif
