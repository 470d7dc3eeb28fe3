/*
 * conduct.h - each measurement in a process of its own. A crash there breaks nothing here, and the report
 * has the operation at which it happened.
 */
#ifndef HALLOC_REPLAY_CONDUCT_H
#define HALLOC_REPLAY_CONDUCT_H

#include "../candidate.h"
#include "../serial/score.h"
#include "job_steps.h"

/* How it ended; "" if it ended well. */
struct ending {
    char what[400];
    bool hangs;
};

/* Called in each child before it runs a policy, to score it or to time it: `halloc lab race` loads the
 * policy there. False: there is nothing to run. */
extern bool (*conduct_prepare)(bool score);

/* Replays the job on the candidate; NULL: on the allocator that does nothing. job->answer has the rest. */
bool conduct(struct steps *steps, const struct trace *trace, const struct candidate *candidate,
             enum pass pass, struct ending *ending);

/* The score of a policy, by a serial replay, with checks if asked for. An operation hangs if it takes more
 * than `limit_seconds` of processor time; 0: 10 s. */
bool conduct_score(const struct trace *trace, const char *policy, bool check, double limit_seconds,
                   struct score *score, struct ending *ending);

#endif
