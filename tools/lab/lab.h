/*
 * lab.h - `halloc lab init`, `new`, `check`, `race`, `grade`, `rubric`. Each returns the exit status: 0; 1
 * for a policy that fails; 2 for an error, or a wrong command line.
 */
#ifndef HALLOC_LAB_LAB_H
#define HALLOC_LAB_LAB_H

#include "trial/trial.h"
#include "../base/fail.h"

enum format { FORMAT_WORDS, FORMAT_CSV, FORMAT_GRADESCOPE, FORMAT_AUTOLAB };

struct lab_options {
    const char *source;
    const char *rubric; /* NULL: the usual one */
    enum format format;
    const char *const *traces; /* or submissions */
    size_t trace_count;
    bool only_files; /* of the command line's words */
    bool json, each; /* each: print every trace's board as well */
    struct trial_options trial;
};

int lab_init(const struct lab_options *options);
int lab_grade(const struct lab_options *options);
int lab_rubric(const struct lab_options *options);
int lab_new(const struct lab_options *options);
int lab_check(const struct lab_options *options);
int lab_race(const struct lab_options *options);

/* Writes the policy to start from. False: the error was printed, as `who`. */
bool policy_write_new(const char *who, const char *path);

/* Prints the error. Returns 2. */
#define lab_usage(what, word) fail_usage("halloc lab", what, word)

#endif
