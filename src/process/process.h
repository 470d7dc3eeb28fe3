/*
 * process.h - the calls that malloc.c's fast paths can't serve: checked, counted if asked for, errno kept.
 *
 * Which kind of pointer is it (classify.c)?
 *
 *      its unit has a slab     a slot, if one starts there
 *      its unit is a block's   a large block
 *      it is a zero address    an object of size 0
 *      it is a guarded place   an object between pages without access
 *      otherwise               misuse: fatal.h
 */
#pragma once

#include "../harden/harden.h"

#define ALIGNMENT_MOST_BYTES GIB

/* Usable bytes of what starts at ptr. MISUSED: nothing does, which is reported under the call's name. */
#define MISUSED SIZE_MAX
INTERNAL size_t process_usable_slowly(void *ptr, const char *call);

/* The same, for most pointers are slots in use. */
ALWAYS_INLINE size_t process_usable(void *ptr, const char *call) {
    size_t offset = (uintptr_t)ptr - (uintptr_t)peek(&region.base);
    struct slab *slab = likely(offset < peek(&region.fast_bytes)) ? slab_of_unit(offset >> UNIT_SHIFT) : NULL;
    return slab && slab_has(slab, ptr) ? slot_bytes(slab->size_class) : process_usable_slowly(ptr, call);
}

/* At least `size` bytes, aligned; NULL and ENOMEM. alignment: a power of two. */
INTERNAL void *process_allocate(size_t size, size_t alignment, bool zeroed);

/* Any pointer but NULL; misuse is reported under the call's name. Keeps errno. The call may say of which size
 * and alignment the object is, or SIZE_UNSAID and 1. */
INTERNAL void process_free(void *ptr, const char *call, size_t size, size_t alignment);

/* realloc for what has `old_bytes` and a size that is not 0. */
INTERNAL void *process_resize(void *ptr, size_t old_bytes, size_t size, const char *call);

/* Grows in place or returns false. */
INTERNAL bool process_expand(void *ptr, size_t size, const char *call);

/* What a request of this size gets. */
INTERNAL size_t process_good_size(size_t size);
