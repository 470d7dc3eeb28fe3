/*
 * measure.c - starts a program on an allocator and says what it took. Used by the harness for each run.
 *
 *      measure FD PRELOAD PROGRAM ARGUMENT...        PRELOAD may be "": then nothing is preloaded
 *
 * Writes one line to file descriptor FD: wall time in ns, user and system time in µs, peak resident memory in
 * KiB, minor and major faults, and the wait status. Peak memory is that of the largest process among the program and
 * its descendants.
 *
 * Why not from Python itself: between fork and exec a child has its parent's memory, and the kernel counts
 * that in the child's peak. This program, linked statically, is smaller than anything it starts.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static long long nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long microseconds(struct timeval time) {
    return time.tv_sec * 1000000LL + time.tv_usec;
}

int main(int argc, char **argv) {
    if (argc < 4)
        return 2;
    struct rusage used;
    int status, results = atoi(argv[1]);
    long long start = nanoseconds();
    pid_t child = fork();
    if (child == 0) {
        close(results);
        if (*argv[2])
            setenv("LD_PRELOAD", argv[2], 1);
        execvp(argv[3], argv + 3);
        perror(argv[3]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child)
        return 1;
    long long wall = nanoseconds() - start;
    dprintf(results, "%lld %lld %lld %ld %ld %ld %d\n", wall, microseconds(used.ru_utime),
            microseconds(used.ru_stime), used.ru_maxrss, used.ru_minflt, used.ru_majflt, status);
    return 0;
}
