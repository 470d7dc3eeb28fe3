/*
 * analysis.h - what `halloc stat` finds in one pass over a trace, before it prints text or JSON.
 */
#ifndef HALLOC_TRACE_ANALYSIS_H
#define HALLOC_TRACE_ANALYSIS_H

#include "../trace/read/reader.h"

/* Rows of powers of two: row 0 is 0, row r is [2^(r-1), 2^r - 1]. */
#define ROWS 65
static inline unsigned row_of(uint64_t number) {
    return number ? 64u - (unsigned)__builtin_clzll(number) : 0;
}
static inline uint64_t row_first(unsigned row) {
    return row ? (uint64_t)1 << (row - 1) : 0;
}
static inline uint64_t row_last(unsigned row) {
    return row ? row_first(row) * 2 - 1 : 0;
}

struct size_row {
    uint64_t objects, bytes;
    uint64_t live_objects; /* those still live at the end */
};

struct exact_size {
    uint64_t size, objects;
};

struct thread_row {
    uint64_t operations, objects, bytes;
    uint64_t ended_here,
        began_elsewhere; /* objects that this thread ended; those among them that another began */
    bool exited;
};

struct site_row {
    uint32_t site;
    uint64_t objects, bytes, live_objects, live_bytes,
        peak_bytes; /* peak: live at the peak of the whole trace */
};

/* A tenth of the trace: the objects that began and ended in it, and those live at its end. */
#define PHASES 10
struct phase {
    uint64_t first, time_ns;
    uint64_t begun, begun_bytes, ended, ended_bytes, live_bytes, live_objects, peak_bytes;
};

struct analysis {
    uint64_t kinds[OPERATION_KINDS];
    struct size_row sizes[ROWS];
    uint64_t lifetimes[ROWS]; /* in operations, of objects that ended */
    uint64_t lifetime_bytes[ROWS];
    uint64_t reallocs_grown, reallocs_shrunk;
    uint64_t wrong_sizes; /* sized frees with a wrong size */
    struct phase phases[PHASES];
    struct thread_row *threads;
    struct site_row *sites; /* by bytes, the most first */
    size_t site_count;
    struct exact_size *common; /* the most frequent sizes, the most frequent first */
    size_t common_count;
    uint64_t operations; /* operations read */
};

/* False: out of memory. */
bool analyse(const struct trace *trace, struct analysis *analysis);
void analysis_free(struct analysis *analysis);

/* Orders sites for qsort: the most bytes first. */
int analysis_by_bytes(const void *a, const void *b);

/* Printing: stat_text.c, stat_json.c. Sites that read the same are one in the text. */
void analysis_print(const struct trace *trace, struct analysis *analysis, const char *path);
void analysis_print_json(const struct trace *trace, const struct analysis *analysis, const char *path);

#endif
