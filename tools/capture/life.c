/*
 * life.c - the recorder's first and last moments, and the C library's handler after a fork.
 *
 * The recorder takes no lock before a fork. Such a handler would have to run before those of all other
 * libraries, and would block threads that those libraries wait for. So the child forgets everything that it
 * has from its parent (enter.c). The parent only notes in its trace that it has forked.
 */
#include "capture.h"
#include "append.h"

#include <errno.h>
#include <pthread.h>

/* Only if the thread has a recorder: making one may need the allocator below, which may not be ready yet.
 * */
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
