/*
 * view.h - a process and its heap as they were at one moment: what all commands on living processes print.
 *
 *      struct view
 *        figures of the region          used, peak, kept free, options
 *        blocks     in address order:   | slab | large | free | slab | new | kept | free ...
 *        slots      of each slab        #####..##cc###.       a letter each, by enum slot_letter
 *        resident   of the region       RRRR----RRRRRR        one bit for each page
 *        threads    each with a cache
 *        mappings   of the whole process, with what the kernel counts as resident
 *
 * visit.h makes one from a process. snapshot.h keeps it in a file. Nothing here points into the process.
 */
#ifndef HALLOC_LIVE_VIEW_H
#define HALLOC_LIVE_VIEW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The same letters as halloc-slab in gdb. */
enum slot_letter {
    SLOT_USED = '#',
    SLOT_FREE = '.',    /* listed or noted in its slab */
    SLOT_CACHED = 'c',  /* on its thread's list: malloc takes these first */
    SLOT_REMOTE = 'r',  /* freed by other threads, not collected yet */
    SLOT_FOREIGN = 'p', /* freed by other threads, on those threads' lists */
};

enum view_kind { VIEW_FREE, VIEW_SLAB, VIEW_LARGE, VIEW_KEPT, VIEW_NEW, VIEW_KINDS };
enum view_state { VIEW_ACTIVE, VIEW_PARTIAL, VIEW_FULL, VIEW_SHARED, VIEW_STATES };

#define VIEW_NO_THREAD UINT32_MAX

struct view_block {
    uint64_t start, bytes; /* start: from the region's base on */
    enum view_kind kind;
    /* Of a slab: */
    enum view_state state;
    uint32_t slot_bytes;
    uint32_t carved; /* slots */
    uint32_t used;   /* of them, by the program */
    uint32_t thread; /* its owner's place in `threads`, or VIEW_NO_THREAD */
    char *slots;     /* `carved` letters; NULL: all are used */
};

struct view_thread {
    uint64_t cache; /* the address of its cache */
    bool lives;
    uint64_t kept_bytes; /* in large blocks that it freed */
    uint64_t listed_slots, listed_bytes;
};

enum mapping_kind {
    MAPPING_REGION,  /* the process heap's blocks */
    MAPPING_TABLES,  /* what Halloc knows of them */
    MAPPING_LIBRARY, /* libhalloc.so */
    MAPPING_FILE,    /* program, libraries and their variables, mapped files */
    MAPPING_STACK,
    MAPPING_BREAK,  /* [heap]: somebody calls sbrk */
    MAPPING_SHARED, /* shared memory */
    MAPPING_OTHER,  /* anonymous, and not ours */
    MAPPING_KINDS,
};

struct mapping {
    uint64_t from, to;
    uint64_t resident, huge, locked, swapped; /* bytes */
    enum mapping_kind kind;
    char name[96]; /* the end of a longer one; "": anonymous */
};

struct view {
    /* The process. */
    uint64_t pid;
    char program[64];
    char build_id[64];  /* of the file that has Halloc in it */
    uint64_t taken_at;  /* seconds since 1970 */
    uint64_t paused_ns; /* how long it stood still; 0: it went on meanwhile */
    uint64_t page_bytes;
    /* The region. */
    uint64_t base, bytes, limit_bytes, used_bytes, peak_used_bytes, kept_free_bytes;
    uint64_t purged_bytes;
    /* Requests, where they are counted (`halloc run`). */
    bool counting;
    uint64_t allocations, frees, requested_bytes, granted_bytes;
    /* HALLOC_CONF. */
    bool purge;
    uint64_t thp, reserve_bytes;

    struct view_block *blocks;
    size_t block_count;
    uint8_t *resident; /* a bit for each page of the region */
    struct view_thread *threads;
    size_t thread_count;
    struct mapping *mappings;
    size_t mapping_count;
    uint64_t tasks;  /* threads that the kernel knows, with a cache or without */
    uint64_t astray; /* free lists that could not be followed to their end */
};

static inline bool view_is_resident(const struct view *view, uint64_t page) {
    return view->resident[page / 8] >> (page % 8) & 1;
}

/* Resident bytes of [from, to), counted from the region's base. */
uint64_t view_resident_bytes(const struct view *view, uint64_t from, uint64_t to);

/* Resident bytes of the mappings of a kind, as the kernel counts; MAPPING_KINDS: of all. */
uint64_t view_mapped_bytes(const struct view *view, enum mapping_kind kind);

void view_free(struct view *view);

/* `bytes` that are zero, for a part of a view. NULL: out of memory. */
void *view_new(size_t bytes);

/* Room for one more element: grows the array at sizes that are powers of two. NULL: out of memory. */
void *view_room(void *array, size_t count, size_t element_bytes);

#endif
