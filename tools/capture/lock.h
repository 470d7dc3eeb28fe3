/*
 * lock.h - a lock for the recorder's rare work: a new block, a new thread, a new call site. It can't be
 * pthread's, which the program may have replaced and which may allocate. Who waits, yields.
 */
#ifndef HALLOC_CAPTURE_LOCK_H
#define HALLOC_CAPTURE_LOCK_H

#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline void lock_take(atomic_uint *lock) {
    while (atomic_exchange_explicit(lock, 1, memory_order_acquire))
        syscall(SYS_sched_yield);
}

static inline void lock_give(atomic_uint *lock) {
    atomic_store_explicit(lock, 0, memory_order_release);
}

#endif
