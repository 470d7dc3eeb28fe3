/*
 * order.c - one order for the operations of all threads.
 *
 * Each thread's own order is known. Between threads there are two hints. The blocks' times, interpolated,
 * tell about when an operation was. And an object must begin before it ends. That was true when the program
 * ran, and the recorder saw both calls in that order. So the orders of the threads and these pairs together
 * have no circle. The order follows the clock, and holds a thread back that would end an object too early.
 *
 *      thread 0   a b c d e f g h                     turns:  thread 0: a b c d
 *                       |                                     thread 1: A B
 *      thread 1       A B C D       B frees c                 thread 0: e f g h ...
 *
 * The result is a list of turns. A turn lasts at least TURN_LEAST operations unless the thread is held
 * back. The times are too coarse for shorter turns, which would also cost more.
 *
 * In a damaged file the block that began an object may be missing. Then its end is an unknown free
 * (decode.h). If there is a circle nevertheless, it is cut where it is found. Where a block makes no sense,
 * the order ends.
 */
#include "../read/decode.h"
#include "survey.h"

#include <stdlib.h>

#define TURN_LEAST 64
#define DEPTH_MOST 1000 /* a chain of threads that wait for each other */

struct reel { /* a thread on its way through its blocks, one operation ahead */
    struct decoder decoder;
    struct operation next;
    uint32_t block;
    uint64_t begun; /* objects that the order has seen begin */
    uint64_t taken; /* operations that it has seen */
    bool ended, waiting;
};

struct queued {
    uint64_t time_ns;
    uint32_t thread;
};

struct ordering {
    struct trace *trace;
    struct reel *reels;
    struct queued *heap; /* the earliest on top; times may be earlier than true, never later */
    size_t heap_count;
    uint64_t number;
    const struct reel *turn_of;
    struct survey survey;
    bool failed, senseless; /* no memory; a block makes no sense */
    bool over;              /* either */
};

/* --- Threads -------------------------------------------------------------------------------------- */

/* The block is read to its end: on to the next one. */
static __attribute__((noinline)) void look_further(struct ordering *ordering, uint32_t thread,
                                                   enum decoded decoded) {
    struct reel *reel = &ordering->reels[thread];
    const struct trace *trace = ordering->trace;
    while (decoded == DECODE_END && reel->block < trace->threads[thread].blocks) {
        decode_start(&reel->decoder, trace_block_of(trace, thread, reel->block++));
        decoded = decode_next(trace, &reel->decoder, &reel->next);
    }
    reel->ended = decoded != DECODE_ONE;
    if (decoded == DECODE_BAD)
        ordering->senseless = ordering->over = true;
}

static inline __attribute__((always_inline)) void look_ahead(struct ordering *ordering, struct reel *reel,
                                                             uint32_t thread) {
    enum decoded decoded = decode_next(ordering->trace, &reel->decoder, &reel->next);
    if (decoded != DECODE_ONE)
        look_further(ordering, thread, decoded);
}

static __attribute__((noinline)) void begin_turn(struct ordering *ordering, const struct reel *reel,
                                                 uint32_t thread) {
    struct turn *turn = list_add(&ordering->trace->turns, sizeof *turn);
    ordering->turn_of = reel;
    if (turn)
        *turn = (struct turn){ordering->number, reel->taken, thread};
    else
        ordering->failed = ordering->over = true;
}

/* Takes the next operation into the order. */
static inline __attribute__((always_inline)) void take_one(struct ordering *ordering, struct reel *reel,
                                                           uint32_t thread) {
    if (ordering->turn_of != reel)
        begin_turn(ordering, reel, thread);
    reel->next.number = ordering->number++;
    if (!survey_look(&ordering->survey, &reel->next))
        ordering->failed = ordering->over = true;
    reel->begun += operation_begins_object(&reel->next);
    reel->taken++;
    look_ahead(ordering, reel, thread);
}

/* Must another thread go first? Then which one, and until it has begun how many objects? */
static bool is_held_back(const struct ordering *ordering, const struct operation *next, uint64_t *until) {
    uint64_t object = operation_ended_object(next);
    if (object == OBJECT_NONE || next->other_thread == next->thread)
        return false;
    *until = object - ordering->trace->threads[next->other_thread].object_base + 1;
    return ordering->reels[next->other_thread].begun < *until;
}

/* Takes one operation, and before it every one that it depends on. */
static __attribute__((noinline)) void take_next(struct ordering *ordering, uint32_t thread, unsigned depth) {
    struct reel *reel = &ordering->reels[thread];
    uint64_t until;
    if (is_held_back(ordering, &reel->next, &until) && depth < DEPTH_MOST) {
        struct reel *other = &ordering->reels[reel->next.other_thread];
        reel->waiting = true;
        while (other->begun < until && !other->ended && !other->waiting && !ordering->over)
            take_next(ordering, reel->next.other_thread, depth + 1);
        reel->waiting = false;
    }
    if (!ordering->over)
        take_one(ordering, reel, thread);
}

/* --- The clock ------------------------------------------------------------------------------------ */

static bool is_earlier(const struct queued *a, const struct queued *b) {
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->thread < b->thread;
}

static void sink(struct ordering *ordering, size_t at) {
    struct queued *heap = ordering->heap;
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= ordering->heap_count)
            return;
        if (child + 1 < ordering->heap_count && is_earlier(&heap[child + 1], &heap[child]))
            child++;
        if (!is_earlier(&heap[child], &heap[at]))
            return;
        struct queued moved = heap[at];
        heap[at] = heap[child];
        heap[child] = moved;
        at = child;
    }
}

/* How long the thread on top may go on: until the next thread's time. */
static uint64_t next_time(const struct ordering *ordering) {
    uint64_t time = UINT64_MAX;
    for (size_t child = 1; child <= 2 && child < ordering->heap_count; child++)
        if (ordering->heap[child].time_ns < time)
            time = ordering->heap[child].time_ns;
    return time;
}

static __attribute__((flatten)) void take_turn(struct ordering *ordering) {
    struct queued *top = &ordering->heap[0];
    struct reel *reel = &ordering->reels[top->thread];
    if (reel->ended) {
        *top = ordering->heap[--ordering->heap_count];
    } else if (reel->next.time_ns > top->time_ns) { /* it has gone on, because others waited for it */
        top->time_ns = reel->next.time_ns;
    } else {
        uint64_t until = next_time(ordering);
        for (uint64_t count = 0;
             !reel->ended && !ordering->over && (count < TURN_LEAST || reel->next.time_ns <= until); count++)
            if (reel->next.other_thread == reel->next.thread)
                take_one(ordering, reel, top->thread);
            else
                take_next(ordering, top->thread, 0);
        if (!reel->ended)
            top->time_ns = reel->next.time_ns;
    }
    sink(ordering, 0);
}

static bool start(struct ordering *ordering) {
    uint32_t threads = ordering->trace->thread_count;
    ordering->reels = calloc((size_t)threads + 1, sizeof *ordering->reels);
    ordering->heap = calloc((size_t)threads + 1, sizeof *ordering->heap);
    if (!ordering->reels || !ordering->heap)
        return false;
    for (uint32_t thread = 0; thread < threads; thread++) {
        look_ahead(ordering, &ordering->reels[thread], thread);
        if (!ordering->reels[thread].ended)
            ordering->heap[ordering->heap_count++] =
                (struct queued){ordering->reels[thread].next.time_ns, thread};
    }
    for (size_t at = ordering->heap_count / 2; at-- > 0;)
        sink(ordering, at);
    return true;
}

bool trace_order(struct trace *trace, struct trace_problem *problem) {
    struct ordering ordering = {.trace = trace};
    trace->turns.count = 0;
    survey_begin(&ordering.survey, trace);
    bool started = start(&ordering);
    while (started && !ordering.over && ordering.heap_count)
        take_turn(&ordering);
    survey_end(&ordering.survey);
    free(ordering.reels);
    free(ordering.heap);
    if (ordering.senseless)
        trace_damaged(&trace->damage, trace->file->first, "operation %llu of all makes no sense",
                      (unsigned long long)ordering.number);
    trace->totals.operations = ordering.number;
    struct turn *end = list_add(&trace->turns, sizeof *end);
    if (!started || ordering.failed || !end)
        return trace_damaged(problem, 0, "out of memory");
    *end = (struct turn){.first = ordering.number};
    return true;
}
