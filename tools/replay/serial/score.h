/*
 * score.h - the cost of a policy's placements, from the events of a serial replay. This part of the score is
 * the same on every run and, with the same page size, on every machine.
 *
 *      peak overhead      the largest heap / the largest number of live bytes
 *      average overhead   the same for averages over all operations: sum of heap / sum of live
 *      probes, splits     the mean for each allocation; and the probes that 999 of 1000 do not exceed
 *
 * Heap is serial.h's `high`. It includes headers, holes and rounding, but no growth that was not used yet.
 * Live counts the bytes that the program asked for.
 *
 * utilization is the U of the malloc lab in CS:APP: most live bytes / the heap at the end. A heap that never
 * shrinks is largest at its end, so U is 1 / peak overhead.
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

/* A count of allocations for each number of probes. */
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
/* The result, after all is added. Frees the memory. */
struct score score_end(struct scoring *scoring);

/* Does the policy count its probes? It does not if it finds blocks and never calls halloc_probe. */
bool score_counts_probes(const struct score *score);

double score_peak_overhead(const struct score *score);
double score_average_overhead(const struct score *score);
double score_utilization(const struct score *score);

/* CS:APP's index for this trace alone: 100 (0.6 U + 0.4 min(1, T / 600,000 operations a second)). */
double score_csapp(double utilization, uint64_t operations, double seconds);

#endif
