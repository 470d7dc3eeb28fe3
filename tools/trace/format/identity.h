/*
 * identity.h - which process is this? A pid is not enough: it is used again after its process has ended,
 * and each pid namespace counts its own.
 *
 * So the identity is one number made of the pid, the time of the start and the pid namespace. exec keeps
 * all three; fork changes them. The recorder computes it, and so does `halloc trace` between fork and exec.
 * So the recorder can tell the program itself from its children. Only the kernel is called, because the
 * recorder does this within malloc.
 */
#ifndef HALLOC_TRACE_IDENTITY_H
#define HALLOC_TRACE_IDENTITY_H

#include "checksum.h"

#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Field 22 of /proc/self/stat, in ticks since the machine's start. Field 2 is in brackets, and may hold
 * anything. */
static inline uint64_t identity_start(void) {
    char text[1024];
    int fd = (int)syscall(SYS_openat, AT_FDCWD, "/proc/self/stat", O_RDONLY | O_CLOEXEC, 0);
    long length = fd < 0 ? 0 : syscall(SYS_read, fd, text, sizeof text);
    if (fd >= 0)
        syscall(SYS_close, fd);
    long at = length;
    while (at > 0 && text[at - 1] != ')')
        at--;
    for (unsigned field = 2; at > 0 && at < length && field < 22; at++)
        field += text[at] == ' ';
    uint64_t ticks = 0;
    for (; at > 0 && at < length && text[at] >= '0' && text[at] <= '9'; at++)
        ticks = 10 * ticks + (uint64_t)(text[at] - '0');
    return ticks;
}

/* Never 0. Without /proc it is the pid alone. */
static inline uint64_t identity_of_process(void) {
    char space[64] = "";
    long length = syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/ns/pid", space, sizeof space);
    uint64_t state = checksum_bytes((uint64_t)syscall(SYS_getpid), space, length > 0 ? (size_t)length : 0);
    state = checksum_step(state, identity_start());
    return state ? state : 1;
}

#endif
