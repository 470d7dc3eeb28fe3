/*
 * fork.c - fork: every lock is taken before, and let go after, in parent and child. Layer 10.
 *
 * fork copies all memory, but only the calling thread. Whatever another thread was changing would
 * stay half changed in the child, and its locks taken for ever. So fork waits until nobody changes
 * anything that a lock guards. What no lock guards, a thread's own cache and slabs, may be caught in
 * any state: lost.c.
 *
 * This file knows every lock of the library, in the order of their ranks; nothing else does.
 */
#include <pthread.h>

#include "conf.h"
#include "counters.h"
#include "lock.h"
#include "mapping.h"
#include "original.h"
#include "purge.h"
#include "record.h"
#include "start.h"

typedef void visit_lock(struct lock *lock, bool flag);

/* The program's own; the one that serves malloc has a place among the other locks. */
static void visit_heaps(visit_lock *visit, bool flag) {
    for (halloc_heap *heap = heaps; heap; heap = heap->next)
        if (heap != process.classic)
            visit(&heap->lock, flag);
}

static void visit_outer_locks(visit_lock *visit, bool flag) {
    visit(&original_lock, flag);
    visit(&start_lock, flag);
    visit(&policies_lock, flag);
    visit(&conf_lock, flag);
}

static void visit_inner_locks(visit_lock *visit, bool flag) {
    visit(&caches_lock, flag);
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++)
        visit(shared_lock(size_class), flag);
    visit(&region.lock, flag);
    if (process.classic)
        visit(&process.classic->lock, flag);
    visit(&mappings_lock, flag);
}

/* A handler that interrupted us between two locks must not wait: `patient` in lock.h. */
static void before_fork(void) {
    bool patient = !locks_are_in_hand();
    visit_outer_locks(lock_before_fork, patient);
    lock_before_fork(&heaps_lock, patient);
    visit_heaps(lock_before_fork, patient);
    visit_inner_locks(lock_before_fork, patient);
}

static void after_fork(bool in_child) {
    visit_inner_locks(lock_after_fork, in_child);
    visit_heaps(lock_after_fork, in_child);
    lock_after_fork(&heaps_lock, in_child);
    visit_outer_locks(lock_after_fork, in_child);
}

static void after_fork_in_parent(void) {
    after_fork(false);
}

/* The parent's calls and peaks are not the child's. */
static void forget_parents_figures(struct engine *engine) {
    engine->peak_used_bytes = engine->used_bytes;
    engine->warm.finds = engine->warm.inserts = engine->warm.removes = 0;
    engine->cold.finds = engine->cold.inserts = engine->cold.removes = 0;
}

static void after_fork_in_child(void) {
    threads_lose_others();
    if (region.purging && region.purger != thread_mark()) { /* the purging thread is gone */
        purge_unhold();
        region.purging = false;
    }
    after_fork(true);
    if (!record_is_shared())
        return;
    forget_parents_figures(process.classic ? &process.classic->engine : &region.engine);
    record_inherit();
    store_relaxed(&counters->threads, cache_own ? 1 : 0);
    store_relaxed(&counters->threads_live, cache_own ? 1 : 0);
    store_relaxed(&counters->threads_peak, cache_own ? 1 : 0);
}

/* pthread_atfork may call malloc, and so come here again: `registered` is set first. A second thread
 * that overtakes the first between the two lines has no other threads' heap to lose yet. */
INTERNAL void fork_handlers_register(void) {
    static bool registered;
    if (!__atomic_exchange_n(&registered, true, __ATOMIC_ACQ_REL))
        pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}
