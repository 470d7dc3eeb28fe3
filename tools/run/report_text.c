/*
 * report_text.c - the report for people: a few lines about the whole, or everything about each process.
 *
 * Figures of requests are exact. "At the end" means the end of the process, however it ended: the counters
 * are shared.
 */
#include "run.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../../halloc.h"

/* --- Lines ------------------------------------------------------------------------------------ */

#define BOLD "\033[1m"
#define DIM "\033[2m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

struct page {
    FILE *out;
    bool colors;
};

static struct page page_on(FILE *out) {
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    bool dumb = terminal && strcmp(terminal, "dumb") == 0;
    return (struct page){out, isatty(fileno(out)) && !(none && *none) && !dumb};
}

__attribute__((format(printf, 3, 4))) static void heading(const struct page *page, const char *color,
                                                          const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fputs(page->colors ? color : "", page->out);
    vfprintf(page->out, format, arguments);
    fputs(page->colors ? PLAIN "\n" : "\n", page->out);
    va_end(arguments);
}

__attribute__((format(printf, 3, 4))) static void line(const struct page *page, const char *label,
                                                       const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(page->out, "  %s%-18s%s", page->colors ? DIM : "", label, page->colors ? PLAIN : "");
    vfprintf(page->out, format, arguments);
    fputc('\n', page->out);
    va_end(arguments);
}

/* --- What both reports say -------------------------------------------------------------------- */

static void print_title(const struct page *page, const struct report *report) {
    size_t count = report_processes(report);
    const char *slash = strrchr(report->command[0], '/');
    const char *name = slash && slash[1] ? slash + 1 : report->command[0];
    heading(page, BOLD, "halloc run: %s: %s after %s; %s on halloc", words_name(name),
            words_status(report->status), words_seconds(report->elapsed_ns),
            count ? words_many(count, "process") : "no processes");
    if (report->why_not)
        heading(page, YELLOW, "halloc run: the program did not run on halloc: %s", report->why_not);
    if (report_left_halloc(report))
        heading(page, YELLOW, "halloc run: it ended as '%s', without a record: after _exit, or exec of %s",
                words_name(report->last_name), "a program not on halloc");
    if (report->policy && WIFSIGNALED(report->status))
        heading(page, YELLOW, "halloc run: it ran on a policy of its own, %s: halloc lab check on its source",
                words_name(report->policy));
    if (report->left_out)
        heading(page, YELLOW, "halloc run: %s more process%s left no record: the report holds %d",
                words_count(report->left_out), report->left_out == 1 ? "" : "es", COUNTERS_RECORDS_MOST);
}

static bool is_classic(const struct counters *record) {
    return strcmp(record->heap, "classic") == 0;
}

static void print_heap(const struct page *page, const struct counters *record) {
    line(page, "heap", "%s, %s fit; its policy made %s, %s, %s", record->heap, record->fit,
         words_many(record->policy_finds, "find"), words_many(record->policy_inserts, "insert"),
         words_many(record->policy_removes, "remove"));
    bool own = !halloc_policy_find(record->fit) && strcmp(record->fit, "several") != 0;
    if (own && !is_classic(record))
        line(page, "", "slabs serve small objects; with --heap classic the policy is asked for each");
    if (own && record->failures)
        line(page, "", "if requests failed that memory was there for: halloc lab check FILE.c");
}

static void print_system(const struct page *page, const struct counters *record) {
    const char *calls = words_count(record->system_calls);
    if (record->purges)
        line(page, "system calls", "%s for memory; %s given back in %s purge%s", calls,
             words_bytes(record->purged_bytes), words_count(record->purges), record->purges == 1 ? "" : "s");
    else
        line(page, "system calls", "%s for memory; none of it given back", calls);
}

/* --- A few lines ------------------------------------------------------------------------------ */

/* The record to print: the only one, or the sum. */
static struct counters whole_of(const struct report *report, bool *is_sum) {
    *is_sum = report_programs(report) != 1;
    for (size_t index = 0; index < report->count && !*is_sum; index++) {
        if (!report_is_whole(report, index))
            continue;
        struct counters record = report->records[index];
        record.peak_rss_bytes = report_peak_rss(report, index);
        return record;
    }
    return report_total(report);
}

static void print_short(const struct page *page, const struct report *report) {
    bool is_sum;
    struct counters whole = whole_of(report, &is_sum);
    const char *of = is_sum ? " in the largest process" : "";
    line(page, "requests", "%s, %s, %s, %s", words_many(whole.allocations, "allocation"),
         words_many(whole.frees, "free"), words_many(whole.resizes, "resize"),
         words_many(whole.failures, "failure"));
    if (is_sum)
        line(page, "memory", "peak live %s, peak resident %s%s", words_bytes(whole.peak_live_bytes),
             words_bytes(whole.peak_rss_bytes), of);
    else
        line(page, "memory", "peak live %s, peak resident %s; live at the end %s in %s",
             words_bytes(whole.peak_live_bytes), words_bytes(whole.peak_rss_bytes),
             words_bytes(whole.live_bytes), words_many(whole.live_blocks, "block"));
    const char *waste = words_percent(report_waste(&whole));
    if (is_sum || is_classic(&whole)) /* a classic heap does not count what lies between its blocks */
        line(page, "waste", "%s inside what was granted", waste);
    else
        line(page, "waste", "%s inside what was granted; of %s carved at the peak %s held nothing", waste,
             words_bytes(whole.peak_occupied_bytes), words_percent(report_fragmentation_at_peak(&whole)));
    if (!is_classic(&whole))
        line(page, "made", "%s, %s", words_many(whole.slabs_made, "slab"),
             words_many(whole.large_taken, "large block"));
    print_system(page, &whole);
    if (!is_classic(&whole))
        line(page, "threads", "%s, at most %s at once%s", words_count(whole.threads),
             words_count(whole.threads_peak), of);
    print_heap(page, &whole);
}

/* --- All there is ----------------------------------------------------------------------------- */

static void print_requests(const struct page *page, const struct counters *record) {
    uint64_t inherited = report_inherited_blocks(record);
    line(page, "allocations", "%s", words_count(record->allocations));
    line(page, "frees", "%s", words_count(record->frees));
    line(page, "resizes", "%s", words_count(record->resizes));
    line(page, "failures", "%s", words_count(record->failures));
    line(page, "requested", "%s", words_bytes(record->requested_bytes));
    line(page, "granted", "%s; waste inside it %s", words_bytes(record->granted_bytes),
         words_percent(report_waste(record)));
    line(page, "peak live", "%s", words_bytes(record->peak_live_bytes));
    line(page, "live at the end", "%s in %s", words_bytes(record->live_bytes),
         words_many(record->live_blocks, "block"));
    if (inherited)
        line(page, "inherited", "%s, live when it was forked", words_many(inherited, "block"));
}

static void print_blocks(const struct page *page, const struct counters *record) {
    if (!is_classic(record)) {
        line(page, "slabs", "%s made, %s given back, %s adopted; %s at the end",
             words_count(record->slabs_made), words_count(record->slabs_released),
             words_count(record->slabs_adopted), words_count(report_slabs_live(record)));
        line(page, "large blocks", "%s taken, %s given back; %s at the end", words_count(record->large_taken),
             words_count(record->large_released), words_count(report_large_live(record)));
    }
    line(page, "region", "%s, of which %s in blocks in use at the end, %s at the peak",
         words_bytes(record->region_bytes), words_bytes(record->used_bytes),
         words_bytes(record->peak_used_bytes));
    line(page, "carved", "%s at the end, %s at the peak: slots and large blocks",
         words_bytes(report_occupied_bytes(record)), words_bytes(record->peak_occupied_bytes));
    if (!is_classic(record))
        line(page, "free, kept", "%s in blocks, resident where they were written, and %s in slabs",
             words_bytes(record->free_dirty_bytes), words_bytes(report_free_slot_bytes(record)));
    if (!is_classic(record))
        line(page, "fragmentation", "%s at the peak, %s at the end: of what was carved, not live",
             words_percent(report_fragmentation_at_peak(record)),
             words_percent(report_fragmentation_at_end(record)));
}

static void print_threads(const struct page *page, const struct counters *record) {
    if (is_classic(record))
        return;
    line(page, "threads", "%s, at most %s at once, %s at the end", words_count(record->threads),
         words_count(record->threads_peak), words_count(record->threads_live));
    line(page, "refills", "%s", words_count(record->refills));
    line(page, "remote frees", "%s in %s", words_count(record->remote_frees),
         words_many(record->remote_batches, "batch"));
}

static void print_process(const struct page *page, const struct report *report, size_t index) {
    const struct counters record = report->records[index];
    uint64_t rss = report_peak_rss(report, index);
    heading(page, BOLD, "\n%s, process %llu of parent %llu: %s", words_name(record.program),
            (unsigned long long)record.pid, (unsigned long long)record.parent, words_ending(report, index));
    print_requests(page, &record);
    line(page, "peak resident", "%s", rss ? words_bytes(rss) : "not known: only exit tells it");
    print_blocks(page, &record);
    print_system(page, &record);
    print_threads(page, &record);
    print_heap(page, &record);
}

static void print_total(const struct page *page, const struct report *report) {
    struct counters total = report_total(report);
    heading(page, BOLD, "\nall of it: %s, %s", words_many(report_processes(report), "process"),
            words_many(report_programs(report), "program"));
    line(page, "allocations", "%s", words_count(total.allocations));
    line(page, "frees", "%s", words_count(total.frees));
    line(page, "resizes", "%s", words_count(total.resizes));
    line(page, "failures", "%s", words_count(total.failures));
    line(page, "requested", "%s", words_bytes(total.requested_bytes));
    line(page, "granted", "%s; waste inside it %s", words_bytes(total.granted_bytes),
         words_percent(report_waste(&total)));
    line(page, "peak live", "%s in the largest", words_bytes(total.peak_live_bytes));
    line(page, "peak resident", "%s in the largest", words_bytes(total.peak_rss_bytes));
    print_system(page, &total);
}

void report_print(const struct report *report, FILE *out, bool full) {
    struct page page = page_on(out);
    size_t count = report_programs(report);
    print_title(&page, report);
    if (count && !full)
        print_short(&page, report);
    for (size_t index = 0; index < report->count && full; index++)
        if (report_is_whole(report, index))
            print_process(&page, report, index);
    if (full && count > 1)
        print_total(&page, report);
}
