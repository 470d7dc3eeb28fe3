/*
 * config.h - every tunable that decides about time or memory, with its reason.
 *
 * A bound of one file alone stands there.
 */
#pragma once

#include "../../halloc.h"
#include "bits.h"

/* What malloc must give on the platforms we run on (max_align_t): it keeps SIMD loads of 16 bytes legal. The
 * classic heap's granule as well. */
#define ALIGNMENT_BYTES ((size_t)16)

/* --- The region ------------------------------------------------------------------------------- */

/* Blocks of the process heap are whole units. 16 KiB: small enough that a block of 33 KiB wastes
 * little, large enough that table entries of 4 + 64 + 64 + 48 bytes a unit cost 1.1 %. */
#define UNIT_SHIFT 14
#define UNIT_BYTES ((size_t)1 << UNIT_SHIFT)

/* Addresses to reserve: they cost nothing until they are used, and in one contiguous range one comparison
 * tells whether a pointer is ours. Any refusal halves the number. */
#define RESERVE_BYTES (1024 * GIB)
#define RESERVE_LEAST_BYTES (16 * MIB)

/* The region starts at a multiple of this, for huge pages. */
#define REGION_ALIGNMENT_BYTES (2 * MIB)

/* The frontier moves up in steps of an eighth of the region, but at least and at most these; after the first
 * huge page to the end of one. What lies beyond can't be accessed: in a small heap an overflow of a megabyte
 * ends the program. */
#define FRONTIER_STEP_LEAST_BYTES (256 * KIB)
#define FRONTIER_STEP_MOST_BYTES (256 * MIB)

/* It comes down where a quarter of the region is free at the top, and at least this much. */
#define RETRACT_LEAST_BYTES (32 * MIB)

/* Tables grow with the frontier, for this many units at least (16 MiB of region, 0.2 of tables), then
 * double. */
#define TABLE_STEP_UNITS ((size_t)1024)

/* Addresses for objects of size 0, 16 bytes apart. If as many in turn as the second figure are in use, such
 * an object gets a slot instead. */
#define ZERO_BYTES (1 * MIB)
#define ZERO_TRIES 64

/* Inaccessible, between tables: a runaway write from one table does not reach the next. */
#define GUARD_BYTES (64 * KIB)

/* --- Slabs ------------------------------------------------------------------------------------ */

/* Larger requests are blocks. Above this a slot's rounding would waste more than a unit's does. */
#define SLOT_MOST_BYTES (32 * KIB)

/* Large slabs mean fewer refills and fewer descriptors in cache. They are cheap, because untouched memory
 * is not resident. But a thread allocates from one slab of each class that it uses: with slabs twice as
 * large, threads that take turns need a sixth more memory. */
#define SLAB_SMALL_BYTES (64 * KIB)  /* slots up to 8 KiB  */
#define SLAB_LARGE_BYTES (128 * KIB) /* slots up to 32 KiB */

/* Where threads share a small heap (NOTES_FROM_BYTES), those slabs are most of it: up to this size of slots a
 * slab has half as much. With one thread that costs a twelfth of the time in tables, and saves little. */
#define SLOT_CROWDED_BYTES (2 * KIB)

/* Slots are carved in steps of this: the least that the kernel gives anyway. */
#define CARVE_BYTES ((size_t)4096)

/* A heap with less than this for each thread is small. There a freed slot is near in some cache, and is
 * listed. In a larger heap it is noted, without touching it, unless its slab is allocated from. */
#define NOTES_FROM_BYTES (8 * MIB)

/* --- Thread caches ---------------------------------------------------------------------------- */

/* Caches share mappings of this size, since a process may have only 65,530. */
#define CACHES_BYTES (128 * KIB)

/* Threads beside each other keep the first figure, but each at least the second (under a limit only that): so
 * much in active slabs, and so much in empty slabs of the pools. A pair of calls at the edge of a slab then
 * does not take the region's lock each time, and pages of the slab that were never carved stay untouched. */
#define KEPT_SHARED_BYTES (4 * MIB)
#define KEPT_LEAST_BYTES (128 * KIB)

/* A thread that holds more gives an active slab up when no object is left there. To find out what is in use,
 * and to change slabs, is work: a unit of it takes some 20 ns. A thread earns so many units each millisecond
 * (less than two thousandths of its time), and saves up the last figure. */
#define GIVE_UP_UNITS_PER_MS 80
#define GIVE_UP_UNITS_MOST 12000

/* A thread keeps large blocks, each of LARGE_CACHE_BLOCK_BYTES at most. All threads together keep the first
 * figure, but each thread at least the second. */
#define LARGE_CACHE_BYTES (1 * MIB)
#define LARGE_CACHE_LEAST_BYTES (256 * KIB)
#define LARGE_CACHE_BLOCK_BYTES (128 * KIB)

/* Periodic work runs every PERIOD_TICKS ticks. A tick is one refill, ACTIVE_FREES frees into an active slab,
 * or a list of foreign slots that is full. */
#define PERIOD_TICKS 16
#define ACTIVE_FREES 64

/* A thread keeps foreign slots of each class up to this share of what is in use, but between these figures:
 * in a small heap they would be most of the heap, in a large one it is rare that two follow each other in one
 * slab. Beyond the lower figure they are a number of slots at most, for each can hold a page. It takes them
 * again from the last figure on: a single piece of a cache line that another thread writes to is not passed
 * on. */
#define FOREIGN_SHARE_SHIFT 10
#define FOREIGN_MOST_BYTES (32 * KIB)
#define FOREIGN_MOST_SLOTS 128
#define FOREIGN_FEW_BYTES (4 * KIB)
#define FOREIGN_LEAST_BYTES 256

/* --- Giving memory back ----------------------------------------------------------------------- */

/* Memory stays resident up to what the program needed at its recent peak, this share more, and this floor:
 * a page that stays is cheaper than a system call and a fault. */
#define PURGE_FLOOR_BYTES (8 * MIB)
#define PURGE_SHARE_SHIFT 3

/* Each interval the recent peak comes down to what is in use by three quarters of the distance: after two
 * seconds nothing of it is left. */
#define PURGE_INTERVAL_MS 500

/* Reading the clock costs as much as some releases: it is read at one release in this many. Each thread reads
 * it periodically, too, and acts when so much time has gone by. */
#define PURGE_LOOK_RELEASES 16
#define PURGE_LOOK_MS 100

/* How many blocks are purged in one go outside the lock; and how many such batches one release does, some
 * 10 ms: the next release goes on. */
#define PURGE_BATCH 16
#define PURGE_BATCHES_MOST 256

/* A purge ends after so many blocks that gave nothing, because their pages are locked: each batch walks past
 * those before it. */
#define PURGE_FRUITLESS_MOST 4096

/* From this size on, memory that must become zero is first asked how much of it is resident (mincore, 15
 * µs for 4 MiB). */
#define ZERO_LOOK_BYTES (64 * KIB)

/* --- Limits ----------------------------------------------------------------------------------- */

/* This share of the container's limit is left for what is no heap. */
#define LIMIT_SPARE_SHIFT 5

/* --- Huge pages ------------------------------------------------------------------------------- */

#define HUGE_STEP_BYTES (2 * MIB)

/* Blocks from this size on have a wish of their own, and stretches are given back in whole huge pages: at
 * least one lies inside. Smaller blocks ask for huge pages or leave the wish as it is. */
#define HUGE_LEAST_BYTES (4 * MIB)

/* Each place where the wish changes is a mapping, of the 65,530 that a process may have. */
#define HUGE_EDGES_MOST 16384

/* Slabs are judged from the first size on: two huge pages. If one thread has all of them, so many of their
 * bytes may be empty besides an eighth: a slab of each size that programs use is about half empty. */
#define DENSE_LEAST_BYTES (4 * MIB)
#define DENSE_ALONE_BYTES (3 * MIB)

/* Large blocks that come back are looked at, how full they are: the first DENSE_LOOKS, then one in as many,
 * which stands for all of them. */
#define DENSE_LOOKS 16
#define DENSE_LOOK_LEAST_BYTES (256 * KIB)

/* --- Large blocks ----------------------------------------------------------------------------- */

/* A large block begins at a multiple of an eighth of its size, rounded up to a power of two, or of this.
 * So blocks that follow each other in one place begin alike, and the first pages of the next one are
 * resident. The gap is less than a quarter of the block, and smaller blocks may have it. */
#define LARGE_ALIGNMENT_BYTES (64 * KIB)

/* --- Samples ---------------------------------------------------------------------------------- */

/* Return addresses of a call site that are kept, innermost first; call sites; and how many places of their
 * table are looked at for one. A site takes 512 bytes once it is used. */
#define SAMPLE_FRAMES 60
#define SAMPLE_SITES 8192
#define SAMPLE_TRIES 64

/* Places for guarded objects: each takes a page while it is in use. */
#define GUARD_PLACES 256

/* Handlers of SIGSEGV that a program sets one after another, each of which may call the one before: more are
 * seldom. The functions of guard.c are so many. */
#define GUARD_HANDLERS 3

/* --- harden:on -------------------------------------------------------------------------------- */

/* Freed slots of a class wait until so many more are freed, or so many bytes of them, but two at least. */
#define HARDEN_WAITING_SLOTS 64
#define HARDEN_WAITING_BYTES (16 * KIB)

/* malloc takes at random among up to so many that have waited, or the second figure of neighbours that were
 * not in use lately. Among more of those a program's objects would lie so mixed that its own code takes a
 * seventh more time. */
#define HARDEN_READY_SLOTS 16
#define HARDEN_NEIGHBOURS 4

/* Freed large blocks wait until so many more are, or for a request of their length the second figure. */
#define HARDEN_WAITING_BLOCKS 64
#define HARDEN_WAITING_LEAST 8

/* So much of them stays accessible meanwhile, cleared; of one block so much divided by the figure above at
 * most. System calls and faults take longer there than to clear and to compare. */
#define HARDEN_KEPT_BYTES (1 * MIB)

/* So many of them have walls: each then takes up to four of the 65,530 mappings, its neighbour's included.
 * Threads and files need some as well. */
#define HARDEN_WALLED_MOST 12288

/* So many bytes behind an object are filled, and so many of a free slot before it are looked at. */
#define HARDEN_LOOK_BYTES ((size_t)32)

/* --- The classic heap ------------------------------------------------------------------------- */

/* A growing heap reserves this, commits what it needs, and moves its top by at least a step. */
#define HEAP_RESERVE_BYTES (64 * GIB)
#define HEAP_STEP_LEAST_BYTES (64 * KIB)
#define HEAP_PAGES 16

/* A classic block is split when the rest holds a header and a useful payload: 128 bytes is a header of 32
 * and 96 to give. Smaller rests would only lengthen the lists. */

_Static_assert(UNIT_BYTES % 4096 == 0, "a unit is whole pages on every machine with 4 or 16 KiB pages");
_Static_assert(SLAB_LARGE_BYTES / SLOT_MOST_BYTES >= 4, "a slab of the largest slots holds enough of them");
