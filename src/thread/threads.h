/*
 * threads.h - which thread has which cache: first use, exit, fork.
 *
 *      first slow call    take over a dead thread's cache, or make one
 *      thread exit        after the other destructors: slabs to the shared pools, the cache to the dead
 *      after that         malloc borrows a cache for one call; free hands over at once
 *      fork, in the child every other thread's cache is an orphan (orphans.c)
 *
 * Caches are never freed: orphans.c follows the owner of a slab whose thread is gone. And each free compares
 * owners, so the address of a cache may not come back for something else.
 */
#pragma once

#include "thread_cache.h"

/* Makes the key whose destructor ends a thread's cache. Early: glibc keeps the first keys' values inside the
 * thread's descriptor. If none is to be had, a thread's cache outlives it, and nothing worse. */
INTERNAL void threads_start(void);

/* The calling thread's cache, made if it has none. NULL: out of memory, or the thread's destructors ran
 * already. */
INTERNAL struct thread_cache *cache_mine(void);

/* For such a thread: any cache, for one call, after which it must be returned. NULL: no memory. */
INTERNAL struct thread_cache *cache_borrow(void);
INTERNAL void cache_return(struct thread_cache *cache);

/* Another thread is about to begin (interpose.c). A thread that was alone owns each slab that it freed into,
 * and others could not use their free slots. If the heap is large, these slabs go to the pools. Not INTERNAL:
 * halloc.c defines it, and interpose.c is a file of its own. */
void halloc_before_thread(void) __attribute__((visibility("hidden")));

/* In the child of a fork: the caches of all other threads are orphans. */
INTERNAL void threads_orphan_others(void);
