/*
 * race_show.c - see race.h. The mean of a ratio is over traces, each counting the same, as CS:APP's driver
 * has it; its score takes the mean utilization, and all operations by all seconds.
 */
#include "race.h"

#include <stdio.h>
#include <string.h>

#define ASPECTS 4

void race_begin(const struct race *race) {
    if (!race->json)
        return;
    fputs("{\"policy\": ", stdout);
    board_print_string(race->own);
    puts(", \"boards\": [");
}

static void add(struct runner *runner, const struct board *board, const struct entry *entry) {
    const struct score *score = &entry->score;
    double allocations = score->allocations ? (double)score->allocations : 1;
    runner->measure = entry->candidate->is_oracle;
    runner->failed |= runner->measure ? !entry->has_memory : !entry->has_score || !entry->has_time;
    runner->peak += score_peak_overhead(score);
    runner->average += score_average_overhead(score);
    runner->utilization += score_utilization(score);
    runner->probes += (double)score->probes / allocations;
    runner->splits += (double)score->splits / allocations;
    runner->probes_999 += (double)score->probes_999;
    runner->ns += board_ns(board, entry);
    runner->seconds += board_seconds(board, entry);
    runner->operations += (double)board->replayed;
    runner->traces++;
}

void race_show(struct race *race, const struct board *board) {
    if (race->json && race->traces)
        puts(",");
    if (race->json)
        board_print_json(board);
    else
        board_print(board);
    if (!race->json)
        puts("");
    race->traces++;
    for (size_t index = 0; index < board->count; index++) {
        add(&race->runners[index], board, &board->entries[index]);
        if (strcmp(board->entries[index].candidate->name, race->own) == 0)
            race->own_failed |= race->runners[index].failed;
    }
}

/* --- The means ---------------------------------------------------------------------------------------- */

static void take_means(struct race *race) {
    for (size_t index = 0; index < race->candidates.count; index++) {
        struct runner *runner = &race->runners[index];
        double traces = runner->traces ? runner->traces : 1;
        double *const sums[] = {&runner->peak,   &runner->average,    &runner->utilization, &runner->probes,
                                &runner->splits, &runner->probes_999, &runner->ns};
        for (size_t sum = 0; sum < sizeof sums / sizeof *sums; sum++)
            *sums[sum] /= traces;
        runner->csapp = score_csapp(runner->utilization, (uint64_t)runner->operations, runner->seconds);
    }
}

static void aspects_of(const struct runner *runner, bool time, double aspects[ASPECTS]) {
    aspects[0] = runner->peak;
    aspects[1] = runner->average;
    aspects[2] = time ? runner->ns : runner->probes;
    aspects[3] = time ? 0 : runner->probes_999;
}

static bool is_beaten(const struct runner *runner, const struct runner *by, bool time) {
    double mine[ASPECTS], theirs[ASPECTS];
    bool better = false;
    aspects_of(runner, time, mine);
    aspects_of(by, time, theirs);
    for (int aspect = 0; aspect < ASPECTS; aspect++) {
        if (theirs[aspect] > mine[aspect])
            return false;
        better |= theirs[aspect] < mine[aspect];
    }
    return better;
}

static bool is_rival(const struct runner *runner) {
    return !runner->failed && !runner->measure;
}

static void mark(struct race *race) {
    for (size_t index = 0; index < race->candidates.count; index++) {
        struct runner *runner = &race->runners[index];
        runner->front = runner->front_ns = is_rival(runner);
        for (size_t other = 0; other < race->candidates.count; other++) {
            const struct runner *by = &race->runners[other];
            runner->front &= !is_rival(by) || !is_beaten(runner, by, false);
            runner->front_ns &= !is_rival(by) || !is_beaten(runner, by, true);
        }
    }
}

static void print_means(const struct race *race) {
    printf("Means over %u traces (peak, average: heap / live; an allocation: probes, splits; an operation: "
           "ns)\n\n",
           race->traces);
    printf("     %-12s %8s %8s %8s %8s %8s %8s  %6s\n", "", "peak", "average", "probes", "p99.9", "splits",
           "ns", "CS:APP");
    for (size_t index = 0; index < race->candidates.count; index++) {
        const struct runner *runner = &race->runners[index];
        const char *name = race->candidates.list[index].name;
        printf(" %c%c  %-12s ", runner->front ? '*' : ' ', runner->front_ns ? '+' : ' ', name);
        if (runner->failed)
            puts("did not come to the end of every trace");
        else if (runner->measure)
            printf("%8.3f %8.3f  what is live and no more\n", runner->peak, runner->average);
        else
            printf("%8.3f %8.3f %8.2f %8.1f %8.3f %8.1f  %6.1f%s\n", runner->peak, runner->average,
                   runner->probes, runner->probes_999, runner->splits, runner->ns, runner->csapp,
                   strcmp(name, race->own) == 0 ? "  <-- yours" : "");
    }
}

static void print_mean_json(const struct runner *runner, const char *name) {
    fputs("    {\"name\": ", stdout);
    board_print_string(name);
    printf(", \"ok\": %s", runner->failed ? "false" : "true");
    if (!runner->failed)
        printf(", \"peak_overhead\": %.6f, \"average_overhead\": %.6f, \"utilization\": %.6f", runner->peak,
               runner->average, runner->utilization);
    if (is_rival(runner))
        printf(",\n     \"probes_per_allocation\": %.6f, \"probes_p999\": %.3f, \"splits_per_allocation\": "
               "%.6f,\n"
               "     \"front\": %s, \"front_by_ns\": %s, \"operation_ns\": %.3f, "
               "\"csapp_score_by_seconds\": %.3f",
               runner->probes, runner->probes_999, runner->splits, runner->front ? "true" : "false",
               runner->front_ns ? "true" : "false", runner->ns, runner->csapp);
}

static void print_means_json(const struct race *race) {
    printf("], \"traces\": %u, \"means\": [\n", race->traces);
    for (size_t index = 0; index < race->candidates.count; index++) {
        print_mean_json(&race->runners[index], race->candidates.list[index].name);
        puts(index + 1 < race->candidates.count ? "}," : "}");
    }
    puts(" ]}");
}

void race_end(struct race *race) {
    take_means(race);
    mark(race);
    if (race->json)
        print_means_json(race);
    else if (race->traces > 1)
        print_means(race);
}
