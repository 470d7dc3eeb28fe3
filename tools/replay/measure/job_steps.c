/*
 * job_steps.c - see job_steps.h. It makes at most three passes: it counts the steps of each thread, then
 * writes them.
 */
#define _GNU_SOURCE 1
#include "job_steps.h"
#include "../../base/progress.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define NO_SLOT UINT32_MAX

struct making {
    struct steps *steps;
    const struct trace *trace;
    bool threads;
    uint32_t *slot_of;           /* by object; NO_SLOT: not live */
    uint32_t *unused;            /* slots, a stack */
    uint32_t unused_count, used; /* used: slots that ever were */
    uint64_t *next;              /* by thread: the index of its next step */
};

/* --- The file ---------------------------------------------------------------------------------------- */

static bool map_job(struct steps *steps, const struct trace *trace, uint32_t threads) {
    uint64_t count = trace_totals(trace)->operations;
    uint64_t bytes = sizeof(struct job) + (threads + 1) * sizeof(uint64_t) + count * sizeof(struct step);
    steps->fd = memfd_create("halloc-replay", MFD_CLOEXEC);
    if (steps->fd < 0 || ftruncate(steps->fd, (off_t)bytes) != 0)
        return false;
    steps->job = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, steps->fd, 0);
    if (steps->job == MAP_FAILED) {
        steps->job = NULL;
        return false;
    }
    steps->job->magic = JOB_MAGIC;
    steps->job->threads = threads;
    steps->job->steps = count;
    steps->job->bytes = bytes;
    return true;
}

void steps_free(struct steps *steps) {
    if (steps->job)
        munmap(steps->job, steps->job->bytes);
    if (steps->fd >= 0)
        close(steps->fd);
    *steps = (struct steps){.fd = -1};
}

void steps_rewind(struct steps *steps, enum pass pass) {
    steps->job->pass = pass;
    steps->job->answer = (struct answer){.done = 0};
}

/* --- Steps ------------------------------------------------------------------------------------------- */

static uint32_t begin_slot(struct making *making, uint64_t object) {
    uint32_t slot = making->threads        ? (uint32_t)object
                    : making->unused_count ? making->unused[--making->unused_count]
                                           : making->used++;
    making->slot_of[object] = slot;
    return slot;
}

/* The slot of the object that ends; NO_SLOT: it is not live. */
static uint32_t end_slot(struct making *making, uint64_t object) {
    if (object == OBJECT_NONE)
        return NO_SLOT;
    uint32_t slot = making->slot_of[object];
    making->slot_of[object] = NO_SLOT;
    if (slot != NO_SLOT && !making->threads)
        making->unused[making->unused_count++] = slot;
    return slot;
}

static struct step step_of(struct making *making, const struct operation *operation) {
    static const enum step_kind kinds[OPERATION_KINDS] = {
        [OPERATION_MALLOC] = STEP_MALLOC,       [OPERATION_CALLOC] = STEP_CALLOC,
        [OPERATION_ALIGNED] = STEP_ALIGNED,     [OPERATION_REALLOC] = STEP_REALLOC,
        [OPERATION_FREE] = STEP_FREE,           [OPERATION_FREE_SIZED] = STEP_FREE,
        [OPERATION_FREE_NULL] = STEP_FREE_NULL, /* all others do nothing */
    };
    enum step_kind kind = kinds[operation->kind];
    struct step step = {.object = 0};
    uint32_t ended = end_slot(making, operation_ended_object(operation));
    bool begins = operation_begins_object(operation);
    if (kind == STEP_REALLOC && ended == NO_SLOT)
        kind = STEP_MALLOC;
    if (kind == STEP_FREE && ended == NO_SLOT)
        kind = STEP_NOTHING;
    bool ends = kind == STEP_REALLOC || kind == STEP_FREE;
    bool wait = making->threads && ends && operation->other_thread != operation->thread;
    step.object = begins ? begin_slot(making, operation->object) : ends ? ended : 0;
    step.previous = kind == STEP_REALLOC ? ended : 0;
    step.word = step_word(kind, begins ? operation->size : 0, operation->alignment_log2, wait);
    making->steps->replayed += kind != STEP_NOTHING;
    return step;
}

static bool pass(struct making *making, bool count) {
    struct trace_cursor *cursor = trace_cursor_open(making->trace);
    struct operation operation;
    uint64_t all = trace_totals(making->trace)->operations;
    if (!cursor)
        return false;
    while (trace_next(cursor, &operation) && operation.number < all) {
        uint64_t *next = &making->next[making->threads ? operation.thread : 0];
        if (count)
            ++*next;
        else
            job_steps(making->steps->job)[(*next)++] = step_of(making, &operation);
        if (operation.number % 65536 == 0)
            progress_show(count ? "counting" : "decoding", operation.number, all);
    }
    trace_cursor_close(cursor);
    return true;
}

static bool fill(struct making *making, uint32_t threads) {
    struct job *job = making->steps->job;
    uint64_t sum = 0;
    if (making->threads && !pass(making, true))
        return false;
    for (uint32_t thread = 0; thread < threads; thread++) {
        uint64_t count = making->threads ? making->next[thread] : job->steps;
        job->starts[thread] = making->next[thread] = sum;
        sum += count;
    }
    job->starts[threads] = sum;
    return pass(making, false);
}

bool steps_make(struct steps *steps, const struct trace *trace, bool threads) {
    const struct trace_totals *totals = trace_totals(trace);
    struct making making = {.steps = steps, .trace = trace, .threads = threads && totals->threads > 1};
    uint32_t count = making.threads ? (uint32_t)totals->threads : 1;
    *steps = (struct steps){.fd = -1};
    errno = ENOMEM;
    if (totals->objects >= NO_SLOT)
        return false;
    making.slot_of = malloc((totals->objects + 1) * sizeof *making.slot_of);
    making.unused = malloc((totals->objects + 1) * sizeof *making.unused);
    making.next = calloc(count, sizeof *making.next);
    bool done = making.slot_of && making.unused && making.next && map_job(steps, trace, count);
    if (done) {
        memset(making.slot_of, 0xff, (totals->objects + 1) * sizeof *making.slot_of);
        done = fill(&making, count);
        steps->job->slots = making.threads ? (uint32_t)totals->objects : making.used;
        steps->job->sample_every = totals->operations / (SAMPLES_MOST - 1) + 1;
        steps->job->sample_also = totals->peak_after;
    }
    free(making.slot_of);
    free(making.unused);
    free(making.next);
    if (!done)
        steps_free(steps);
    return done;
}

uint64_t steps_number(const struct steps *steps, const struct trace *trace, uint32_t thread, uint64_t index) {
    struct trace_cursor *cursor = steps->job->threads > 1 ? trace_cursor_open_thread(trace, thread) : NULL;
    struct operation operation = {.number = index};
    for (uint64_t step = 0; cursor && step <= index && trace_next(cursor, &operation); step++)
        ;
    trace_cursor_close(cursor);
    return operation.number;
}
