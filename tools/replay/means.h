/*
 * means.h - several boards in one: each candidate's means over all traces, each trace counting the same.
 *
 * CS:APP's score is of all traces together: its U is the mean of theirs, its T all operations by all seconds,
 * so that one slow trace counts for much (score.h).
 */
#ifndef HALLOC_REPLAY_MEANS_H
#define HALLOC_REPLAY_MEANS_H

#include "board.h"

struct mean { /* sums, until means_print divides them */
    double peak, average, utilization, seconds;
    uint64_t operations;
    bool failed, has_time;
};

struct means {
    struct mean entries[CANDIDATES_MOST];
    unsigned traces;
};

void means_add(struct means *means, const struct board *board);
void means_print(const struct means *means, const struct candidates *candidates);
void means_print_json(const struct means *means, const struct candidates *candidates);

#endif
