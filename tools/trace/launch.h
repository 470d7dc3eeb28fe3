/*
 * launch.h - starts a program with the recorder preloaded, waits for it, and finishes its files and those
 * of its children.
 */
#ifndef HALLOC_TRACE_LAUNCH_H
#define HALLOC_TRACE_LAUNCH_H

#include "read/reader.h"
#include "../base/fail.h"

#define LAUNCH_FAILED 1
#define LAUNCH_USAGE 2

struct launch {
    const char *output; /* as given */
    const char *below;  /* an allocator to preload beneath the recorder; NULL: none */
    unsigned frames;    /* a call site */
    bool times, addresses;
    uint64_t most_bytes; /* of each file; 0: no bound */
    bool quiet;
    char **command;
    uint64_t session;
    char *path; /* output, absolute */
    int status; /* as waitpid has it */
};

/* Prints "halloc trace: ..." to stderr. Returns false. */
#define launch_fail(...) fail("halloc trace", __VA_ARGS__)

/* False: it was not started, or can't be waited for. Then *status is the exit status. */
bool launch_program(struct launch *launch, int *status);

struct collected {
    char *path;
    char *command;
    struct trace_totals totals;
    struct trace_problem problem; /* if the file has damage, or could not be finished */
    bool packed, readable; /* readable: a file that is not packed can be read as the recorder left it */
    uint32_t stopped;      /* enum trace_stop: why recording ended early */
    uint32_t pid;
};

/* Finishes the files of this session, the program's own first, then by pid. NULL with *count 0: there are
 * none. */
struct collected *launch_collect(const struct launch *launch, size_t *count);
void launch_collected_free(struct collected *collected, size_t count);

#endif
