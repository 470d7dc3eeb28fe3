/*
 * reader.h - reading a .htrace file: open, step through, seek.
 *
 *      struct trace_problem problem;
 *      struct trace *trace = trace_open("ls.htrace", &problem);
 *      if (!trace)
 *          return trace_complain("halloc stat", "ls.htrace", &problem);   // says why, gives 1
 *      struct trace_cursor *cursor = trace_cursor_open(trace);
 *      struct operation operation;
 *      while (trace_next(cursor, &operation))
 *          ...
 *      trace_cursor_close(cursor);
 *      trace_close(trace);
 *
 * The order. Threads record without talking to each other. So a file has an exact order for each thread,
 * and two hints between threads. One is the time when each block of some thousand operations began. The
 * other is which object a thread freed that another had allocated. The reader (order.c) makes one order of
 * all: it follows the clock, and holds a thread back that would end an object before its beginning. The
 * program could have run in this order. It is computed once, when the trace is finished, and kept in the
 * file's footer as a list of turns. So it is always the same.
 *
 * Damage. Everything before the damage is a good trace: trace_open() succeeds, and trace_damage() tells
 * where the damage begins and what it is. A command prints its results, then the damage, and exits with 1;
 * trace_complain_damage() does the second. If a program was killed its file has no footer. That is no
 * damage: all recorded operations are there.
 *
 * Cost. Opening reads the file once to verify it, about a second a GiB. A file without its footer is
 * decoded as well. A step takes some nanoseconds and no memory. A seek decodes at most one block. A cursor
 * is for one thread; any number may be open on one trace.
 */
#ifndef HALLOC_TRACE_READER_H
#define HALLOC_TRACE_READER_H

#include "../format/operation.h"

#include <stddef.h>

struct trace;
struct trace_cursor;

/* What is wrong with a file, and at which byte. */
struct trace_problem {
    bool found;
    uint64_t offset; /* TRACE_NO_OFFSET: not of one byte */
    char what[160];
};

#define TRACE_NO_OFFSET UINT64_MAX

struct trace_totals {
    uint64_t operations;
    uint64_t objects; /* begun: allocations that succeeded, reallocs too */
    uint64_t threads;
    uint64_t requested_bytes;                      /* of all objects together                     */
    uint64_t peak_bytes, peak_objects, peak_after; /* most bytes live at once, first reached       */
                                                   /*   after operation number peak_after          */
    uint64_t end_bytes, end_objects;               /* live when the trace ends                     */
    uint64_t duration_ns;
    uint64_t missed_calls; /* calls before the recorder was ready, or while it could not record */
    uint64_t blocks, file_bytes, operation_bytes; /* of the operation column, with block headers     */
};

/* --- A trace -------------------------------------------------------------------------------------- */

/* Does the file begin like a trace? */
bool trace_is(const char *path);

/* NULL: it is no trace, or can't be read; problem has the reason. */
struct trace *trace_open(const char *path, struct trace_problem *problem);
void trace_close(struct trace *trace);

const struct trace_totals *trace_totals(const struct trace *trace);
const struct trace_problem *trace_damage(const struct trace *trace);

/* The command line as the program got it, with spaces between words; "" if unknown. */
const char *trace_command(const struct trace *trace);
uint32_t trace_pid(const struct trace *trace);        /* 0: not known */
uint32_t trace_parent_pid(const struct trace *trace); /* of a forked child, else 0 */
uint64_t trace_started_at(const struct trace *trace); /* seconds since 1970; 0: not known */

/* Why the recording ended before the program: "no room on the disk", ...; NULL: it did not. */
const char *trace_stopped(const struct trace *trace);
const char *trace_stop_words(uint32_t stop); /* the same for an enum trace_stop */
/* What is live at the end: "never freed"; if the program went on, "not freed in what was recorded", or in few
 * words "not freed yet". */
const char *trace_unfreed(const struct trace *trace, bool long_words);

/* The optional columns. */
bool trace_has_times(const struct trace *trace);
bool trace_has_sites(const struct trace *trace);
bool trace_has_addresses(const struct trace *trace);

/* Both write a line to stderr, "halloc stat: ls.htrace: at byte 4,096: ...", and return 1. */
int trace_complain(const char *who, const char *path, const struct trace_problem *problem);
/* Returns 0 and prints nothing if there is no damage. */
int trace_complain_damage(const char *who, const char *path, const struct trace *trace);

/* --- Stepping and seeking ------------------------------------------------------------------------- */

/* A cursor before operation 0 of the whole trace, in its one order. NULL: out of memory. */
struct trace_cursor *trace_cursor_open(const struct trace *trace);
/* A cursor before the first operation of one thread. It has only that thread's operations. `number` is
 * still the place in the whole trace. */
struct trace_cursor *trace_cursor_open_thread(const struct trace *trace, uint32_t thread);
void trace_cursor_close(struct trace_cursor *cursor);

/* False at the end. */
bool trace_next(struct trace_cursor *cursor, struct operation *operation);

/* Only for cursors on the whole trace: makes operation `number` the next. False if there is none; then the
 * cursor is at the end. */
bool trace_seek(struct trace_cursor *cursor, uint64_t number);

/* --- The index ------------------------------------------------------------------------------------ */

/* A point of the timeline, about every 4,096 operations, the first at operation 0. It tells what was live
 * before operation number `operation`. It serves seeking, and overviews without decoding. */
struct trace_mark {
    uint64_t operation, time_ns, live_bytes, live_objects;
};
const struct trace_mark *trace_marks(const struct trace *trace, size_t *count);

/* Everything live before operation `number`, in order of object: an array with its length, which the caller
 * frees. Decodes from the nearest checkpoint on. NULL with *count 0: nothing was live; with *count 1: no
 * memory. */
struct trace_live {
    uint64_t object, size;
};
struct trace_live *trace_live_before(const struct trace *trace, uint64_t number, size_t *count);

/* --- Call sites ----------------------------------------------------------------------------------- */

#define TRACE_FRAMES_MOST 64

struct trace_frame {
    uint64_t address;   /* a return address in the program; or the number of its name */
    uint32_t module;    /* for trace_module(); UINT32_MAX: none   */
    uint64_t in_module; /* its offset in the module's file        */
};

struct trace_module {
    uint64_t start, end, file_offset; /* where it was mapped, and from where in the file */
    uint32_t epoch;                   /* it was there from then on, until another module is */
    const char *path;
};

/* The frames of a site, the caller of malloc first; how many. 0 for SITE_NONE and unknown sites. */
unsigned trace_site(const struct trace *trace, uint32_t site, struct trace_frame *frames, unsigned most);
uint32_t trace_sites(const struct trace *trace); /* sites are numbered 1 to this */
const struct trace_module *trace_module(const struct trace *trace, uint32_t module);

/* What another tool wrote of a frame. */
struct trace_name {
    const char *function, *file, *module; /* "" where not known */
    uint32_t line;
};
/* NULL: the trace has addresses, as a recording has. */
const struct trace_name *trace_name(const struct trace *trace, const struct trace_frame *frame);

#endif
