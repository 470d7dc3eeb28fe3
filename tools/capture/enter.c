/*
 * enter.c - may this call be recorded, and by whom? The rare answers: before the start, in a child, for a new
 * thread, within a call that is being recorded. The frequent one is recorder_enter in append.h.
 *
 * A child forgets all that it has from its parent, whatever state it is in; and it begins with its first
 * call. It knows that it is a child by a page that the kernel clears for it. So it may come from fork, from
 * clone, from a signal handler, or from within some library's own handler of fork. Nothing of the parent's is
 * written to: its blocks are unmapped.
 */
#include "capture.h"
#include "signal_lock.h"

/* Makes its file when it first allocates: most children only exec. */
void enter_as_child(void) {
    uint64_t signals = signals_block(); /* it has one thread, and no handler in between */
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
            traced_missed(); /* another thread is at it */
            return NULL;
        }
    }
    if (unlikely(traced_is_child()))
        enter_as_child();
    /* If it has a recorder, it is inside: the allocator below calls malloc, or a signal handler. */
    if (!traced.recording || recorder_mine)
        return NULL;
    if (!atomic_load_explicit(&traced.stopped, memory_order_relaxed))
        return recorder_make();
    traced_missed();
    return NULL;
}
