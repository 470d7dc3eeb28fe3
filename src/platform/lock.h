/*
 * lock.h - a mutex that fork can reason about.
 *
 *      state 0: free      1: locked      2: locked, and a thread may be asleep
 *
 * From U. Drepper, "Futexes Are Tricky" (2011), mutex 2: an uncontended lock and unlock are one atomic
 * exchange each, no system call. pthread mutexes may not be reset in the child of a fork. Nor can they say
 * whether this thread holds them: a fork from a signal handler that interrupted malloc must skip such a lock.
 *
 * A thread that takes a lock twice would wait for itself forever: the program ends with one line. A lock that
 * it took for a fork lets it in, for other handlers of that fork may allocate.
 *
 * Order: a thread that holds a lock takes only locks of higher rank. Checked in debug builds.
 */
#pragma once

#include "platform.h"

enum lock_rank {
    RANK_ORIGINAL, /* the heap of the original functions  */
    RANK_START,    /* the process heap's start            */
    RANK_LISTS,    /* lists_lock                          */
    RANK_OWN_HEAP, /* a heap of the program's own: who walks it may call malloc */
    RANK_CACHES,   /* the registry of thread caches       */
    RANK_CLASS,    /* the shared slabs of one size class  */
    RANK_HEAP,     /* the region's blocks; the classic heap that serves malloc */
};

struct lock {
    uint32_t state;
    uint16_t rank;
    uint16_t taken_for_fork; /* the level of that fork (fork.c), or 0 */
    const void *owner;       /* the holder's thread_mark(); NULL while it is free */
};

#define LOCK_INIT(r)                                                                                         \
    { 0, (r), 0, NULL }

/* An address that no other living thread has; the same before and after fork. */
static inline const void *thread_mark(void) {
    static __thread char mark __attribute__((tls_model("initial-exec")));
    return &mark;
}

/* Guards what changes rarely: the lists of heaps and of policies, HALLOC_CONF as it is read, the hook of
 * the limit. */
INTERNAL_DATA struct lock lists_lock;

INTERNAL void lock_acquire(struct lock *lock);
INTERNAL void lock_release(struct lock *lock);

/* Around a fork every lock is taken, so that what it guards is whole in the child. A lock that this thread
 * holds is skipped: a signal handler interrupted malloc, and will return to it. Such a thread must not wait
 * for others, which may wait for it: `patient` is false, and a lock that stays taken is left. A handler may
 * even interrupt a fork, and fork: `level` tells which of the two took a lock and gives it back. In the child
 * all locks end up free but those that the forking thread itself held. */
INTERNAL void lock_before_fork(struct lock *lock, unsigned level, bool patient);
INTERNAL void lock_after_fork(struct lock *lock, unsigned level, bool in_child);

/* Makes fork do so, from the first call on. Called before main, and before a heap is published. Defined in
 * fork.c, which knows every lock. */
INTERNAL void fork_handlers_register(void);

/* True while this thread is about to take a lock, holds one, or is giving one back: such a thread can't wait
 * for others. lock_is_mine is not true yet between taking a lock and signing it. */
INTERNAL bool locks_are_in_hand(void);

static inline bool lock_is_mine(const struct lock *lock) {
    return load_relaxed(&lock->owner) == thread_mark();
}
