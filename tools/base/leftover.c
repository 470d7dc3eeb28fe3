/*
 * leftover.c - see leftover.h.
 */
#define _GNU_SOURCE 1
#include "leftover.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TRIES 50 /* a compiler may still write to it */
#define PAUSE_NS 20000000

static int held = -1; /* our end */

/* The waiting process ignores signals that are meant for our terminal or our group. A byte says that
 * nothing is left to do. */
static void wait_and_act(int end, const struct leftover *leftover) {
    char byte;
    ssize_t got;
    setsid();
    signal(SIGTERM, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGHUP, SIG_IGN);
    if (chdir("/") != 0)
        _exit(1);
    for (int fd = 0; fd < 1024; fd++) /* a reader of our output must not wait for this process */
        if (fd != end && fd != leftover->fd)
            close(fd);
    while ((got = read(end, &byte, 1)) < 0 && errno == EINTR)
        ;
    if (got == 0)
        leftover->act(leftover->what);
    _exit(0);
}

/* Its parent ends at once. So a user who ends us and all our children does not end this process. */
bool leftover_begin(const struct leftover *leftover) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[1]);
        if (fork() == 0)
            wait_and_act(ends[0], leftover);
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

void leftover_end(void) {
    if (held < 0)
        return;
    send(held, "", 1, MSG_NOSIGNAL); /* the other process may have been ended */
    close(held);
    held = -1;
}

/* --- A file or folder --------------------------------------------------------------------------------- */

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

static void remove_in_the_end(const void *path) {
    for (int try = 0; try < TRIES && !remove_all(path); try++)
        nanosleep(&(struct timespec){.tv_nsec = PAUSE_NS}, NULL);
}

bool leftover_watch(const char *path) {
    return path[0] == '/' && leftover_begin(&(struct leftover){remove_in_the_end, path, -1});
}

void leftover_remove(const char *path) {
    if (remove_all(path))
        leftover_end();
    else if (held >= 0)
        close(held); /* it tries again, for a while */
    held = -1;
}
