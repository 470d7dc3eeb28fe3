/*
 * descriptor.c - keeps one descriptor for the file, out of the program's way.
 *
 * The file grows as long as the program runs. After a while its path may lead elsewhere, or nowhere: after
 * setuid, after chroot, or when all descriptors are in use. So the descriptor is kept. But programs rely on
 * the numbers that open gives them, and close the descriptors that they know. So the descriptor gets a high
 * number. The program never gets a number from the soft limit on, but a descriptor with such a number
 * works. So the limit is raised for that moment.
 *
 * A program may close all descriptors of its process, and open another file with this number. So the
 * descriptor is checked before each use. If it is lost, the file is opened again by its path.
 */
#include "../capture.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The kernel's table is as long as the highest number, and fork copies it. So the number must not be too
 * high. Programs with more descriptors than this seldom rely on their numbers. */
#define NUMBER_MOST 4096u
#define NUMBERS_TRIED 8u

static int kept = -1;
static struct stat file; /* identifies the file */

struct limit {
    uint64_t soft, hard;
};

static bool limit_call(const struct limit *set, struct limit *get) {
    return syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, set, get) == 0;
}

static int duplicate(int fd, uint64_t least) {
    return (int)syscall(SYS_fcntl, fd, F_DUPFD_CLOEXEC, least);
}

/* If the limit leaves no number that the program can't get: takes one of the last, which the program needs
 * last. */
static int duplicate_below(int fd, uint64_t limit) {
    int high = -1;
    for (unsigned down = 1; high < 0 && down <= NUMBERS_TRIED && down < limit; down++)
        high = duplicate(fd, limit - down);
    return high;
}

/* Raises the limit a little for a moment. A process that may not do that goes on without. */
static void raise_limit(const struct limit *limit) {
    struct limit raised = {limit->soft + NUMBERS_TRIED, limit->hard};
    if (raised.soft > raised.hard)
        raised.hard = raised.soft; /* only the superuser may do that */
    if (limit->soft <= NUMBER_MOST)
        limit_call(&raised, NULL);
}

/* Closes fd, which may have one of the program's numbers. */
static int move_high(int fd, const struct limit *limit) {
    int high = duplicate(fd, limit->soft < NUMBER_MOST ? limit->soft : NUMBER_MOST);
    if (high < 0)
        high = duplicate_below(fd, limit->soft);
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
    struct limit limit = {NUMBER_MOST, NUMBER_MOST};
    limit_call(NULL, &limit);
    raise_limit(&limit);
    if (is_file(fd, &file))
        kept = move_high(fd, &limit);
    else
        syscall(SYS_close, fd);
    limit_call(&limit, NULL);
    return kept;
}

/* The limit is raised first, because all numbers may be in use. */
static void open_again(void) {
    struct limit limit = {NUMBER_MOST, NUMBER_MOST};
    limit_call(NULL, &limit);
    raise_limit(&limit);
    int fd = descriptor_open(traced.path, O_RDWR);
    kept = -1;
    if (is_ours(fd))
        kept = move_high(fd, &limit);
    else if (fd >= 0)
        syscall(SYS_close, fd);
    limit_call(&limit, NULL);
}

int descriptor_get(void) {
    if (!is_ours(kept))
        open_again();
    return kept;
}

void descriptor_forget(void) {
    if (is_ours(kept))
        syscall(SYS_close, kept);
    kept = -1;
}
