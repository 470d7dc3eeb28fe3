/*
 * fuzz_htrace.c - any bytes as a .htrace file. The reader reads all that there is to read, or says what is damaged.
 *
 * Checksums stop nearly every change at the door, and what lies behind them would never be tried. So the first byte
 * says whether those of the header and of the blocks are made right before the file is read.
 */
#include "fuzz.h"

#include "../../tools/trace/format/checksum.h"
#include "../../tools/trace/read/live.h"
#include "../../tools/trace/read/reader.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static bool columns_inside(const struct trace_block *block) {
    for (unsigned column = 0; column < COLUMNS; column++)
        if (block->at[column] > block->stride || block->bytes[column] > block->stride - block->at[column])
            return false;
    return true;
}

static void make_checksums_right(uint8_t *bytes, size_t length) {
    struct trace_file *file = (struct trace_file *)bytes;
    if (length < sizeof *file || file->first < sizeof *file || file->first > length)
        return;
    if (!file->slot_bytes)
        file->checksum = checksum_file(file);
    for (size_t at = file->first; at % 8 == 0 && length - at >= sizeof(struct trace_block);) {
        struct trace_block *block = (struct trace_block *)(bytes + at);
        if (block->stride < sizeof *block || block->stride > length - at)
            return;
        if (block->checksum && columns_inside(block))
            block->checksum = checksum_block(block);
        at += block->stride;
    }
}

static void read_all(const struct trace *trace) {
    const struct trace_totals *totals = trace_totals(trace);
    struct trace_cursor *cursor = trace_cursor_open(trace);
    struct operation operation;
    uint64_t count = 0;
    must(cursor);
    while (trace_next(cursor, &operation)) {
        uint64_t ended = operation_ended_object(&operation);
        must(!operation_begins_object(&operation) || operation.object < totals->objects);
        must(ended == OBJECT_NONE || ended < totals->objects);
        count++;
    }
    must(count <= totals->operations);
    for (uint64_t number = 0; number < count + 2; number += 1 + count / 3) {
        size_t lives;
        if (trace_seek(cursor, number))
            trace_next(cursor, &operation);
        free(trace_live_before(trace, number, &lives));
    }
    trace_cursor_close(cursor);
    struct trace_frame frames[TRACE_FRAMES_MOST];
    for (uint32_t site = 0; site < trace_sites(trace) + 2 && site < 50; site++) {
        unsigned frames_there = trace_site(trace, site, frames, TRACE_FRAMES_MOST);
        for (unsigned at = 0; at < frames_there; at++)
            trace_module(trace, frames[at].module);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static int file = -1;
    static char path[40];
    if (file < 0) {
        file = memfd_create("htrace", 0);
        must(file >= 0);
        snprintf(path, sizeof path, "/proc/self/fd/%d", file);
    }
    if (length < 2)
        return 0;
    uint8_t *copy = malloc(length - 1);
    must(copy);
    memcpy(copy, bytes + 1, length - 1);
    if (bytes[0] & 1)
        make_checksums_right(copy, length - 1);
    must(ftruncate(file, 0) == 0 && pwrite(file, copy, length - 1, 0) == (ssize_t)length - 1);
    free(copy);
    struct trace_problem problem = {0};
    struct trace *trace = trace_open(path, &problem);
    if (!trace) {
        must(problem.found && problem.what[0]);
        return 0;
    }
    read_all(trace);
    trace_close(trace);
    return 0;
}
