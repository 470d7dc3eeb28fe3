/*
 * counters.h - what the process heap counts as it works.
 *
 * One `struct counters` a process, in the library's own memory or in a counters file (counters_file.h).
 * Nearly all of it is counted only when somebody asked for it. Then the fast paths miss by design
 * (thread_cache.h), and every request is counted.
 *
 * Relaxed atomics throughout: each number is exact, two of them need not be from one instant.
 */
#pragma once

#include "base.h"

#define COUNTERS_MAGIC 0x68616c6c6f633033u /* "halloc03": the layout's version as well */
#define COUNTERS_RECORDS_MOST 1024         /* processes in one counters file */

struct counters {
    uint64_t magic; /* 0: unused */
    uint64_t pid;
    uint64_t parent;
    uint64_t ended; /* 1: by exit; 0: by _exit, exec, a signal, or still at work */
    char program[64];
    char heap[16]; /* "process" or "classic" */
    char fit[32];

    /* What there is. The child of a fork begins with its parent's. */
    uint64_t live_blocks, live_bytes;
    uint64_t region_bytes;                     /* up to the frontier                  */
    uint64_t used_bytes;                       /* of it, in blocks in use             */
    uint64_t free_dirty_bytes;                 /* of it, free but resident            */
    uint64_t uncarved_bytes;                   /* of used_bytes, in slabs, untouched yet */
    uint64_t slabs_inherited, large_inherited; /* from the process that it was forked from */

    /* What happened. Each process begins with 0; a peak, with what there is. */
    uint64_t allocations, frees, resizes, failures;
    uint64_t requested_bytes, granted_bytes; /* sums over all allocations */
    uint64_t peak_live_bytes, peak_used_bytes;
    uint64_t peak_occupied_bytes; /* used_bytes without uncarved_bytes */
    uint64_t refills, remote_batches, remote_frees;
    uint64_t slabs_made, slabs_released, slabs_adopted;
    uint64_t large_taken, large_released;
    uint64_t purges, purged_bytes;
    uint64_t threads, threads_live, threads_peak;
    uint64_t system_calls;   /* for memory                          */
    uint64_t peak_rss_bytes; /* as the kernel says at exit; 0: not known */
    uint64_t policy_finds, policy_inserts, policy_removes;
};

struct counters_file {
    uint64_t magic;
    uint64_t taken; /* how many processes asked for a place, perhaps more than there are */
    struct counters records[COUNTERS_RECORDS_MOST];
};

/* Where this process counts; never NULL. */
INTERNAL_DATA struct counters *counters, own_counters;

/* True when requests are counted. An atomic addition to memory that all threads share costs more than
 * the rest of a slow path, so only programs whose counters are read pay for it. */
INTERNAL_DATA bool counting;

/* Threads with a cache. */
INTERNAL_DATA uint32_t live_caches;

static inline void count_always(uint64_t *counter, uint64_t by) {
    __atomic_fetch_add(counter, by, __ATOMIC_RELAXED);
}

static inline void count(uint64_t *counter, uint64_t by) {
    if (unlikely(counting))
        count_always(counter, by);
}

/* Raises a high-water mark. */
static inline void count_peak(uint64_t *peak, uint64_t value) {
    uint64_t old = load_relaxed(peak);
    while (value > old &&
           !__atomic_compare_exchange_n(peak, &old, value, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

/* After a large block was taken or a slab carved. A thread that makes or releases a slab changes the
 * two numbers one after the other: the mark may be too high by a slab of each such thread. */
static inline void count_occupied(void) {
    uint64_t used = load_relaxed(&counters->used_bytes), uncarved = load_relaxed(&counters->uncarved_bytes);
    if (used > uncarved)
        count_peak(&counters->peak_occupied_bytes, used - uncarved);
}
