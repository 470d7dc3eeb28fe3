/*
 * judge.c - runs the trial in a child process. A crash or an endless loop there is a finding.
 *
 * The verdict is made here, from what the child wrote to the shared stage and from how it ended. A child
 * that ends before it reports the end has failed, whatever it printed.
 *
 * The limit applies to the processor time that the child has used since its last progress. So a busy
 * machine causes no verdict. A child that uses no time is waiting for something; its limit is ten times as
 * long.
 */
#define _GNU_SOURCE 1
#include "../../base/child.h"
#include "../../base/progress.h"
#include "trial.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define DATA_MOST ((rlim_t)16 << 30) /* a limit for a hook that allocates without end */
#define CIRCLES_FROM 1000000         /* hooks that one call entered and left */
#define SAID_MOST 4000
#define LAST_LINE_MOST 300
#define STDOUT_BYTES 4096

/* --- The child ---------------------------------------------------------------------------------------- */

/* The child has no file of ours and no input. It has one file to print to. stdout gets its buffer here, or
 * else the first printf would call malloc. With `prints` it does, as in a program. */
static void quiet(int fd, bool prints) {
    static char buffer[STDOUT_BYTES];
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
#ifdef SYS_close_range
    syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 0);
#endif
    struct rlimit none = {0, 0}, data = {DATA_MOST, DATA_MOST};
    if (!prints)
        setvbuf(stdout, buffer, _IOLBF, sizeof buffer); /* lines that are printed before a crash are kept */
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_DATA, &data);
}

static void play(const struct calls *calls, const struct trial_options *options, struct stage *stage) {
    const halloc_policy *policy = policy_load(options->object, stage);
    if (policy && calls) {
        names_find(options->object, policy, stage);
        overhear_malloc(stage);
        trial_play(calls, policy, options, stage);
    } else {
        stage->finished = true;
    }
}

/* --- Watching ----------------------------------------------------------------------------------------- */

/* Counts calls, not hooks: a call that calls hooks without end makes no progress either. The report tells
 * it from a hook that loops. */
static int watch(pid_t child, const struct stage *stage, double limit, bool *hangs, bool *circles,
                 const char *doing, size_t all) {
    clockid_t used = CLOCK_MONOTONIC;
    clock_getcpuclockid(child, &used);
    double since_used = 0, since = clock_seconds(CLOCK_MONOTONIC);
    size_t seen = NO_CALL;
    uint64_t ticks = 0;
    int status = 0;
    pid_t ended;
    for (long pause_us = 50; (ended = waitpid(child, &status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR);
         pause_us = pause_us < 5000 ? pause_us * 5 / 4 : 5000) {
        size_t at = __atomic_load_n(&stage->at, __ATOMIC_RELAXED);
        double now = clock_seconds(CLOCK_MONOTONIC), now_used = clock_seconds(used);
        if (at != seen) {
            seen = at;
            since = now;
            since_used = now_used;
            ticks = __atomic_load_n(&stage->ticks, __ATOMIC_RELAXED);
        } else if (!*hangs && (now_used - since_used > limit || now - since > 10 * limit + 1)) {
            *hangs = true;
            *circles = __atomic_load_n(&stage->ticks, __ATOMIC_RELAXED) - ticks > CIRCLES_FROM;
            kill(child, SIGKILL);
        }
        if (doing)
            progress_show(doing, at == NO_CALL ? 0 : at, all);
        nanosleep(&(struct timespec){.tv_nsec = pause_us * 1000}, NULL);
    }
    return status;
}

static const char *where(const struct stage *stage) {
    static const char *const texts[] = {"in the heap's own code, with the hooks' data",
                                        "in find",
                                        "in insert",
                                        "in remove",
                                        "in take",
                                        "in round_size",
                                        "in piece",
                                        "in may_merge",
                                        "while the policy was loaded, in a constructor"};
    return texts[stage->hook];
}

static char *read_said(int fd) {
    char *said = calloc(1, SAID_MOST + 1);
    ssize_t length = said ? pread(fd, said, SAID_MOST, 0) : 0;
    if (said)
        said[length > 0 ? length : 0] = 0;
    return said;
}

/* The last line that the policy printed. */
static void read_last_line(int fd, char line[LAST_LINE_MOST]) {
    off_t end = lseek(fd, 0, SEEK_END), from = end < LAST_LINE_MOST ? 0 : end - LAST_LINE_MOST + 1;
    ssize_t length = pread(fd, line, (size_t)(end - from), from);
    line[length > 0 ? length : 0] = 0;
    length = (ssize_t)strlen(line);
    while (length > 0 && line[length - 1] == '\n')
        line[--length] = 0;
    const char *before = strrchr(line, '\n');
    if (before)
        memmove(line, before + 1, strlen(before));
}

static void tell_abort(struct verdict *verdict, const struct stage *stage, int said_fd) {
    char line[LAST_LINE_MOST];
    read_last_line(said_fd, line);
    verdict->rule = RULE_ABORT;
    snprintf(verdict->message, sizeof verdict->message, "abort was called %s; %s%s", where(stage),
             line[0] ? "printed last: " : "nothing was printed", line);
}

/* A verdict that the child has written came first, and counts. */
static void conclude(struct stage *stage, int status, bool hangs, bool circles, double limit, int said_fd) {
    struct verdict *verdict = &stage->verdict;
    if (verdict->rule != RULE_NONE || (stage->finished && !hangs && WIFEXITED(status)))
        return;
    verdict->at = stage->at;
    verdict->hook = circles ? HOOK_NONE : stage->hook;
    verdict->place = NOWHERE;
    if (hangs) {
        verdict->rule = RULE_HANG;
        snprintf(verdict->message, sizeof verdict->message, "it does not come to an end within %g s, %s",
                 limit, circles ? "the heap calls the hooks again and again" : where(stage));
    } else if (WIFSIGNALED(status)) {
        verdict->rule = RULE_CRASH;
        verdict->signal = WTERMSIG(status);
        if (verdict->signal == SIGABRT)
            tell_abort(verdict, stage, said_fd);
        else
            snprintf(verdict->message, sizeof verdict->message, "signal %d (%s) %s", verdict->signal,
                     strsignal(verdict->signal), where(stage));
    } else {
        verdict->rule = RULE_EXIT;
        snprintf(verdict->message, sizeof verdict->message, "the process ended with status %d, %s",
                 WEXITSTATUS(status), where(stage));
    }
}

bool judge_trial(const struct calls *calls, const struct trial_options *options, struct stage *stage,
                 char **said) {
    memset(stage, 0, offsetof(struct stage, before));
    stage->before.taken = stage->after.taken = false;
    stage->at = stage->verdict.good = NO_CALL;
    stage->stranded_place = NOWHERE;
    int dumpable = prctl(PR_GET_DUMPABLE);
    prctl(PR_SET_DUMPABLE, 0); /* only root can now write to our memory or our files through /proc */
    int fd = memfd_create("said", MFD_CLOEXEC);
    pid_t child = fd < 0 ? -1 : child_fork();
    if (child == 0) {
        quiet(fd, options->prints);
        cage_enter(stage);
        play(calls, options, stage);
        fflush(NULL);
        _exit(0);
    }
    if (child < 0)
        fprintf(stderr, "halloc lab: cannot make a process: %s\n", strerror(errno));
    bool hangs = false, circles = false;
    int status = child > 0 ? watch(child, stage, options->limit_seconds, &hangs, &circles, options->doing,
                                   calls ? calls->count : 0)
                           : 0;
    stage->printed = child > 0 && lseek(fd, 0, SEEK_END) > 0;
    if (child > 0)
        conclude(stage, status, hangs, circles, options->limit_seconds, fd);
    if (said)
        *said = child > 0 ? read_said(fd) : NULL;
    if (fd >= 0)
        close(fd);
    prctl(PR_SET_DUMPABLE, dumpable > 0);
    return child > 0;
}
