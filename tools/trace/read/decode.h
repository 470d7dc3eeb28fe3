/*
 * decode.h - decodes a block, operation by operation. It trusts no byte: no read leaves the block, and no
 * object is out of range. A senseless block ends with DECODE_BAD.
 */
#ifndef HALLOC_TRACE_DECODE_H
#define HALLOC_TRACE_DECODE_H

#include "inside.h"
#include "../format/varint.h"

struct decoder {
    const uint8_t *at[COLUMNS], *end[COLUMNS]; /* NULL: no such column */
    uint64_t begun;                            /* objects of this thread so far */
    uint64_t last_other, last_place;
    uint64_t first_ns, step_ns, time_ns; /* step_ns: in 2^-16 ns */
    uint32_t thread, count, done;
    int bad;
};

enum decoded { DECODE_ONE, DECODE_END, DECODE_BAD };

static inline void decode_start(struct decoder *decoder, const struct block_entry *entry) {
    const struct trace_block *block = entry->block;
    *decoder = (struct decoder){
        .begun = entry->first_object,
        .first_ns = block->first_ns,
        .time_ns = block->first_ns,
        .thread = block->thread,
        .count = entry->count,
    };
    uint64_t length = block->last_ns > block->first_ns ? block->last_ns - block->first_ns : 0;
    if (entry->count && length < UINT64_C(1) << 48) /* three days in one block: no interpolation */
        decoder->step_ns = (length << 16) / entry->count;
    for (unsigned column = 0; column < COLUMNS; column++) {
        if (!(block->columns >> column & 1))
            continue;
        /* An open block does not say how much of a column it has used: at most all of it. */
        uint32_t end = block->stride;
        for (unsigned other = column + 1; other < COLUMNS && !block->checksum; other++)
            if (block->columns >> other & 1 && block->at[other] < end)
                end = block->at[other];
        if (block->checksum)
            end = block->at[column] + block->bytes[column];
        decoder->at[column] = (const uint8_t *)block + block->at[column];
        decoder->end[column] = (const uint8_t *)block + end;
    }
}

/* --- The parts of an operation -------------------------------------------------------------------- */

static inline uint64_t take(struct decoder *decoder, unsigned column) {
    return varint_get(&decoder->at[column], decoder->end[column], &decoder->bad);
}

/* An object of this thread, `distance` back from the newest. */
static inline uint64_t own_object(const struct trace *trace, struct decoder *decoder, uint64_t distance) {
    if (distance >= decoder->begun) {
        decoder->bad = 1;
        return OBJECT_NONE;
    }
    return trace->threads[decoder->thread].object_base + decoder->begun - 1 - distance;
}

/* An object of another thread. OBJECT_NONE if that thread's blocks are lost. */
static inline uint64_t other_object(const struct trace *trace, struct decoder *decoder, uint64_t thread,
                                    struct operation *operation) {
    uint64_t number = decoder->last_other += unzigzag(take(decoder, COLUMN_OPERATIONS));
    if (thread >= trace->thread_count || number >= trace->threads[thread].objects)
        return OBJECT_NONE;
    operation->other_thread = (uint32_t)thread;
    return trace->threads[thread].object_base + number;
}

static inline uint8_t take_log2(struct decoder *decoder) {
    uint64_t log2 = take(decoder, COLUMN_OPERATIONS);
    decoder->bad |= log2 > 63;
    return (uint8_t)(log2 & 63);
}

static inline void decode_extension(const struct trace *trace, struct decoder *decoder, uint64_t which,
                                    struct operation *operation) {
    static const uint8_t kinds[EXTENSIONS] = {
        [EXTENSION_FREE_NULL] = OPERATION_FREE_NULL,     [EXTENSION_FREE_UNKNOWN] = OPERATION_FREE_UNKNOWN,
        [EXTENSION_FREE_SIZED] = OPERATION_FREE_SIZED,   [EXTENSION_FREE_SIZED_OTHER] = OPERATION_FREE_SIZED,
        [EXTENSION_REALLOC_UNKNOWN] = OPERATION_REALLOC, [EXTENSION_FAILURE] = OPERATION_FAILURE,
        [EXTENSION_THREAD_EXIT] = OPERATION_THREAD_EXIT, [EXTENSION_FORK] = OPERATION_FORK,
    };
    if (which == 0 || which >= EXTENSIONS) {
        decoder->bad = 1;
        return;
    }
    operation->kind = kinds[which];
    if (which == EXTENSION_FREE_SIZED) {
        operation->object = own_object(trace, decoder, take(decoder, COLUMN_OPERATIONS));
        operation->size = take(decoder, COLUMN_OPERATIONS);
    } else if (which == EXTENSION_FREE_SIZED_OTHER) {
        operation->object = other_object(trace, decoder, take(decoder, COLUMN_OPERATIONS), operation);
        operation->size = take(decoder, COLUMN_OPERATIONS);
    } else if (which == EXTENSION_REALLOC_UNKNOWN) {
        operation->size = take(decoder, COLUMN_OPERATIONS);
    } else if (which == EXTENSION_FAILURE) {
        uint64_t failed = take(decoder, COLUMN_OPERATIONS);
        decoder->bad |= failed > OPERATION_REALLOC;
        operation->failed = (uint8_t)failed;
        operation->size = take(decoder, COLUMN_OPERATIONS);
        operation->alignment_log2 = take_log2(decoder);
    }
}

static inline void decode_operation(const struct trace *trace, struct decoder *decoder,
                                    struct operation *operation) {
    uint64_t word = take(decoder, COLUMN_OPERATIONS), argument = word >> CODE_BITS;
    switch (word & ((1u << CODE_BITS) - 1)) {
    case CODE_MALLOC:
        operation->kind = OPERATION_MALLOC;
        operation->size = argument;
        break;
    case CODE_CALLOC:
        operation->kind = OPERATION_CALLOC;
        operation->size = argument;
        break;
    case CODE_ALIGNED:
        operation->kind = OPERATION_ALIGNED;
        operation->size = argument;
        operation->alignment_log2 = take_log2(decoder);
        break;
    case CODE_FREE:
        operation->kind = OPERATION_FREE;
        operation->object = own_object(trace, decoder, argument);
        break;
    case CODE_FREE_OTHER:
        operation->kind = OPERATION_FREE;
        operation->object = other_object(trace, decoder, argument, operation);
        break;
    case CODE_REALLOC:
        operation->kind = OPERATION_REALLOC;
        operation->previous = own_object(trace, decoder, argument);
        operation->size = take(decoder, COLUMN_OPERATIONS);
        break;
    case CODE_REALLOC_OTHER:
        operation->kind = OPERATION_REALLOC;
        operation->previous = other_object(trace, decoder, argument, operation);
        operation->size = take(decoder, COLUMN_OPERATIONS);
        break;
    default: decode_extension(trace, decoder, argument, operation);
    }
}

static inline void decode_begin(const struct trace *trace, struct decoder *decoder,
                                struct operation *operation) {
    const struct thread_entry *thread = &trace->threads[decoder->thread];
    decoder->bad |= decoder->begun >= thread->objects;
    operation->object = thread->object_base + decoder->begun++;
    if (decoder->at[COLUMN_SITES])
        operation->site = (uint32_t)take(decoder, COLUMN_SITES);
    if (decoder->at[COLUMN_PLACES]) {
        decoder->last_place += unzigzag(take(decoder, COLUMN_PLACES));
        operation->address = decoder->last_place << 3;
        operation->usable = operation->size + unzigzag(take(decoder, COLUMN_PLACES));
    }
}

static inline void decode_time(struct decoder *decoder, struct operation *operation) {
    if (decoder->at[COLUMN_TIMES])
        decoder->time_ns += take(decoder, COLUMN_TIMES);
    else
        decoder->time_ns = decoder->first_ns + (decoder->step_ns * decoder->done >> 16);
    operation->time_ns = decoder->time_ns;
}

/* The next operation of the block. The caller sets `number`. */
static inline enum decoded decode_next(const struct trace *trace, struct decoder *decoder,
                                       struct operation *operation) {
    if (decoder->done >= decoder->count)
        return DECODE_END;
    *operation = (struct operation){
        .object = OBJECT_NONE,
        .previous = OBJECT_NONE,
        .thread = decoder->thread,
        .other_thread = decoder->thread,
    };
    decode_operation(trace, decoder, operation);
    if (operation_begins_object(operation))
        decode_begin(trace, decoder, operation);
    else if ((operation->kind == OPERATION_FREE || operation->kind == OPERATION_FREE_SIZED) &&
             operation->object == OBJECT_NONE)
        operation->kind = OPERATION_FREE_UNKNOWN;
    decode_time(decoder, operation);
    decoder->done++;
    return decoder->bad ? DECODE_BAD : DECODE_ONE;
}

#endif
