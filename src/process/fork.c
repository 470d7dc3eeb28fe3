/*
 * fork.c - fork: every lock is taken before, and given back after, in parent and child.
 *
 * fork copies all memory, but only the calling thread. In the child, what another thread was changing would
 * stay half changed, and its locks taken forever. So fork waits until no thread changes anything that a lock
 * guards. No lock guards a thread's own cache and slabs: orphans.c mends them.
 *
 * Only this file knows every lock of the library, in the order of their ranks.
 */
#include <pthread.h>

#include "../platform/counters_file.h"
#include "serve.h"

typedef void visit_lock(struct lock *lock, unsigned level, bool flag);

/* The list of heaps is followed while its lock is held. The heap that serves malloc has another rank. */
static void visit_heaps(visit_lock *visit, unsigned level, bool flag) {
    if (visit == lock_before_fork)
        visit(&lists_lock, level, flag);
    for (halloc_heap *heap = heaps; heap; heap = heap->next)
        if (heap != process.classic)
            visit(&heap->lock, level, flag);
    if (visit == lock_after_fork)
        visit(&lists_lock, level, flag);
}

static void visit_locks(visit_lock *visit, unsigned level, bool flag) {
    visit(&original_lock, level, flag);
    visit(&start_lock, level, flag);
    visit_heaps(visit, level, flag);
    visit(&caches_lock, level, flag);
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++)
        visit(shared_lock(size_class), level, flag);
    visit(&region.lock, level, flag);
    if (process.classic)
        visit(&process.classic->lock, level, flag);
}

/* --- Signals and nested forks ----------------------------------------------------------------- */

/* How many forks this thread is inside of. Signals are held back meanwhile, so that no signal handler forks
 * then. But a fault or a debugger's trap can't be held back, and another handler of fork may itself fork. */
static TLS unsigned levels;
static TLS uint64_t signals_before;

/* --- The lock of libc's list of files --------------------------------------------------------- */

/* fork takes it after our handler. fflush(NULL) holds it and waits for a file, whose reader may wait for our
 * locks. So we take it before our locks. glibc exports its functions; musl has none. In the child
 * glibc makes the lock anew if there were threads. */
#pragma weak _IO_list_lock
#pragma weak _IO_list_unlock
#pragma weak _IO_list_resetlock
#pragma weak __libc_single_threaded
extern void _IO_list_lock(void), _IO_list_unlock(void), _IO_list_resetlock(void);
extern char __libc_single_threaded;
static TLS bool has_list_lock;

static void take_list_lock(void) {
    bool alone = &__libc_single_threaded && __libc_single_threaded;
    if (alone || !_IO_list_lock || !_IO_list_unlock || !_IO_list_resetlock)
        return;
    _IO_list_lock();
    has_list_lock = true;
}

static void give_list_lock(bool in_child) {
    if (has_list_lock)
        (in_child ? _IO_list_resetlock : _IO_list_unlock)();
    has_list_lock = false;
}

/* --- The handlers ----------------------------------------------------------------------------- */

static void before_fork(void) {
    unsigned level = ++levels;
    bool patient = !locks_are_in_hand();
    if (level == 1) {
        platform_mask_signals(NULL, &signals_before);
        if (patient)
            take_list_lock();
    }
    visit_locks(lock_before_fork, level, patient);
}

static void after_fork(bool in_child) {
    unsigned level = levels;
    visit_locks(lock_after_fork, level, in_child);
    if (level == 1 || in_child)
        give_list_lock(in_child); /* in a child libc has made it anew: no outer fork may give it back */
    if (level == 1)
        platform_mask_signals(&signals_before, NULL);
    levels--;
}

static void after_fork_in_parent(void) {
    after_fork(false);
}

/* The parent's calls and peaks are not the child's. */
static void forget_parents_figures(struct engine *engine) {
    engine->peak_used_bytes = engine->used_bytes;
    for (int index = 0; index < 2; index++)
        engine->set[index].finds = engine->set[index].inserts = engine->set[index].removes = 0;
}

static void after_fork_in_child(void) {
    threads_orphan_others();
    limit_after_fork();
    guard_is_busy = false;
    store_relaxed(&conf.sample_bytes, conf.sample_always); /* who samples the parent does not know of us */
    after_fork(true);
    if (counters_inherit(cache_own ? 1 : 0))
        forget_parents_figures(process.classic ? &process.classic->engine : &region.engine);
}

/* First of all: then our handler is the last before a fork and the first after it, and other libraries'
 * handlers may allocate, and wait for threads that do. The linker runs this before all other libraries'
 * constructors (-z initfirst); the first malloc may come sooner. pthread_atfork may call malloc,
 * and so come here again. */
INTERNAL __attribute__((constructor(101))) void fork_handlers_register(void) {
    static bool is_done;
    if (!__atomic_exchange_n(&is_done, true, __ATOMIC_ACQ_REL))
        pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}
