/*
 * cursor.c - stepping through a trace, and seeking.
 *
 * The turns tell whose operation is next. Each thread has a place in its blocks, which is made at the
 * thread's first turn. A seek finds the turn by bisection, then the block by bisection. Then it decodes and
 * drops at most one block's operations. A long time may pass between two turns of a thread. So after a seek
 * each thread finds its place again when its turn comes.
 */
#include "decode.h"

#include <stdlib.h>

struct place {
    struct decoder decoder;
    uint64_t at;    /* the thread's next operation                   */
    uint32_t block; /* the next block; decoder is in the one before  */
    bool valid;
};

#define ALL_THREADS UINT32_MAX

struct trace_cursor {
    const struct trace *trace;
    struct place *places; /* of each thread */
    uint32_t only;        /* this thread, or ALL_THREADS */
    size_t turn;
    uint64_t number;
};

static const struct turn *turn_at(const struct trace_cursor *cursor, size_t index) {
    return (const struct turn *)cursor->trace->turns.items + index;
}

static struct trace_cursor *make(const struct trace *trace, uint32_t only) {
    struct trace_cursor *cursor = calloc(1, sizeof *cursor);
    struct place *places = calloc((size_t)trace->thread_count + 1, sizeof *places);
    if (!cursor || !places) {
        free(cursor);
        free(places);
        return NULL;
    }
    *cursor = (struct trace_cursor){.trace = trace, .places = places, .only = only};
    return cursor;
}

struct trace_cursor *trace_cursor_open(const struct trace *trace) {
    return make(trace, ALL_THREADS);
}

struct trace_cursor *trace_cursor_open_thread(const struct trace *trace, uint32_t thread) {
    return make(trace, thread);
}

void trace_cursor_close(struct trace_cursor *cursor) {
    if (!cursor)
        return;
    free(cursor->places);
    free(cursor);
}

/* --- Places --------------------------------------------------------------------------------------- */

/* The last block that begins at or before the thread's operation `at`. */
static uint32_t block_with(const struct trace *trace, uint32_t thread, uint64_t at) {
    uint32_t low = 0, high = trace->threads[thread].blocks;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        if (trace_block_of(trace, thread, middle)->first_operation <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static enum decoded step(const struct trace *trace, uint32_t thread, struct place *place,
                         struct operation *operation) {
    enum decoded decoded;
    while ((decoded = decode_next(trace, &place->decoder, operation)) == DECODE_END &&
           place->block < trace->threads[thread].blocks)
        decode_start(&place->decoder, trace_block_of(trace, thread, place->block++));
    place->at++;
    return decoded;
}

static bool put_place(const struct trace *trace, uint32_t thread, struct place *place, uint64_t at) {
    struct operation dropped;
    if (at >= trace->threads[thread].operations)
        return false;
    place->block = block_with(trace, thread, at);
    const struct block_entry *entry = trace_block_of(trace, thread, place->block++);
    decode_start(&place->decoder, entry);
    place->at = entry->first_operation;
    place->valid = true;
    while (place->at < at)
        if (step(trace, thread, place, &dropped) != DECODE_ONE)
            return false;
    return true;
}

/* --- Stepping ------------------------------------------------------------------------------------- */

static bool end(struct trace_cursor *cursor) {
    cursor->turn = cursor->trace->turns.count - 1;
    cursor->number = cursor->trace->totals.operations;
    return false;
}

/* Goes to the next turn of the cursor's only thread, if it has one. */
static void skip_turns(struct trace_cursor *cursor) {
    size_t last = cursor->trace->turns.count - 1;
    while (cursor->turn < last &&
           (cursor->number >= turn_at(cursor, cursor->turn + 1)->first ||
            (cursor->only != ALL_THREADS && turn_at(cursor, cursor->turn)->thread != cursor->only)))
        cursor->number = turn_at(cursor, ++cursor->turn)->first;
}

bool trace_next(struct trace_cursor *cursor, struct operation *operation) {
    const struct trace *trace = cursor->trace;
    if (cursor->turn + 1 >= trace->turns.count)
        return false;
    if (cursor->number >= turn_at(cursor, cursor->turn + 1)->first || cursor->only != ALL_THREADS)
        skip_turns(cursor);
    if (cursor->turn + 1 >= trace->turns.count)
        return end(cursor);
    const struct turn *turn = turn_at(cursor, cursor->turn);
    struct place *place = &cursor->places[turn->thread];
    uint64_t at = turn->at + (cursor->number - turn->first);
    if ((!place->valid || place->at != at) && !put_place(trace, turn->thread, place, at))
        return end(cursor);
    if (step(trace, turn->thread, place, operation) != DECODE_ONE)
        return end(cursor);
    operation->number = cursor->number++;
    return true;
}

bool trace_seek(struct trace_cursor *cursor, uint64_t number) {
    if (number >= cursor->trace->totals.operations)
        return end(cursor);
    size_t low = 0, high = cursor->trace->turns.count - 1;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (turn_at(cursor, middle)->first <= number)
            low = middle;
        else
            high = middle;
    }
    cursor->turn = low;
    cursor->number = number;
    return true;
}
