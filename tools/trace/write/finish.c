/*
 * finish.c - makes a finished file of an unfinished one. It reads what the recorder or the writer left,
 * like any reader. It writes that again, packed: blocks without unused room, checksums, and the footer,
 * which the reading has computed. At the end the new file replaces the old one in one step.
 */
#include "../format/checksum.h"
#include "../read/decode.h"
#include "../../base/progress.h"
#include "writer.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

struct packing {
    const struct trace *trace;
    FILE *file;
    uint8_t *buffer; /* a block */
    size_t room;
    uint64_t written, file_bytes;
};

static bool put(struct packing *packing, const void *bytes, size_t count) {
    packing->written += count;
    return fwrite(bytes, 1, count, packing->file) == count;
}

/* A block's header and columns, end to end. `bytes`: how much there is of each column. */
static bool put_packed(struct packing *packing, const struct trace_block *block,
                       const uint32_t bytes[COLUMNS], uint32_t count, uint32_t begins) {
    size_t stride = sizeof *block;
    for (unsigned column = 0; column < COLUMNS; column++)
        stride += bytes[column];
    stride = (stride + 7) & ~(size_t)7;
    if (stride > packing->room) {
        free(packing->buffer);
        packing->room = stride;
        packing->buffer = malloc(stride);
    }
    if (!packing->buffer)
        return false;
    struct trace_block *packed = (struct trace_block *)packing->buffer;
    uint32_t at = sizeof *packed;
    memset(packed, 0, stride);
    *packed = *block;
    packed->stride = (uint32_t)stride;
    packed->count = count;
    packed->begins = begins;
    for (unsigned column = 0; column < COLUMNS; column++) {
        memcpy(packing->buffer + at, (const uint8_t *)block + block->at[column], bytes[column]);
        packed->at[column] = block->columns >> column & 1 ? at : 0;
        packed->bytes[column] = bytes[column];
        at += bytes[column];
    }
    packed->checksum = checksum_block(packed);
    return put(packing, packed, stride);
}

/* An open block knows its number of operations. Decoding them tells the number of bytes. */
static bool put_operations(struct packing *packing, const struct block_entry *entry) {
    const struct trace_block *block = entry->block;
    uint32_t bytes[COLUMNS];
    memcpy(bytes, block->bytes, sizeof bytes);
    if (!block->checksum) {
        struct decoder decoder;
        struct operation operation;
        decode_start(&decoder, entry);
        while (decode_next(packing->trace, &decoder, &operation) == DECODE_ONE)
            ;
        for (unsigned column = 0; column < COLUMNS; column++)
            if (decoder.at[column])
                bytes[column] = (uint32_t)(decoder.at[column] - (const uint8_t *)block) - block->at[column];
    }
    return put_packed(packing, block, bytes, entry->count, entry->begins);
}

/* Sites and modules: the rest of an open block is zeros, and is cut off. */
static bool put_sites(struct packing *packing, const struct trace_block *block) {
    uint32_t bytes[COLUMNS] = {block->bytes[0]};
    if (!block->checksum) {
        const uint8_t *start = (const uint8_t *)block, *end = start + block->stride;
        while (end > start + block->at[0] && !end[-1])
            end--;
        bytes[0] = (uint32_t)(end - start) - block->at[0];
        if (bytes[0] < block->stride - block->at[0])
            bytes[0]++; /* the last number may be 0 */
    }
    return put_packed(packing, block, bytes, block->count, 0);
}

static bool put_blocks(struct packing *packing) {
    const struct trace *trace = packing->trace;
    const struct block_entry *entries = trace->blocks.items;
    const struct trace_block **sites = trace->site_blocks.items;
    bool done = true;
    for (size_t index = 0; done && index < trace->site_blocks.count; index++)
        done = put_sites(packing, sites[index]);
    for (size_t index = 0; done && index < trace->blocks.count; index++) {
        done = put_operations(packing, &entries[index]);
        progress_show("writing", index, trace->blocks.count);
    }
    return done;
}

/* Written twice: first as room for what is known only at the end, then at the end. */
static bool put_header(struct packing *packing, uint64_t footer_at) {
    const struct trace_file *file = packing->trace->file;
    size_t first = (offsetof(struct trace_file, command) + file->command_bytes + 15) & ~(size_t)7;
    struct trace_file *packed = calloc(1, first > sizeof *file ? first : sizeof *file);
    if (!packed)
        return false;
    memcpy(packed, file, offsetof(struct trace_file, command) + file->command_bytes);
    packed->first = (uint32_t)(first > sizeof *file ? first : sizeof *file);
    packed->slot_bytes = 0;
    packed->footer_at = footer_at;
    packed->file_bytes = packing->file_bytes = packing->written;
    packed->checksum = checksum_file(packed);
    bool done = fseek(packing->file, 0, SEEK_SET) == 0 && put(packing, packed, packed->first);
    free(packed);
    return done;
}

static bool pack(struct packing *packing) {
    struct trace_block *footer = footer_make(packing->trace);
    bool done = footer && put_header(packing, 0) && put_blocks(packing);
    uint64_t footer_at = packing->written;
    done = done && put(packing, footer, footer->stride) && put_header(packing, footer_at);
    free(footer);
    return done;
}

static bool replace(struct packing *packing, const char *from, const char *to) {
    char *part;
    packing->file = output_beside(to, &part);
    bool done = packing->file && pack(packing);
    if (packing->file && fclose(packing->file) != 0)
        done = false;
    done = done && rename(part, to) == 0;
    int error = errno;
    if (!done && part)
        unlink(part);
    if (done && strcmp(from, to) != 0)
        unlink(from);
    free(part);
    errno = error;
    return done;
}

bool trace_pack(const struct trace *trace, const char *from, const char *to, struct trace_totals *totals,
                struct trace_problem *problem) {
    struct packing packing = {.trace = trace};
    *problem = (struct trace_problem){.found = false};
    if (totals)
        *totals = trace->totals;
    if (output_no_file(to))
        return trace_damaged(problem, TRACE_NO_OFFSET, "%s is %s: not replaced", to, output_no_file(to));
    bool done = replace(&packing, from, to);
    free(packing.buffer);
    if (!done) /* most often there is no room: `from` stays, and can be read */
        return trace_damaged(problem, TRACE_NO_OFFSET, "cannot write %s: %s", to, strerror(errno));
    *problem = trace->damage;
    if (totals)
        totals->file_bytes = packing.file_bytes;
    return true;
}

bool trace_finish(const char *from, const char *to, struct trace_totals *totals,
                  struct trace_problem *problem) {
    struct trace *trace = trace_open(from, problem);
    bool done = trace && trace_pack(trace, from, to, totals, problem);
    trace_close(trace);
    return done;
}
