/*
 * thread_cache.h - a thread's private front end.
 *
 *      thread  -> cache_fast -> list[class] -> slot -> slot -> slot        malloc pops here
 *                               active[class]  -> slab (whose slots these are)
 *                               partial[class] -> slab -> slab             with free slots
 *                               foreign[class] -> slot -> slot             of other threads' slabs
 *                               large          -> a few large blocks
 *
 * malloc takes the first slot of the list; it looks at no descriptor. free gives a slot to its own slab,
 * so whole slabs become empty again; a slot of the active slab goes back on the list itself. When the list is
 * empty, refill carves a page, or takes everything that another slab has free.
 *
 * `cache_fast` is never NULL: a thread without a cache points at an empty one, which has no slots and owns no
 * slab. Under HALLOC_CONF=heap:classic, and when requests are counted, every thread points there: that turns
 * the fast paths off.
 *
 * A slot of another thread's slab goes on a list as well, from which the thread takes it again (foreign.c).
 *
 * By default there is no background thread: refills and frees drive periodic work. A tick is one refill,
 * ACTIVE_FREES frees into an active slab (fewer, if the thread may give it up: trim.c), or a list of foreign
 * slots that is full. Every PERIOD_TICKS ticks a thread looks at the clock. Some times a second it hands
 * foreign slots over, purges free blocks if that is due, and thins slabs: its own and those in pools.
 *
 * Invariants, beside those of slab.h:
 *   1. Slots on list[class] belong to active[class], or are foreign.
 *   2. A slab in partial[class] is PARTIAL and has this owner.
 */
#pragma once

#include "../slab/shared.h"
#include "large_cache.h"

struct foreign {
    void *first;
    size_t bytes;
};

/* In the order of use: a program with few size classes and one thread touches only the first page. */
struct thread_cache {
    struct thread_cache *next; /* of all caches ever made */
    struct thread_cache *next_dead;
    const void *holder; /* its thread's thread_mark(); NULL: the thread has ended, or a fork lost it */
    void *list[SIZE_CLASSES + 1]; /* that of size 0 stays empty */
    struct slab *active[SIZE_CLASSES];
    struct slab_list partial[SIZE_CLASSES];
    size_t give_up_units; /* of work that it has earned: config.h */
    uint32_t ticks;
    bool holds_much;                /* in active slabs: those without an object go */
    size_t foreign_most;            /* bytes of foreign slots of a class; FOREIGN_FEW_BYTES at least */
    uint64_t purged_at, thinned_at; /* when it last gave memory back, in milliseconds */
    struct large_cache large;
    struct foreign foreign[SIZE_CLASSES];
    uint64_t until_sample[SIZE_CLASSES + 1]; /* sample.h; the last: of large blocks */
} __attribute__((aligned(128)));

#define TLS __thread __attribute__((tls_model("initial-exec")))

INTERNAL_DATA struct thread_cache empty_cache;
INTERNAL_DATA TLS struct thread_cache *cache_fast; /* what the fast paths use  */
INTERNAL_DATA TLS struct thread_cache *cache_own;  /* the thread's; NULL: none */
INTERNAL_DATA TLS bool cache_is_barred; /* it ended, or is being gone through: the thread gets none */

/* A slot from the thread's list, which is filled first. NULL: out of memory. */
INTERNAL void *cache_refill(struct thread_cache *cache, unsigned size_class);

/* frees_left has become 0: the slab needs attention (slab.h). */
INTERNAL void cache_slab_event(struct thread_cache *cache, struct slab *slab);

/* The thread has listed or noted a slot of a slab of its own (slab.h). */
ALWAYS_INLINE void cache_freed(struct thread_cache *cache, struct slab *slab) {
    if (unlikely(--slab->frees_left == 0))
        cache_slab_event(cache, slab);
}

/* Frees a slot of a slab that is not the thread's. */
INTERNAL void cache_free_foreign(struct thread_cache *cache, struct slab *slab, void *slot);

/* Foreign slots become the thread's list of the class, which is empty, unless they are too few. */
INTERNAL void foreign_list(struct thread_cache *cache, unsigned size_class);

/* Hands slots over to their slabs: those of a list, in how many batches; a class's foreign ones; and all.
 * Slots of slabs without an owner go to the list `ownerless` instead, if that is not NULL. */
INTERNAL uint64_t foreign_hand_over(void *first, void **ownerless);
INTERNAL void foreign_flush(struct foreign *foreign);
INTERNAL void cache_flush_foreign(struct thread_cache *cache);

/* From now on the thread has no cache. Returns the one that it had. */
INTERNAL struct thread_cache *cache_bar_own(void);

/* Gives everything that the cache holds to the pools and the region. */
INTERNAL void cache_empty(struct thread_cache *cache);

/* HALLOC_CONF=purge_thread:on: periodic work has been done, so the purging thread is due. The function starts
 * it, unless it is there; limit/purge_thread.c, which knows all that it gives back, defines both. */
INTERNAL_DATA bool purge_thread_is_due;
INTERNAL void purge_thread_start(void);

/* Thins partial slabs (thin.c) that are unchanged since the last look; and slabs in pools, if that is due.
 * `at_once`, for malloc_trim and before a request fails: empties the cache, and thins all pools. Returns
 * bytes. */
INTERNAL size_t cache_thin(struct thread_cache *cache, bool at_once);

/* A slab of a partial list goes to the pool. */
INTERNAL void partial_share(struct thread_cache *cache, struct slab *slab);

/* The thread has freed slots of an active slab: it goes to the pool if no object is left in it. */
INTERNAL void cache_give_up_if_unused(struct thread_cache *cache, struct slab *slab);

/* The registry of all caches (threads.c adds to it), and its lock. */
INTERNAL_DATA struct lock caches_lock;
INTERNAL_DATA struct thread_cache *caches;

/* True after a fork left slabs of other threads behind. orphans_adopt shares those that are sound, once, and
 * adopts one of a class: NULL if there is none. */
INTERNAL_DATA bool has_orphans;
INTERNAL struct slab *orphans_adopt(unsigned size_class, struct thread_cache *owner);

/* The first broken invariant of a cache that the caller owns, and of all slabs that it has. */
INTERNAL const char *cache_check(const struct thread_cache *cache);
