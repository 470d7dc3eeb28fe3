/*
 * large_cache.h - a few large blocks that a thread freed a moment ago.
 *
 * A loop that takes a buffer and frees it would take the region's lock twice a round. So a thread keeps its
 * last few blocks for requests of nearly the same size. To the region they are in use; to free they are
 * freed.
 */
#pragma once

#include "../slab/large.h"

#define LARGE_CACHE_PLACES 8

struct large_cache {
    size_t count; /* not beside `bytes`: gcc would change both as one vector, which is slower */
    struct cached_block {
        void *block;
        size_t bytes;
    } place[LARGE_CACHE_PLACES]; /* the oldest first */
    size_t bytes;                /* of all */
};

/* The last freed block of `bytes` to an eighth or a unit more, zeroed if asked; NULL: none. */
INTERNAL void *large_cache_take(struct large_cache *cache, size_t bytes, bool zeroed);

/* Keeps a block, or returns false. The oldest ones may go to the region in its place. */
INTERNAL bool large_cache_give(struct large_cache *cache, void *block);

INTERNAL void large_cache_empty(struct large_cache *cache);
