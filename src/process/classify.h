/*
 * classify.h - which kind of pointer is it?
 *
 *      its unit has a slab     a slot, if one starts there
 *      its unit is a block's   a large block
 *      it is a zero address    an object of size 0
 *      it is a guarded place   an object between pages without access
 *      otherwise               misuse: fatal.h
 */
#pragma once

#include "../slab/slab.h"

/* The slab that ptr points into; NULL if into none. */
static inline struct slab *slab_of(const void *ptr) {
    struct slab *slab = region_contains(ptr) ? slab_at(ptr) : region.slabs;
    return slab != region.slabs ? slab : NULL;
}

/* Usable bytes of what starts at ptr. MISUSED: nothing does, which is reported under the call's name. */
#define MISUSED SIZE_MAX
INTERNAL size_t usable_bytes(void *ptr, const char *call);
