/*
 * inside.h - what the files that read a trace share.
 *
 *      open.c            maps the file, finds its blocks and verifies them
 *      thread_blocks.c   sorts the blocks by thread, and numbers the objects
 *      order.c           one order of all threads: the turns       } if the file has no
 *      survey.c          totals, marks, checkpoints, as it goes    } footer of its own
 *      footer.c          writes all that to a file, and reads it
 *      decode.h          the bytes of a block, operation by operation
 *      cursor.c          stepping and seeking
 *      site.c            call sites, their modules or names
 */
#ifndef HALLOC_TRACE_INSIDE_H
#define HALLOC_TRACE_INSIDE_H

#include "../format/format.h"
#include "reader.h"

/* A block of operations that was verified, with numbers from its header, or counted for an open block. */
struct block_entry {
    const struct trace_block *block;
    uint64_t first_operation; /* of its thread */
    uint64_t first_object;    /* of its thread */
    uint32_t count, begins;
};

struct thread_entry {
    uint32_t first_block, blocks; /* their places in trace.order */
    uint64_t operations, objects;
    uint64_t object_base; /* the thread's object n is number object_base + n of the trace */
};

/* `thread` has the operations from `first` of the whole trace to the next turn's. Its own first operation
 * then is `at`. */
struct turn {
    uint64_t first, at;
    uint32_t thread;
};

/* Everything live before operation `operation`: `count` pairs of varints, object (difference from the one
 * before) and size. */
struct checkpoint {
    uint64_t operation, count;
    const uint8_t *bytes, *end;
};

struct list {
    void *items;
    size_t count, room;
};

struct trace {
    const uint8_t *bytes;
    uint64_t length;
    const struct trace_file *file;
    struct trace_problem damage;
    struct trace_totals totals;
    char *command;

    struct list blocks;      /* struct block_entry, in the file's order                 */
    struct list site_blocks; /* const struct trace_block *: sites and modules           */
    uint32_t *order;         /* indices of blocks: thread by thread, each in its order  */
    struct thread_entry *threads;
    uint32_t thread_count;

    struct list turns;       /* struct turn; one more at the end with first = operations */
    struct list marks;       /* struct trace_mark                                        */
    struct list checkpoints; /* struct checkpoint                                        */
    uint8_t *checkpoint_bytes;

    struct trace_module *modules;
    uint32_t module_count, site_count;
    struct list names; /* struct trace_name: number 1 is the first */
};

/* Room for one more item of `size` bytes; NULL: no memory. */
void *list_add(struct list *list, size_t size);

/* Sets the problem and its offset, unless one is set. Returns false. */
bool trace_damaged(struct trace_problem *problem, uint64_t offset, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static inline const struct block_entry *trace_block_of(const struct trace *trace, uint32_t thread,
                                                       uint32_t index) {
    const struct thread_entry *entry = &trace->threads[thread];
    return (const struct block_entry *)trace->blocks.items + trace->order[entry->first_block + index];
}

static inline uint64_t trace_offset(const struct trace *trace, const void *pointer) {
    return (uint64_t)((const uint8_t *)pointer - trace->bytes);
}

/* Each returns false if memory runs out, and sets problem. */
bool trace_gather_threads(struct trace *trace, struct trace_problem *problem);
bool trace_order(struct trace *trace, struct trace_problem *problem); /* and the survey of it */

/* Takes totals, turns, marks and checkpoints from the footer, if it is good. */
bool footer_read(struct trace *trace, const struct trace_block *block);
/* The footer as a block, which the caller frees. NULL: no memory. */
struct trace_block *footer_make(const struct trace *trace);

/* False: out of memory. */
bool sites_index(struct trace *trace);
void sites_free(struct trace *trace);

#endif
