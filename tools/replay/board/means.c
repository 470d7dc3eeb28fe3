/*
 * means.c - see means.h.
 */
#include "means.h"
#include "../../base/json.h"
#include "../../base/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void add(struct mean *mean, const struct board *board, const struct entry *entry, bool first) {
    const struct score *score = &entry->score;
    double allocations = score->allocations ? (double)score->allocations : 1;
    mean->failed |= entry->ending.what[0] || !entry->has_memory;
    if (entry->ending.what[0] && !mean->broken) {
        mean->broken = board->path;
        mean->ending = entry->ending;
    }
    mean->unsound |= entry->unsound;
    mean->failures += score->failures;
    mean->has_score = entry->has_score && (mean->has_score || first);
    mean->has_time = entry->has_time && (mean->has_time || first);
    mean->uncounted |= entry->has_score && !score_counts_probes(score);
    mean->peak += score_peak_overhead(score);
    mean->average += score_average_overhead(score);
    mean->utilization += score_utilization(score);
    mean->probes += (double)score->probes / allocations;
    mean->splits += (double)score->splits / allocations;
    mean->probes_999 += (double)score->probes_999;
    mean->ns += board_ns(board, entry);
    mean->seconds += board_seconds(board, entry);
    mean->operations += board->replayed;
}

void means_add(struct means *means, const struct board *board) {
    means->count = board->count;
    for (size_t index = 0; index < board->count; index++)
        add(&means->entries[index], board, &board->entries[index], !means->traces);
    means->traces++;
}

/* --- The end ------------------------------------------------------------------------------------------ */

static void divide(struct mean *mean, double traces) {
    double *const sums[] = {&mean->peak,       &mean->average, &mean->utilization, &mean->probes,
                            &mean->probes_999, &mean->splits,  &mean->ns};
    for (size_t sum = 0; sum < sizeof sums / sizeof *sums; sum++)
        *sums[sum] /= traces;
    mean->csapp = score_csapp(mean->utilization, mean->operations, mean->seconds);
}

/* Like board.c for one trace. False: can't be compared. */
static bool aspects_of(const struct mean *mean, bool time, double *aspects) {
    aspects[0] = mean->peak;
    aspects[1] = mean->average;
    aspects[2] = time ? mean->ns : mean->probes;
    aspects[3] = time ? 0 : mean->probes_999;
    return !mean->failed && !mean->unsound && (time ? mean->has_time : mean->has_score && !mean->uncounted);
}

static bool is_on_front(const struct means *means, const struct mean *mean, bool time) {
    double mine[BOARD_ASPECTS], theirs[BOARD_ASPECTS];
    if (!aspects_of(mean, time, mine))
        return false;
    for (size_t index = 0; index < means->count; index++)
        if (aspects_of(&means->entries[index], time, theirs) && board_is_beaten(mine, theirs))
            return false;
    return true;
}

void means_end(struct means *means) {
    for (size_t index = 0; index < means->count; index++)
        divide(&means->entries[index], means->traces);
    for (size_t index = 0; index < means->count; index++) {
        means->entries[index].front = is_on_front(means, &means->entries[index], false);
        means->entries[index].front_ns = is_on_front(means, &means->entries[index], true);
    }
}

/* --- For people and for programs ---------------------------------------------------------------------- */

static void print_number(bool has, int width, int decimals, double number) {
    if (has)
        printf(" %*.*f", width, decimals, number);
    else
        printf(" %*s", width, "-");
}

static void print_mean(const struct mean *mean, bool timed) {
    print_number(true, 7, 3, mean->peak);
    print_number(true, 8, 3, mean->average);
    print_number(true, 9, 1, 100 * mean->utilization);
    fputs(" %", stdout);
    print_number(mean->has_score && !mean->uncounted, 8, 2, mean->probes);
    print_number(mean->has_score && !mean->uncounted, 8, 1, mean->probes_999);
    print_number(mean->has_score, 7, 3, mean->splits);
    if (timed)
        print_number(mean->has_time, 8, 1, mean->ns);
    if (timed)
        print_number(mean->has_time, 7, 1, mean->csapp);
}

static int name_width(const struct means *means, const struct candidates *candidates) {
    size_t width = 12;
    for (size_t index = 0; index < means->count; index++) {
        size_t length = strlen(candidate_short_name(&candidates->list[index]));
        width = length > width ? length : width;
    }
    return (int)width;
}

/* Lines under the row: facts that the means would hide. */
static void print_troubles(const struct mean *mean, int width) {
    if (mean->failed && mean->broken)
        printf("     %-*s  %s: %s\n", width, "", mean->broken, mean->ending.what);
    else if (mean->failures)
        printf("     %-*s  %" PRIu64 " allocation%s failed\n", width, "", mean->failures,
               word_plural(mean->failures, "allocation"));
    if (!mean->failed && mean->uncounted)
        printf("     %-*s  counts no probes: its find never calls halloc_probe\n", width, "");
}

/* Without times (--repeat=0) these columns are left out. */
static bool are_timed(const struct means *means) {
    for (size_t index = 0; index < means->count; index++)
        if (means->entries[index].has_time)
            return true;
    return false;
}

static void print_head(const struct means *means, int width) {
    bool timed = are_timed(means);
    printf("Means over %u trace%s (arithmetic, each trace counts alike; peak, average: heap / live;\n"
           "utilization: live / heap at the peak; an allocation: probes, splits%s)\n\n",
           means->traces, means->traces == 1 ? "" : "s", timed ? "; an operation: ns" : "");
    printf("     %-*s %7s %8s %11s %8s %8s %7s", width, "", "peak", "average", "utilization", "probes",
           "p99.9", "splits");
    if (timed)
        printf(" %8s %7s", "ns", "CS:APP");
    puts("");
}

void means_print(const struct means *means, const struct candidates *candidates, const char *own) {
    int width = name_width(means, candidates);
    bool timed = are_timed(means);
    print_head(means, width);
    for (size_t index = 0; index < means->count; index++) {
        const struct mean *mean = &means->entries[index];
        const struct candidate *candidate = &candidates->list[index];
        printf(" %c%c  %-*s", mean->front ? '*' : ' ', mean->front_ns ? '+' : ' ', width,
               candidate_short_name(candidate));
        if (mean->failed)
            fputs(" did not come to the end of every trace", stdout);
        else
            print_mean(mean, timed);
        puts(board_pointer(own, candidate));
        print_troubles(mean, width);
    }
}

static void print_mean_json(const struct mean *mean, const char *name) {
    fputs("    {\"name\": ", stdout);
    json_print(stdout, name);
    printf(", \"ok\": %s", mean->failed ? "false" : "true");
    if (mean->failed)
        return;
    printf(", \"peak_overhead\": %.6f, \"average_overhead\": %.6f, \"utilization\": %.6f", mean->peak,
           mean->average, mean->utilization);
    if (mean->has_score)
        printf(",\n     \"probes_per_allocation\": %.6f, \"probes_p999\": %.3f, "
               "\"splits_per_allocation\": %.6f, \"front\": %s",
               mean->probes, mean->probes_999, mean->splits, mean->front ? "true" : "false");
    if (mean->has_time)
        printf(",\n     \"front_by_ns\": %s, \"operation_ns\": %.3f, \"csapp_score_by_seconds\": %.3f",
               mean->front_ns ? "true" : "false", mean->ns, mean->csapp);
}

void means_print_json(const struct means *means, const struct candidates *candidates) {
    printf(", \"traces\": %u, \"means\": [\n", means->traces);
    for (size_t index = 0; index < means->count; index++) {
        print_mean_json(&means->entries[index], candidates->list[index].name);
        puts(index + 1 < means->count ? "}," : "}");
    }
    fputs(" ]", stdout);
}
