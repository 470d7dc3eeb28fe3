/*
 * replayer.c - `halloc-replayer FD [LIBRARY]`: a program that replays a job on its own malloc, which is
 * libc's or that of a library preloaded into it. Only `halloc replay` starts it. tools/replay/measure/job.h
 * describes the job.
 *
 * It is a program of its own because `halloc` contains an allocator, and a preloaded library can't replace
 * that. dlopen is no way either: allocators want to be there from the start, with their thread-local
 * storage, and as the only malloc. So they are measured as they are used.
 */
#define _GNU_SOURCE 1
#include "../replay/measure/harness.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

static void *aligned(size_t alignment, size_t size) {
    void *ptr = NULL;
    int error = posix_memalign(&ptr, alignment < sizeof ptr ? sizeof ptr : alignment, size);
    return error ? NULL : ptr;
}

static struct allocator plain = {malloc, calloc, aligned, realloc, free, NULL};

/* A library that can't be preloaded is left out with a warning. Then libc's malloc would be measured in its
 * name. So: does malloc come from that file? */
static bool is_from(const char *library) {
    struct stat wanted, found;
    Dl_info info;
    void *symbol = dlsym(RTLD_DEFAULT, "malloc");
    return symbol && dladdr(symbol, &info) && info.dli_fname && stat(info.dli_fname, &found) == 0 &&
           stat(library, &wanted) == 0 && wanted.st_dev == found.st_dev && wanted.st_ino == found.st_ino;
}

int main(int argc, char **argv) {
    int fd = argc >= 2 ? atoi(argv[1]) : -1;
    struct stat status;
    if (fd < 0 || fstat(fd, &status) != 0 || (size_t)status.st_size < sizeof(struct job)) {
        fputs("halloc-replayer: it is for `halloc replay` to start\n", stderr);
        return 2;
    }
    size_t bytes = (size_t)status.st_size;
    struct job *job = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (job == MAP_FAILED || job->magic != JOB_MAGIC || job->bytes > bytes) {
        fprintf(stderr, "halloc-replayer: no job in file %d: %s\n", fd, strerror(errno));
        return 2;
    }
    if (argc == 3 && !is_from(argv[2])) {
        snprintf(job->answer.what, sizeof job->answer.what, "its malloc did not take the place of libc's");
        return 1;
    }
    *(void **)&plain.extent = dlsym(RTLD_DEFAULT, "halloc_lab_extent");
    return harness_play(job, &plain) ? 0 : 1;
}
