/*
 * serial.h - a trace, replayed in its one order on a classic heap: who wants to draw, explain or score a
 * policy steps through here.
 *
 *      struct serial *serial = serial_open(trace, &(struct serial_options){.fit = "best"}, &why);
 *      struct serial_event event;
 *      while (serial_step(serial, &event))
 *          ...                                        // event tells what happened, and where
 *      serial_go_to(serial, 18204);                   // back (or on) to just before operation 18,204
 *      serial_blocks(serial, draw_block, context);    // the heap as it was then
 *      serial_close(serial);
 *
 * Places are offsets from where the heap's first block begins, so they are the same each time and on each
 * machine with the same page size. A block lies at [offset - header, offset + size): offset is its payload's,
 * as the program would see it. The heap grows by what is missing, in steps of SERIAL_STEP_BYTES, so that its
 * size tells of the policy, not of how generously it grows.
 *
 *      0          offset
 *      | header | payload ....... | header | payload ... |          |
 *                                                        ^high      ^top
 *
 * top is where the heap ends; high is the highest end that a block in use ever had: what an sbrk heap that
 * never shrinks would have needed. Scores count high.
 *
 * Who is who: objects carry the trace's numbers, a realloc gives its block a new one (operation.h). Every
 * block in use holds its object's number and requested size in its first 16 bytes, so the way back from a
 * place to its object is exact and costs nothing.
 *
 * Going back: a checkpoint is a copy of all headers, taken now and then; going to any operation copies the
 * nearest one before it back and replays from there. A serial is for one thread; any number may be open.
 */
#ifndef HALLOC_REPLAY_SERIAL_H
#define HALLOC_REPLAY_SERIAL_H

#include "../../../halloc.h"
#include "../../trace/read/reader.h"

#define SERIAL_STEP_BYTES 4096
#define SERIAL_NOWHERE UINT64_MAX

struct serial;

struct serial_options {
    const char *fit;      /* a policy's name, one that halloc_policy_find knows; NULL: first         */
    size_t split_bytes;   /* as halloc_heap_options; 0: HALLOC_SPLIT_BYTES                           */
    bool check;           /* fill and verify every byte, watch for overlaps, run the validator       */
    bool no_way_back;     /* no checkpoints: serial_go_to still goes anywhere, but from the start    */
    size_t reserve_bytes; /* the heap fails beyond; 0: 64 GiB                                        */
};

enum serial_outcome {
    SERIAL_NOTHING, /* free(NULL), frees of what was never seen or could not be placed, exits, forks ... */
    SERIAL_PLACED,  /* an object begins at offset                                                   */
    SERIAL_RESIZED, /* where it is: offset == old_offset                                            */
    SERIAL_MOVED,   /* a realloc moved it from old_offset to offset                                 */
    SERIAL_FREED,   /* what was at old_offset is gone                                               */
    SERIAL_FAILED,  /* no room, or more than any heap gives. A block that could not be resized stays */
                    /*   what it was, and goes on as the new object                                 */
};

struct serial_event {
    struct operation operation; /* .number, .object, .size, .thread, .site, ...                     */
    enum serial_outcome outcome;
    uint64_t offset, requested, granted;             /* after; SERIAL_NOWHERE, 0, 0 where nothing is */
    uint64_t old_offset, old_requested, old_granted; /* before: of what was freed, resized or moved  */
    uint64_t grew_bytes;                             /* top moved up by this                         */
    uint64_t finds, probes, splits, merges;          /* of this operation                            */
    uint64_t top, high;                              /* after it                                     */
    uint64_t live_bytes, live_objects;               /* as requested                                 */
    uint64_t used_bytes;                             /* as granted                                   */
};

/* NULL, and *why in words: no such policy, out of memory, too many objects (2^32). The trace must outlive
 * the serial. */
struct serial *serial_open(const struct trace *trace, const struct serial_options *options, const char **why);
void serial_close(struct serial *serial);

/* The next operation. False at the end, or when a check has failed: then serial_broken tells. */
bool serial_step(struct serial *serial, struct serial_event *event);

/* The number of the operation that the next step takes. */
uint64_t serial_number(const struct serial *serial);

/* To just before operation `number`; the number of operations is the end. False: not reached, because a
 * check failed on the way, or there are not so many. */
bool serial_go_to(struct serial *serial, uint64_t number);

/* What a check found, in words, with the operation, or NULL. Always NULL without `check`. */
const char *serial_broken(const struct serial *serial);

/* --- Looking at the heap between two steps ----------------------------------------------------------- */

struct serial_block {
    uint64_t offset; /* of the payload                                                               */
    uint64_t size;   /* of the payload                                                               */
    bool is_free;
    uint64_t object, requested; /* of a block in use; else OBJECT_NONE, 0                            */
};

/* What every block's header takes: 32. */
uint64_t serial_header_bytes(const struct serial *serial);
uint64_t serial_top(const struct serial *serial);
uint64_t serial_high(const struct serial *serial);

/* Every block in address order, until visit returns false. */
typedef bool serial_visit(const struct serial_block *block, void *context);
void serial_blocks(const struct serial *serial, serial_visit *visit, void *context);

/* Every free block as the policy's lists link them: list by list, each from its head. `list` is the list's
 * index among the policy's roots (first fit: always 0; segregated, buddy: by size). */
typedef bool serial_visit_free(unsigned list, const struct serial_block *block, void *context);
void serial_free_lists(const struct serial *serial, serial_visit_free *visit, void *context);

/* Next fit's rover: the offset of the block where the search begins; SERIAL_NOWHERE if there is none. */
uint64_t serial_rover(const struct serial *serial);

/* Where an object is. False: it is not live. */
bool serial_find(const struct serial *serial, uint64_t object, struct serial_block *found);

/* The block, free or in use, whose header or payload holds the byte at `offset`. False: above the top.
 * Time: a walk. */
bool serial_at(const struct serial *serial, uint64_t offset, struct serial_block *found);

/* The free block that the policy would take for `size` bytes now, without growing. False: none fits. */
bool serial_peek(const struct serial *serial, uint64_t size, struct serial_block *found);

/* The heap itself, for halloc_heap_get_stats and halloc_heap_check. Change nothing. */
halloc_heap *serial_heap(const struct serial *serial);

#endif
