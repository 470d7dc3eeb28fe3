/*
 * heap.h - classic heaps: a header in front of every payload.
 *
 *      memory                                                            top        limit
 *      | struct halloc_heap | [header|payload] [header|payload] ...      | reserved |
 *
 * The heap's record lies at the start of its memory, so a heap needs nothing else, and can lie in a static
 * buffer, or in memory that processes share (attach.c). A growing heap reserves a long range and makes it
 * usable bit by bit. So it stays one range, and "is this pointer ours?" is simple.
 *
 * The public functions are in halloc.h, sections 1 and 2. This header serves malloc, which runs on such a
 * heap under HALLOC_CONF=heap:classic, and fork.
 */
#pragma once

#include "../engine/block.h"
#include "../platform/fatal.h"
#include "../platform/lock.h"

struct halloc_heap {
    struct lock lock;
    size_t mapped_bytes;       /* what destroy releases; 0: the caller's memory */
    size_t step_bytes;         /* grow by multiples of this; 0: by the heap's size */
    struct halloc_heap *next;  /* in `heaps` */
    struct halloc_heap **link; /* the pointer to this heap: `heaps`, or the previous heap's next */
    struct shared *shared;     /* the lock between processes; NULL: the heap belongs to this one */
    struct engine engine;      /* last: in given memory it ends with the roots that its policy uses */
};

/* In front of the record of a heap that processes share. */
#define SHARED_BYTES ((size_t)128)

/* Makes a heap one that processes share; NULL, with errno, where that can't be. */
INTERNAL halloc_heap *shared_begin(halloc_heap *heap, const halloc_heap_options *options);

/* Takes and gives back the heap's lock. False, with errno: the heap is lost, or this thread is in it. */
INTERNAL bool shared_enter(halloc_heap *heap);
INTERNAL void shared_leave(halloc_heap *heap);

/* All heaps that mapped their memory, for fork. A heap in the caller's memory is not here: the caller may
 * use the memory for something else without a call of destroy, and fork would follow its links. */
INTERNAL_DATA halloc_heap *heaps;

/* Guards making the heap of the original functions (original.c). */
INTERNAL_DATA struct lock original_lock;

/* As halloc_heap_*, with the name of the call that misuse is reported under. */
INTERNAL void heap_free(halloc_heap *heap, void *ptr, const char *call);
INTERNAL void *heap_resize(halloc_heap *heap, void *ptr, size_t size, const char *call);
INTERNAL size_t heap_usable(halloc_heap *heap, void *ptr, const char *call);
INTERNAL bool heap_expand(halloc_heap *heap, void *ptr, size_t size, const char *call);

/* The figures of any engine, under its heap's lock. */
INTERNAL halloc_heap_stats heap_stats_of(const struct engine *engine);

/* True if the pointer lies in the heap's blocks. */
INTERNAL bool heap_contains(const halloc_heap *heap, const void *ptr);
