/*
 * start.h - the process heap's start, on the first call that needs it.
 *
 * The first malloc may come from anywhere: the dynamic linker before any constructor, dlsym inside
 * an interposed function, two threads at once. Whatever start calls may call malloc again on the
 * same thread (pthread_atfork does): by then the region stands, and such a call is served.
 */
#ifndef HALLOC_START_H
#define HALLOC_START_H

#include "serve.h"

/* Starts the heap if it has not been. False: no memory; the next call tries again. */
INTERNAL bool process_start(void);

ALWAYS_INLINE bool process_is_ready(void) {
    return likely(load_acquire(&process.ready)) || process_start();
}

#endif
