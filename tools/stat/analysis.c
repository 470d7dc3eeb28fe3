/*
 * analysis.c - see analysis.h: one pass over a trace. Its memory grows with the live objects, and with the
 * number of different sizes and call sites.
 */
#include "analysis.h"
#include "../trace/read/live.h"
#include "../base/progress.h"
#include "../base/table.h"

#include <stdlib.h>
#include <string.h>

struct pass {
    const struct trace *trace;
    struct analysis *analysis;
    struct live live;
    struct table sizes;     /* the count of each size */
    struct site_row *sites; /* by site number */
    uint32_t site_room;
};

/* A live object's note: the operation that began it, and the site. */
static uint64_t make_note(const struct operation *operation) {
    return operation->number << 24 | (operation->site & 0xffffff);
}

static uint64_t note_number(uint64_t note) {
    return note >> 24;
}

static uint32_t note_site(uint64_t note) {
    return (uint32_t)(note & 0xffffff);
}

static struct site_row *site_row(struct pass *pass, uint32_t site) {
    return site && site < pass->site_room ? &pass->sites[site] : NULL;
}

static bool count_size(struct pass *pass, uint64_t size) {
    struct table_entry *entry = table_find(&pass->sizes, size);
    if (entry) {
        entry->value++;
        return true;
    }
    return table_add(&pass->sizes, size, 1);
}

/* --- One operation -------------------------------------------------------------------------------- */

static void note_end(struct pass *pass, const struct operation *operation, const struct live_entry *ended,
                     struct phase *phase) {
    struct analysis *analysis = pass->analysis;
    unsigned row = row_of(operation->number - note_number(ended->note));
    analysis->lifetimes[row]++;
    analysis->lifetime_bytes[row] += ended->size;
    analysis->threads[operation->thread].ended_here++;
    analysis->threads[operation->thread].began_elsewhere += operation->other_thread != operation->thread;
    if (operation->kind == OPERATION_FREE_SIZED && operation->size != ended->size)
        analysis->wrong_sizes++;
    if (operation->kind == OPERATION_REALLOC) {
        analysis->reallocs_grown += operation->size > ended->size;
        analysis->reallocs_shrunk += operation->size < ended->size;
    }
    phase->ended++;
    phase->ended_bytes += ended->size;
    analysis->sizes[row_of(ended->size)].live_objects--;
    struct site_row *site = site_row(pass, note_site(ended->note));
    if (site) {
        site->live_objects--;
        site->live_bytes -= ended->size;
    }
}

static bool note_begin(struct pass *pass, const struct operation *operation, struct phase *phase) {
    struct size_row *row = &pass->analysis->sizes[row_of(operation->size)];
    struct thread_row *thread = &pass->analysis->threads[operation->thread];
    struct site_row *site = site_row(pass, operation->site);
    row->objects++;
    row->bytes += operation->size;
    row->live_objects++;
    thread->objects++;
    thread->bytes += operation->size;
    phase->begun++;
    phase->begun_bytes += operation->size;
    if (site) {
        site->objects++;
        site->bytes += operation->size;
        site->live_objects++;
        site->live_bytes += operation->size;
    }
    return live_begin(&pass->live, operation->object, operation->size, make_note(operation)) &&
           count_size(pass, operation->size);
}

static void note_peak(struct pass *pass, uint64_t number) {
    if (number == trace_totals(pass->trace)->peak_after)
        for (uint32_t site = 0; site < pass->site_room; site++)
            pass->sites[site].peak_bytes = pass->sites[site].live_bytes;
}

static bool look_at(struct pass *pass, const struct operation *operation) {
    struct analysis *analysis = pass->analysis;
    uint64_t all = trace_totals(pass->trace)->operations;
    struct phase *phase = &analysis->phases[(unsigned __int128)operation->number * PHASES / all];
    struct live_entry ended;
    uint64_t ends = operation_ended_object(operation);
    if (!phase->begun && !phase->ended && !phase->time_ns)
        *phase = (struct phase){.first = operation->number, .time_ns = operation->time_ns};
    analysis->kinds[operation->kind]++;
    analysis->threads[operation->thread].operations++;
    analysis->threads[operation->thread].exited |= operation->kind == OPERATION_THREAD_EXIT;
    if (ends != OBJECT_NONE && live_end(&pass->live, ends, &ended))
        note_end(pass, operation, &ended, phase);
    if (operation_begins_object(operation) && !note_begin(pass, operation, phase))
        return false;
    phase->live_bytes = pass->live.bytes;
    phase->live_objects = pass->live.count;
    if (pass->live.bytes > phase->peak_bytes)
        phase->peak_bytes = pass->live.bytes;
    note_peak(pass, operation->number);
    analysis->operations++;
    return true;
}

/* --- Sorting -------------------------------------------------------------------------------------- */

static int by_objects(const void *a, const void *b) {
    const struct exact_size *left = a, *right = b;
    if (left->objects != right->objects)
        return left->objects > right->objects ? -1 : 1;
    return left->size < right->size ? -1 : left->size > right->size;
}

int analysis_by_bytes(const void *a, const void *b) {
    const struct site_row *left = a, *right = b;
    if (left->bytes != right->bytes)
        return left->bytes > right->bytes ? -1 : 1;
    return left->site < right->site ? -1 : left->site > right->site;
}

static bool sort_sizes(struct pass *pass) {
    struct analysis *analysis = pass->analysis;
    analysis->common = calloc(pass->sizes.count + 1, sizeof *analysis->common);
    if (!analysis->common)
        return false;
    for (size_t at = 0; at < pass->sizes.room; at++)
        if (pass->sizes.entries[at].key != KEY_NONE)
            analysis->common[analysis->common_count++] =
                (struct exact_size){pass->sizes.entries[at].key, pass->sizes.entries[at].value};
    qsort(analysis->common, analysis->common_count, sizeof *analysis->common, by_objects);
    return true;
}

static void sort_sites(struct pass *pass) {
    struct analysis *analysis = pass->analysis;
    analysis->sites = pass->sites;
    for (uint32_t site = 1; site < pass->site_room; site++) {
        pass->sites[site].site = site;
        if (pass->sites[site].objects)
            analysis->sites[analysis->site_count++] = pass->sites[site];
    }
    qsort(analysis->sites, analysis->site_count, sizeof *analysis->sites, analysis_by_bytes);
}

/* --- The pass ------------------------------------------------------------------------------------- */

bool analyse(const struct trace *trace, struct analysis *analysis) {
    *analysis = (struct analysis){.operations = 0};
    struct pass pass = {.trace = trace, .analysis = analysis, .site_room = trace_sites(trace) + 1};
    struct trace_cursor *cursor = trace_cursor_open(trace);
    struct operation operation;
    analysis->threads = calloc(trace_totals(trace)->threads + 1, sizeof *analysis->threads);
    pass.sites = calloc(pass.site_room + 1, sizeof *pass.sites);
    bool done = cursor && analysis->threads && pass.sites;
    while (done && trace_next(cursor, &operation)) {
        done = look_at(&pass, &operation);
        if (operation.number % 65536 == 0)
            progress_show("counting", operation.number, trace_totals(trace)->operations);
    }
    trace_cursor_close(cursor);
    done = done && sort_sizes(&pass);
    if (pass.sites)
        sort_sites(&pass);
    live_free(&pass.live);
    table_free(&pass.sizes);
    return done;
}

void analysis_free(struct analysis *analysis) {
    free(analysis->threads);
    free(analysis->sites);
    free(analysis->common);
}
