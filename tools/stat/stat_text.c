/*
 * stat_text.c - `halloc stat` for people: from the whole to the details.
 */
#include "analysis.h"
#include "../base/progress.h"
#include "../base/table.h"
#include "../base/terminal.h"
#include "../base/words.h"
#include "../profile/profile.h"
#include "../trace/symbol/symbol.h"

#include <stdlib.h>
#include <string.h>

#define BAR_COLUMNS 30
#define BAR_COLUMNS_LEAST 5
#define COMMON_SHOWN 8
#define SITES_SHOWN 10
#define SITE_COLUMNS 75 /* of its figures, and a short name */
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

static unsigned bar_columns(unsigned before) {
    unsigned columns = terminal_columns(), left = columns > before ? columns - before : 0;
    return left < BAR_COLUMNS_LEAST ? 0 : left < BAR_COLUMNS ? left : BAR_COLUMNS;
}

/* A bar in eighths of a column, behind that many columns. A value above 0 has at least one. */
static const char *bar(unsigned before, uint64_t part, uint64_t whole) {
    static const char *const eighths[] = {"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
    static char room[BAR_COLUMNS * 3 + 4];
    unsigned most = bar_columns(before);
    unsigned length = whole ? (unsigned)((double)part / (double)whole * most * 8 + 0.5) : 0;
    bool ascii = terminal_is_ascii();
    if (part && most && !length)
        length = 1;
    if (ascii)
        length = (length + 7) & ~7u;
    char *at = room;
    for (unsigned full = 0; full < length / 8; full++)
        at = stpcpy(at, ascii ? "#" : "█");
    strcpy(at, eighths[length % 8]);
    return room;
}

static void title(const char *text) { /* with a tab at the ends of columns */
    puts("");
    terminal_line("%s", text);
}

/* --- The whole ------------------------------------------------------------------------------------ */

static void print_head(const struct trace *trace, const char *path) {
    const struct trace_totals *totals = trace_totals(trace);
    double bytes = totals->operations ? (double)totals->file_bytes / (double)totals->operations : 0;
    terminal_line("%s: %s", path, *trace_command(trace) ? trace_command(trace) : "(command not known)");
    terminal_line("  operations %14s\t   in %s\t, %.2f bytes each", COUNT(totals->operations),
                  BYTES(totals->file_bytes), bytes);
    terminal_line("  objects    %14s\t   %s requested\t in all", COUNT(totals->objects),
                  BYTES(totals->requested_bytes));
    terminal_line("  threads    %14s", COUNT(totals->threads));
    terminal_line("  duration   %14s", TIME(totals->duration_ns));
    terminal_line("  peak       %14s\t   in %s object%s\t, after operation %s", BYTES(totals->peak_bytes),
                  COUNT(totals->peak_objects), word_plural(totals->peak_objects, "object"),
                  COUNT(totals->peak_after));
    terminal_line("  at the end %14s\t   in %s object%s\t %s", BYTES(totals->end_bytes),
                  COUNT(totals->end_objects), word_plural(totals->end_objects, "object"),
                  trace_unfreed(trace, true));
    if (totals->missed_calls)
        terminal_line("  missed     %14s\t   calls\t that could not be recorded",
                      COUNT(totals->missed_calls));
    if (trace_stopped(trace))
        terminal_line("  stopped             early\t   %s", trace_stopped(trace));
    if (trace_parent_pid(trace))
        terminal_line("  forked     %14s\t   the parent's pid\t; this one's is %u",
                      COUNT(trace_parent_pid(trace)), trace_pid(trace));
}

static void print_kinds(const struct analysis *analysis) {
    title("operations by kind");
    for (unsigned kind = 0; kind < OPERATION_KINDS; kind++)
        if (analysis->kinds[kind])
            terminal_line("  %-12s %14s\t  %5.1f %%\t  %s", operation_kind_name(kind),
                          COUNT(analysis->kinds[kind]),
                          100.0 * (double)analysis->kinds[kind] / (double)analysis->operations,
                          bar(40, analysis->kinds[kind], analysis->operations));
    if (analysis->kinds[OPERATION_REALLOC])
        terminal_line("  of the reallocs %s grew\t and %s shrank", COUNT(analysis->reallocs_grown),
                      COUNT(analysis->reallocs_shrunk));
    if (analysis->wrong_sizes)
        terminal_line("  %s sized free%s told another size\t than was asked for",
                      COUNT(analysis->wrong_sizes), word_plural(analysis->wrong_sizes, "free"));
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
    puts("");
    terminal_line("sizes, as requested           objects\t          bytes\t %13s",
                  trace_unfreed(trace, false));
    for (unsigned row = 0; row < ROWS; row++) {
        const struct size_row *size = &analysis->sizes[row];
        if (size->objects)
            terminal_line("  %9s to %-9s %14s\t %14s\t %13s\t  %s", BYTES(row_first(row)),
                          BYTES(row_last(row)), COUNT(size->objects), BYTES(size->bytes),
                          COUNT(size->live_objects), bar(70, size->objects, most_objects(analysis)));
    }
    char common[COMMON_SHOWN * 2 * WORD_BYTES] = "";
    for (size_t index = 0, at = 0; index < analysis->common_count && index < COMMON_SHOWN; index++)
        at += (size_t)sprintf(common + at, "%s %s B (%s)", index ? "\t," : "",
                              COUNT(analysis->common[index].size), COUNT(analysis->common[index].objects));
    terminal_line("  most frequent:%s", common);
    terminal_line("  %s different sizes", COUNT(analysis->common_count));
}

static void print_lifetimes(const struct analysis *analysis) {
    uint64_t most = 0, ended = 0, so_far = 0;
    for (unsigned row = 0; row < ROWS; row++) {
        ended += analysis->lifetimes[row];
        most = analysis->lifetimes[row] > most ? analysis->lifetimes[row] : most;
    }
    title("lifetimes, in operations      objects\t          bytes\t   so far");
    for (unsigned row = 0; row < ROWS; row++) {
        so_far += analysis->lifetimes[row];
        if (analysis->lifetimes[row])
            terminal_line("  up to %-16s %14s\t %14s\t   %5.1f %%\t  %s", COUNT(row_last(row)),
                          COUNT(analysis->lifetimes[row]), BYTES(analysis->lifetime_bytes[row]),
                          100.0 * (double)so_far / (double)ended, bar(66, analysis->lifetimes[row], most));
    }
}

static void print_phases(const struct trace *trace, const struct analysis *analysis) {
    uint64_t peak = trace_totals(trace)->peak_bytes;
    title("phases: tenths of the operations");
    terminal_line("  %14s\t %10s\t %10s\t %12s\t %12s\t %12s", "from operation", "at", "begun", "ended",
                  "live", "peak");
    for (unsigned index = 0; index < PHASES; index++) {
        const struct phase *phase = &analysis->phases[index];
        if (phase->begun || phase->ended)
            terminal_line("  %14s\t %10s\t %10s\t %12s\t %12s\t %12s\t  %s", COUNT(phase->first),
                          TIME(phase->time_ns), COUNT(phase->begun), COUNT(phase->ended),
                          BYTES(phase->live_bytes), BYTES(phase->peak_bytes),
                          bar(79, phase->peak_bytes, peak));
    }
}

/* --- Threads and sites ---------------------------------------------------------------------------- */

static void print_threads(const struct trace *trace, const struct analysis *analysis) {
    uint64_t threads = trace_totals(trace)->threads;
    if (threads < 2)
        return;
    title("threads      operations\t        objects\t       requested\t   ended here\t, begun elsewhere");
    for (uint64_t thread = 0; thread < threads && thread < THREADS_SHOWN; thread++) {
        const struct thread_row *row = &analysis->threads[thread];
        double share = row->ended_here ? 100.0 * (double)row->began_elsewhere / (double)row->ended_here : 0;
        terminal_line("  %-6s %14s\t %14s\t %15s\t %14s\t  %5.1f %%\t%s", COUNT(thread),
                      COUNT(row->operations), COUNT(row->objects), BYTES(row->bytes), COUNT(row->ended_here),
                      share, row->exited ? "" : "  (to the end)");
    }
    if (threads > THREADS_SHOWN)
        terminal_line("  and %s more", COUNT(threads - THREADS_SHOWN));
}

/* Then there is room for the names of sites, and one figure. */
static bool is_narrow(void) {
    return terminal_columns() < SITE_COLUMNS;
}

static void print_site(const struct trace *trace, const struct site_row *row) {
    struct symbol symbols[SYMBOLS_MOST];
    char room[500];
    unsigned count = symbols_of_site(trace, row->site, FRAMES_SHOWN, symbols, SYMBOLS_MOST);
    const char *name = count ? symbol_print(&symbols[0], room, sizeof room) : "?";
    bool narrow = is_narrow();
    if (narrow)
        terminal_line("  %12s  %s", BYTES(row->bytes), name);
    else
        terminal_line("  %12s %12s %12s %12s  %s", BYTES(row->bytes), COUNT(row->objects),
                      BYTES(row->peak_bytes), BYTES(row->live_bytes), name);
    for (unsigned at = 1; at < count; at++)
        terminal_line("  %*s    from %s", narrow ? 12 : 51, "",
                      symbol_print(&symbols[at], room, sizeof room));
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
    if (is_narrow())
        terminal_line("  %12s", "requested");
    else
        terminal_line("  %12s %12s %12s %12s", "requested", "objects", "at the peak",
                      trace_unfreed(trace, false));
    for (size_t index = 0; index < analysis->site_count && index < SITES_SHOWN; index++)
        print_site(trace, &analysis->sites[index]);
    if (analysis->site_count > SITES_SHOWN)
        terminal_line("  and %s more", COUNT(analysis->site_count - SITES_SHOWN));
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
