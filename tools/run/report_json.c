/*
 * report_json.c - the report as JSON: one object, sizes in bytes. A key's ending tells the unit of a time.
 *
 * It has every field of src/base/counters.h under its own name. So look here if a figure of the report for
 * people is in doubt.
 */
#include "report.h"

#include "../base/json.h"

#include <string.h>
#include <sys/wait.h>

#include "../../halloc.h"

/* --- Text ------------------------------------------------------------------------------------- */

static void put_text(FILE *out, const char *indent, const char *key, const char *value) {
    fprintf(out, "%s\"%s\": ", indent, key);
    if (value)
        json_print(out, value);
    else
        fputs("null", out);
    fputs(",\n", out);
}

/* --- Figures ---------------------------------------------------------------------------------- */

static void put_number(FILE *out, const char *indent, const char *key, uint64_t number) {
    fprintf(out, "%s\"%s\": %llu,\n", indent, key, (unsigned long long)number);
}

static void put_seconds(FILE *out, const char *key, const struct timeval *time) {
    fprintf(out, "  \"%s\": %lld.%06ld,\n", key, (long long)time->tv_sec, (long)time->tv_usec);
}

/* The values that are added over processes; the last line of an object. */
static void put_counts(FILE *out, const char *indent, const struct counters *record) {
#define PUT(field) put_number(out, indent, #field, record->field)
    PUT(allocations), PUT(frees), PUT(resizes), PUT(failures);
    PUT(requested_bytes), PUT(granted_bytes), PUT(peak_live_bytes);
    PUT(refills), PUT(remote_batches), PUT(remote_frees);
    PUT(slabs_made), PUT(slabs_released), PUT(slabs_adopted);
    PUT(large_taken), PUT(large_released);
    PUT(region_bytes), PUT(peak_used_bytes), PUT(peak_occupied_bytes), PUT(purges), PUT(purged_bytes);
    PUT(threads), PUT(threads_peak), PUT(system_calls);
    PUT(policy_finds), PUT(policy_inserts), PUT(policy_removes);
    fprintf(out, "%s\"waste\": %.6f\n", indent, report_waste(record));
}

static const char *ending_word(enum ending ending) {
    switch (ending) {
    case ENDED_BY_EXIT: return "exit";
    case ENDED_BY_EXEC: return "exec";
    case ENDED_BY__EXIT: return "_exit";
    case ENDED_BY_SIGNAL: return "signal";
    case ENDED_ELSEWHERE: return "_exit or exec";
    case ENDED_NOT_YET: return "still at work";
    case ENDED_UNKNOWN: break;
    }
    return "_exit, signal or exec";
}

static void put_process(FILE *out, const struct report *report, size_t index) {
    const struct counters copy = report->records[index], *record = &copy; /* the process may still run */
    static const char indent[] = "      ";
    uint64_t rss = report_peak_rss(report, index);
    fputs("    {\n", out);
    put_text(out, indent, "program", record->program);
    put_number(out, indent, "pid", record->pid);
    put_number(out, indent, "parent", record->parent);
    put_text(out, indent, "ended", ending_word(report_ending(report, index)));
    fprintf(out, "%s\"is_command\": %s,\n", indent, report_is_main(report, index) ? "true" : "false");
    put_text(out, indent, "heap", record->heap);
    put_text(out, indent, "fit", record->fit);
    put_number(out, indent, "inherited_blocks", report_inherited_blocks(record));
    PUT(live_blocks), PUT(live_bytes), PUT(used_bytes), PUT(uncarved_bytes);
    PUT(free_dirty_bytes), PUT(threads_live);
    put_number(out, indent, "slabs", report_slabs_live(record));
    put_number(out, indent, "large_blocks", report_large_live(record));
    if (rss)
        put_number(out, indent, "peak_rss_bytes", rss);
    else
        fprintf(out, "%s\"peak_rss_bytes\": null,\n", indent);
    fprintf(out, "%s\"fragmentation_at_peak\": %.6f,\n", indent, report_fragmentation_at_peak(record));
    fprintf(out, "%s\"fragmentation_at_end\": %.6f,\n", indent, report_fragmentation_at_end(record));
    put_counts(out, indent, record);
    fputs("    }", out);
#undef PUT
}

/* --- The whole -------------------------------------------------------------------------------- */

static void put_exit(FILE *out, int status) {
    if (WIFSIGNALED(status))
        fprintf(out, "  \"exit\": {\"status\": null, \"signal\": %d, \"signal_name\": \"%s\"},\n",
                WTERMSIG(status), words_signal(WTERMSIG(status)));
    else
        fprintf(out, "  \"exit\": {\"status\": %d, \"signal\": null, \"signal_name\": null},\n",
                WEXITSTATUS(status));
}

void report_print_json(const struct report *report, FILE *out) {
    fputs("{\n", out);
    put_text(out, "  ", "version", halloc_version());
    fputs("  \"command\": [", out);
    for (char **word = report->command; *word; word++) {
        fputs(word == report->command ? "" : ", ", out);
        json_print(out, *word);
    }
    fputs("],\n", out);
    put_exit(out, report->status);
    fprintf(out, "  \"elapsed_ns\": %llu,\n", (unsigned long long)report->elapsed_ns);
    put_seconds(out, "user_seconds", &report->usage.ru_utime);
    put_seconds(out, "system_seconds", &report->usage.ru_stime);
    fprintf(out, "  \"peak_rss_bytes\": %llu,\n", (unsigned long long)report->usage.ru_maxrss * KIB);
    fprintf(out, "  \"on_halloc\": %s,\n", report->why_not ? "false" : "true");
    put_text(out, "  ", "why_not", report->why_not);
    put_text(out, "  ", "last_name", report->last_name);
    fprintf(out, "  \"left_out\": %llu,\n", (unsigned long long)report->left_out);
    fputs("  \"processes\": [", out);
    const char *before = "\n";
    for (size_t index = 0; index < report->count; index++) {
        if (!report_is_whole(report, index))
            continue;
        fputs(before, out);
        put_process(out, report, index);
        before = ",\n";
    }
    fprintf(out, "%s],\n", report_programs(report) ? "\n  " : "");
    struct counters total = report_total(report);
    fputs("  \"total\": {\n", out);
    put_number(out, "    ", "processes", report_processes(report));
    put_number(out, "    ", "programs", report_programs(report));
    put_counts(out, "    ", &total);
    fputs("  }\n}\n", out);
}
