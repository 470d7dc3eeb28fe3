/*
 * life.c - the recorder's own first and last moments, and what the C library tells of a fork.
 *
 * Fork takes no lock. Handlers that take locks before fork would have to come before every other library's,
 * and would have to let in whoever those libraries wait for. So there is none before it, and the child
 * forgets all that it has from its parent (enter.c). The parent only notes in its trace that it has forked.
 */
#include "capture.h"
#include "append.h"

#include <errno.h>
#include <pthread.h>

/* Where the thread has a recorder: making one may need the allocator below, whose turn may be later. */
static void after_fork_parent(void) {
    int saved = errno;
    struct recorder *recorder = recorder_mine ? recorder_enter() : NULL;
    if (recorder) {
        append_event(recorder, EXTENSION_FORK);
        recorder_leave(recorder);
    }
    errno = saved;
}

static void after_fork_child(void) {
    int saved = errno;
    traced_note_fork();
    enter_as_child();
    errno = saved;
}

__attribute__((constructor)) static void start(void) {
    if (!atomic_load(&traced.ready))
        traced_start();
    operators_find();
    if (traced.recording)
        pthread_atfork(NULL, after_fork_parent, after_fork_child);
}

__attribute__((destructor)) static void end(void) {
    if (traced.recording && traced.file)
        recorder_note_ends();
}
