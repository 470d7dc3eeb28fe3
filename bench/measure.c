/*
 * measure.c - starts a program on an allocator and says what it took. Used by the harness for each run, and by the
 * scripts of servers for the server and for its client.
 *
 *      measure FD WHO PRELOAD PROGRAM ARGUMENT...        PRELOAD may be "-": then nothing is preloaded
 *
 * Writes one line to file descriptor FD: WHO, wall time in ns, user and system time in µs, peak resident memory in
 * KiB, minor and major faults. Peak memory is that of the largest process among the program and its descendants.
 *
 * Passes on the signals that ask a program to end, and ends as the program did: for a shell it is the program. When
 * its parent ends, it asks the program to end, too.
 *
 * Why not from Python itself: between fork and exec a child has its parent's memory, and the kernel counts
 * that in the child's peak. This program, linked statically, is smaller than anything it starts.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static volatile pid_t child;

static long long nanoseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static long long microseconds(struct timeval time) {
    return time.tv_sec * 1000000LL + time.tv_usec;
}

static void pass_on(int signal) {
    if (child > 0)
        kill(child, signal);
}

int main(int argc, char **argv) {
    if (argc < 5)
        return 2;
    struct rusage used;
    int status, results = atoi(argv[1]);
    struct sigaction passing = {.sa_handler = pass_on, .sa_flags = SA_RESTART};
    int passed[] = {SIGTERM, SIGINT, SIGQUIT};
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        sigaction(passed[i], &passing, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    long long start = nanoseconds();
    child = fork();
    if (child == 0) {
        if (strcmp(argv[3], "-"))
            setenv("LD_PRELOAD", argv[3], 1);
        execvp(argv[4], argv + 4);
        perror(argv[4]);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child)
        return 1;
    long long wall = nanoseconds() - start;
    dprintf(results, "%s %lld %lld %lld %ld %ld %ld\n", argv[2], wall, microseconds(used.ru_utime),
            microseconds(used.ru_stime), used.ru_maxrss, used.ru_minflt, used.ru_majflt);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
