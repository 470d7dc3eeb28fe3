/*
 * watched.h - starts a program on Halloc with its sampler on, and looks at it just before it is gone.
 *
 * ptrace stops the program's first thread as it exits, when its memory is still there. Nothing else is
 * watched: not its other threads, nor its children. Signals go on to the program.
 */
#ifndef HALLOC_PROFILE_WATCHED_H
#define HALLOC_PROFILE_WATCHED_H

#include <stdint.h>
#include <sys/types.h>

/* Calls `at_end` with the pid, once. Returns the program's exit status, 128 and the signal's number if one
 * ended it, or 127: it was not started, and the reason was printed. */
int watched_run(const char *who, char **command, uint64_t every_bytes,
                void (*at_end)(pid_t pid, void *context), void *context);

#endif
