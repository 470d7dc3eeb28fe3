/*
 * signal_lock.h - a lock for the recorder's rare work: a new block, a new thread, a new call site. It is not
 * one of pthread's: the program may have replaced those, and they may allocate. A thread that waits yields.
 *
 * Signals wait while a thread holds such a lock. So a handler never interrupts a thread that holds one, and
 * never finds the guarded data half changed. A handler may even fork. Signals that an instruction itself
 * raises are not blocked: most of them end the process, and a debugger needs SIGTRAP to step.
 */
#ifndef HALLOC_CAPTURE_SIGNAL_LOCK_H
#define HALLOC_CAPTURE_SIGNAL_LOCK_H

#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

struct lock {
    atomic_uint taken;
    uint64_t signals; /* the holder's blocked signals, restored at the end */
};

/* A set of signals in the kernel's form: 64 bits, the first signal in the lowest. Returns the old set. */
static inline uint64_t signals_block(void) {
    static const int raised[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    uint64_t all = ~UINT64_C(0), before = 0;
    for (unsigned index = 0; index < sizeof raised / sizeof *raised; index++)
        all &= ~(UINT64_C(1) << (raised[index] - 1));
    syscall(SYS_rt_sigprocmask, SIG_BLOCK, &all, &before, sizeof all);
    return before;
}

static inline void signals_restore(uint64_t before) {
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof before);
}

static inline void lock_take(struct lock *lock) {
    uint64_t signals = signals_block();
    while (atomic_exchange_explicit(&lock->taken, 1, memory_order_acquire))
        syscall(SYS_sched_yield);
    lock->signals = signals;
}

static inline void lock_give(struct lock *lock) {
    uint64_t signals = lock->signals;
    atomic_store_explicit(&lock->taken, 0, memory_order_release);
    signals_restore(signals);
}

/* In a forked child: the holder may not exist here. Was the lock free, so that its data is whole? */
static inline int lock_forget(struct lock *lock) {
    return !atomic_exchange_explicit(&lock->taken, 0, memory_order_relaxed);
}

#endif
