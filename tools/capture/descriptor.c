/*
 * descriptor.c - one descriptor for the file, out of the program's way.
 *
 * The file grows as long as the program runs, and its path may lead there no more: after setuid, after chroot,
 * when all descriptors are in use. So the descriptor is kept. But programs count on the numbers that open
 * gives them, and close all that they know of: so it gets a high number. Numbers from the soft limit on are
 * never given to the program, and a descriptor that has one stays good; so the limit is raised for that moment.
 *
 * Whoever closes every descriptor of his process closes this one, too, and may put another file there. So it is
 * looked at before each use. If it is gone, the file is opened by its path once more.
 */
#include "capture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Loops that close "all" descriptors often end here, where no limit told them better. */
#define NUMBER_LEAST 1024u
#define NUMBERS_TRIED 8u

static int kept = -1;
static struct stat file; /* which one it is */

struct limit {
    uint64_t soft, hard;
};

static bool limit_call(const struct limit *set, struct limit *get) {
    return syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, set, get) == 0;
}

static int duplicate(int fd, uint64_t least) {
    return (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, least);
}

/* The limit leaves no number that the program can't get: the last ones, which it needs last. */
static int duplicate_below(int fd, uint64_t limit) {
    int high = -1;
    for (unsigned down = 1; high < 0 && down <= NUMBERS_TRIED && down < limit; down++)
        high = duplicate(fd, limit - down);
    return high;
}

static int move_high(int fd) {
    struct limit limit;
    int high = -1;
    if (!limit_call(NULL, &limit))
        limit = (struct limit){0, 0};
    uint64_t least = limit.soft > NUMBER_LEAST ? NUMBER_LEAST : limit.soft;
    struct limit raised = {limit.soft + NUMBERS_TRIED, limit.hard};
    if (limit.soft > NUMBER_LEAST) {
        high = duplicate(fd, least);
    } else if (raised.soft <= limit.hard && limit_call(&raised, NULL)) {
        high = duplicate(fd, least);
        limit_call(&limit, NULL);
    }
    if (high < 0)
        high = duplicate_below(fd, limit.soft);
    syscall(SYS_close, fd);
    return high;
}

static bool is_file(int fd, struct stat *status) {
    return fd >= 0 && syscall(SYS_fstat, fd, status) == 0 && S_ISREG(status->st_mode);
}

static bool is_ours(int fd) {
    struct stat status;
    return is_file(fd, &status) && status.st_dev == file.st_dev && status.st_ino == file.st_ino;
}

int descriptor_open(const char *path, int flags) {
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

int descriptor_keep(int fd) {
    if (is_file(fd, &file))
        kept = move_high(fd);
    else
        syscall(SYS_close, fd);
    return kept;
}

int descriptor_get(void) {
    if (is_ours(kept))
        return kept;
    int fd = descriptor_open(process.path, O_RDWR);
    kept = -1;
    if (is_ours(fd))
        return kept = move_high(fd);
    if (fd >= 0)
        syscall(SYS_close, fd);
    return -1;
}

void descriptor_forget(void) {
    if (is_ours(kept))
        syscall(SYS_close, kept);
    kept = -1;
}
