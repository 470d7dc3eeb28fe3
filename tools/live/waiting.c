/* waiting.c - see waiting.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "waiting.h"

#include "../base/progress.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define TENTH_US 100000

static const int signals[] = {SIGINT, SIGTERM, SIGHUP};
#define SIGNALS (sizeof signals / sizeof *signals)

static struct sigaction before[SIGNALS];
static volatile sig_atomic_t is_over;

static void on_signal(int signal) {
    (void)signal;
    is_over = 1;
}

bool waiting_begin(struct far *far, pid_t pid) {
    if (!far_open(far, pid))
        return false;
    for (size_t at = 0; at < SIGNALS; at++) {
        const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
        sigaction(signals[at], NULL, &before[at]);
        if (before[at].sa_handler != SIG_IGN) /* as nohup wants it */
            sigaction(signals[at], &action, NULL);
    }
    return true;
}

static const char *why_gone(const struct far *far) {
    char path[64], program[8];
    snprintf(path, sizeof path, "/proc/%d/exe", (int)far->pid);
    return readlink(path, program, sizeof program) > 0
               ? "became another program meanwhile (it called exec): what was sampled is gone"
               : "ended meanwhile: what was sampled is gone. `halloc profile -- COMMAND` samples to the end";
}

const char *waiting_seconds(const struct far *far, uint64_t seconds, const char *what) {
    bool is_there = true;
    for (uint64_t tenth = 0; tenth < 10 * seconds && !is_over && is_there; tenth++) {
        progress_show(what, tenth, 10 * seconds);
        usleep(TENTH_US);
        is_there = far_is_there(far);
    }
    progress_end();
    return is_there ? NULL : why_gone(far);
}

void waiting_end(struct far *far) {
    for (size_t at = 0; at < SIGNALS; at++)
        sigaction(signals[at], &before[at], NULL);
    far_close(far);
}
