/*
 * score.h - what a policy's placing costs, from the events of a serial replay: the part of the score that is
 * the same on every run and, with the same page size, on every machine.
 *
 *      peak overhead      the most that the heap ever was / the most that was ever live
 *      average overhead   the same of averages over all operations: sum of heap / sum of live
 *      probes, splits     for each allocation, on average; and the probes that 999 of 1000 stay within
 *
 * Heap is serial.h's `high`: headers, holes and rounding included, growth that was not needed yet left out.
 * Live is what the program asked for.
 *
 * utilization is the U of the malloc lab in CS:APP: the most live / the heap at the end. A heap that never
 * shrinks is largest at its end, so U is the peak overhead, upside down.
 */
#ifndef HALLOC_REPLAY_SCORE_H
#define HALLOC_REPLAY_SCORE_H

#include "serial.h"

struct score {
    uint64_t operations, allocations; /* allocations: malloc, calloc, aligned, realloc */
    uint64_t failures;
    uint64_t moves, resizes;
    uint64_t peak_live_bytes, peak_heap_bytes, end_heap_bytes;
    uint64_t probes, finds, splits, merges, probes_999;
    double average_live_bytes, average_heap_bytes;
};

/* Counting: how many allocations needed so many probes. */
struct tally {
    uint64_t *counts;
    size_t room;
};

struct scoring {
    struct score score;
    struct tally probes;
    /* Sums of up to 2^40 operations times 2^40 bytes need more than 64 bits. */
    unsigned __int128 live_sum, heap_sum;
};

/* False: out of memory. */
bool score_add(struct scoring *scoring, const struct serial_event *event);
/* The result, when all is added; and the memory goes. */
struct score score_end(struct scoring *scoring);

/* Does the policy count what it looks at? Who finds blocks and never calls halloc_probe does not. */
bool score_counts_probes(const struct score *score);

double score_peak_overhead(const struct score *score);
double score_average_overhead(const struct score *score);
double score_utilization(const struct score *score);

/* CS:APP's index, of this trace by itself: 100 (0.6 U + 0.4 min(1, T / 600,000 operations a second)). */
double score_csapp(double utilization, uint64_t operations, double seconds);

#endif
