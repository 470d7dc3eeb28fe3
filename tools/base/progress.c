/* progress.c - see progress.h. */
#include "progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define FIRST_AFTER_NS UINT64_C(500000000)
#define AGAIN_AFTER_NS UINT64_C(100000000)

static const char *name;
static uint64_t next_ns;
static bool shown;

static uint64_t now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void progress_begin(const char *who) {
    name = isatty(STDERR_FILENO) ? who : NULL;
    next_ns = now_ns() + FIRST_AFTER_NS;
    shown = false;
}

void progress_show(const char *what, uint64_t done, uint64_t all) {
    if (!name || now_ns() < next_ns)
        return;
    if (all)
        fprintf(stderr, "\r%s: %s %3.0f %%\033[K", name, what, 100.0 * (double)done / (double)all);
    else
        fprintf(stderr, "\r%s: %s ...\033[K", name, what);
    next_ns = now_ns() + AGAIN_AFTER_NS;
    shown = true;
}

void progress_end(void) {
    if (shown)
        fputs("\r\033[K", stderr);
    shown = false;
}
