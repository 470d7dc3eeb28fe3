/*
 * differ_print.c - the difference of two policies, for people and for programs.
 */
#include "differ.h"
#include "../base/json.h"
#include "../base/words.h"

#include <inttypes.h>
#include <stdio.h>

#define HOLES_MOST 10

/* --- Holes ------------------------------------------------------------------------------------------- */

struct holes { /* the holes that one policy saw */
    const struct half *half;
    uint64_t wanted;
    uint64_t count, bytes, fitting, largest;
    bool print;
    uint64_t printed;
};

/* The hole that the block was taken from. False: there was none, and the heap had to grow. */
static bool taken_hole(const struct half *half, struct serial_block *hole) {
    return half->event.offset != SERIAL_NOWHERE && serial_at(half->serial, half->event.offset, hole) &&
           hole->is_free;
}

static bool see_hole(unsigned list, const struct serial_block *block, void *context) {
    struct holes *holes = context;
    struct serial_block taken;
    bool fits = block->size >= holes->wanted;
    (void)list;
    holes->count++;
    holes->bytes += block->size;
    holes->fitting += fits;
    if (block->size > holes->largest)
        holes->largest = block->size;
    if (!holes->print || !fits || holes->printed == HOLES_MOST)
        return true;
    bool is_taken = taken_hole(holes->half, &taken) && taken.offset == block->offset;
    holes->printed++;
    char words[2][WORD_BYTES];
    printf("      %s %12s B at %-14s%s\n", is_taken ? "->" : "  ", word_count(block->size, words[0]),
           word_count(block->offset, words[1]), is_taken ? "taken" : "");
    return true;
}

static struct holes holes_of(const struct half *half, bool print) {
    struct holes holes = {.half = half, .wanted = half->event.operation.size, .print = print};
    serial_free_lists(half->serial, see_hole, &holes);
    return holes;
}

/* --- For people -------------------------------------------------------------------------------------- */

static void print_place(const struct half *half) {
    const struct serial_event *event = &half->event;
    struct serial_block hole;
    char words[4][WORD_BYTES];
    printf("\n  %s", half->policy);
    if (event->outcome == SERIAL_FAILED) {
        puts(" has no room for it.");
        return;
    }
    printf(" %s offset %s, %s B of it to use",
           event->outcome == SERIAL_RESIZED ? "leaves it at" : "places it at",
           word_count(event->offset, words[0]), word_count(event->granted, words[1]));
    if (event->grew_bytes)
        printf("; the heap grew by %s B for it", word_count(event->grew_bytes, words[2]));
    else if (taken_hole(half, &hole))
        printf("; out of a hole of %s B", word_count(hole.size, words[3]));
    puts(".");
}

static void print_holes(const struct half *half) {
    char words[4][WORD_BYTES];
    struct holes holes = holes_of(half, false);
    printf("    It saw %s hole%s, %s B together, the largest %s B; %s large enough%s\n",
           word_count(holes.count, words[0]), holes.count == 1 ? "" : "s", word_count(holes.bytes, words[1]),
           word_count(holes.largest, words[2]), word_count(holes.fitting, words[3]),
           holes.fitting ? ", in the order of its lists:" : ".");
    holes = holes_of(half, true);
    if (holes.fitting > holes.printed)
        printf("         %s more\n", word_count(holes.fitting - holes.printed, words[0]));
}

static void print_cost(const struct half halves[2]) {
    printf("\nAt the end:  %14s %14s %10s %10s %10s\n", "heap", "peak", "average", "probes", "p99.9");
    printf("             %14s %14s %10s %10s %10s\n", "bytes", "heap/live", "heap/live", "an alloc.", "");
    for (int side = 0; side < 2; side++) {
        const struct score *score = &halves[side].score;
        char words[WORD_BYTES];
        printf("  %-10s %14s ", halves[side].policy, word_count(score->end_heap_bytes, words));
        if (score->peak_live_bytes)
            printf("%14.3f %10.3f", score_peak_overhead(score), score_average_overhead(score));
        else
            printf("%14s %10s", "-", "-");
        printf(" %10.2f %10" PRIu64 "\n",
               score->allocations ? (double)score->probes / (double)score->allocations : 0,
               score->probes_999);
    }
    double a = score_peak_overhead(&halves[0].score), b = score_peak_overhead(&halves[1].score);
    double c = score_average_overhead(&halves[0].score), d = score_average_overhead(&halves[1].score);
    if (a > 0 && c > 0)
        printf("%s needs %+.1f %% at the peak and %+.1f %% on average, against %s.\n", halves[1].policy,
               word_percent(100 * (b / a - 1)), word_percent(100 * (d / c - 1)), halves[0].policy);
}

void differ_print(const struct trace *trace, const char *path, const struct half halves[2],
                  const struct difference *difference) {
    char words[3][WORD_BYTES];
    const struct operation *operation = &halves[0].event.operation;
    if (difference->found) {
        printf("%s: %s and %s part at operation %s of %s: %s, %s B, object %" PRIu64 ".\n", path,
               halves[0].policy, halves[1].policy, word_count(difference->number, words[0]),
               word_count(trace_totals(trace)->operations, words[1]), operation_kind_name(operation->kind),
               word_count(operation->size, words[2]), operation->object);
        for (int side = 0; side < 2; side++) {
            print_place(&halves[side]);
            print_holes(&halves[side]);
        }
    } else {
        printf("%s: %s and %s place everything alike.\n", path, halves[0].policy, halves[1].policy);
    }
    print_cost(halves);
}

/* --- For programs ------------------------------------------------------------------------------------ */

static void print_half_json(const struct half *half, bool differs) {
    const struct score *score = &half->score;
    struct serial_block hole;
    printf("  {\"name\": \"%s\"", half->policy);
    if (differs) {
        struct holes holes = holes_of(half, false);
        if (half->event.offset == SERIAL_NOWHERE)
            printf(", \"offset\": null");
        else
            printf(", \"offset\": %" PRIu64, half->event.offset);
        printf(", \"granted\": %" PRIu64 ", \"grew_bytes\": %" PRIu64, half->event.granted,
               half->event.grew_bytes);
        if (taken_hole(half, &hole))
            printf(", \"hole_bytes\": %" PRIu64, hole.size);
        printf(",\n   \"holes\": %" PRIu64 ", \"holes_bytes\": %" PRIu64 ", \"holes_fitting\": %" PRIu64
               ", \"largest_hole_bytes\": %" PRIu64,
               holes.count, holes.bytes, holes.fitting, holes.largest);
    }
    printf(",\n   \"peak_overhead\": %.6f, \"average_overhead\": %.6f, \"end_heap_bytes\": %" PRIu64
           ", \"probes\": %" PRIu64 ", \"probes_p999\": %" PRIu64 "}",
           score_peak_overhead(score), score_average_overhead(score), score->end_heap_bytes, score->probes,
           score->probes_999);
}

void differ_print_json(const struct trace *trace, const char *path, const struct half halves[2],
                       const struct difference *difference) {
    const struct operation *operation = &halves[0].event.operation;
    fputs("{\"trace\": ", stdout);
    json_print(stdout, path);
    printf(", \"operations\": %" PRIu64 ", \"differs\": %s", trace_totals(trace)->operations,
           difference->found ? "true" : "false");
    if (difference->found)
        printf(",\n \"operation\": %" PRIu64 ", \"kind\": \"%s\", \"size\": %" PRIu64
               ", \"object\": %" PRIu64,
               difference->number, operation_kind_name(operation->kind), operation->size, operation->object);
    puts(",\n \"policies\": [");
    print_half_json(&halves[0], difference->found);
    puts(",");
    print_half_json(&halves[1], difference->found);
    puts("\n ]}");
}
