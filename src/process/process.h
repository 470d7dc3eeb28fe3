/*
 * process.h - the slow paths of malloc and free: which kind of request, or pointer, is it?
 *
 * malloc.c has the names and the fast paths, a dozen instructions each. Everything they can't do
 * comes here, and here the kind of pointer or request is told:
 *
 *      request    up to 32 KiB     a slot       thread_cache.h
 *                 above            a block      large.h
 *      pointer    unit has owner   a slot       local or remote free
 *                 unit is a block  a block
 *                 otherwise        misuse       fatal.h
 *
 * HALLOC_CONF=heap:classic sends all of it to one classic heap instead (heap.h).
 */
#ifndef HALLOC_PROCESS_H
#define HALLOC_PROCESS_H

#include "../classic/heap.h"
#include "../slab/large.h"
#include "../thread/threads.h"

#define ALIGNMENT_MOST_BYTES GIB

struct process {
    bool ready;
    halloc_heap *classic; /* serves everything, if not NULL */
};

INTERNAL_DATA struct process process;

/* At least `size` bytes, aligned; NULL and ENOMEM. alignment: a power of two. */
INTERNAL void *process_allocate(size_t size, size_t alignment, bool zeroed);

/* Any pointer but NULL; misuse is reported under the call's name. Keeps errno. */
INTERNAL void process_free(void *ptr, const char *call);

/* realloc for a pointer that is not NULL and a size that is not 0. */
INTERNAL void *process_resize(void *ptr, size_t size, const char *call);

/* Grows in place or returns false. */
INTERNAL bool process_expand(void *ptr, size_t size, const char *call);

INTERNAL size_t process_usable(void *ptr, const char *call);

/* What a request of this size gets. */
INTERNAL size_t process_good_size(size_t size);

#endif
