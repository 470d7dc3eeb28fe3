/*
 * leftover.c - see leftover.h.
 */
#define _GNU_SOURCE 1
#include "leftover.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRIES 50 /* a compiler may still write to it */
#define PAUSE_NS 20000000

static int held = -1; /* the writing end */

static bool remove_all(const char *path) {
    if (unlink(path) == 0 || errno == ENOENT)
        return true;
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder && (entry = readdir(folder));)
        unlinkat(dirfd(folder), entry->d_name, 0);
    if (folder)
        closedir(folder);
    return rmdir(path) == 0 || errno == ENOENT;
}

/* The waiting process ignores signals that are meant for our terminal or our group. */
static void wait_and_remove(int reading, const char *path) {
    char byte;
    setsid();
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (chdir("/") != 0)
        _exit(1);
    for (int fd = 0; fd < 1024; fd++) /* a reader of our output must not wait for this process */
        if (fd != reading)
            close(fd);
    while (read(reading, &byte, 1) < 0 && errno == EINTR)
        ;
    for (int try = 0; try < TRIES && !remove_all(path); try++)
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
    _exit(0);
}

/* Its parent ends at once. So a user who ends us and all our children does not end this process. */
bool leftover_watch(const char *path) {
    int ends[2];
    if (path[0] != '/' || pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        if (fork() == 0)
            wait_and_remove(ends[0], path);
        _exit(0);
    }
    close(ends[0]);
    if (child < 0) {
        close(ends[1]);
        return false;
    }
    while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
        ;
    held = ends[1];
    return true;
}

void leftover_remove(const char *path) {
    remove_all(path);
    if (held >= 0)
        close(held);
    held = -1;
}
