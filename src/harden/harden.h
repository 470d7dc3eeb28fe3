/*
 * harden.h - HALLOC_CONF=harden:on: what serves malloc and free where attackers write.
 *
 *      | object | padding |      the padding tells whether somebody wrote past the object, how large that
 *      |<------ slot ---->|      is, and who asked for it: malloc, new or new[] (padding.h)
 *
 * free looks at the padding of its object, and at the slot before it. Then it clears the slot, which waits
 * among others of its class until it may be used again. A free slot holds nothing: it is noted (slab.h).
 * malloc chooses one of the noted slots at random, and sees that it is still zero. The first slot of a slab
 * stays unused: so every object has a slot before it that can be checked.
 *
 *      | guard | object | padding to the end of the page | guard |      a large block (guard.c)
 *
 * A guard can't be accessed. After free, neither can the block. Blocks wait as well.
 *
 * No thread has slabs of its own: the lock of their class guards them. The fast paths are off. Every thread
 * has the empty cache (thread_cache.h), and free takes no pointer for ours (region.fast_bytes).
 */
#pragma once

#include "../slab/large.h"
#include "padding.h"

/* Exactly `size` bytes, zero if asked; NULL: out of memory. */
INTERNAL void *harden_take(size_t size, size_t alignment, bool zeroed);

/* True if ptr points into a slab, or a large block starts there. The functions below need that. */
INTERNAL bool harden_serves(const void *ptr);

/* NULL: an object starts there, and is sound; `size` receives its size. Otherwise the fault. */
INTERNAL const char *harden_look(void *ptr, const char *call, size_t *size);

/* Frees it, or reports the fault. */
INTERNAL void harden_give(void *ptr, const char *call);

/* Changes its size where it is. False: nothing changed. */
INTERNAL bool harden_resize(void *ptr, size_t size);

/* Says that it was not malloc that asked for it. */
INTERNAL void harden_mark(void *ptr, size_t size, enum maker maker);

/* --- guard.c: large blocks ------------------------------------------------------------------------ */

INTERNAL void *guard_take(size_t size, size_t alignment, bool zeroed);
INTERNAL const char *guard_look(const char *object, const char *call, size_t *size);
INTERNAL const char *guard_give(void *object, const char *call);
INTERNAL bool guard_resize(char *object, size_t size);

/* Gives all blocks back that wait. */
INTERNAL void guard_let_go(void);
