/* pause.c - see pause.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "pause.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "view.h"

/* A thread in a long system call needs not stop to be harmless: it stops before it returns to the program.
 * So nobody is waited for longer than this. */
#define WAIT_MS 200

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static bool has_thread(const struct pause *pause, pid_t thread) {
    for (size_t index = 0; index < pause->count; index++)
        if (pause->threads[index] == thread)
            return true;
    return false;
}

static bool hold(struct pause *pause, pid_t thread) {
    if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) != 0)
        return errno == ESRCH; /* it has ended meanwhile */
    pid_t *threads = view_room(pause->threads, pause->count, sizeof *threads);
    if (!threads)
        return false;
    pause->threads = threads;
    pause->threads[pause->count++] = thread;
    ptrace(PTRACE_INTERRUPT, thread, NULL, NULL);
    return true;
}

/* Until each has stopped, or time is over. */
static void await(const struct pause *pause, size_t from) {
    uint64_t end = now_ns() + WAIT_MS * UINT64_C(1000000);
    for (size_t index = from; index < pause->count; index++)
        while (waitpid(pause->threads[index], NULL, __WALL | WNOHANG) == 0 && now_ns() < end)
            usleep(50);
}

/* Holds the threads that are not held yet. Returns how many, or -1. */
static int hold_new(struct pause *pause, pid_t pid) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *folder = opendir(path);
    int held = folder ? 0 : -1;
    size_t from = pause->count;
    for (struct dirent *entry; held >= 0 && (entry = readdir(folder));) {
        pid_t thread = (pid_t)atoi(entry->d_name);
        if (thread <= 0 || has_thread(pause, thread))
            continue;
        held = hold(pause, thread) ? held + 1 : -1;
    }
    int error = errno;
    if (folder)
        closedir(folder);
    if (held > 0)
        await(pause, from);
    errno = error;
    return held;
}

bool pause_begin(struct pause *pause, pid_t pid) {
    *pause = (struct pause){.since_ns = now_ns()};
    int held;
    do /* a thread that was not held yet may have made another one */
        held = hold_new(pause, pid);
    while (held > 0);
    if (held == 0 && pause->count)
        return true;
    int error = errno;
    pause_end(pause);
    errno = error;
    return false;
}

/* A thread that has not stopped yet can't be let go. It stops now, or when its system call ends. */
static void let_go(pid_t thread) {
    if (ptrace(PTRACE_DETACH, thread, NULL, NULL) == 0)
        return;
    if (waitpid(thread, NULL, __WALL | WNOHANG) == thread)
        ptrace(PTRACE_DETACH, thread, NULL, NULL);
}

uint64_t pause_end(struct pause *pause) {
    uint64_t for_ns = pause->count ? now_ns() - pause->since_ns : 0;
    for (size_t index = 0; index < pause->count; index++)
        let_go(pause->threads[index]);
    free(pause->threads);
    *pause = (struct pause){0};
    return for_ns;
}
