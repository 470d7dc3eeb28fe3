/*
 * shared.h - slabs without an owner that have free slots, by size class, waiting to be adopted.
 *
 * Slabs come here from threads that end, full slabs with their first free (foreign.c), and slabs that their
 * thread has emptied. A thread that needs slots looks here before it makes a slab. Every free of an object in
 * the pool is a remote free; the last one takes the slab out and releases it. Some slabs stay although they
 * are empty, until the pools are thinned. Slabs go in and out only under the lock of their class.
 */
#pragma once

#include "remote.h"
#include "slab_list.h"

/* Bytes of active slabs that threads keep together, if there are several; and of empty slabs in the pools.
 * Under a limit few: each request that it refuses would take them back. */
static inline size_t kept_most(void) {
    size_t threads = load_relaxed(&live_caches);
    bool plenty = threads > 1 && !load_relaxed(&conf.limit_bytes);
    return max_size(KEPT_LEAST_BYTES * threads, plenty ? KEPT_SHARED_BYTES : 0);
}

/* Puts an owned slab, not FULL and on no list, into its pool; or releases it, if it is empty and pools have
 * kept_most() of such. */
INTERNAL void shared_give(struct slab *slab);

/* Puts a FULL slab into its pool, if it has published slots and nobody else has claimed it. The caller
 * needs no object in it. If others released the slab and made it again, this is what a thread does that frees
 * into it. */
INTERNAL void shared_give_full(struct slab *slab);

/* A slab of this class, now owned by `owner` and PARTIAL; NULL if none waits. */
INTERNAL struct slab *shared_adopt(unsigned size_class, struct thread_cache *owner);

/* Thins each slab of a class (slab.h), which is the caller's meanwhile, and releases those that are empty.
 * Returns bytes given back from slabs that stay. */
INTERNAL size_t shared_thin(unsigned size_class, struct thread_cache *caller, bool at_once);

/* After a remote free into a slab that may be SHARED: releases it if that was the last object. */
INTERNAL void shared_release_if_empty(struct slab *slab);

/* The lock of a class, for fork. */
INTERNAL struct lock *shared_lock(unsigned size_class);
