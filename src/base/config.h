/*
 * config.h - every tunable, with its reason.
 *
 * A number that is not here is either derived from one that is, or is nobody's choice.
 */
#ifndef HALLOC_CONFIG_H
#define HALLOC_CONFIG_H

#include "../../halloc.h"
#include "bits.h"

/* What malloc must give on the platforms we run on (max_align_t), and what keeps SIMD loads of
 * 16 bytes legal. The classic heap's granule as well. */
#define ALIGNMENT_BYTES ((size_t)16)

/* --- The process heap's region ---------------------------------------------------------------- */

/* Blocks of the process heap are whole units. 16 KiB: small enough that a block of 33 KiB wastes
 * little, large enough that table entries of 4 + 64 + 64 + 48 bytes a unit cost 1.1 %. */
#define UNIT_SHIFT 14
#define UNIT_BYTES ((size_t)1 << UNIT_SHIFT)

/* Addresses to reserve. They cost nothing but page-table entries that are made on use, and one
 * contiguous range makes "is it ours?" a single compare. Any refusal halves it. */
#define RESERVE_BYTES (1024 * GIB)
#define RESERVE_LEAST_BYTES (16 * MIB)

/* The region starts at a multiple of this, so that huge pages can be used where asked for. */
#define REGION_ALIGNMENT_BYTES (2 * MIB)

/* The frontier moves in steps of an eighth of the region, but at least and at most: */
#define FRONTIER_STEP_LEAST_BYTES (4 * MIB)
#define FRONTIER_STEP_MOST_BYTES (256 * MIB)

/* It comes down where a quarter of the region is free at the top, and so much at least: an eighth of it
 * stays. */
#define RETRACT_LEAST_BYTES (32 * MIB)

/* Tables grow with the frontier, for this many units at least (16 MiB of region, 0.2 of tables), then
 * double. */
#define TABLE_STEP_UNITS ((size_t)1024)

/* Distance between tables, inaccessible: a runaway write from one does not reach the other. */
#define GUARD_BYTES (64 * KIB)

/* --- Slabs ------------------------------------------------------------------------------------ */

/* Larger requests are blocks. Above this a slot's rounding would waste more than a unit's does. */
#define SLOT_MOST_BYTES (32 * KIB)

/* Slab sizes. Large slabs are cheap because slots are carved a page at a time, so that memory
 * nobody asked for stays untouched; they mean fewer refills and fewer descriptors in cache. But each class
 * that a thread uses has one that it allocates from: with slabs twice as large, threads that take turns need
 * a sixth more memory. */
#define SLAB_SMALL_BYTES (64 * KIB)  /* slots up to 8 KiB  */
#define SLAB_LARGE_BYTES (128 * KIB) /* slots up to 32 KiB */

/* Slots are carved in steps of this: the least that the kernel gives anyway. */
#define CARVE_BYTES ((size_t)4096)

/* In a heap with less than this for each thread, what is freed is near in some cache, wherever it is: then
 * a free slot is listed. In a larger one it is noted in slabs that rest, so as not to touch it. */
#ifndef NOTES_FROM_BYTES /* some tests note in every heap */
#define NOTES_FROM_BYTES (8 * MIB)
#endif

/* A thread keeps this much in empty slabs, so that a pair of calls at the edge of a slab does
 * not send it through the heap's lock each time. */
#define CACHE_EMPTY_BYTES (128 * KIB)

/* And this much in large blocks that it freed last, each of LARGE_CACHE_BLOCK_BYTES at most: all threads
 * together the first figure, but each at least the second. */
#define LARGE_CACHE_BYTES (1 * MIB)
#define LARGE_CACHE_LEAST_BYTES (256 * KIB)
#define LARGE_CACHE_BLOCK_BYTES (128 * KIB)

/* What a thread does now and then, it does each so many beats: a beat is a refill, or so many frees into
 * one of the slabs that it allocates from. */
#define PERIOD_TICKS 16
#define ACTIVE_FREES 64

/* Frees for other threads' slabs wait in this many places, at most this many bytes and for PERIOD_TICKS
 * beats, before they are handed over with one compare-and-swap a slab. A program with objects of all
 * sizes sends from some forty slabs at a time. A slot counts for this many bytes at most, or a few large ones
 * would hand all over: so up to 1 MiB may wait. */
#define REMOTE_PENDING_SLABS 64
#define REMOTE_PENDING_BYTES (64 * KIB)
#define REMOTE_PENDING_SLOT_BYTES (2 * KIB)

/* --- Returning memory ------------------------------------------------------------------------- */

/* Memory stays resident up to what the program needed at its recent peak, an eighth more, and a
 * floor. It will need as much again soon, and a page that stays beats a system call and a fault. */
#define PURGE_FLOOR_BYTES (8 * MIB)
#define PURGE_SHARE_SHIFT 3

/* The recent peak comes down to what is in use by three quarters of the distance each interval: after
 * two seconds nothing is left of it. Looked at every so many releases, for a clock costs as much; and by
 * each thread on its beats. */
#define PURGE_INTERVAL_MS 500
#define PURGE_LOOK_RELEASES 16
#define PURGE_LOOK_MS 100

/* So many blocks in one go, outside the lock. */
#define PURGE_BATCH 16

/* What one release does of it, some 10 ms: the next one that finds a purge due goes on. */
#define PURGE_BATCHES_MOST 256

/* Before so much is cleared, one looks how much of it is resident (mincore, 15 µs for 4 MiB). */
#define ZERO_LOOK_BYTES (64 * KIB)

/* --- Large blocks ----------------------------------------------------------------------------- */

/* Huge pages in a block, or a stretch to give back, from this size on: that is a whole page at least.
 * Smaller blocks have what the heap has. */
#define HUGE_LEAST_BYTES (4 * MIB)

/* A heap is judged dense from this size on: two huge pages. How full large blocks are that come back is
 * looked at for the first DENSE_LOOKS, then for one in as many, which stands for all of them. */
#define DENSE_LEAST_BYTES (4 * MIB)
#define DENSE_LOOKS 16
#define DENSE_LOOK_LEAST_BYTES (256 * KIB)
#ifndef HUGE_EDGES_MOST       /* a test has less */
#define HUGE_EDGES_MOST 16384 /* a mapping each, of the 65,530 that a process may have */
#endif
#define HUGE_STEP_BYTES (2 * MIB)

/* A large block begins at a multiple of an eighth of its size, rounded up to a power of two, or of this. So
 * blocks that follow each other in one place begin alike, and what the next one's user writes first are
 * pages that are resident. A gap is less than a quarter of the block, and smaller blocks may have it. */
#define LARGE_ALIGNMENT_BYTES (64 * KIB)

/* --- The classic heap ------------------------------------------------------------------------- */

/* A growing heap reserves this, commits what it needs, and moves its top by at least a step. */
#define HEAP_RESERVE_BYTES (64 * GIB)
#define HEAP_STEP_LEAST_BYTES (64 * KIB)
#define HEAP_PAGES 16

/* A classic block is split when what is left over holds a header and a useful payload: 128
 * bytes is a header of 32 and 96 to give. Below, dead crumbs would only lengthen the lists. */
#define SPLIT_BYTES ((size_t)HALLOC_SPLIT_BYTES)

_Static_assert(UNIT_BYTES % 4096 == 0, "a unit is whole pages on every machine with 4 or 16 KiB pages");
_Static_assert(SLAB_LARGE_BYTES / SLOT_MOST_BYTES >= 4, "a slab of the largest slots holds enough of them");

#endif
