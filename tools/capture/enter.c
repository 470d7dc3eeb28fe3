/*
 * enter.c - may this call be recorded, and by which recorder? These are the rare cases: before the start,
 * in a child, in a new thread, within a recorded call. The frequent case is recorder_enter in append.h.
 *
 * A child begins with its first call. It forgets everything that it has from its parent, whatever the
 * state. A page that the kernel clears tells it that it is a child. So the child may come from fork, from
 * clone, from a signal handler, or from within a library's own handler of fork. It writes nothing to the
 * parent's blocks: it unmaps them.
 */
#include "capture.h"
#include "signal_lock.h"

/* Its file is made when it first allocates: most children only exec. */
void enter_as_child(void) {
    uint64_t signals = signals_block(); /* the child has one thread, and no handler may run here */
    if (!atomic_load(traced_same)) {
        traced.epoch++;
        traced.first_thread = atomic_load(&traced.threads);
        traced.start_ns = traced_clock_ns();
        atomic_store(&traced.missed, 0);
        atomic_store(&traced.stopped, false);
        recorder_forget_all();
        file_forget();
        sites_forget();
        atomic_store(traced_same, 1);
    }
    signals_restore(signals);
}

struct recorder *recorder_enter_slow(void) {
    if (traced_starting)
        return NULL;
    if (unlikely(!atomic_load_explicit(&traced.ready, memory_order_acquire))) {
        traced_start();
        if (!atomic_load(&traced.ready)) {
            traced_missed(); /* another thread is doing it */
            return NULL;
        }
    }
    if (unlikely(traced_is_child()))
        enter_as_child();
    /* If the thread has a recorder, it is inside it: the allocator below calls malloc, or a signal handler
     * does. */
    if (!traced.recording || recorder_mine)
        return NULL;
    if (!atomic_load_explicit(&traced.stopped, memory_order_relaxed))
        return recorder_make();
    traced_missed();
    return NULL;
}
