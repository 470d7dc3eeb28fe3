/*
 * patience.c - see patience.h.
 */
#define _GNU_SOURCE 1
#include "patience.h"

#include "../base/child.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define SECONDS_MOST 10 /* of processor time, in one operation */

static volatile uint64_t unwatched;
volatile uint64_t *patience_operation = &unwatched;

static const char *speaker, *watched;

/* Runs in a signal handler: it may only write. */
static void say(const char *text) {
    if (write(STDERR_FILENO, text, strlen(text)) < 0)
        _exit(1);
}

static void say_number(uint64_t number) {
    char digits[24], *first = digits + sizeof digits - 1;
    *first = 0;
    do
        *--first = (char)('0' + number % 10);
    while (number /= 10);
    say(first);
}

static void complain(const char *what) {
    say(speaker);
    say(": the policy '");
    say(watched);
    say(what);
    say_number(*patience_operation - 1);
    say("; `halloc lab check` on its source shows where\n");
    *patience_operation = 0; /* it is told */
    _exit(1);
}

static void look(int signal) {
    static uint64_t seen;
    static unsigned ticks;
    uint64_t now = *patience_operation;
    (void)signal;
    ticks = now && now == seen ? ticks + 1 : 0;
    seen = now;
    if (ticks >= SECONDS_MOST)
        complain("' does not come to an end at operation ");
}

static void leave_watch(void) {
    patience_operation = &unwatched;
}

/* Only another process sees an end by _exit. Returns in the child, which does the work. */
static void watch_end(void) {
    volatile uint64_t *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t child = shared == MAP_FAILED ? -1 : child_fork();
    int status;
    if (shared != MAP_FAILED)
        patience_operation = shared;
    if (child == 0)
        pthread_atfork(NULL, NULL, leave_watch);
    if (child <= 0)
        return;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (*shared)
        complain(WIFSIGNALED(status) ? "' died of a signal at operation " : "' called exit at operation ");
    _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

void patience_begin(const char *who, const char *policy) {
    struct sigaction action = {.sa_handler = look, .sa_flags = SA_RESTART};
    struct itimerval second = {{1, 0}, {1, 0}};
    speaker = who;
    watched = policy;
    if (patience_operation == &unwatched)
        watch_end();
    sigaction(SIGVTALRM, &action, NULL);
    setitimer(ITIMER_VIRTUAL, &second, NULL);
}
