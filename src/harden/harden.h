/*
 * harden.h - HALLOC_CONF=harden:on: what serves malloc and free where attackers write.
 *
 *      | object | fill, up to 32 bytes | ... | word |     a slot, or a large block's pages
 *
 * The word says how large the object is, and who asked for it: malloc, new or new[]. It is mixed with a secret,
 * so a changed one says nonsense. The fill begins at the first byte past the object.
 *
 * free looks at both, and at the slot before. Then it clears the slot, which waits among others of its class
 * until it may be used again. A free slot is all zero: it is known by its note (slab.h), and has no link. malloc
 * chooses one at random, and sees that it is still zero. The first slot of a slab stays unused: so every object
 * has a slot before it that can be looked at.
 *
 *      | guard | object, fill, word | guard |      a large block; a guard can't be accessed
 *
 * After its free a large block can't be accessed either, while it waits.
 *
 * No thread has slabs of its own: the lock of their class guards them. The fast paths are off. Every thread
 * has the empty cache (thread_cache.h), and free takes no pointer for ours (region.fast_bytes).
 */
#pragma once

#include "../slab/large.h"

/* Who asked for an object. */
enum maker { BY_MALLOC, BY_NEW, BY_NEW_ARRAY, MAKERS };

/* Chosen at the start. */
INTERNAL_DATA uint64_t harden_secret;

/* Exactly `size` bytes, zero if asked; NULL: out of memory. */
INTERNAL void *harden_take(size_t size, size_t alignment, bool zeroed);

/* Bytes of the slot that ptr points into, or of the large block that starts there; 0: neither. The functions below
 * need one. */
INTERNAL size_t harden_bytes(const void *ptr);

/* NULL: an object starts there and is sound, and the call may have it; `size` receives its size. Otherwise the
 * fault. */
INTERNAL const char *harden_fault(void *ptr, const char *call, size_t *size);

/* Frees it, or reports the fault. False: it is neither in a slab nor a large block. */
INTERNAL bool harden_give(void *ptr, const char *call);

/* Changes its size where it is, and its maker. False: there is no room. */
INTERNAL bool harden_resize(void *ptr, size_t size, enum maker maker);
