/*
 * region.h - the process heap's one range of addresses, and its blocks of whole units.
 *
 *      one reservation, 1 TiB where the system allows, none of it usable at first:
 *
 *      |guard| heads |guard| descriptors |guard| notes    |guard| dirt   |guard| records |guard|
 *              4 bytes       64 bytes            64 bytes         2 bits         48 bytes      a unit
 *
 *                                              |guard| zeros |guard| blocks ... |frontier ... |guard|
 *                                                              ^ base                   ^ limit
 *
 * Each table has an entry for each unit, found by one subtraction and one shift:
 *
 *      unit = (pointer - base) >> 14     any pointer is safe to ask about: pointer - base < bytes
 *
 * Tables and blocks become usable from their start on, in growing steps. A program writes only to the right;
 * what Halloc knows lies to the left, behind guards.
 *
 * Under a limit on addresses (RLIMIT_AS) the region is open: nothing is reserved beyond what is usable, and
 * each step is a new mapping behind the last one. The kernel puts the program's mappings at the other end of
 * the gap, so the two meet when the limit is reached.
 *
 * The blocks are a block engine (block.h) with its records in the table. One lock guards it: taken for a slab
 * or a large block, never held while memory is purged. Blocks with a dirty unit are in the engine's first
 * set: resident memory is asked first.
 */
#pragma once

#include "../base/counters.h"
#include "../engine/block.h"
#include "../platform/conf.h"
#include "dirty.h"

struct slab; /* slab.h; to the region a descriptor is 64 bytes that start as zero, and so are notes */
#define DESCRIPTOR_BYTES ((size_t)64)
#define NOTE_BYTES DESCRIPTOR_BYTES /* a bit for each slot of 32 bytes in a unit */

/* A descriptor's distance from the first fits an entry of `heads`. */
#define UNITS_MOST (UINT32_MAX / DESCRIPTOR_BYTES)

enum unit_kind {
    UNIT_NONE,    /* free, or not the first of its block */
    UNIT_SLAB,    /* the first unit of a slab        */
    UNIT_BLOCK,   /* the first unit of a large block */
    UNIT_CACHED,  /* that of one that its thread keeps (large_cache.h) */
    UNIT_SAMPLED, /* that of a large block that stands for others (sample.h) */
};

/* What the reservation holds, in this order; the blocks come after the tables. */
enum region_part {
    PART_HEADS,
    PART_SLABS,
    PART_NOTES,
    PART_DIRT,
    PART_RECORDS,
    TABLES,
    PART_BLOCKS = TABLES,
    PARTS
};

struct region {
    /* What every free reads; written only when the tables grow. */
    char *base;
    size_t bytes;          /* from base on, for which the tables are usable: the frontier's, and more */
    size_t fast_bytes;     /* the same for the fast paths; 0 under harden:on */
    uint32_t *heads;       /* by unit: slab.h */
    struct slab *slabs;    /* descriptors, by unit + 1: number 0 is nobody's */
    size_t notes_distance; /* from a descriptor to its notes */

    struct lock lock __attribute__((aligned(64)));
    struct engine engine;
    uint64_t *dirt;           /* by unit: dirty.h */
    size_t dirty_units;       /* in free and isolated blocks */
    size_t unwritten_bytes;   /* under a limit: in use, in slabs of clean memory, in pages never written to */
    size_t clean_taken_bytes; /* clean memory taken into use since dense.c last judged the heap */
    char *part[PARTS];        /* where each begins */
    size_t usable[TABLES];    /* bytes of each table */
    char *zeros;              /* ZERO_BYTES of addresses: zero.h; NULL: none */
    size_t limit_units;       /* addresses for so many units */
    bool is_open[PARTS];      /* nothing is reserved beyond what is usable */
    bool was_refused;         /* the system refused to make more usable */
    bool is_short;            /* of addresses: pools keep no empty slabs any more */
    bool none_unasked;        /* what becomes usable gets no huge pages unasked: dense.c */
};

INTERNAL_DATA struct region region;

/* Reserves the range and makes its beginnings usable. False: not to be had, nothing is kept. */
INTERNAL bool region_start(const halloc_policy *policy, size_t reserve_bytes);

/* Opens the region: gives back what it has reserved and does not use. */
INTERNAL void region_open(void);

/* True if a quarter of the region is free at the top. Under the lock. */
INTERNAL bool region_top_is_free(void);

/* What lies at the frontier is usable no more. */
INTERNAL bool region_give_up(char *start, size_t bytes);

/* After a purge: takes the frontier down over clean memory (retract.c). */
INTERNAL void region_retract(void);

/* The first broken invariant, or NULL. Linear time, under the lock. */
INTERNAL const char *region_check(void);

ALWAYS_INLINE size_t region_unit(const void *ptr) {
    return ((uintptr_t)ptr - (uintptr_t)region.base) >> UNIT_SHIFT;
}

ALWAYS_INLINE bool region_contains(const void *ptr) {
    return (uintptr_t)ptr - (uintptr_t)region.base < load_relaxed(&region.bytes);
}

/* Mostly the first unit tells. */
static inline bool block_is_clean(const MemoryBlock *block) {
    size_t unit = block_unit(&region.engine, block), end = unit + (block->size >> UNIT_SHIFT);
    return !is_dirty(region.dirt, unit) && dirty_next(region.dirt, unit, end) == end;
}

static inline size_t block_dirty_units(const MemoryBlock *block) {
    size_t unit = block_unit(&region.engine, block);
    return dirty_count(region.dirt, unit, unit + (block->size >> UNIT_SHIFT));
}

/* In use, or free and dirty: at most so much is resident. Under the lock. */
static inline size_t region_resident_bytes(void) {
    return region.engine.used_bytes - region.unwritten_bytes + region.dirty_units * UNIT_BYTES;
}

/* May the heap hold so many bytes more? Fewer are a number below 0, which wraps around. Under the lock. */
static inline bool region_may_hold(size_t bytes) {
    size_t more = align_up(bytes, UNIT_BYTES);
    return likely(!conf.limit_bytes) || region_resident_bytes() + more <= conf.limit_bytes;
}

/* --- huge.c -------------------------------------------------------------------------------------- */

/* For every step that lies there, in whole or in part: wished for, or not. */
INTERNAL void huge_wish(void *start, size_t bytes, bool wanted);

/* True if a step there is wished for. */
INTERNAL bool huge_is_wished(const void *start, size_t bytes);
