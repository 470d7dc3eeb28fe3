/*
 * means.h - several boards in one: each candidate's means over all traces. All traces have the same weight.
 * For `halloc replay` and `halloc lab race`.
 *
 *      struct means means = {.traces = 0};
 *      means_add(&means, board);                  // of each trace, with the same candidates
 *      means_end(&means);                         // sums become means; the fronts are marked
 *      means_print(&means, candidates, NULL);
 *
 * CS:APP's score covers all traces: its U is the mean of theirs, and its T is all operations divided by all
 * seconds. So one slow trace counts for much (score.h).
 */
#ifndef HALLOC_REPLAY_MEANS_H
#define HALLOC_REPLAY_MEANS_H

#include "board.h"

struct mean { /* sums, until means_end divides them */
    double peak, average, utilization, probes, probes_999, splits, ns;
    double seconds, csapp;
    uint64_t operations;
    bool failed, has_score, has_time; /* on any trace; on all of them */
    bool unsound;                     /* board.h */
    bool uncounted;                   /* it counts no probes on some trace */
    bool front, front_ns;             /* board.h */
    uint64_t failures;                /* allocations that failed, on all */
    const char *broken; /* the name of the first trace that it did not finish, and how it ended; NULL */
    struct ending ending;
};

struct means {
    struct mean entries[CANDIDATES_MOST];
    size_t count;
    unsigned traces;
};

void means_add(struct means *means, const struct board *board);
void means_end(struct means *means);
/* Prints at the present place. `own`: a name to be marked, or NULL. */
void means_print(const struct means *means, const struct candidates *candidates, const char *own);
void means_print_json(const struct means *means, const struct candidates *candidates);

#endif
