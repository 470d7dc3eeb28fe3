/*
 * region.h - the process heap's one range of addresses, and its blocks of whole units.
 *
 *      one reservation, 1 TiB where the system allows, none of it usable at first:
 *
 *      |guard| heads |guard| descriptors |guard| notes    |guard| dirty |guard| records |guard|
 *              4 bytes       64 bytes            64 bytes         1 bit         48 bytes      a unit
 *
 *                                                      |guard| blocks ... |frontier ... |guard|
 *                                                              ^ base                   ^ limit
 *
 * Each table has an entry for each unit, found by one subtraction and one shift:
 *
 *      unit = (pointer - base) >> 14     any pointer is safe to ask about: pointer - base < bytes
 *
 * The tables and the blocks become usable from their start on, in growing steps. What a program
 * writes lies only to the right; what Halloc knows about it only to the left, behind guards.
 *
 * Where addresses are limited (RLIMIT_AS), whoever holds some and does not use them takes them from the
 * program. Then the region is open: nothing is reserved beyond what is usable, and each step is a new
 * mapping that begins where the last ended. The kernel puts the program's mappings at the other end of the
 * gap, from the top down, so the two meet when the limit is reached.
 *
 * The blocks are a block engine (block.h) with its records in the table; one lock guards it. It is
 * taken for a slab or a large block, never for a small object, and never held while memory is purged.
 */
#ifndef HALLOC_REGION_H
#define HALLOC_REGION_H

#include "../engine/block.h"
#include "../platform/lock.h"

struct slab; /* slab.h; to the region a descriptor is 64 bytes that start as zero, and so are notes */
#define DESCRIPTOR_BYTES ((size_t)64)
#define NOTE_BYTES DESCRIPTOR_BYTES /* a bit for each slot of 32 bytes in a unit */

enum unit_kind {
    UNIT_NONE,    /* free, or inside a large block */
    UNIT_SLAB,    /* part of a slab                */
    UNIT_BLOCK,   /* the first unit of a large block */
    UNIT_STASHED, /* that of one that its thread keeps (stash.h) */
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
    uint32_t *heads;       /* by unit: slab.h */
    struct slab *slabs;    /* descriptors, by unit + 1: number 0 is nobody's */
    size_t notes_distance; /* from a descriptor to its notes */

    struct lock lock __attribute__((aligned(64)));
    struct engine engine;
    size_t table_units;       /* entries of the tables that are usable */
    char *part[PARTS];        /* where each begins */
    size_t usable[TABLES];    /* bytes of each table */
    size_t limit_units;       /* addresses for so many */
    bool is_open[PARTS];      /* nothing is reserved beyond what is usable */
    size_t clean_taken_bytes; /* clean memory taken into use since dense.c last looked */
    size_t recent_peak_bytes; /* of what was in use: see purge.h */
    size_t purged_bytes;      /* purged a moment ago, and not taken again */
    uint64_t peak_time;       /* when they last came down, in milliseconds */
    size_t releases;          /* blocks given back, for looking at the clock */
    /* What a purge works on, outside the lock. */
    bool purging;
    const void *purger; /* its thread_mark() */
    MemoryBlock *held[PURGE_BATCH];
    size_t held_count;
    uint32_t batches; /* how often what was held came back: who waits for that sleeps on it */
};

INTERNAL_DATA struct region region;

/* Reserves the range and makes its beginnings usable. False: not to be had, nothing is kept. */
INTERNAL bool region_start(const halloc_policy *policy, size_t reserve_bytes);

/* A limit on addresses that came after the start counts what we hold and don't use: opens the region. */
INTERNAL void region_heed_limit(void);

/* A block of whole units of at least `bytes`, aligned to a unit or to more; NULL: no room. */
INTERNAL void *region_take(size_t bytes, size_t alignment);

/* Gives a block back, of which the first `dirty_bytes` may have been written. True if so much is
 * free and resident now that a purge is due. */
INTERNAL bool region_give(void *block, size_t dirty_bytes);

/* Changes a block's size in place. False: no room, nothing changed. `due` as region_give's result. */
INTERNAL bool region_resize(void *block, size_t bytes, bool *due);

/* In use, or free and dirty: at most so much is resident. Under the lock. */
static inline size_t region_resident_bytes(void) {
    return region.engine.used_bytes + region.engine.dirty_units * UNIT_BYTES;
}

/* After a purge: where much is free at the top, the frontier comes down. What lies beyond counts no more, as
 * memory that was promised to us (overcommit, RLIMIT_DATA), or as addresses where the region is open. */
INTERNAL void region_retract(void);

/* True if a purge is due, for no other reason than that time went by. */
INTERNAL bool region_look(void);

/* The block's size in bytes. Its user may ask without the lock: only he changes it. */
INTERNAL size_t region_block_bytes(const void *block);

/* Makes the first `bytes` of a block that was just taken zero: clears what is dirty, and leaves
 * alone what the kernel gave as zero. */
INTERNAL void region_clear(void *block, size_t bytes);

/* Makes a stretch zero. Of a long one that is hardly resident the rest is given back: to write zeros would
 * make all of it resident. */
INTERNAL void region_zero(void *start, size_t bytes);

ALWAYS_INLINE size_t region_unit(const void *ptr) {
    return ((uintptr_t)ptr - (uintptr_t)region.base) >> UNIT_SHIFT;
}

ALWAYS_INLINE bool region_contains(const void *ptr) {
    return (uintptr_t)ptr - (uintptr_t)region.base < load_relaxed(&region.bytes);
}

#endif
