/*
 * write_site.c - call sites whose frames have names, as other tools know them.
 *
 *      names    1: PyList_New (listobject.c:166)   2: main (python.c:15)   3: ...
 *      sites    1: 1, 2                            2: 3, 2
 *
 * Both are gathered in memory, and written as a block whenever there is enough of them.
 */
#include "writing.h"

#include <stdlib.h>

#define GATHERED_BYTES 32768u

static void put_gathered(struct trace_writer *writer, struct gathered *gathered, enum trace_block_kind kind) {
    struct trace_block header = {.magic = BLOCK_MAGIC,
                                 .kind = (uint16_t)kind,
                                 .columns = 1,
                                 .count = gathered->count,
                                 .first_object = gathered->all - gathered->count + 1,
                                 .bytes = {(uint32_t)gathered->used}};
    if (gathered->count)
        writer_put_block(writer, &header, (const uint8_t *const[COLUMNS]){gathered->bytes});
    gathered->count = 0;
    gathered->used = 0;
}

void writer_end_sites(struct trace_writer *writer) {
    put_gathered(writer, &writer->names, BLOCK_NAMES);
    put_gathered(writer, &writer->sites, BLOCK_SITES);
}

/* Room for one more of at most so many bytes; NULL after an error. */
static uint8_t *one_more(struct trace_writer *writer, struct gathered *gathered, enum trace_block_kind kind,
                         size_t bytes) {
    if (gathered->used > GATHERED_BYTES)
        put_gathered(writer, gathered, kind);
    if (gathered->used + bytes > gathered->room) {
        size_t room = gathered->used + bytes + GATHERED_BYTES;
        uint8_t *moved = realloc(gathered->bytes, room);
        if (!moved) {
            writer_fail(writer);
            return NULL;
        }
        gathered->bytes = moved;
        gathered->room = room;
    }
    gathered->count++;
    gathered->all++;
    return gathered->bytes + gathered->used;
}

static uint8_t *put_text(uint8_t *at, const char *text) {
    return (uint8_t *)stpcpy((char *)at, text);
}

uint32_t trace_write_name(struct trace_writer *writer, const struct trace_name *name) {
    size_t function = strlen(name->function), file = strlen(name->file), module = strlen(name->module);
    struct gathered *names = &writer->names;
    size_t most = 4 * VARINT_BYTES_MOST + function + file + module + 1;
    uint8_t *at = one_more(writer, names, BLOCK_NAMES, most);
    if (!at)
        return 0;
    at = varint_put_long(at, name->line);
    at = varint_put_long(varint_put_long(varint_put_long(at, function), file), module);
    at = put_text(put_text(put_text(at, name->function), name->file), name->module);
    names->used = (size_t)(at - names->bytes);
    return (uint32_t)names->all;
}

uint32_t trace_write_site(struct trace_writer *writer, const uint32_t *names, unsigned count) {
    struct gathered *sites = &writer->sites;
    count = count < TRACE_FRAMES_MOST ? count : TRACE_FRAMES_MOST;
    uint8_t *at = one_more(writer, sites, BLOCK_SITES, (count + 1) * VARINT_BYTES_MOST);
    if (!at)
        return SITE_NONE;
    at = varint_put_long(at, count);
    for (unsigned frame = 0; frame < count; frame++)
        at = varint_put_long(at, zigzag((uint64_t)names[frame] - (frame ? names[frame - 1] : 0)));
    sites->used = (size_t)(at - sites->bytes);
    return (uint32_t)sites->all;
}

void trace_write_at(struct trace_writer *writer, uint32_t site) {
    writer->site = site;
}
