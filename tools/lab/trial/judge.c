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
#include <math.h>
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
#define SAID_BYTES_MOST ((rlim_t)16 << 20)
#define FILES_MOST 64
#define WAITED_LIMITS 10 /* the limit of what uses no processor time, in limits */
/* A limit for the whole trial, against code that only seems to make progress. */
#define SECONDS_LIMITS 60
#define SECONDS_LIMITS_LOADING 10
#define CALLS_SECOND 200

/* --- The child ---------------------------------------------------------------------------------------- */

static void limit(int what, rlim_t most) {
    setrlimit(what, &(struct rlimit){most, most});
}

static void close_others(void) {
    int first = STDERR_FILENO + 1;
#ifdef SYS_close_range
    if (syscall(SYS_close_range, first, ~0u, 0) == 0)
        return;
#endif
    for (int fd = first; fd < 1024; fd++) /* an older kernel */
        close(fd);
}

/* The child has no file of ours and no input. It has one file to print to. stdout gets its buffer here, or
 * else the first printf would call malloc. With `prints` it does, as in a program. */
static void quiet(int fd, const struct trial_options *options, size_t calls) {
    static char buffer[STDOUT_BYTES];
    int nothing = open("/dev/null", O_RDONLY);
    dup2(nothing, STDIN_FILENO);
    dup2(fd, STDOUT_FILENO);
    dup2(fd, STDERR_FILENO);
    close_others();
    setsid(); /* it has no terminal */
    rlim_t most = options->data_most ? options->data_most : DATA_MOST;
    rlim_t limits = calls ? SECONDS_LIMITS : SECONDS_LIMITS_LOADING;
    rlim_t seconds = (rlim_t)((double)limits * options->limit_seconds) + calls / CALLS_SECOND + 1;
    if (!options->prints)
        setvbuf(stdout, buffer, _IOLBF, sizeof buffer); /* lines that are printed before a crash are kept */
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_DATA, most);
    limit(RLIMIT_FSIZE, SAID_BYTES_MOST);
    limit(RLIMIT_NOFILE, FILES_MOST);
    if (options->fine)
        limit(RLIMIT_CPU, seconds);
    signal(SIGXFSZ, SIG_DFL);              /* more than that ends it */
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* a touched byte costs a page, however the system is set */
}

static void play(const struct calls *calls, const struct trial_options *options, struct stage *stage,
                 struct evidence *evidence) {
    const struct learned *learned = learned_load(options->object, stage);
    if (!learned || !calls) {
        stage->finished = true;
        return;
    }
    names_find(options->object, learned, stage);
    if (learned->whole) {
        whole_play(calls, evidence ? whole_keep(evidence, learned->whole) : learned->whole, options, stage);
        return;
    }
    const halloc_policy *policy =
        options->reporting ? looks_count(learned->policy, &stage->uncounted) : learned->policy;
    overhear_malloc(stage);
    trial_play(calls, evidence ? evidence_keep(evidence, policy) : policy, options, stage);
}

/* The same again, by the choices alone: evidence.c. */
static void repeat(const struct calls *calls, const struct trial_options *options, struct stage *stage,
                   struct evidence *evidence) {
    if (stage->is_whole)
        whole_play(calls, whole_repeat(evidence), options, stage);
    else
        trial_play(calls, evidence_repeat(evidence), options, stage);
}

/* --- Watching ----------------------------------------------------------------------------------------- */

/* What is left of the time for all children, after those that have ended. */
static double seconds_left(const struct trial_options *options) {
    struct rusage used;
    getrusage(RUSAGE_CHILDREN, &used);
    return options->seconds_most - (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) -
           (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

enum hangs { HANGS_NOT, HANGS, HANGS_IN_CIRCLES, HANGS_IN_ALL, HANGS_WAITING };

static double waiting_limit(double limit) {
    return WAITED_LIMITS * limit + 1;
}

/* Counts calls, not hooks: a call that calls hooks without end makes no progress either. The report tells
 * it from a hook that loops. */
static int watch(pid_t child, const struct stage *stage, const struct trial_options *options,
                 enum hangs *hangs, size_t all) {
    double limit = options->limit_seconds,
           left = options->seconds_most > 0 ? seconds_left(options) : INFINITY;
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
        } else if (!*hangs && (now_used - since_used > limit || now - since > waiting_limit(limit))) {
            bool circles = __atomic_load_n(&stage->ticks, __ATOMIC_RELAXED) - ticks > CIRCLES_FROM;
            bool waits = now_used - since_used < limit / WAITED_LIMITS;
            *hangs = circles ? HANGS_IN_CIRCLES : waits ? HANGS_WAITING : HANGS;
        }
        if (!*hangs && now_used > left)
            *hangs = HANGS_IN_ALL;
        if (*hangs)
            kill(child, SIGKILL);
        if (options->doing)
            progress_show(options->doing, at == NO_CALL ? 0 : at, all);
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
                                        "while the file was loaded, in a constructor",
                                        "in malloc",
                                        "in free",
                                        "in realloc",
                                        "in calloc",
                                        "in aligned_alloc",
                                        "in mm_init"};
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
static void conclude(struct stage *stage, int status, enum hangs hangs, const struct trial_options *options,
                     int said_fd) {
    struct verdict *verdict = &stage->verdict;
    if (verdict->rule != RULE_NONE || (stage->finished && !hangs && WIFEXITED(status)))
        return;
    verdict->at = stage->at;
    verdict->hook = hangs == HANGS_IN_CIRCLES ? HOOK_NONE : stage->hook;
    verdict->place = NOWHERE;
    if (hangs == HANGS_WAITING) {
        verdict->rule = RULE_WAITS;
        snprintf(verdict->message, sizeof verdict->message,
                 "it waits: it does not come to an end within %g s, %s",
                 waiting_limit(options->limit_seconds), where(stage));
    } else if (hangs) {
        verdict->rule = RULE_HANG;
        snprintf(verdict->message, sizeof verdict->message, "%s within %g s%s, %s",
                 hangs == HANGS_IN_ALL ? "all traces together do not end" : "it does not come to an end",
                 hangs == HANGS_IN_ALL ? options->seconds_most : options->limit_seconds,
                 hangs == HANGS_IN_ALL ? " of processor time" : "",
                 hangs == HANGS_IN_CIRCLES ? "the heap calls the hooks again and again" : where(stage));
    } else if (WIFSIGNALED(status)) {
        verdict->rule = RULE_CRASH;
        verdict->signal = WTERMSIG(status);
        if (verdict->signal == SIGSEGV && stage->overflows) {
            verdict->rule = RULE_STACK;
            snprintf(verdict->message, sizeof verdict->message,
                     "stack overflow: calls within calls have used up the stack, %s", where(stage));
        } else if (verdict->signal == SIGFPE) {
            verdict->rule = RULE_DIVIDES;
            snprintf(verdict->message, sizeof verdict->message, "it divided by zero, %s", where(stage));
        } else if (verdict->signal == SIGXFSZ) {
            verdict->rule = RULE_FLOODS;
            snprintf(verdict->message, sizeof verdict->message, "it printed more than %d MiB, %s",
                     (int)(SAID_BYTES_MOST >> 20), where(stage));
        } else if (verdict->signal == SIGABRT)
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

/* One trial, of the policy or of what it chose. False: no child could be made. */
static bool run(const struct calls *calls, const struct trial_options *options, struct stage *stage,
                struct evidence *evidence, int fd, bool again) {
    pid_t child = child_fork();
    if (child == 0) {
        quiet(fd, options, calls ? calls->count : 0);
        cage_enter(stage);
        fence_stack(stage);
        (again ? repeat : play)(calls, options, stage, evidence);
        fflush(NULL);
        _exit(0);
    }
    if (child < 0)
        return false;
    enum hangs hangs = HANGS_NOT;
    int status = watch(child, stage, options, &hangs, calls ? calls->count : 0);
    conclude(stage, status, hangs, options, fd);
    return true;
}

static void clear(struct stage *stage) {
    memset(stage, 0, offsetof(struct stage, before));
    stage->before.taken = stage->after.taken = false;
    stage->at = stage->verdict.good = NO_CALL;
    stage->stranded_place = NOWHERE;
}

static uint64_t most_live(const struct calls *calls) {
    uint64_t *sizes = calloc((size_t)calls->objects + 1, sizeof *sizes), live = 0, most = 0;
    for (size_t at = 0; sizes && at < calls->count; at++) {
        const struct call *call = &calls->list[at];
        live += call->size - sizes[call->object];
        sizes[call->object] = call->size;
        most = live > most ? live : most;
    }
    free(sizes);
    return most;
}

/* Keeps what the first trial said, except its end. */
static bool prove(const struct calls *calls, const struct trial_options *options, struct stage *stage,
                  struct evidence *evidence, int fd) {
    struct trial_options again = *options;
    struct stage *first = malloc(sizeof *first);
    if (!first)
        return false;
    memcpy(first, stage, offsetof(struct stage, before));
    clear(stage);
    stage->is_whole = first->is_whole;
    again.look = false;
    again.apart = true; /* the first trial has looked */
    bool good = run(calls, &again, stage, evidence, fd, true);
    *options->proof = (struct proof){stage->heap_bytes, most_live(calls)};
    if (stage->verdict.rule != RULE_NONE) {
        first->verdict = stage->verdict;
        first->verdict.rule = RULE_FORGED;
        first->verdict.hook = HOOK_NONE;
    }
    memcpy(stage, first, offsetof(struct stage, before));
    free(first);
    return good;
}

bool judge_trial(const struct calls *calls, const struct trial_options *options, struct stage *stage,
                 char **said) {
    int dumpable = prctl(PR_GET_DUMPABLE);
    struct evidence *evidence = calls && options->proof ? evidence_make(calls->count) : NULL;
    clear(stage);
    prctl(PR_SET_DUMPABLE, 0); /* only root can now write to our memory or our files through /proc */
    int fd = memfd_create("said", MFD_CLOEXEC);
    bool good =
        fd >= 0 && (evidence || !calls || !options->proof) && run(calls, options, stage, evidence, fd, false);
    bool printed = good && lseek(fd, 0, SEEK_END) > 0;
    if (good && evidence && stage->verdict.rule == RULE_NONE)
        good = prove(calls, options, stage, evidence, fd);
    stage->printed = printed;
    if (!good)
        fprintf(stderr, "halloc lab: cannot make a process: %s\n", strerror(errno));
    if (said)
        *said = good ? read_said(fd) : NULL;
    if (fd >= 0)
        close(fd);
    if (evidence)
        evidence_free(evidence, calls->count);
    prctl(PR_SET_DUMPABLE, dumpable > 0);
    return good;
}
