/* lock.c - see lock.h for the idea and its source. */
#include "lock.h"

#include <assert.h>
#include <stdlib.h>

#include "fatal.h"

INTERNAL_DEFINE struct lock lists_lock = LOCK_INIT(RANK_LISTS);

enum { FREE, LOCKED, CONTENDED };

/* Spins before it sleeps: our critical sections are a few hundred instructions. */
#define SPINS 100

static void cpu_relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#ifdef HALLOC_DEBUG
static __thread unsigned ranks_held __attribute__((tls_model("initial-exec")));

static void rank_enter(uint32_t rank) {
    assert((ranks_held >> rank) == 0 && "locks are taken in the order of their ranks");
    ranks_held |= 1u << rank;
}

static void rank_leave(uint32_t rank) {
    ranks_held &= ~(1u << rank);
}
#else
#define rank_enter(rank) ((void)(rank))
#define rank_leave(rank) ((void)(rank))
#endif

/* Locks that this thread is taking, holds or is giving back. Volatile: its own signal handlers look. */
static __thread volatile unsigned in_hand __attribute__((tls_model("initial-exec")));

INTERNAL bool locks_are_in_hand(void) {
    return in_hand;
}

static bool try_acquire(struct lock *lock) {
    uint32_t expected = FREE;
    return __atomic_compare_exchange_n(&lock->state, &expected, LOCKED, false, __ATOMIC_ACQUIRE,
                                       __ATOMIC_RELAXED);
}

static NOINLINE void acquire_contended(struct lock *lock) {
    for (int spin = 0; spin < SPINS; spin++) {
        cpu_relax();
        if (load_relaxed(&lock->state) == FREE && try_acquire(lock))
            return;
    }
    /* From here on we can't know whether others sleep too, so we leave it marked contended. */
    while (__atomic_exchange_n(&lock->state, CONTENDED, __ATOMIC_ACQUIRE) != FREE)
        platform_wait(&lock->state, CONTENDED);
}

/* The second call comes from a handler of SIGABRT that allocates: it ends without another abort. */
static NOINLINE void end_of_self_wait(void) {
    static bool ending;
    if (__atomic_exchange_n(&ending, true, __ATOMIC_RELAXED))
        __builtin_trap();
    print_line("halloc: malloc was called from inside malloc: by a policy's hook, or by a signal handler");
    abort();
}

static void set_free(struct lock *lock) {
    store_relaxed(&lock->owner, NULL);
    if (__atomic_exchange_n(&lock->state, FREE, __ATOMIC_RELEASE) == CONTENDED)
        platform_wake(&lock->state, 1);
}

INTERNAL void lock_acquire(struct lock *lock) {
    rank_enter(lock->rank);
    in_hand++;
    if (!try_acquire(lock)) {
        if (lock_is_mine(lock) && lock->taken_for_fork)
            return;
        if (lock_is_mine(lock))
            end_of_self_wait();
        acquire_contended(lock);
    }
    store_relaxed(&lock->owner, thread_mark());
}

INTERNAL void lock_release(struct lock *lock) {
    if (!lock->taken_for_fork)
        set_free(lock);
    in_hand--;
    rank_leave(lock->rank);
}

/* How often an impatient thread tries: some milliseconds, far longer than any section lasts. */
#define FORK_TRIES 100000

INTERNAL void lock_before_fork(struct lock *lock, unsigned level, bool patient) {
    if (lock_is_mine(lock))
        return;
    in_hand++; /* until it is given back: a signal handler that forks meanwhile must not wait */
    for (int tries = 0; !try_acquire(lock); tries++) {
        if (patient) {
            acquire_contended(lock);
            break;
        }
        if (tries == FORK_TRIES) {
            in_hand--;
            return;
        }
        cpu_relax();
    }
    store_relaxed(&lock->owner, thread_mark());
    lock->taken_for_fork = (uint16_t)level;
}

INTERNAL void lock_after_fork(struct lock *lock, unsigned level, bool in_child) {
    bool mine = lock_is_mine(lock); /* in a child, the locks of threads that are not there become free, too */
    if (mine ? lock->taken_for_fork != level : !in_child)
        return;
    lock->taken_for_fork = 0;
    set_free(lock); /* in a child nobody sleeps, and waking nobody does no harm */
    if (mine)
        in_hand--;
}
