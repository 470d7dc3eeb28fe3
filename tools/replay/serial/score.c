/*
 * score.c - see score.h.
 */
#include "score.h"

#include <stdlib.h>
#include <string.h>

static bool tally_add(struct tally *tally, size_t value) {
    if (value >= tally->room) {
        size_t room = tally->room ? tally->room : 64;
        while (room <= value)
            room *= 2;
        uint64_t *counts = reallocarray(tally->counts, room, sizeof *counts);
        if (!counts)
            return false;
        memset(counts + tally->room, 0, (room - tally->room) * sizeof *counts);
        *tally = (struct tally){counts, room};
    }
    tally->counts[value]++;
    return true;
}

/* The smallest value that `share` thousandths of all, or more, do not exceed. */
static uint64_t tally_share(const struct tally *tally, uint64_t all, uint64_t share) {
    uint64_t seen = 0;
    for (size_t value = 0; value < tally->room; value++) {
        seen += tally->counts[value];
        if (seen * 1000 >= all * share)
            return value;
    }
    return 0;
}

bool score_add(struct scoring *scoring, const struct serial_event *event) {
    struct score *score = &scoring->score;
    uint64_t heap = event->resident_bytes ? event->resident_bytes : event->high;
    score->operations++;
    score->failures += event->outcome == SERIAL_FAILED;
    score->moves += event->outcome == SERIAL_MOVED;
    score->resizes += event->outcome == SERIAL_RESIZED;
    score->probes += event->probes;
    score->finds += event->finds;
    score->splits += event->splits;
    score->merges += event->merges;
    if (event->live_bytes > score->peak_live_bytes)
        score->peak_live_bytes = event->live_bytes;
    if (heap > score->peak_heap_bytes)
        score->peak_heap_bytes = heap;
    score->end_heap_bytes = score->peak_heap_bytes;
    scoring->live_sum += event->live_bytes;
    scoring->heap_sum += heap;
    if (!operation_begins_object(&event->operation))
        return true;
    score->allocations++;
    return tally_add(&scoring->probes, event->probes);
}

struct score score_end(struct scoring *scoring) {
    struct score *score = &scoring->score;
    if (score->operations) {
        score->average_live_bytes = (double)scoring->live_sum / (double)score->operations;
        score->average_heap_bytes = (double)scoring->heap_sum / (double)score->operations;
    }
    if (score->allocations)
        score->probes_999 = tally_share(&scoring->probes, score->allocations, 999);
    free(scoring->probes.counts);
    scoring->probes = (struct tally){0};
    return *score;
}

static double ratio(double above, double below) {
    return below > 0 ? above / below : 0;
}

bool score_counts_probes(const struct score *score) {
    return score->probes || !score->finds;
}

double score_peak_overhead(const struct score *score) {
    return ratio((double)score->peak_heap_bytes, (double)score->peak_live_bytes);
}

double score_average_overhead(const struct score *score) {
    return ratio(score->average_heap_bytes, score->average_live_bytes);
}

double score_utilization(const struct score *score) {
    return ratio((double)score->peak_live_bytes, (double)score->end_heap_bytes);
}

double score_csapp(double utilization, uint64_t operations, double seconds) {
    double speed = seconds > 0 ? (double)operations / seconds / 600e3 : 1;
    return 100 * (0.6 * utilization + 0.4 * (speed < 1 ? speed : 1));
}
