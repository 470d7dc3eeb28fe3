/*
 * conduct.h - each measurement in a process of its own: what breaks there breaks nothing here, and is told
 * with the operation at which it did.
 */
#ifndef HALLOC_REPLAY_CONDUCT_H
#define HALLOC_REPLAY_CONDUCT_H

#include "../candidate.h"
#include "../serial/score.h"
#include "job_steps.h"

/* How it ended, where it did not end well: "" if it did. */
struct ending {
    char what[400];
    bool hangs;
};

/* Called in each child that will run a policy, before it does: `halloc lab race` loads the policy there. To
 * score it or to time it. False: there is nothing to run. */
extern bool (*conduct_prepare)(bool score);

/* Plays the job on the candidate; NULL: on the allocator that does nothing. job->answer tells the rest. */
bool conduct(struct steps *steps, const struct trace *trace, const struct candidate *candidate,
             enum pass pass, struct ending *ending);

/* The score of a policy, by a serial replay; with checks if asked for. An operation that takes more than
 * `limit_seconds` of the processor's time hangs; 0: 10 s. */
bool conduct_score(const struct trace *trace, const char *policy, bool check, double limit_seconds,
                   struct score *score, struct ending *ending);

#endif
