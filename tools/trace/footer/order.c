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
 * (decode.h). If there is a circle nevertheless, it is cut where it is found.
 */
#include "../read/decode.h"
#include "../../base/progress.h"

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
    bool failed;
};

/* --- Threads -------------------------------------------------------------------------------------- */

static void look_ahead(struct ordering *ordering, uint32_t thread) {
    struct reel *reel = &ordering->reels[thread];
    const struct trace *trace = ordering->trace;
    while (decode_next(trace, &reel->decoder, &reel->next) != DECODE_ONE) {
        if (reel->block == trace->threads[thread].blocks) {
            reel->ended = true;
            return;
        }
        decode_start(&reel->decoder, trace_block_of(trace, thread, reel->block++));
    }
}

/* Takes the next operation into the order. */
static void take_one(struct ordering *ordering, uint32_t thread) {
    struct reel *reel = &ordering->reels[thread];
    struct list *turns = &ordering->trace->turns;
    struct turn *last = turns->count ? (struct turn *)turns->items + turns->count - 1 : NULL;
    if (!last || last->thread != thread) {
        last = list_add(turns, sizeof *last);
        if (!last) {
            ordering->failed = true;
            return;
        }
        *last = (struct turn){ordering->number, reel->taken, thread};
    }
    reel->begun += operation_begins_object(&reel->next);
    reel->taken++;
    ordering->number++;
    look_ahead(ordering, thread);
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
static void take_next(struct ordering *ordering, uint32_t thread, unsigned depth) {
    struct reel *reel = &ordering->reels[thread];
    uint64_t until;
    if (depth < DEPTH_MOST && is_held_back(ordering, &reel->next, &until)) {
        struct reel *other = &ordering->reels[reel->next.other_thread];
        reel->waiting = true;
        while (other->begun < until && !other->ended && !other->waiting && !ordering->failed)
            take_next(ordering, reel->next.other_thread, depth + 1);
        reel->waiting = false;
    }
    take_one(ordering, thread);
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

static void take_turn(struct ordering *ordering) {
    struct queued *top = &ordering->heap[0];
    struct reel *reel = &ordering->reels[top->thread];
    progress_show("ordering", ordering->number, ordering->trace->totals.operations);
    if (reel->ended) {
        *top = ordering->heap[--ordering->heap_count];
    } else if (reel->next.time_ns > top->time_ns) { /* it has gone on, because others waited for it */
        top->time_ns = reel->next.time_ns;
    } else {
        uint64_t until = next_time(ordering);
        for (unsigned count = 0;
             !reel->ended && !ordering->failed && (count < TURN_LEAST || reel->next.time_ns <= until);
             count++)
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
        look_ahead(ordering, thread);
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
    if (trace->thread_count == 1) {
        struct turn *only = list_add(&trace->turns, sizeof *only);
        ordering.failed = !only;
        if (only)
            *only = (struct turn){0, 0, 0};
        ordering.number = trace->totals.operations;
    } else {
        ordering.failed = !start(&ordering);
    }
    while (!ordering.failed && ordering.heap_count)
        take_turn(&ordering);
    free(ordering.reels);
    free(ordering.heap);
    trace->totals.operations = ordering.number;
    struct turn *end = list_add(&trace->turns, sizeof *end);
    if (ordering.failed || !end)
        return trace_damaged(problem, 0, "out of memory");
    *end = (struct turn){.first = ordering.number};
    return true;
}
