/*
 * write_block.c - bytes into the file. The first error is kept, and after it nothing is written.
 */
#include "writing.h"
#include "../format/checksum.h"

#include <errno.h>
#include <stdlib.h>

void writer_fail(struct trace_writer *writer) {
    if (!writer->error)
        writer->error = errno ? errno : EIO;
}

void writer_put(struct trace_writer *writer, const void *bytes, size_t count) {
    if (!writer->error && fwrite(bytes, 1, count, writer->file) != count)
        writer_fail(writer);
}

void writer_put_block(struct trace_writer *writer, struct trace_block *header,
                      const uint8_t *const columns[COLUMNS]) {
    size_t used = sizeof *header;
    for (unsigned column = 0; column < COLUMNS; column++) {
        header->at[column] = header->columns >> column & 1 ? (uint32_t)used : 0;
        used += header->bytes[column];
    }
    header->stride = (uint32_t)((used + 7) & ~(size_t)7);
    /* The checksum covers header and bytes side by side. */
    uint8_t *whole = calloc(1, header->stride);
    if (!whole) {
        writer_fail(writer);
        return;
    }
    memcpy(whole, header, sizeof *header);
    for (unsigned column = 0; column < COLUMNS; column++)
        if (header->bytes[column])
            memcpy(whole + header->at[column], columns[column], header->bytes[column]);
    ((struct trace_block *)whole)->checksum = checksum_block((struct trace_block *)whole);
    writer_put(writer, whole, header->stride);
    free(whole);
}
