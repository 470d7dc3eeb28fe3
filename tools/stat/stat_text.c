/*
 * stat_text.c - `halloc stat` for people: from the whole to the details.
 */
#include "analysis.h"
#include "../base/progress.h"
#include "../base/table.h"
#include "../base/words.h"
#include "../profile/profile.h"
#include "../trace/symbol/symbol.h"

#include <stdlib.h>
#include <string.h>

#define BAR_COLUMNS 30
#define COMMON_SHOWN 8
#define SITES_SHOWN 10
#define FRAMES_SHOWN 4
#define THREADS_SHOWN 16

static char *words(void) { /* one printf uses several of these */
    static char rooms[8][WORD_BYTES];
    static unsigned at;
    return rooms[at++ % 8];
}
#define COUNT(number) word_count(number, words())
#define BYTES(number) word_bytes(number, words())
#define TIME(number) word_time(number, words())

/* A bar in eighths of a column. A value above 0 has at least one. */
static const char *bar(uint64_t part, uint64_t whole) {
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    static char room[BAR_COLUMNS * 3 + 4];
    unsigned length = whole ? (unsigned)((double)part / (double)whole * BAR_COLUMNS * 8 + 0.5) : 0;
    if (part && !length)
        length = 1;
    char *at = room;
    for (unsigned full = 0; full < length / 8; full++)
        at = stpcpy(at, "█");
    strcpy(at, eighths[length % 8]);
    return room;
}

static void title(const char *text) {
    printf("\n%s\n", text);
}

/* --- The whole ------------------------------------------------------------------------------------ */

static void print_head(const struct trace *trace, const char *path) {
    const struct trace_totals *totals = trace_totals(trace);
    double bytes = totals->operations ? (double)totals->file_bytes / (double)totals->operations : 0;
    printf("%s: %s\n", path, *trace_command(trace) ? trace_command(trace) : "(command not known)");
    printf("  operations %14s   in %s, %.2f bytes each\n", COUNT(totals->operations),
           BYTES(totals->file_bytes), bytes);
    printf("  objects    %14s   %s requested in all\n", COUNT(totals->objects),
           BYTES(totals->requested_bytes));
    printf("  threads    %14s\n", COUNT(totals->threads));
    printf("  duration   %14s\n", TIME(totals->duration_ns));
    printf("  peak       %14s   in %s object%s, after operation %s\n", BYTES(totals->peak_bytes),
           COUNT(totals->peak_objects), word_plural(totals->peak_objects, "object"),
           COUNT(totals->peak_after));
    printf("  at the end %14s   in %s object%s %s\n", BYTES(totals->end_bytes), COUNT(totals->end_objects),
           word_plural(totals->end_objects, "object"), trace_unfreed(trace, true));
    if (totals->missed_calls)
        printf("  missed     %14s   calls that could not be recorded\n", COUNT(totals->missed_calls));
    if (trace_stopped(trace))
        printf("  stopped             early   %s\n", trace_stopped(trace));
    if (trace_parent_pid(trace))
        printf("  forked     %14s   the parent's pid; this one's is %u\n", COUNT(trace_parent_pid(trace)),
               trace_pid(trace));
}

static void print_kinds(const struct analysis *analysis) {
    title("operations by kind");
    for (unsigned kind = 0; kind < OPERATION_KINDS; kind++)
        if (analysis->kinds[kind])
            printf("  %-12s %14s  %5.1f %%  %s\n", operation_kind_name(kind), COUNT(analysis->kinds[kind]),
                   100.0 * (double)analysis->kinds[kind] / (double)analysis->operations,
                   bar(analysis->kinds[kind], analysis->operations));
    if (analysis->kinds[OPERATION_REALLOC])
        printf("  of the reallocs %s grew and %s shrank\n", COUNT(analysis->reallocs_grown),
               COUNT(analysis->reallocs_shrunk));
    if (analysis->wrong_sizes)
        printf("  %s sized free%s told another size than was asked for\n", COUNT(analysis->wrong_sizes),
               word_plural(analysis->wrong_sizes, "free"));
}

/* --- Sizes and lifetimes -------------------------------------------------------------------------- */

static uint64_t most_objects(const struct analysis *analysis) {
    uint64_t most = 0;
    for (unsigned row = 0; row < ROWS; row++)
        if (analysis->sizes[row].objects > most)
            most = analysis->sizes[row].objects;
    return most;
}

static void print_sizes(const struct trace *trace, const struct analysis *analysis) {
    printf("\nsizes, as requested           objects          bytes %13s\n", trace_unfreed(trace, false));
    for (unsigned row = 0; row < ROWS; row++) {
        const struct size_row *size = &analysis->sizes[row];
        if (size->objects)
            printf("  %9s to %-9s %14s %14s %13s  %s\n", BYTES(row_first(row)), BYTES(row_last(row)),
                   COUNT(size->objects), BYTES(size->bytes), COUNT(size->live_objects),
                   bar(size->objects, most_objects(analysis)));
    }
    printf("  most frequent:");
    for (size_t index = 0; index < analysis->common_count && index < COMMON_SHOWN; index++)
        printf("%s %s B (%s)", index ? "," : "", COUNT(analysis->common[index].size),
               COUNT(analysis->common[index].objects));
    printf("\n  %s different sizes\n", COUNT(analysis->common_count));
}

static void print_lifetimes(const struct analysis *analysis) {
    uint64_t most = 0, ended = 0, so_far = 0;
    for (unsigned row = 0; row < ROWS; row++) {
        ended += analysis->lifetimes[row];
        most = analysis->lifetimes[row] > most ? analysis->lifetimes[row] : most;
    }
    title("lifetimes, in operations      objects          bytes   so far");
    for (unsigned row = 0; row < ROWS; row++) {
        so_far += analysis->lifetimes[row];
        if (analysis->lifetimes[row])
            printf("  up to %-16s %14s %14s   %5.1f %%  %s\n", COUNT(row_last(row)),
                   COUNT(analysis->lifetimes[row]), BYTES(analysis->lifetime_bytes[row]),
                   100.0 * (double)so_far / (double)ended, bar(analysis->lifetimes[row], most));
    }
}

static void print_phases(const struct trace *trace, const struct analysis *analysis) {
    uint64_t peak = trace_totals(trace)->peak_bytes;
    title("phases: tenths of the operations");
    printf("  %14s %10s %10s %12s %12s %12s\n", "from operation", "at", "begun", "ended", "live", "peak");
    for (unsigned index = 0; index < PHASES; index++) {
        const struct phase *phase = &analysis->phases[index];
        if (phase->begun || phase->ended)
            printf("  %14s %10s %10s %12s %12s %12s  %s\n", COUNT(phase->first), TIME(phase->time_ns),
                   COUNT(phase->begun), COUNT(phase->ended), BYTES(phase->live_bytes),
                   BYTES(phase->peak_bytes), bar(phase->peak_bytes, peak));
    }
}

/* --- Threads and sites ---------------------------------------------------------------------------- */

static void print_threads(const struct trace *trace, const struct analysis *analysis) {
    uint64_t threads = trace_totals(trace)->threads;
    if (threads < 2)
        return;
    title("threads      operations        objects       requested   ended here, begun elsewhere");
    for (uint64_t thread = 0; thread < threads && thread < THREADS_SHOWN; thread++) {
        const struct thread_row *row = &analysis->threads[thread];
        double share = row->ended_here ? 100.0 * (double)row->began_elsewhere / (double)row->ended_here : 0;
        printf("  %-6s %14s %14s %15s %14s  %5.1f %%%s\n", COUNT(thread), COUNT(row->operations),
               COUNT(row->objects), BYTES(row->bytes), COUNT(row->ended_here), share,
               row->exited ? "" : "  (to the end)");
    }
    if (threads > THREADS_SHOWN)
        printf("  and %s more\n", COUNT(threads - THREADS_SHOWN));
}

static void print_site(const struct trace *trace, const struct site_row *row) {
    struct symbol symbols[SYMBOLS_MOST];
    char room[500];
    unsigned count = symbols_of_site(trace, row->site, FRAMES_SHOWN, symbols, SYMBOLS_MOST);
    printf("  %12s %12s %12s %12s  %s\n", BYTES(row->bytes), COUNT(row->objects), BYTES(row->peak_bytes),
           BYTES(row->live_bytes), count ? symbol_print(&symbols[0], room, sizeof room) : "?");
    for (unsigned at = 1; at < count; at++)
        printf("  %51s    from %s\n", "", symbol_print(&symbols[at], room, sizeof room));
}

/* Of what print_site writes for it. */
static uint64_t hash_site(const struct trace *trace, uint32_t site) {
    struct symbol symbols[SYMBOLS_MOST];
    char room[500];
    unsigned count = symbols_of_site(trace, site, FRAMES_SHOWN, symbols, SYMBOLS_MOST);
    uint64_t hash = count;
    for (unsigned at = 0; at < count; at++)
        hash = profile_hash(hash, symbol_print(&symbols[at], room, sizeof room));
    return hash == KEY_NONE ? 0 : hash;
}

static void add_row(struct site_row *row, const struct site_row *more) {
    row->objects += more->objects;
    row->bytes += more->bytes;
    row->peak_bytes += more->peak_bytes;
    row->live_objects += more->live_objects;
    row->live_bytes += more->live_bytes;
}

/* Sites whose rows would read the same become one: they differ further out, or within a line. Returns how
 * many are left; without memory, rows stay apart. */
static size_t merge_sites(const struct trace *trace, struct site_row *rows, size_t count) {
    struct table places = {0};
    size_t left = 0;
    for (size_t index = 0; index < count; index++) {
        uint64_t hash = hash_site(trace, rows[index].site);
        struct table_entry *known = table_find(&places, hash);
        progress_show("naming", index, count);
        if (known) {
            add_row(&rows[known->value], &rows[index]);
            continue;
        }
        table_add(&places, hash, left);
        rows[left++] = rows[index];
    }
    progress_end();
    table_free(&places);
    qsort(rows, left, sizeof *rows, analysis_by_bytes);
    return left;
}

static void print_sites(const struct trace *trace, struct analysis *analysis) {
    if (!trace_has_sites(trace))
        return;
    analysis->site_count = merge_sites(trace, analysis->sites, analysis->site_count);
    title("call sites");
    printf("  %12s %12s %12s %12s\n", "requested", "objects", "at the peak", trace_unfreed(trace, false));
    for (size_t index = 0; index < analysis->site_count && index < SITES_SHOWN; index++)
        print_site(trace, &analysis->sites[index]);
    if (analysis->site_count > SITES_SHOWN)
        printf("  and %s more\n", COUNT(analysis->site_count - SITES_SHOWN));
}

void analysis_print(const struct trace *trace, struct analysis *analysis, const char *path) {
    print_head(trace, path);
    if (!analysis->operations)
        return;
    print_kinds(analysis);
    if (analysis->common_count)
        print_sizes(trace, analysis);
    print_lifetimes(analysis);
    print_phases(trace, analysis);
    print_threads(trace, analysis);
    print_sites(trace, analysis);
}
