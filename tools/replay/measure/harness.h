/*
 * harness.h - the loop that replays a job's steps on an allocator, and as little else as possible.
 *
 * Every allocator is called through the same five pointers, the one that does nothing as well; so what that
 * one costs is the harness, and may be subtracted. It is for the command and for the replayer, a program that
 * has an allocator preloaded: it must not allocate anything itself.
 */
#ifndef HALLOC_REPLAY_HARNESS_H
#define HALLOC_REPLAY_HARNESS_H

#include "job.h"

struct allocator {
    void *(*allocate)(size_t size);
    void *(*zeroed)(size_t count, size_t size);
    void *(*aligned)(size_t alignment, size_t size);
    void *(*resize)(void *ptr, size_t size);
    void (*release)(void *ptr);
    /* Bytes that the heap takes by now, with all that belongs to it; NULL: the kernel is asked instead. */
    size_t (*extent)(void);
};

/* Gives the same 64 bytes each time, to each thread its own. */
extern const struct allocator allocator_nothing;

/* Replays all of it; what came of it is in job->answer. False: not even begun, for lack of memory or threads;
 * answer.what says so. */
bool harness_play(struct job *job, const struct allocator *allocator);

#endif
