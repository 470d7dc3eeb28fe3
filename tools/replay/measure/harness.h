/*
 * harness.h - the loop that replays a job's steps on an allocator, and does as little else as possible.
 *
 * Every allocator is called through the same five pointers. One allocator does nothing, so its time is the
 * cost of the harness, which may be subtracted. The command uses the harness, and so does the replayer, a
 * program with a preloaded allocator. So the harness itself must not allocate.
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
    /* The bytes that the heap takes now, with all its tables; NULL: the kernel is asked instead. */
    size_t (*extent)(void);
};

/* Returns the same 64 bytes each time; each thread has its own. */
extern const struct allocator allocator_nothing;

/* Replays everything; job->answer has the result. False: it did not begin, for lack of memory or threads;
 * answer.what says why. */
bool harness_play(struct job *job, const struct allocator *allocator);

#endif
