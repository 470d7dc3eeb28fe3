/*
 * serial_inside.h - what the files of the serial replay share.
 *
 *      serial.c              opening, stepping
 *      serial_look.c         the heap between two steps
 *      serial_checkpoint.c   going back
 *      serial_check.c        every byte, every block, every invariant
 *      serial_process.c      all of this for the process heap
 */
#ifndef HALLOC_REPLAY_SERIAL_INSIDE_H
#define HALLOC_REPLAY_SERIAL_INSIDE_H

#include "../../../src/classic/heap.h"
#include "serial.h"
#include "../owners.h"

#include <stdio.h>

/* The heap's places in 32 bits. Offsets of payloads are multiples of 16, and 0 is unused. */
#define PLACE_BYTES 16u
#define SERIAL_RESERVE_MOST ((uint64_t)64 << 30)

/* The first bytes of every block in use. The smallest payload has 16 bytes, exactly this many. */
struct label {
    uint64_t object, requested;
};

struct saved_block {
    MemoryBlock *at;
    MemoryBlock block; /* of a block in use the last fields are its label: links lie in the payload */
};

struct serial_checkpoint {
    uint64_t number;
    struct halloc_heap heap;
    struct saved_block *blocks;
    size_t block_count;
    uint64_t high, live_bytes, live_objects;
};

#define CHECKPOINTS_MOST 32
#define CHECKPOINT_BYTES_MOST ((size_t)256 << 20)
#define CHECKPOINT_EVERY_FIRST 4096u

struct serial {
    const struct trace *trace;
    struct trace_cursor *cursor;
    struct serial_options options;
    halloc_heap *heap;
    uint32_t *places; /* by object: offset / PLACE_BYTES; 0: not live, or nowhere */
    uint64_t number, operations;
    uint64_t high, live_bytes, live_objects;

    struct serial_checkpoint checkpoints[CHECKPOINTS_MOST]; /* by number; the first is at 0 */
    size_t checkpoint_count, checkpoint_bytes;
    uint64_t checkpoint_every;

    struct process_side *process; /* of the process heap; NULL: `heap` is a classic one */
    struct owners *owners;        /* NULL: no checks */
    halloc_policy watched;        /* the policy, with its find watched */
    const halloc_policy *policy;
    uint64_t check_next; /* the operation before which the validator is due */
    char broken[320];
};

static inline struct label *label_of(void *payload) {
    return payload;
}

static inline uint64_t offset_of(const struct serial *serial, const void *payload) {
    return (uint64_t)((const char *)payload - serial->heap->engine.base);
}

static inline void *payload_at(const struct serial *serial, uint64_t offset) {
    return serial->heap->engine.base + offset;
}

/* Where the object's payload is; NULL if it is not live. */
static inline void *payload_of(const struct serial *serial, uint64_t object) {
    uint32_t place = object == OBJECT_NONE ? 0 : serial->places[object];
    return place ? payload_at(serial, (uint64_t)place * PLACE_BYTES) : NULL;
}

/* The record in front of a payload of a classic heap. */
static inline MemoryBlock *record_of(const struct serial *serial, void *payload) {
    return (MemoryBlock *)((char *)payload - serial->heap->engine.header_bytes);
}

/* --- Going back -------------------------------------------------------------------------------------- */

/* Saves a checkpoint before the next operation. False: no memory; nothing was saved. */
bool serial_remember(struct serial *serial);
void serial_forget(struct serial *serial);
/* Restores the last checkpoint up to that operation, unless the heap stands between them. */
void serial_restore(struct serial *serial, uint64_t number);

/* --- The process heap: as the functions of serial.h ------------------------------------------------- */

bool process_open(struct serial *serial);
void process_close(struct serial *serial);
/* Goes back to the start. False: no memory, or no process. */
bool process_restart(struct serial *serial);
/* event->operation is the next operation. */
bool process_step(struct serial *serial, struct serial_event *event);
uint64_t process_top(const struct serial *serial);
bool process_find(const struct serial *serial, uint64_t object, struct serial_block *found);
void process_blocks(const struct serial *serial, serial_visit *visit, void *context);

/* --- Checks: each returns false and fills `broken` when something is wrong --------------------------- */

bool serial_fail(struct serial *serial, const struct operation *operation, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* A block was allocated: is its place right, and may the program write every byte of it? */
bool check_given(struct serial *serial, const struct operation *operation, void *payload, bool zeroed);
/* The block is about to be freed: is every byte unchanged? */
bool check_taken(struct serial *serial, const struct operation *operation, void *payload);
/* A realloc: which bytes of the old block must have moved, and its new owner. NULL: it failed. */
bool check_resized(struct serial *serial, const struct operation *operation, void *old, size_t old_granted,
                   void *payload);
/* From now on every block that the policy finds is checked before the engine uses it. */
void check_watch(struct serial *serial);
/* While the heap works for this operation. */
void check_begin(struct serial *serial, const struct operation *operation);
/* Runs the validator if it is due. */
bool check_heap(struct serial *serial, const struct operation *operation);

#endif
