/*
 * board_json.c - the board as JSON. Keys that depend on time end in _ns or _seconds. All others are the
 * same on each run.
 */
#include "board.h"

#include "../../base/json.h"

#include <inttypes.h>
#include <stdio.h>

static const char *word(bool is) {
    return is ? "true" : "false";
}

static void print_memory(const struct board *board, const struct entry *entry) {
    const struct score *score = &entry->score;
    printf(",\n     \"memory\": \"%s\", \"peak_overhead\": %.6f, \"average_overhead\": %.6f",
           entry->has_score || entry->told ? "heap" : "resident",
           board_has_live(board) ? score_peak_overhead(score) : 0,
           board_has_live(board) ? score_average_overhead(score) : 0);
    printf(",\n     \"peak_heap_bytes\": %" PRIu64 ", \"end_heap_bytes\": %" PRIu64
           ", \"average_heap_bytes\": %.1f, \"peak_live_bytes\": %" PRIu64 ", \"failures\": %" PRIu64
           ", \"utilization\": %.6f",
           score->peak_heap_bytes, score->end_heap_bytes, score->average_heap_bytes, score->peak_live_bytes,
           score->failures, score_utilization(score));
}

static void print_searches(const struct score *score) {
    double allocations = score->allocations ? (double)score->allocations : 1;
    printf(",\n     \"allocations\": %" PRIu64 ", \"finds\": %" PRIu64 ", \"probes\": %" PRIu64
           ", \"splits\": %" PRIu64 ", \"merges\": %" PRIu64,
           score->allocations, score->finds, score->probes, score->splits, score->merges);
    printf(",\n     \"probes_per_allocation\": %.6f, \"probes_p999\": %" PRIu64
           ", \"splits_per_allocation\": %.6f",
           (double)score->probes / allocations, score->probes_999, (double)score->splits / allocations);
    if (!score_counts_probes(score))
        printf(",\n     \"counts_probes\": false");
    printf(",\n     \"moved\": %" PRIu64 ", \"resized_in_place\": %" PRIu64, score->moves, score->resizes);
}

static void print_entry(const struct board *board, const struct entry *entry) {
    fputs("    {\"name\": ", stdout);
    json_print(stdout, entry->candidate->name);
    printf(", \"kind\": \"%s\", \"ok\": %s",
           entry->candidate->is_policy   ? "policy"
           : entry->candidate->is_oracle ? "oracle"
                                         : "allocator",
           word(!entry->ending.what[0]));
    if (entry->ending.what[0]) {
        fputs(", \"problem\": ", stdout);
        json_print(stdout, entry->ending.what);
        putchar('}');
        return;
    }
    if (entry->has_memory)
        print_memory(board, entry);
    if (entry->one_thread)
        printf(",\n     \"one_thread_bytes\": %" PRIu64 ", \"predicts\": %s", entry->one_thread,
               word(!board_is_unsure(entry)));
    if (entry->has_score)
        print_searches(&entry->score);
    if (entry->has_score)
        printf(",\n     \"front\": %s", word(entry->front));
    if (entry->has_time)
        printf(",\n     \"front_by_ns\": %s, \"operation_ns\": %.3f, \"total_ns\": %" PRIu64
               ", \"csapp_score_by_seconds\": %.3f",
               word(entry->front_ns), board_ns(board, entry), entry->ns,
               score_csapp(score_utilization(&entry->score), board->replayed, board_seconds(board, entry)));
    putchar('}');
}

void board_print_json(const struct board *board) {
    const struct trace_totals *totals = trace_totals(board->trace);
    fputs("{\"trace\": ", stdout);
    json_print(stdout, board->path);
    fputs(", \"command\": ", stdout);
    json_print(stdout, trace_command(board->trace));
    printf(",\n \"operations\": %" PRIu64 ", \"replayed\": %" PRIu64 ", \"objects\": %" PRIu64
           ", \"threads\": %" PRIu64 ", \"peak_live_bytes\": %" PRIu64
           ",\n \"order\": \"%s\", \"checked\": %s, \"damaged\": %s",
           totals->operations, board->replayed, totals->objects, totals->threads, totals->peak_bytes,
           board->threads ? "threads" : "serial", word(board->checked),
           word(trace_damage(board->trace)->found));
    if (board->harness_ns && board->replayed)
        printf(",\n \"harness_ns\": %" PRIu64 ", \"harness_operation_ns\": %.3f", board->harness_ns,
               (double)board->harness_ns / (double)board->replayed);
    fputs(",\n \"policies\": [\n", stdout);
    for (size_t index = 0; index < board->count; index++) {
        print_entry(board, &board->entries[index]);
        puts(index + 1 < board->count ? "," : "");
    }
    puts(" ]}");
}
