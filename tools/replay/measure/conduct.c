/*
 * conduct.c - see conduct.h: children, and watching them.
 */
#define _GNU_SOURCE 1
#include "conduct.h"
#include "../../base/child.h"
#include "../../base/progress.h"
#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A child that makes no step for so long never will: a list is a circle, or it waits for a lock that it
 * holds itself. The limit is on processor time, so a busy machine causes no verdict. A child that uses none
 * waits for something, and gets longer. */
struct patience {
    double used, waited; /* seconds */
};
#define PATIENT_BY_STEP ((struct patience){10, 60})
#define PATIENT_BY_MANY                                                                                      \
    ((struct patience){60, 60}) /* for timed passes, which report every few thousand steps */
#define SAID_AFTER_USED                                                                                      \
    5 /* seconds without progress until a message: the user should know why it takes long */
#define SAID_AFTER_WAITED 15
#define REPLAYER "halloc-replayer"

bool (*conduct_prepare)(bool score);

/* --- Children ---------------------------------------------------------------------------------------- */

static bool fail(struct ending *ending, const char *format, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct ending *ending, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(ending->what, sizeof ending->what, format, arguments);
    va_end(arguments);
    return false;
}

/* The child's stdout is stderr: so the board has no output of a policy. */
static pid_t fork_player(void) {
    pid_t child = child_fork();
    if (child == 0)
        dup2(STDERR_FILENO, STDOUT_FILENO);
    return child;
}

/* Once for each child, and before the verdict. */
static void say_slow(const char *doing, uint64_t at, struct patience patience) {
    progress_end();
    fprintf(stderr,
            "halloc: %s does not get on, at or soon after operation %" PRIu64
            "; it is given %g s of work in all, or %g s of waiting\n",
            doing, at, patience.used, patience.waited);
}

/* Waits for the child, shows its progress, and kills it if it hangs. True: it returned 0. */
static bool watch(pid_t child, const char *doing, const uint64_t *done, uint64_t all,
                  struct patience patience, struct ending *ending) {
    bool said = false;
    uint64_t seen = UINT64_MAX;
    clockid_t processor = CLOCK_MONOTONIC;
    clock_getcpuclockid(child, &processor);
    double since = 0, since_used = 0;
    int status;
    pid_t ended;
    for (unsigned pause_ms = 1;
         (ended = waitpid(child, &status, WNOHANG)) == 0 || (ended < 0 && errno == EINTR);
         pause_ms = pause_ms < 50 ? pause_ms + 1 : 50) {
        uint64_t now = __atomic_load_n(done, __ATOMIC_RELAXED);
        double clock = clock_seconds(CLOCK_MONOTONIC), used = clock_seconds(processor);
        double idle = now == seen ? clock - since : 0, idle_used = now == seen ? used - since_used : 0;
        if (now != seen) {
            seen = now;
            since = clock;
            since_used = used;
        } else if (idle_used > patience.used || idle > patience.waited) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            ending->hangs = true;
            return fail(ending, "it hangs, at or soon after operation %" PRIu64, now);
        }
        if (!said && (idle_used > SAID_AFTER_USED || idle > SAID_AFTER_WAITED)) {
            said = true;
            say_slow(doing, now, patience);
        }
        progress_show(doing, now, all);
        nanosleep(&(struct timespec){.tv_nsec = pause_ms * 1000000L}, NULL);
    }
    if (ended < 0)
        return fail(ending, "cannot wait for it: %s", strerror(errno));
    uint64_t at = __atomic_load_n(done, __ATOMIC_RELAXED);
    if (WIFSIGNALED(status))
        return fail(ending, "it died of signal %d (%s), at or soon after operation %" PRIu64,
                    WTERMSIG(status), strsignal(WTERMSIG(status)), at);
    return WEXITSTATUS(status) == 0;
}

/* --- The score --------------------------------------------------------------------------------------- */

struct scored { /* shared with the child */
    uint64_t done;
    bool begun, finished;
    struct score score;
    char what[320];
};

static int score_here(const struct trace *trace, const char *policy, bool check, struct scored *scored) {
    struct serial_options options = {.fit = policy, .check = check, .no_way_back = true, .resident = true};
    struct scoring scoring = {.probes = {0}};
    struct serial_event event;
    const char *why;
    struct serial *serial = serial_open(trace, &options, &why);
    bool room = true;
    scored->begun = true;
    while (serial && room && serial_step(serial, &event)) {
        room = score_add(&scoring, &event);
        __atomic_store_n(&scored->done, serial_number(serial), __ATOMIC_RELAXED);
    }
    const char *broken = !serial ? why : !room ? "out of memory" : serial_broken(serial);
    if (broken)
        snprintf(scored->what, sizeof scored->what, "%s", broken);
    scored->score = score_end(&scoring);
    scored->finished = true;
    return broken != NULL;
}

bool conduct_score(const struct trace *trace, const char *policy, bool check, double limit_seconds,
                   struct score *score, struct ending *ending) {
    struct scored *scored =
        mmap(NULL, sizeof *scored, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (scored == MAP_FAILED)
        return fail(ending, "out of memory");
    struct patience patience =
        limit_seconds > 0 ? (struct patience){limit_seconds, 10 * limit_seconds + 1} : PATIENT_BY_STEP;
    pid_t child = fork_player();
    if (child == 0)
        _exit((conduct_prepare && !conduct_prepare(true)) || score_here(trace, policy, check, scored));
    bool good = child > 0
                    ? watch(child, policy, &scored->done, trace_totals(trace)->operations, patience, ending)
                    : fail(ending, "cannot fork: %s", strerror(errno));
    *score = scored->score;
    if (child > 0 && scored->begun && !scored->finished && !ending->what[0])
        good = fail(ending, "it called exit, at or soon after operation %" PRIu64, scored->done);
    if (!good && !ending->what[0])
        fail(ending, "%s", scored->what[0] ? scored->what : "it ended without a word");
    munmap(scored, sizeof *scored);
    return good;
}

/* --- A job ------------------------------------------------------------------------------------------- */

static halloc_heap *heap; /* the child's heap: allocators have no context */

static void *heap_allocate(size_t size) {
    return halloc_heap_allocate(heap, size);
}

static void *heap_zeroed(size_t count, size_t size) {
    return halloc_heap_zeroed(heap, count, size);
}

static void *heap_aligned(size_t alignment, size_t size) {
    return halloc_heap_aligned(heap, alignment, size);
}

static void *heap_resize_to(void *ptr, size_t size) {
    return halloc_heap_resize(heap, ptr, size);
}

static void heap_release(void *ptr) {
    halloc_heap_deallocate(heap, ptr);
}

/* As the serial replay does it, so that the time is for the same placements. */
static int play_policy(struct job *job, const char *policy) {
    static const struct allocator calls = {
        heap_allocate, heap_zeroed, heap_aligned, heap_resize_to, heap_release, NULL,
    };
    heap = halloc_heap_create(
        &(halloc_heap_options){.fit = policy, .pages = 1, .growing = true, .step_bytes = SERIAL_STEP_BYTES});
    return heap ? !harness_play(job, &calls) : 1;
}

/* Halloc's own settings. Whether the kernel has huge pages at hand differs from run to run, so where memory
 * is counted there are none. What the user says comes later, and holds. */
static void forbid_huge_pages(void) {
    char settings[400];
    const char *said = getenv("HALLOC_CONF");
    snprintf(settings, sizeof settings, "thp:never,%s", said ? said : "");
    setenv("HALLOC_CONF", settings, 1);
}

/* Addresses are not random there. So an allocator that depends on them does the same each time. */
static void execute(int fd, const char *program, const char *library, bool counts_memory) {
    char number[16];
    if (counts_memory)
        forbid_huge_pages();
    snprintf(number, sizeof number, "%d", fd);
    fcntl(fd, F_SETFD, 0);
    int persona = personality(0xffffffff);
    if (persona != -1)
        personality((unsigned long)persona | ADDR_NO_RANDOMIZE);
    if (library)
        setenv("LD_PRELOAD", library, 1);
    else
        unsetenv("LD_PRELOAD");
    execl(program, REPLAYER, number, library, (char *)NULL);
    _exit(127);
}

static pid_t start(struct steps *steps, const struct candidate *candidate, const char *program) {
    pid_t child = fork_player();
    if (child)
        return child;
    if (!candidate)
        _exit(!harness_play(steps->job, &allocator_nothing));
    if (candidate->is_policy)
        _exit((conduct_prepare && !conduct_prepare(false)) || play_policy(steps->job, candidate->name));
    if (program)
        execute(steps->fd, program, candidate->library, steps->job->pass != PASS_TIME);
    _exit(127);
}

bool conduct(struct steps *steps, const struct trace *trace, const struct candidate *candidate,
             enum pass pass, struct ending *ending) {
    if (candidate && candidate->is_oracle)
        return fail(ending, "the oracle places nothing, so there is nothing to run");
    bool needs_program = candidate && !candidate->is_policy;
    char *program = needs_program ? candidates_find(REPLAYER) : NULL;
    if (needs_program && !program)
        return fail(ending, "%s is not beside this command", REPLAYER);
    steps_rewind(steps, pass);
    struct answer *answer = &steps->job->answer;
    pid_t child = start(steps, candidate, program);
    bool good = child > 0
                    ? watch(child, candidate ? candidate->name : "the harness itself", &answer->done,
                            steps->job->steps, pass == PASS_TIME ? PATIENT_BY_MANY : PATIENT_BY_STEP, ending)
                    : fail(ending, "cannot fork: %s", strerror(errno));
    free(program);
    if (ending->what[0])
        return false;
    if (answer->broken)
        return fail(ending, "operation %" PRIu64 ": %s",
                    steps_number(steps, trace, answer->broken_thread, answer->broken_index), answer->what);
    if (good && answer->finished)
        return true;
    return fail(ending, "%s", answer->what[0] ? answer->what : "it ended before the trace did");
}
