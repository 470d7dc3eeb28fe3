/*
 * footer.c - the last block of a finished file. It saves a pass over the file.
 *
 *      block header | struct footer | turns | marks | checkpoints
 *
 * A turn is two varints: a thread, and its number of operations. A mark is four varints: differences from
 * the mark before (zigzag for values that may shrink). A checkpoint is operation, objects, bytes; the bytes
 * of all checkpoints come last. The checksum guards the footer. Its numbers are still checked against the
 * blocks, so that none of them leads outside.
 */
#include "../format/checksum.h"
#include "../read/inside.h"
#include "../format/varint.h"

#include <stdlib.h>

struct footer {
    uint64_t operations, objects, threads, requested_bytes;
    uint64_t peak_bytes, peak_objects, peak_after;
    uint64_t end_bytes, end_objects;
    uint64_t turns, marks, checkpoints;
};

/* --- Writing -------------------------------------------------------------------------------------- */

static size_t room_for(const struct trace *trace) {
    size_t room = sizeof(struct trace_block) + sizeof(struct footer) + 8;
    room += trace->turns.count * 2 * VARINT_BYTES_MOST + trace->marks.count * 4 * VARINT_BYTES_MOST;
    const struct checkpoint *checkpoints = trace->checkpoints.items;
    for (size_t index = 0; index < trace->checkpoints.count; index++)
        room += 3 * VARINT_BYTES_MOST + (size_t)(checkpoints[index].end - checkpoints[index].bytes);
    return room;
}

static uint8_t *put_turns(const struct trace *trace, uint8_t *at) {
    const struct turn *turns = trace->turns.items;
    for (size_t index = 0; index + 1 < trace->turns.count; index++) {
        at = varint_put_long(at, turns[index].thread);
        at = varint_put_long(at, turns[index + 1].first - turns[index].first);
    }
    return at;
}

static uint8_t *put_marks(const struct trace *trace, uint8_t *at) {
    const struct trace_mark *marks = trace->marks.items;
    struct trace_mark last = {0};
    for (size_t index = 0; index < trace->marks.count; last = marks[index++]) {
        at = varint_put_long(at, marks[index].operation - last.operation);
        at = varint_put_long(at, marks[index].time_ns - last.time_ns);
        at = varint_put_long(at, zigzag(marks[index].live_bytes - last.live_bytes));
        at = varint_put_long(at, zigzag(marks[index].live_objects - last.live_objects));
    }
    return at;
}

static uint8_t *put_checkpoints(const struct trace *trace, uint8_t *at) {
    const struct checkpoint *checkpoints = trace->checkpoints.items;
    for (size_t index = 0; index < trace->checkpoints.count; index++) {
        at = varint_put_long(at, checkpoints[index].operation);
        at = varint_put_long(at, checkpoints[index].count);
        at = varint_put_long(at, (uint64_t)(checkpoints[index].end - checkpoints[index].bytes));
    }
    for (size_t index = 0; index < trace->checkpoints.count; index++) {
        size_t bytes = (size_t)(checkpoints[index].end - checkpoints[index].bytes);
        memcpy(at, checkpoints[index].bytes, bytes);
        at += bytes;
    }
    return at;
}

struct trace_block *footer_make(const struct trace *trace) {
    size_t room = room_for(trace);
    struct trace_block *block = room < UINT32_MAX ? calloc(1, room) : NULL;
    if (!block)
        return NULL;
    const struct trace_totals *totals = &trace->totals;
    struct footer footer = {
        totals->operations,  totals->objects,        trace->thread_count, totals->requested_bytes,
        totals->peak_bytes,  totals->peak_objects,   totals->peak_after,  totals->end_bytes,
        totals->end_objects, trace->turns.count - 1, trace->marks.count,  trace->checkpoints.count,
    };
    uint8_t *at = (uint8_t *)(block + 1);
    memcpy(at, &footer, sizeof footer);
    at = put_checkpoints(trace, put_marks(trace, put_turns(trace, at + sizeof footer)));
    block->magic = BLOCK_MAGIC;
    block->kind = BLOCK_FOOTER;
    block->columns = 1;
    block->at[0] = sizeof *block;
    block->bytes[0] = (uint32_t)(at - (uint8_t *)(block + 1));
    block->stride = (uint32_t)((sizeof *block + block->bytes[0] + 7) & ~(size_t)7);
    block->checksum = checksum_block(block);
    return block;
}

/* --- Reading -------------------------------------------------------------------------------------- */

struct bytes {
    const uint8_t *at, *end;
    int bad;
};

static uint64_t get(struct bytes *bytes) {
    return varint_get(&bytes->at, bytes->end, &bytes->bad);
}

/* `seen[thread]`: the number of its operations in earlier turns. */
static bool get_turns(struct trace *trace, struct bytes *bytes, uint64_t turns, uint64_t *seen) {
    uint64_t number = 0;
    for (uint64_t index = 0; index < turns; index++) {
        uint64_t thread = get(bytes), count = get(bytes);
        if (bytes->bad || thread >= trace->thread_count || !count ||
            count > trace->threads[thread].operations - seen[thread])
            return false;
        struct turn *turn = list_add(&trace->turns, sizeof *turn);
        if (!turn)
            return false;
        *turn = (struct turn){number, seen[thread], (uint32_t)thread};
        number += count;
        seen[thread] += count;
    }
    struct turn *end = list_add(&trace->turns, sizeof *end);
    if (end)
        *end = (struct turn){.first = number};
    return end && number == trace->totals.operations;
}

static bool get_marks(struct trace *trace, struct bytes *bytes, uint64_t marks) {
    struct trace_mark mark = {0};
    for (uint64_t index = 0; index < marks; index++) {
        mark.operation += get(bytes);
        mark.time_ns += get(bytes);
        mark.live_bytes += unzigzag(get(bytes));
        mark.live_objects += unzigzag(get(bytes));
        struct trace_mark *added = bytes->bad ? NULL : list_add(&trace->marks, sizeof *added);
        if (!added)
            return false;
        *added = mark;
    }
    return true;
}

static bool get_checkpoints(struct trace *trace, struct bytes *bytes, uint64_t count) {
    size_t total = 0;
    for (uint64_t index = 0; index < count; index++) {
        struct checkpoint *added = bytes->bad ? NULL : list_add(&trace->checkpoints, sizeof *added);
        if (!added)
            return false;
        added->operation = get(bytes);
        added->count = get(bytes);
        size_t length = get(bytes);
        if (bytes->bad || length > (size_t)(bytes->end - bytes->at))
            return false;
        added->bytes = (const uint8_t *)(uintptr_t)total;
        added->end = (const uint8_t *)(uintptr_t)(total += length);
    }
    struct checkpoint *checkpoints = trace->checkpoints.items;
    if (total > (size_t)(bytes->end - bytes->at))
        return false;
    for (uint64_t index = 0; index < count; index++) { /* their bytes stay in the mapped file */
        checkpoints[index].bytes = bytes->at + (uintptr_t)checkpoints[index].bytes;
        checkpoints[index].end = bytes->at + (uintptr_t)checkpoints[index].end;
    }
    return true;
}

static void forget(struct trace *trace) {
    trace->turns.count = trace->marks.count = trace->checkpoints.count = 0;
}

bool footer_read(struct trace *trace, const struct trace_block *block) {
    struct footer footer;
    struct trace_totals *totals = &trace->totals;
    struct bytes bytes = {(const uint8_t *)block + block->at[0], NULL, 0};
    bytes.end = bytes.at + block->bytes[0];
    if (block->bytes[0] < sizeof footer)
        return false;
    memcpy(&footer, bytes.at, sizeof footer);
    bytes.at += sizeof footer;
    if (footer.operations != totals->operations || footer.objects != totals->objects ||
        footer.threads != trace->thread_count)
        return false;
    uint64_t *seen = calloc((size_t)trace->thread_count + 1, sizeof *seen);
    bool good = seen && get_turns(trace, &bytes, footer.turns, seen) &&
                get_marks(trace, &bytes, footer.marks) && get_checkpoints(trace, &bytes, footer.checkpoints);
    free(seen);
    if (!good) {
        forget(trace);
        return false;
    }
    totals->requested_bytes = footer.requested_bytes;
    totals->peak_bytes = footer.peak_bytes;
    totals->peak_objects = footer.peak_objects;
    totals->peak_after = footer.peak_after;
    totals->end_bytes = footer.end_bytes;
    totals->end_objects = footer.end_objects;
    return true;
}
