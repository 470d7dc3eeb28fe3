/*
 * patience.c - see patience.h.
 */
#define _GNU_SOURCE 1
#include "patience.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#define SECONDS_MOST 10 /* of processor time, in one operation */

volatile uint64_t patience_operation;

static const char *speaker, *watched;
static pid_t watcher;

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
    say_number(patience_operation - 1);
    say("; `halloc lab check` on its source shows where\n");
    _exit(1);
}

static void look(int signal) {
    static uint64_t seen;
    static unsigned ticks;
    uint64_t now = patience_operation;
    (void)signal;
    ticks = now && now == seen ? ticks + 1 : 0;
    seen = now;
    if (ticks >= SECONDS_MOST)
        complain("' does not come to an end at operation ");
}

static void look_at_exit(void) {
    if (patience_operation && getpid() == watcher)
        complain("' called exit at operation ");
}

void patience_begin(const char *who, const char *policy) {
    struct sigaction action = {.sa_handler = look, .sa_flags = SA_RESTART};
    struct itimerval second = {{1, 0}, {1, 0}};
    if (!watcher)
        atexit(look_at_exit);
    speaker = who;
    watched = policy;
    watcher = getpid();
    sigaction(SIGVTALRM, &action, NULL);
    setitimer(ITIMER_VIRTUAL, &second, NULL);
}
