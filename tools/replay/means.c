/*
 * means.c - see means.h.
 */
#include "means.h"

#include <stdio.h>
#include <string.h>

void means_add(struct means *means, const struct board *board) {
    for (size_t index = 0; index < board->count; index++) {
        struct mean *mean = &means->entries[index];
        const struct entry *entry = &board->entries[index];
        mean->failed |= entry->ending.what[0] || !entry->has_memory;
        mean->has_time = entry->has_time && (mean->has_time || !means->traces);
        mean->peak += score_peak_overhead(&entry->score);
        mean->average += score_average_overhead(&entry->score);
        mean->utilization += score_utilization(&entry->score);
        mean->seconds += board_seconds(board, entry);
        mean->operations += board->replayed;
    }
    means->traces++;
}

static double score_of(const struct means *means, const struct mean *mean) {
    return score_csapp(mean->utilization / means->traces, mean->operations, mean->seconds);
}

void means_print(const struct means *means, const struct candidates *candidates) {
    printf("\nMeans over these %u traces; utilization is live / heap at the peak\n\n", means->traces);
    printf("     %-12s  %8s %8s  %11s  %6s\n\n", "", "peak", "average", "utilization", "CS:APP");
    for (size_t index = 0; index < candidates->count; index++) {
        const struct mean *mean = &means->entries[index];
        printf("     %-12s ", candidate_short_name(&candidates->list[index]));
        if (mean->failed)
            printf(" not all of them came to their end");
        else
            printf(" %8.3f %8.3f  %9.1f %%", mean->peak / means->traces, mean->average / means->traces,
                   100 * mean->utilization / means->traces);
        if (!mean->failed && mean->has_time)
            printf("  %6.1f", score_of(means, mean));
        puts("");
    }
}

void means_print_json(const struct means *means, const struct candidates *candidates) {
    printf(", \"traces\": %u, \"means\": [\n", means->traces);
    for (size_t index = 0; index < candidates->count; index++) {
        const struct mean *mean = &means->entries[index];
        fputs("    {\"name\": ", stdout);
        board_print_string(candidates->list[index].name);
        printf(", \"ok\": %s", mean->failed ? "false" : "true");
        if (!mean->failed)
            printf(", \"peak_overhead\": %.6f, \"average_overhead\": %.6f, \"utilization\": %.6f",
                   mean->peak / means->traces, mean->average / means->traces,
                   mean->utilization / means->traces);
        if (!mean->failed && mean->has_time)
            printf(", \"csapp_score_by_seconds\": %.3f", score_of(means, mean));
        puts(index + 1 < candidates->count ? "}," : "}");
    }
    fputs(" ]", stdout);
}
