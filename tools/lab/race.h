/*
 * race.h - boards, one after the other, and the means over all of them.
 */
#ifndef HALLOC_LAB_RACE_H
#define HALLOC_LAB_RACE_H

#include "../replay/board.h"

/* Sums over the traces; of an entry that came to its end on all of them. */
struct runner {
    double peak, average, utilization, probes, splits, probes_999, ns, csapp;
    double seconds, operations;
    unsigned traces;
    bool failed, measure; /* the oracle: memory alone, and no rival */
    bool front, front_ns;
};

struct race {
    struct candidates candidates;
    const char *own; /* the learner's policy, by the name that it races under */
    bool own_failed, json;
    unsigned traces;
    struct runner runners[CANDIDATES_MOST];
};

void race_begin(const struct race *race);
/* Prints the board of one trace, and adds it. */
void race_show(struct race *race, const struct board *board);
/* The means. */
void race_end(struct race *race);

#endif
