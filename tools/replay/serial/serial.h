/*
 * serial.h - replays a trace in its one order on a classic heap. Commands that draw, explain or score a
 * policy use it.
 *
 *      struct serial *serial = serial_open(trace, &(struct serial_options){.fit = "best"}, &why);
 *      struct serial_event event;
 *      while (serial_step(serial, &event))
 *          ...                                        // event tells what happened, and where
 *      serial_go_to(serial, 18204);                   // back (or on) to just before operation 18,204
 *      serial_blocks(serial, draw_block, context);    // the heap as it was then
 *      serial_close(serial);
 *
 * Places are offsets from the start of the heap's first block. So they are the same each time, and on each
 * machine with the same page size. A block lies at [offset - header, offset + size): offset is its payload's,
 * as the program would see it. The heap grows only by the missing bytes, in steps of SERIAL_STEP_BYTES. So
 * its size depends on the policy alone.
 *
 *      0          offset
 *      | header | payload ....... | header | payload ... |          |
 *                                                        ^high      ^top
 *
 * top is the end of the heap. high is the highest end that a block in use ever had: an sbrk heap that never
 * shrinks would need that much. Scores count high.
 *
 * Objects have the trace's numbers, and a realloc gives its block a new number (operation.h). Every block in
 * use holds its object's number and requested size in its first 16 bytes. So finding the object of a place
 * is exact and costs nothing.
 *
 * Going back: a checkpoint is a copy of all headers, taken now and then. To go to an operation, the nearest
 * checkpoint before it is copied back and the rest replayed. A serial is for one thread; any number may be
 * open.
 */
#ifndef HALLOC_REPLAY_SERIAL_H
#define HALLOC_REPLAY_SERIAL_H

#include "../../../halloc.h"
#include "../../trace/read/reader.h"

#define SERIAL_STEP_BYTES 4096
#define SERIAL_NOWHERE UINT64_MAX

/* In the place of a policy: the process heap, halloc's malloc (twin.h). It has no headers, free lists or
 * rover here, and its events count no finds, probes, splits or merges. */
#define SERIAL_PROCESS "process"

struct serial;

struct serial_options {
    const char *fit;      /* a policy's name, one that halloc_policy_find knows; NULL: first         */
    size_t split_bytes;   /* as halloc_heap_options; 0: HALLOC_SPLIT_BYTES                           */
    bool check;           /* fill and verify every byte, watch for overlaps, run the validator       */
    bool no_way_back;     /* no checkpoints: serial_go_to still works, but from the start */
    size_t reserve_bytes; /* the heap fails beyond; 0: 64 GiB                                        */
    bool resident;        /* of the process heap: touch all objects, count resident memory           */
};

enum serial_outcome {
    SERIAL_NOTHING, /* free(NULL), frees of what was never seen or could not be placed, exits, forks ... */
    SERIAL_PLACED,  /* an object begins at offset                                                   */
    SERIAL_RESIZED, /* where it is: offset == old_offset                                            */
    SERIAL_MOVED,   /* a realloc moved it from old_offset to offset                                 */
    SERIAL_FREED,   /* the block at old_offset is free */
    SERIAL_FAILED,  /* no room, or more than any heap gives. A block that could not be resized stays */
                    /*   what it was, and goes on as the new object                                 */
};

struct serial_event {
    struct operation operation; /* .number, .object, .size, .thread, .site, ...                     */
    enum serial_outcome outcome;
    uint64_t offset, requested, granted; /* after; SERIAL_NOWHERE, 0, 0 where nothing is */
    uint64_t old_offset, old_requested,
        old_granted;                        /* before: of the block that was freed, resized or moved */
    uint64_t grew_bytes;                    /* top rose by this */
    uint64_t finds, probes, splits, merges; /* of this operation                            */
    uint64_t top, high;                     /* after it                                     */
    uint64_t live_bytes, live_objects;      /* as requested                                 */
    uint64_t used_bytes;                    /* as granted                                   */
    uint64_t resident_bytes;                /* of the process heap, if that was asked for            */
};

/* NULL, and *why in words: no such policy, out of memory, too many objects (2^32). The trace must live
 * longer than the serial. */
struct serial *serial_open(const struct trace *trace, const struct serial_options *options, const char **why);
void serial_close(struct serial *serial);

/* Makes the next operation. False at the end, or when a check has failed: then see serial_broken. */
bool serial_step(struct serial *serial, struct serial_event *event);

/* The number of the operation that the next step makes. */
uint64_t serial_number(const struct serial *serial);

/* Goes to just before operation `number`; the number of operations is the end. False: a check failed on the
 * way, or there are not so many. */
bool serial_go_to(struct serial *serial, uint64_t number);

/* The error that a check found, in words, with the operation, or NULL. Always NULL without `check`. */
const char *serial_broken(const struct serial *serial);

/* --- Looking at the heap between two steps ----------------------------------------------------------- */

struct serial_block {
    uint64_t offset; /* of the payload                                                               */
    uint64_t size;   /* of the payload                                                               */
    bool is_free;
    uint64_t object, requested; /* of a block in use; else OBJECT_NONE, 0                            */
};

/* The size of every block's header: 32. */
uint64_t serial_header_bytes(const struct serial *serial);
uint64_t serial_top(const struct serial *serial);
uint64_t serial_high(const struct serial *serial);

/* Visits every block in address order, until visit returns false. */
typedef bool serial_visit(const struct serial_block *block, void *context);
void serial_blocks(const struct serial *serial, serial_visit *visit, void *context);

/* Visits every free block as the policy's lists link them: list by list, each from its head. `list` is the
 * list's index among the policy's roots (first fit: always 0; segregated, buddy: by size). */
typedef bool serial_visit_free(unsigned list, const struct serial_block *block, void *context);
void serial_free_lists(const struct serial *serial, serial_visit_free *visit, void *context);

/* Next fit's rover: the offset of the block where the search begins; SERIAL_NOWHERE if there is none. */
uint64_t serial_rover(const struct serial *serial);

/* The place of an object. False: it is not live. */
bool serial_find(const struct serial *serial, uint64_t object, struct serial_block *found);

/* The block, free or in use, whose header or payload has the byte at `offset`. False: above the top. Time:
 * a walk through the heap. */
bool serial_at(const struct serial *serial, uint64_t offset, struct serial_block *found);

/* The free block that the policy would take for `size` bytes now, without growing. False: none fits. */
bool serial_peek(const struct serial *serial, uint64_t size, struct serial_block *found);

/* Of the process heap after operation `last`: all slabs, large blocks and free blocks, in the order of
 * addresses. Free it. NULL: no memory, or the replay failed. */
struct twin_block *serial_twin_blocks(const struct trace *trace, uint64_t last, size_t *count);

/* The heap itself, for halloc_heap_get_stats and halloc_heap_check. Change nothing. */
halloc_heap *serial_heap(const struct serial *serial);

#endif
