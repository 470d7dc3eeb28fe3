/*
 * twin.h - the process heap itself, as the subject of a replay: `--with process`.
 *
 * The command serves itself with halloc's malloc, so its own process heap is in use. twin.c is a second copy
 * of the library in the same program, all of its names its own. A replay runs in a child process, where the
 * copy begins fresh. The child makes the trace's calls and tells its parent through a pipe what came of them:
 *
 *      child                                              parent
 *      halloc_malloc, halloc_free, ... of the copy        serial_process.c: where each object lies
 *         twin_event, twin_event, twin_event  --- pipe --->
 *      or, after one operation: all blocks    --- pipe --->    serial_look.c, explain
 *
 * Threads are kept apart: the child has one thread, and before each call it puts on the cache of the thread
 * that made it. The clock is the trace's own, so a replay gives the same places each time. A program's own
 * clock ran at another speed, and its threads met in another order: so places differ from those in the
 * program, but the rules do not.
 */
#ifndef HALLOC_REPLAY_TWIN_H
#define HALLOC_REPLAY_TWIN_H

#include "../../trace/read/reader.h"

#include <stdio.h>

/* What an operation did. Places are offsets from the start of the heap's blocks. */
struct twin_event {
    uint64_t offset, granted; /* of the object that begins; TWIN_NOWHERE: there is none, or it failed */
    uint64_t top;             /* the end of what the heap ever took and has not given up */
    uint64_t resident;        /* bytes of the heap, as the kernel counts, a moment ago; 0: not asked for */
};

#define TWIN_NOWHERE UINT64_MAX

enum twin_kind {
    TWIN_SLAB,
    TWIN_LARGE, /* a block for one object */
    TWIN_KEPT,  /* a large block that was freed, and that its thread keeps for the next one */
    TWIN_FREE,
    TWIN_OWN, /* the heap's own: caches of threads */
};

#define TWIN_FULL UINT32_MAX         /* a slab without a free slot has no owner */
#define TWIN_POOL (UINT32_MAX - 1)   /* a slab that any thread may take */
#define TWIN_NOBODY (UINT32_MAX - 2) /* no slab */

struct twin_block {
    uint64_t offset, bytes;
    uint64_t carved_bytes; /* of a slab: from its start on, cut into slots so far */
    uint64_t dirty_bytes;  /* of a free block: may still be resident */
    uint32_t slot_bytes;   /* of a slab */
    uint32_t owner;        /* of a slab: the trace's number of the thread, or one of the above */
    uint32_t kind;
    uint32_t unused;
};

/* In the child: makes all calls, and writes an event for each. `resident`: touches each object, and counts
 * what is resident, at some hundred moments. False: it can't. */
bool twin_play(const struct trace *trace, bool resident, FILE *events);

/* In the child: makes the calls up to operation `last`, and writes every block, in the order of addresses. */
bool twin_show(const struct trace *trace, uint64_t last, FILE *blocks);

#endif
