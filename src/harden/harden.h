/*
 * harden.h - HALLOC_CONF=harden:on: what serves malloc and free where attackers write.
 *
 * An object has fill and a word behind it (seal.h). free looks at both, and at the end of the slot before.
 * Then it notes that the slot is free (slab.h), and clears it. A free slot is all zero, and has no link:
 *
 *      free  ->  | waiting | waiting | waiting |  ->  | ready | ready |  ->  malloc
 *                  until others were freed            in random order        sees that it is still zero
 *
 * These slots are a class's shelf. Where too many are ready, one goes to rest: a second bit in its slab tells
 * that. Where none is, a few neighbours at rest get ready. The first slot of a slab stays unused: so every
 * object has a slot before it. Large blocks have guards (walled.h).
 *
 * No thread has slabs of its own: the lock of their class guards them. The fast paths are off. Every thread
 * has the empty cache (thread_cache.h), and free takes no pointer for ours (region.fast_bytes).
 */
#pragma once

#include "../slab/slab.h"
#include "seal.h"

/* Stands for a size that a call does not say. */
#define SIZE_UNSAID SIZE_MAX

/* The heap is up and hardened, and no requests are counted: malloc and free lead here at once. */
INTERNAL_DATA bool harden_serves;

/* Exactly `size` bytes, zero if asked; NULL: out of memory. */
INTERNAL void *harden_take(size_t size, size_t alignment, bool zeroed);

/* Bytes of the slot that ptr points into, or of the large block that starts there and a word; 0: neither. */
INTERNAL size_t harden_bytes(const void *ptr);

/* For a pointer that has such bytes. NULL: a sound object starts there, and the call may have it; `size`
 * receives its size. Otherwise the fault. */
INTERNAL const char *harden_fault(void *ptr, const char *call, size_t *size);

/* Frees it, or reports the fault; the call may say its size and alignment. False: it is neither in a slab nor
 * a large block. */
INTERNAL bool harden_give(void *ptr, const char *call, size_t size, size_t alignment);

/* The same for a pointer into a slab. */
INTERNAL void harden_give_slot(struct slab *slab, void *ptr, const char *call, size_t size, size_t alignment);

/* There is no memory, or it should go back: no slot and no block waits any longer. */
INTERNAL void harden_release(void);

/* Changes its size where it is, and its maker. False: there is no room. */
INTERNAL bool harden_resize(void *ptr, size_t size, enum maker maker);
