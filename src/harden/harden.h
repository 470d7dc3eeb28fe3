/*
 * harden.h - HALLOC_CONF=harden:on: what serves malloc and free where attackers write.
 *
 *      | object | fill, up to 32 bytes | ... | word |     a slot
 *
 * The word says how large the object is, and who asked for it: malloc, new or new[]. A secret is mixed in, so
 * a word that was changed says nonsense. The fill begins at the first byte past the object.
 *
 * free looks at both, and at the end of the slot before. Then it clears the slot, which waits among others of
 * its class until it may be used again. A free slot is all zero. Its note tells that it is free (slab.h), and
 * it has no link. malloc chooses one of them at random, and sees that it is still zero. The first slot of a
 * slab stays unused: so every object has a slot before it.
 *
 *      | guard | object | fill | guard |      a large block: a guard can't be accessed
 *
 * Its word lies in its descriptor. While it waits after its free, it can't be accessed either.
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

/* Bytes of the slot that ptr points into, or of the large block that starts there and a word; 0: neither. */
INTERNAL size_t harden_bytes(const void *ptr);

/* For a pointer that has such bytes. NULL: a sound object starts there, and the call may have it; `size`
 * receives its size. Otherwise the fault. */
INTERNAL const char *harden_fault(void *ptr, const char *call, size_t *size);

/* Frees it, or reports the fault. False: it is neither in a slab nor a large block. */
INTERNAL bool harden_give(void *ptr, const char *call);

/* Changes its size where it is, and its maker. False: there is no room. */
INTERNAL bool harden_resize(void *ptr, size_t size, enum maker maker);
