/*
 * room.c - room on the disk for a trace, reserved before anything is written there.
 *
 * A mapped page for which the disk has no room would show as a signal in the middle of the program's malloc.
 * So room is reserved first, and a refusal is an answer: file.c stops the recording, and the program goes on.
 *
 *  - At most half of what is free is taken. The other half is for the packed copy, which lies beside the file
 *    for a moment at the end, and for the program, which may write to the same disk.
 *  - RLIMIT_FSIZE is asked first: a file that grows beyond it sends its process a signal that ends it.
 *  - A file system without fallocate gets zeros: a file that is only lengthened has no room yet.
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

/* Would as much stay free as the file is then long? Some file systems don't know their size: 0 blocks. */
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

/* Where there is no room for all, half may still do. A signal interrupts large requests: the same holds. */
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
