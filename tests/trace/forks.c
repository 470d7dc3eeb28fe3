/*
 * forks.c - forks where a recorder that held locks, or took the wrong process for its own, would hang or
 * mix two processes up:
 *
 *      forks handlers     handlers of fork allocate, and wait for a thread that allocates and ends
 *      forks signals      a timer's handler forks while its thread allocates, or forks itself
 *      forks clone        children that libc knows nothing of allocate as much as their parent
 *
 * The handlers are registered before the first malloc, as a library does that starts before all others.
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static void *volatile keep; /* no call may be optimised away */
static atomic_bool with_handlers;

static void allocate(int times) {
    for (int time = 0; time < times; time++)
        free(keep = malloc(100));
}

static void *allocate_and_end(void *times) {
    allocate((int)(intptr_t)times);
    return NULL;
}

static void handle(void) {
    pthread_t thread;
    if (!atomic_load(&with_handlers))
        return;
    allocate(10);
    if (pthread_create(&thread, NULL, allocate_and_end, (void *)(intptr_t)5000) == 0)
        pthread_join(thread, NULL);
}

__attribute__((constructor(101))) static void start(void) {
    pthread_atfork(handle, handle, handle);
}

static int wait_for(pid_t child) {
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* --- handlers -------------------------------------------------------------------------------------- */

static int fork_with_handlers(void) {
    atomic_store(&with_handlers, true);
    for (int round = 0; round < 5; round++) {
        pid_t child = fork();
        if (child == 0) {
            allocate(300);
            _exit(5);
        }
        if (wait_for(child) != 5)
            return 1;
    }
    return 0;
}

/* --- signals --------------------------------------------------------------------------------------- */

#define FORKS 300

static volatile sig_atomic_t forked, failed;
static pid_t first;

static void set_timer(void) {
    const struct itimerval soon = {{0, 0}, {0, 1 + forked * 7919 % 300}};
    setitimer(ITIMER_REAL, &soon, NULL);
}

/* The child goes on in the handler, with a size that the interrupted call is not about; or it returns to
 * whatever was interrupted. glibc's malloc is not made for that: both sizes lie in its cache of this thread, so
 * that no call in the handler meets another one that changes the heap itself. */
static void fork_in_handler(int signal) {
    (void)signal;
    int saved = errno;
    pid_t child = getpid() == first ? fork() : -1;
    if (child == 0 && forked % 2 == 0) {
        for (int time = 0; time < 100; time++)
            free(keep = malloc(1000));
        _exit(3);
    }
    if (child > 0) {
        failed += wait_for(child) != 3;
        if (++forked < FORKS)
            set_timer();
    }
    errno = saved;
}

static int fork_by_timer(void) {
    first = getpid();
    allocate(1);
    free(keep = malloc(1000));
    signal(SIGALRM, fork_in_handler);
    set_timer();
    while (forked < FORKS) {
        allocate(2000);
        pid_t child = forked % 3 == 0 ? fork() : -1;
        if (child == 0 || getpid() != first) {
            allocate(10000);
            _exit(3);
        }
        failed += child > 0 && wait_for(child) != 3;
    }
    return failed != 0;
}

/* --- clone ----------------------------------------------------------------------------------------- */

static int clone_without_libc(void) {
    allocate(20000);
    for (int round = 0; round < 3; round++) {
        pid_t child = (pid_t)syscall(SYS_clone, (long)SIGCHLD, 0L, 0L, 0L, 0L);
        if (child == 0) {
            allocate(20000);
            _exit(6);
        }
        allocate(20000);
        if (wait_for(child) != 6)
            return 1;
    }
    return 0;
}

int main(int count, char **words) {
    const char *word = count > 1 ? words[1] : "";
    return strcmp(word, "handlers") == 0  ? fork_with_handlers()
           : strcmp(word, "signals") == 0 ? fork_by_timer()
           : strcmp(word, "clone") == 0   ? clone_without_libc()
                                          : 99;
}
