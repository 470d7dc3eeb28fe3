/*
 * start.h - the process heap's start, on the first call that needs it.
 *
 * The first malloc may come from anywhere: the dynamic linker before any constructor, dlsym inside an
 * interposed function, two threads at once. The start itself calls malloc (pthread_atfork does). By then the
 * region stands, and serves the call.
 */
#pragma once

#include "serve.h"

/* Starts the heap if it has not been. False: no memory; the next call tries again. */
INTERNAL bool process_start(void);

ALWAYS_INLINE bool process_is_ready(void) {
    return likely(load_acquire(&process.ready)) || process_start();
}
