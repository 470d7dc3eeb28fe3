/*
 * serve.h - malloc and free when the fast paths can't, uncounted: a slot up to 32 KiB, above that a block.
 * Or, under HALLOC_CONF=heap:classic, one classic heap.
 */
#pragma once

#include "../classic/heap.h"
#include "../harden/harden.h"
#include "../sample/guard.h"
#include "../limit/limit.h"

struct process {
    bool ready;
    halloc_heap *classic; /* serves everything, if not NULL */
};

INTERNAL_DATA struct process process;
INTERNAL_DATA struct lock start_lock; /* guards its start */

/* A large block for `size` bytes, which had so many before, may become a sample. Returns the block, which
 * may be NULL. */
INTERNAL void *serve_sampled(void *block, size_t size, size_t had);

/* At least `size` bytes, aligned to a power of two; NULL: out of memory. */
INTERNAL void *serve_take(size_t size, size_t alignment, bool zeroed);

/* Gives back what process_usable found good. */
INTERNAL void serve_give(void *ptr, const char *call, size_t size, size_t alignment);

/* Makes what has `old_bytes` at least `size` bytes, here or elsewhere; NULL: nothing changed. */
INTERNAL void *serve_resize(void *ptr, size_t old_bytes, size_t size, const char *call);
