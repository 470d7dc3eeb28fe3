/*
 * thread_cache.h - a thread's private front end.
 *
 *      thread  -> cache_fast -> list[class] -> slot -> slot -> slot        malloc pops here
 *                               active[class]  -> slab (whose slots these are)
 *                               partial[class] -> slab -> slab             with free slots
 *                               pending[...]   -> slots for other threads' slabs
 *                               notices        <- full slabs that others freed into
 *                               stash          -> a few large blocks
 *
 * malloc takes the first slot of the list; it looks at no descriptor. free gives a slot to its own slab, so
 * slots return to where they came from, and whole slabs become empty again. What belongs to the active slab
 * goes back on the list itself: malloc gives out first what was freed last, and is nearest.
 * When the list is used up, refill carves a page, or takes everything that another slab has free.
 *
 * `cache_fast` is never NULL: a thread that has no cache yet points at an empty one, whose lists
 * have nothing and which owns nothing, so that the fast paths test neither for a first call nor for
 * NULL. The same trick turns the fast paths off: under HALLOC_CONF=heap:classic and when requests
 * are counted, cache_fast stays at the empty cache, and everything takes the slow path.
 *
 * Who wakes whom: a full slab is on no list. Its owner's first free into it brings it back by
 * itself (slab.h, invariant 1). Another thread's sends a notice: the slab goes on the owner's
 * stack, which the owner reads when it looks for another slab. If the owner has ended, the sender
 * reads it for him, under the registry's lock.
 *
 * Invariants, beside those of slab.h:
 *   1. Slots on list[class] belong to active[class].
 *   2. A slab in partial[class] is PARTIAL or EMPTY and has this owner.
 *   3. empty_bytes is the sum of the EMPTY slabs'; at most CACHE_EMPTY_BYTES.
 *   4. A slab is not released, shared or watched while a notice about it is on its way.
 */
#ifndef HALLOC_THREAD_CACHE_H
#define HALLOC_THREAD_CACHE_H

#include "../slab/shared.h"
#include "stash.h"

enum cache_state {
    CACHE_LIVE, /* a thread has it                                            */
    CACHE_DEAD, /* its thread has ended; the next new thread takes it over    */
    CACHE_LOST, /* its thread does not exist in this child of a fork          */
};

struct pending {
    struct slab *slab;
    void *first, *last;
    uint32_t count, weight;
};

/* In the order of use: a program with few size classes and one thread touches only the first page. */
struct thread_cache {
    /* Other threads' line: */
    uint32_t notices;          /* atomic: unit + 1 of the slab on top of the stack */
    uint32_t state;            /* enum cache_state */
    struct thread_cache *next; /* of all caches ever made */
    struct thread_cache *next_dead;

    void *list[SIZE_CLASSES] __attribute__((aligned(64)));
    struct slab *active[SIZE_CLASSES];
    struct slab_list partial[SIZE_CLASSES];
    size_t empty_bytes;
    size_t beats;
    uint64_t looked, thinned; /* when it last looked around, and cache_thin was called, in milliseconds */
    struct stash stash;
    size_t pending_bytes;
    struct pending pending[REMOTE_PENDING_SLABS];
} __attribute__((aligned(128)));

#define TLS __thread __attribute__((tls_model("initial-exec")))

INTERNAL_DATA struct thread_cache empty_cache;
INTERNAL_DATA TLS struct thread_cache *cache_fast; /* what the fast paths use  */
INTERNAL_DATA TLS struct thread_cache *cache_own;  /* the thread's; NULL: none */
INTERNAL_DATA TLS bool cache_is_barred; /* it ended, or is being gone through: the thread gets none */

/* The class's list is empty: fills it and returns one slot more. NULL: out of memory. */
INTERNAL void *cache_refill(struct thread_cache *cache, unsigned size_class);

/* The slab's `used` has just become 0 by a free of its owner's: the last slot of a partial slab, the first
 * of a full one, or one in ACTIVE_FREES of an active one. */
INTERNAL void cache_slab_event(struct thread_cache *cache, struct slab *slab);

/* Frees a slot of a slab that is not the thread's: in a batch with others; or at once, without a cache. */
INTERNAL void remote_free_at_once(struct slab *slab, void *slot);
INTERNAL void cache_free_remote(struct thread_cache *cache, struct slab *slab, void *slot);
INTERNAL void cache_flush_pending(struct thread_cache *cache);

/* Gives back everything that the cache holds but does not need: on thread exit and malloc_trim. */
INTERNAL void cache_empty(struct thread_cache *cache);

/* Thins the partial slabs (thin.h): all, or those that were idle since the last call. Returns bytes. */
INTERNAL size_t cache_thin(struct thread_cache *cache, bool all);

/* Reads the notices: full slabs come back to the partial lists. By the owner; or by anyone, under
 * the registry's lock, when the owner is gone. */
INTERNAL void cache_read_notices(struct thread_cache *cache);

/* The registry of all caches (threads.c adds to it), and its lock. */
INTERNAL_DATA struct lock caches_lock;
INTERNAL_DATA struct thread_cache *caches;

/* True after a fork left slabs of other threads behind. Refill then calls lost_adopt, which shares
 * those that are sound, once; it returns true if this was the call that did. */
INTERNAL_DATA bool lost_slabs;
INTERNAL bool lost_adopt(void);

/* The first broken invariant of a cache that the caller owns, and of all slabs that it has. */
INTERNAL const char *cache_check(const struct thread_cache *cache);

#endif
