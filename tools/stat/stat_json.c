/*
 * stat_json.c - `halloc stat --json`: everything, exactly. Keys of times end in _ns. All other values are
 * the same on each run.
 */
#include "analysis.h"
#include "../base/json.h"
#include "../trace/symbol/symbol.h"

#include <inttypes.h>
#include <stdio.h>

static void print_totals(const struct trace *trace) {
    const struct trace_totals *totals = trace_totals(trace);
    const struct {
        const char *name;
        uint64_t value;
    } rows[] = {
        {"operations", totals->operations},
        {"objects", totals->objects},
        {"threads", totals->threads},
        {"requested_bytes", totals->requested_bytes},
        {"peak_bytes", totals->peak_bytes},
        {"peak_objects", totals->peak_objects},
        {"peak_after_operation", totals->peak_after},
        {"never_freed_bytes", totals->end_bytes},
        {"never_freed_objects", totals->end_objects},
        {"missed_calls", totals->missed_calls},
        {"file_bytes", totals->file_bytes},
        {"blocks", totals->blocks},
        {"pid", trace_pid(trace)},
        {"parent_pid", trace_parent_pid(trace)},
        {"duration_ns", totals->duration_ns},
    };
    for (size_t row = 0; row < sizeof rows / sizeof *rows; row++)
        printf("  \"%s\": %" PRIu64 ",\n", rows[row].name, rows[row].value);
    printf("  \"stopped_early\": ");
    if (trace_stopped(trace))
        json_print(stdout, trace_stopped(trace));
    else
        printf("null");
    puts(",");
}

static void print_kinds(const struct analysis *analysis) {
    printf("  \"kinds\": {");
    for (unsigned kind = 0; kind < OPERATION_KINDS; kind++) {
        printf("%s", kind ? ", " : "");
        json_print(stdout, operation_kind_name(kind));
        printf(": %" PRIu64, analysis->kinds[kind]);
    }
    printf("},\n  \"reallocs_grown\": %" PRIu64 ",\n  \"reallocs_shrunk\": %" PRIu64
           ",\n  \"sized_frees_wrong\": %" PRIu64 ",\n",
           analysis->reallocs_grown, analysis->reallocs_shrunk, analysis->wrong_sizes);
}

static void print_rows(const struct analysis *analysis) {
    const char *comma = "";
    printf("  \"sizes\": [");
    for (unsigned row = 0; row < ROWS; row++) {
        const struct size_row *size = &analysis->sizes[row];
        if (!size->objects)
            continue;
        printf("%s\n    {\"from\": %" PRIu64 ", \"to\": %" PRIu64 ", \"objects\": %" PRIu64
               ", \"bytes\": %" PRIu64 ", \"never_freed_objects\": %" PRIu64 "}",
               comma, row_first(row), row_last(row), size->objects, size->bytes, size->live_objects);
        comma = ",";
    }
    printf("\n  ],\n  \"lifetimes\": [");
    comma = "";
    for (unsigned row = 0; row < ROWS; row++) {
        if (!analysis->lifetimes[row])
            continue;
        printf("%s\n    {\"up_to_operations\": %" PRIu64 ", \"objects\": %" PRIu64 ", \"bytes\": %" PRIu64
               "}",
               comma, row_last(row), analysis->lifetimes[row], analysis->lifetime_bytes[row]);
        comma = ",";
    }
    printf("\n  ],\n");
}

static void print_common(const struct analysis *analysis) {
    printf("  \"different_sizes\": %zu,\n  \"frequent_sizes\": [", analysis->common_count);
    for (size_t index = 0; index < analysis->common_count && index < 32; index++)
        printf("%s{\"size\": %" PRIu64 ", \"objects\": %" PRIu64 "}", index ? ", " : "",
               analysis->common[index].size, analysis->common[index].objects);
    printf("],\n");
}

static void print_phases(const struct analysis *analysis) {
    printf("  \"phases\": [");
    const char *comma = "";
    for (unsigned index = 0; index < PHASES; index++) {
        const struct phase *phase = &analysis->phases[index];
        printf("%s\n    {\"first_operation\": %" PRIu64 ", \"begun\": %" PRIu64 ", \"begun_bytes\": %" PRIu64
               ", \"ended\": %" PRIu64 ", \"ended_bytes\": %" PRIu64 ", \"live_bytes\": %" PRIu64
               ", \"live_objects\": %" PRIu64 ", \"peak_bytes\": %" PRIu64 ", \"start_ns\": %" PRIu64 "}",
               comma, phase->first, phase->begun, phase->begun_bytes, phase->ended, phase->ended_bytes,
               phase->live_bytes, phase->live_objects, phase->peak_bytes, phase->time_ns);
        comma = ",";
    }
    printf("\n  ],\n");
}

static void print_threads(const struct trace *trace, const struct analysis *analysis) {
    printf("  \"by_thread\": [");
    for (uint64_t thread = 0; thread < trace_totals(trace)->threads; thread++) {
        const struct thread_row *row = &analysis->threads[thread];
        printf("%s\n    {\"thread\": %" PRIu64 ", \"operations\": %" PRIu64 ", \"objects\": %" PRIu64
               ", \"bytes\": %" PRIu64 ", \"ended\": %" PRIu64 ", \"ended_of_others\": %" PRIu64
               ", \"exited\": %s}",
               thread ? "," : "", thread, row->operations, row->objects, row->bytes, row->ended_here,
               row->began_elsewhere, row->exited ? "true" : "false");
    }
    printf("\n  ],\n");
}

static void print_frames(const struct trace *trace, uint32_t site) {
    static struct symbol symbols[2 * TRACE_FRAMES_MOST];
    char room[500];
    unsigned count = symbols_of_site(trace, site, TRACE_FRAMES_MOST, symbols, 2 * TRACE_FRAMES_MOST);
    printf(", \"frames\": [");
    for (unsigned at = 0; at < count; at++) {
        printf("%s", at ? ", " : "");
        json_print(stdout, symbol_print(&symbols[at], room, sizeof room));
    }
    printf("]}");
}

static void print_sites(const struct trace *trace, const struct analysis *analysis) {
    printf("  \"sites\": [");
    for (size_t index = 0; index < analysis->site_count; index++) {
        const struct site_row *row = &analysis->sites[index];
        printf("%s\n    {\"site\": %" PRIu32 ", \"objects\": %" PRIu64 ", \"bytes\": %" PRIu64
               ", \"peak_bytes\": %" PRIu64 ", \"never_freed_objects\": %" PRIu64
               ", \"never_freed_bytes\": %" PRIu64,
               index ? "," : "", row->site, row->objects, row->bytes, row->peak_bytes, row->live_objects,
               row->live_bytes);
        print_frames(trace, row->site);
    }
    printf("\n  ],\n");
}

void analysis_print_json(const struct trace *trace, const struct analysis *analysis, const char *path) {
    const struct trace_problem *damage = trace_damage(trace);
    printf("{\n  \"file\": ");
    json_print(stdout, path);
    printf(",\n  \"command\": ");
    json_print(stdout, trace_command(trace));
    printf(",\n");
    print_totals(trace);
    print_kinds(analysis);
    print_rows(analysis);
    print_common(analysis);
    print_phases(analysis);
    print_threads(trace, analysis);
    print_sites(trace, analysis);
    printf("  \"damage\": ");
    if (damage->found) {
        printf("{\"offset\": %" PRIu64 ", \"what\": ", damage->offset);
        json_print(stdout, damage->what);
        printf("}\n}\n");
    } else {
        printf("null\n}\n");
    }
}
