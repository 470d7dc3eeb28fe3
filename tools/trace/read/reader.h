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
 * The order. Threads record without a word to each other, so a file holds an exact order for each
 * thread and, between threads, two hints: when each block of some thousand operations began, and which
 * object a thread took back that another had given out. The reader (order.c) makes one order of it:
 * it follows the clock, and holds a thread back that would end an object that has not begun. What
 * results is an order in which the program could have done the same, and it is always the same one: it
 * is computed once, when the trace is finished, and kept in the file's footer as a list of turns.
 *
 * Damage. What precedes the damage is a good trace: trace_open() succeeds, and trace_damage() tells
 * where the damage begins and what it is. A command prints what it has, then the damage, and exits
 * with 1; trace_complain_damage() does the second. A file that ends without a footer because its
 * program was killed is not damaged: all that it recorded is there.
 *
 * Cost. Opening reads the file once to verify it, about a second a GiB; a file without its footer is
 * decoded as well. Stepping: some nanoseconds an operation, no memory allocated. Seeking decodes at
 * most one block. A cursor is for one thread; any number may be open on one trace.
 */
#ifndef HALLOC_TRACE_READER_H
#define HALLOC_TRACE_READER_H

#include "../format/operation.h"

#include <stddef.h>

struct trace;
struct trace_cursor;

/* What is wrong with a file, and at which of its bytes. */
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
    uint64_t missed_calls; /* made before the recorder was ready, or while it could not record      */
    uint64_t blocks, file_bytes, operation_bytes; /* of the operation column, with block headers     */
};

/* --- A trace -------------------------------------------------------------------------------------- */

/* NULL: it is no trace at all, or can't be read; problem says why. */
struct trace *trace_open(const char *path, struct trace_problem *problem);
void trace_close(struct trace *trace);

const struct trace_totals *trace_totals(const struct trace *trace);
const struct trace_problem *trace_damage(const struct trace *trace);

/* The command line as the program saw it, with spaces between; "" where not known. */
const char *trace_command(const struct trace *trace);
uint32_t trace_pid(const struct trace *trace);        /* 0: not known */
uint32_t trace_parent_pid(const struct trace *trace); /* of a forked child, else 0 */
uint64_t trace_started_at(const struct trace *trace); /* seconds since 1970; 0: not known */

/* Why recording ended before the program did: "no room on the disk", ...; NULL: it did not. */
const char *trace_stopped(const struct trace *trace);
const char *trace_stop_words(uint32_t stop); /* the same for an enum trace_stop */

/* The optional columns. */
bool trace_has_times(const struct trace *trace);
bool trace_has_sites(const struct trace *trace);
bool trace_has_addresses(const struct trace *trace);

/* Both write a line to stderr, "halloc stat: ls.htrace: at byte 4,096: ...", and return 1. */
int trace_complain(const char *who, const char *path, const struct trace_problem *problem);
/* 0 and silent where there is no damage. */
int trace_complain_damage(const char *who, const char *path, const struct trace *trace);

/* --- Stepping and seeking ------------------------------------------------------------------------- */

/* Before operation 0 of the whole trace, in its one order. NULL: out of memory. */
struct trace_cursor *trace_cursor_open(const struct trace *trace);
/* Before the first operation of one thread: only that thread's, in its own order. `number` is still
 * the place in the whole trace. */
struct trace_cursor *trace_cursor_open_thread(const struct trace *trace, uint32_t thread);
void trace_cursor_close(struct trace_cursor *cursor);

/* False at the end. */
bool trace_next(struct trace_cursor *cursor, struct operation *operation);

/* Only for cursors on the whole trace: the next operation is number `number`. False if there is none,
 * and the cursor is at the end. */
bool trace_seek(struct trace_cursor *cursor, uint64_t number);

/* --- The index ------------------------------------------------------------------------------------ */

/* A point of the timeline, about every 4,096 operations, the first at operation 0: what was live
 * before operation number `operation`. For seeking, for drawing an overview without decoding. */
struct trace_mark {
    uint64_t operation, time_ns, live_bytes, live_objects;
};
const struct trace_mark *trace_marks(const struct trace *trace, size_t *count);

/* Everything live before operation `number`, in order of object: an array for free(), with its length.
 * Decodes from the nearest checkpoint on. NULL with *count 0: nothing was; with *count 1: no memory. */
struct trace_live {
    uint64_t object, size;
};
struct trace_live *trace_live_before(const struct trace *trace, uint64_t number, size_t *count);

/* --- Call sites ----------------------------------------------------------------------------------- */

#define TRACE_FRAMES_MOST 64

struct trace_frame {
    uint64_t address;   /* a return address in the program       */
    uint32_t module;    /* for trace_module(); UINT32_MAX: none   */
    uint64_t in_module; /* its offset in the module's file        */
};

struct trace_module {
    uint64_t start, end, file_offset; /* where it was mapped, and from where in the file */
    uint32_t epoch;                   /* it lay there since then, until another module does */
    const char *path;
};

/* The frames of a site, the caller of malloc first; how many. 0 for SITE_NONE and unknown sites. */
unsigned trace_site(const struct trace *trace, uint32_t site, struct trace_frame *frames, unsigned most);
uint32_t trace_sites(const struct trace *trace); /* sites are numbered 1 to this */
const struct trace_module *trace_module(const struct trace *trace, uint32_t module);

#endif
