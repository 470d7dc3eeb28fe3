/*
 * open_metrics.h - figures of processes as OpenMetrics text, which Prometheus reads.
 *
 * Each family stands once, with the samples of all processes under it. Names end in their unit, counters in
 * _total. Source: the OpenMetrics specification, version 1.0 (openmetrics.io).
 *
 * Prometheus's node exporter and promtool read only the older text (version 0.0.4). There a counter's family
 * has _total in its name, too: read as the older text, an OpenMetrics counter has neither type nor help.
 */
#ifndef HALLOC_METRICS_OPEN_METRICS_H
#define HALLOC_METRICS_OPEN_METRICS_H

#include "../live/ledger.h"

#include <stdio.h>

/* What is kept of one process until all families are written. */
struct sample {
    uint64_t pid, used_bytes, peak_used_bytes, purged_bytes, tasks;
    char program[64];
    struct ledger ledger;
};

/* `older`: as Prometheus's older text. */
void open_metrics_write(const struct sample *samples, size_t count, bool older, FILE *file);

#endif
