/*
 * room.c - reserves room on the disk for a trace before anything is written there.
 *
 * If the disk had no room for a mapped page, a signal would end the program in the middle of its malloc. So
 * room is reserved first. If that fails, file.c stops the recording, and the program goes on.
 *
 *  - The trace takes at most half of the free room. The other half is for the packed copy, which is
 *    written beside it at the end, and for the program, which may use the same disk.
 *  - RLIMIT_FSIZE is checked first: a file that grows beyond it sends its process a deadly signal.
 *  - A file system without fallocate gets zeros: lengthening a file reserves no room.
 */
#include "../capture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool limit_allows(uint64_t end) {
    struct {
        uint64_t current, most;
    } limit;
    return syscall(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) != 0 || end <= limit.current;
}

/* Will the free room be at least as large as the longer file? A file system that reports 0 blocks does not
 * know its size. */
static bool half_stays_free(int fd, uint64_t from, uint64_t bytes) {
    struct statfs disk;
    if (syscall(SYS_fstatfs, fd, &disk) != 0 || !disk.f_blocks)
        return true;
    return bytes + (from + bytes) <= (uint64_t)disk.f_bavail * (uint64_t)disk.f_bsize;
}

static int write_zeros(int fd, uint64_t from, uint64_t bytes) {
    static const char zeros[16384];
    while (bytes) {
        size_t some = bytes < sizeof zeros ? (size_t)bytes : sizeof zeros;
        long got = syscall(SYS_pwrite64, fd, zeros, some, (long)from);
        if (got < 0 && errno != EINTR)
            return errno;
        from += got > 0 ? (uint64_t)got : 0;
        bytes -= got > 0 ? (uint64_t)got : 0;
    }
    return 0;
}

static int reserve(int fd, uint64_t from, uint64_t bytes) {
    if (!half_stays_free(fd, from, bytes))
        return ENOSPC;
    if (syscall(SYS_fallocate, fd, 0, (long)from, (long)bytes) == 0)
        return 0;
    return errno == EOPNOTSUPP ? write_zeros(fd, from, bytes) : errno;
}

/* If there is no room for all, half may fit. A signal interrupts a large request: half may succeed there,
 * too. */
enum trace_stop room_take(int fd, uint64_t from, uint64_t *bytes, uint64_t unit) {
    for (;;) {
        bool allowed = limit_allows(from + *bytes);
        int error = allowed ? reserve(fd, from, *bytes) : EFBIG;
        if (!error)
            return STOP_NOT;
        if (*bytes <= unit && error != EINTR)
            return allowed ? STOP_NO_ROOM : STOP_LIMIT;
        if (*bytes > unit)
            *bytes = *bytes / unit / 2 * unit;
    }
}
