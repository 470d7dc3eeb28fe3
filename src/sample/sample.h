/*
 * sample.h - a few objects that stand for all: who allocates, and what lives for long.
 *
 *      bytes of a class that a thread allocates    ----------x--------------------x-----x------>
 *      the objects in which a point x lies         are sampled
 *
 * The distances between points are random, exponential, with a mean of HALLOC_CONF=sample:BYTES. So whether
 * an object is sampled does not depend on those before it. Each point stands for that many bytes: then the
 * points of a call site sum up to what it allocates, on average exactly. An object as large as the mean is
 * always sampled, and stands for itself.
 *
 * A sampled object is a block of its own, of the kind UNIT_SAMPLED. So nothing on the fast paths knows of it,
 * and free finds it as it finds any large block. What is known of it lies in the descriptor of its unit. Its
 * call site is an entry of a table (call_site.h).
 *
 * malloc on its fast path counts nothing. So where the thread's list gets slots, it gets only those up to
 * the next point (sample_cut): when the list is empty, the next object is the sampled one. Freed slots go
 * back on that list only while the point is far: then they count as taken again, in batches (sample_frees).
 *
 * Nothing prints a profile here. `halloc profile` reads the table and the descriptors, from outside.
 *
 * Source: the sampling of tcmalloc's and jemalloc's heap profilers; weights by points, not by size classes.
 */
#pragma once

#include "../slab/large.h"
#include "call_site.h"

struct sample {
    void *no_owner[2];
    char *object;
    uint64_t size;     /* as requested */
    uint64_t weight;   /* how many bytes it stands for */
    uint32_t birth;    /* seconds of platform_milliseconds() */
    uint16_t site;     /* where it was allocated; */
    uint16_t released; /* and freed, if it was guarded (guard.h) */
};

/* Of a block of the kind UNIT_SAMPLED. */
static inline struct sample *sample_of(const void *block) {
    return (struct sample *)unit_of(block);
}

_Static_assert(sizeof(struct sample) <= offsetof(struct slab, kind), "a sampled unit keeps its kind");

/* `until` is how many bytes of a class the thread may take before the next point; 0: not drawn yet. True: an
 * object of `bytes` contains one, or is as large as the mean. `halloc profile` may change conf.sample_bytes
 * at any time, also to 0: so its callers read it once. */
INTERNAL bool sample_is_due(uint64_t *until, size_t bytes, size_t mean);

/* Counts an object of `bytes`: how many bytes it stands for, 0 if it is not sampled. */
INTERNAL uint64_t sample_weight(uint64_t *until, size_t bytes, size_t mean);

/* The thread's list got all free slots of its active slab. If the slab has carved since it ended with
 * `last_before`, these are what it carved. Counts them up to the next point, the first one in any case. The
 * list ends there; the slab has the rest. */
INTERNAL void sample_cut(uint64_t *until, struct slab *slab, void **list, char *last_before);

/* Counts the frees since the last call that went on the thread's list, whose slots serve again. So do those
 * of the next ACTIVE_FREES, if the next point lies behind all of them. */
INTERNAL void sample_frees(uint64_t *until, struct slab *slab, void **list);

/* An object that is sampled, in place of a slot of `bytes`; NULL: no memory. */
INTERNAL void *sample_take(size_t size, size_t bytes, uint64_t weight);

/* A large block was taken, or has grown from `had` bytes: it may be sampled from now on. */
INTERNAL void sample_large(uint64_t *until, void *block, size_t size, size_t had);
