/*
 * pause.h - holds a process still for a moment, so that what is read fits together.
 *
 *      seize each thread, interrupt it      it stops at its next step; no signal is sent
 *      ... look ...
 *      detach                               it goes on
 *
 * A stop by SIGSTOP would be seen by its parent and its shell, and would outlast us if we were killed. A stop
 * by ptrace ends with us, whatever happens. The program can notice one thing: a few calls that were waiting
 * (epoll_wait, for one) return EINTR, as with gdb or strace.
 *
 * The kernel allows one tracer: a process under gdb or strace can't be held.
 */
#ifndef HALLOC_LIVE_PAUSE_H
#define HALLOC_LIVE_PAUSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct pause {
    pid_t *threads;
    size_t count;
    uint64_t since_ns;
};

/* False, with errno: it goes on. */
bool pause_begin(struct pause *pause, pid_t pid);

/* Returns for how long it stood still, in nanoseconds. */
uint64_t pause_end(struct pause *pause);

#endif
