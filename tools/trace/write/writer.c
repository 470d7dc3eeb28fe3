/*
 * writer.c - see writer.h. Each thread has a block in memory, which is written when it is full.
 *
 * A name is like the recorder's: the thread in the high bits, the object's number in that thread in the low
 * bits.
 */
#include "writing.h"
#include "../format/checksum.h"
#include "../../base/fail.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define NAME_BITS 40
#define CLOCK_NS 1000u /* between two calls; this number makes round times */

#define MAKING_BYTES (BLOCK_OPERATIONS_MOST * 8)
#define MAKING_SITE_BYTES (BLOCK_OPERATIONS_MOST * VARINT_BYTES_MOST)

const struct output_kind trace_output = {.name = "trace", .begins = {FILE_MAGIC}, .only_file = true};

/* --- The file ------------------------------------------------------------------------------------- */

static void put_header(struct trace_writer *writer, const char *command) {
    uint32_t columns = 1u << COLUMN_OPERATIONS | (uint32_t)writer->has_sites << COLUMN_SITES;
    union {
        struct trace_file file;
        char bytes[sizeof(struct trace_file) + COMMAND_BYTES_MOST];
    } header = {.file = {.magic = FILE_MAGIC, .version = FILE_VERSION, .columns = columns}};
    size_t length = strnlen(command, COMMAND_BYTES_MOST);
    header.file.command_bytes = (uint32_t)length;
    header.file.first = (uint32_t)((sizeof header.file + length + 7) & ~(size_t)7);
    memcpy(header.bytes + offsetof(struct trace_file, command), command, length);
    header.file.checksum = checksum_file(&header.file);
    writer_put(writer, &header, header.file.first);
}

struct trace_writer *trace_writer_open(const char *path, const char *command, bool has_sites) {
    if (output_refused(path, &trace_output))
        return NULL;
    struct trace_writer *writer = calloc(1, sizeof *writer);
    if (!writer)
        return NULL;
    writer->has_sites = has_sites;
    writer->path = strdup(path);
    if (writer->path)
        writer->file = output_beside(path, &writer->part);
    if (!writer->file) {
        int error = errno;
        free(writer->path);
        free(writer->part);
        free(writer);
        errno = error;
        return NULL;
    }
    put_header(writer, command);
    return writer;
}

int trace_writer_complain(const char *who, const char *path) {
    int error = errno;
    const char *refused = output_refused(path, &trace_output);
    if (refused)
        fail(who, "%s", refused);
    else
        fail(who, "cannot write %s: %s", path, strerror(error));
    return 1;
}

/* --- Blocks --------------------------------------------------------------------------------------- */

static void put_operations(struct trace_writer *writer, struct making *making) {
    struct trace_block *header = &making->header;
    if (!header->count)
        return;
    header->bytes[COLUMN_OPERATIONS] = (uint32_t)making->used;
    header->bytes[COLUMN_SITES] = (uint32_t)making->sites_used;
    header->last_ns = writer->now_ns;
    writer_put_block(
        writer, header,
        (const uint8_t *const[COLUMNS]){[COLUMN_OPERATIONS] = making->bytes, [COLUMN_SITES] = making->sites});
    *header = (struct trace_block){.count = 0};
    making->used = making->sites_used = 0;
}

static bool add_threads(struct trace_writer *writer, uint32_t thread) {
    struct making *moved = reallocarray(writer->threads, (size_t)thread + 1, sizeof *moved);
    if (!moved)
        return false;
    memset(moved + writer->thread_count, 0, (thread + 1 - writer->thread_count) * sizeof *moved);
    writer->threads = moved;
    writer->thread_count = thread + 1;
    return true;
}

/* After an error nothing is written. But objects still get a name, so that they seem to have begun. */
#define NO_MATTER 0

/* The thread's block, with room for an operation. NULL after an error. */
static struct making *next(struct trace_writer *writer, uint32_t thread) {
    if (writer->error)
        return NULL;
    struct making *making = NULL;
    if (thread < writer->thread_count || (thread < THREADS_MOST && add_threads(writer, thread)))
        making = &writer->threads[thread];
    if (making && !making->bytes)
        making->bytes = malloc(MAKING_BYTES);
    if (making && writer->has_sites && !making->sites)
        making->sites = malloc(MAKING_SITE_BYTES);
    if (!making || !making->bytes || (writer->has_sites && !making->sites)) {
        writer_fail(writer);
        return NULL;
    }
    if (making->header.count == BLOCK_OPERATIONS_MOST || making->used + OPERATION_BYTES_MOST > MAKING_BYTES)
        put_operations(writer, making);
    if (!making->header.count) {
        making->header = (struct trace_block){
            .magic = BLOCK_MAGIC,
            .kind = BLOCK_OPERATIONS,
            .columns = (uint16_t)(1u << COLUMN_OPERATIONS | (unsigned)writer->has_sites << COLUMN_SITES),
            .thread = thread,
            .sequence = writer->sequence++,
            .first_object = making->objects,
            .first_ns = writer->now_ns,
        };
        making->last_other = 0;
    }
    making->header.count++;
    writer->now_ns += CLOCK_NS;
    return making;
}

/* --- Operations ----------------------------------------------------------------------------------- */

static void add(struct making *making, uint64_t number) {
    making->used = (size_t)(varint_put_long(making->bytes + making->used, number) - making->bytes);
}

static void add_code(struct making *making, uint64_t argument, unsigned code) {
    add(making, argument << CODE_BITS | code);
}

/* Writes which object ends: by distance, or by thread and number. False: it never began. */
static bool add_object(struct making *making, uint32_t thread, uint64_t object, unsigned own,
                       unsigned other) {
    uint64_t number = object & (((uint64_t)1 << NAME_BITS) - 1);
    if (object == TRACE_UNKNOWN)
        return false;
    if (object >> NAME_BITS == thread) {
        add_code(making, making->objects - 1 - number, own);
        return true;
    }
    add_code(making, object >> NAME_BITS, other);
    add(making, zigzag(number - making->last_other));
    making->last_other = number;
    return true;
}

static uint64_t begin(struct trace_writer *writer, struct making *making, uint32_t thread) {
    making->header.begins++;
    if (writer->has_sites)
        making->sites_used =
            (size_t)(varint_put_long(making->sites + making->sites_used, writer->site) - making->sites);
    return (uint64_t)thread << NAME_BITS | making->objects++;
}

uint64_t trace_write_begin(struct trace_writer *writer, uint32_t thread, enum operation_kind kind,
                           uint64_t size, unsigned alignment_log2) {
    struct making *making = next(writer, thread);
    if (!making)
        return NO_MATTER;
    if (kind == OPERATION_ALIGNED) {
        add_code(making, size, CODE_ALIGNED);
        add(making, alignment_log2);
    } else {
        add_code(making, size, kind == OPERATION_CALLOC ? CODE_CALLOC : CODE_MALLOC);
    }
    return begin(writer, making, thread);
}

uint64_t trace_write_realloc(struct trace_writer *writer, uint32_t thread, uint64_t object, uint64_t size) {
    struct making *making = next(writer, thread);
    if (!making)
        return NO_MATTER;
    if (!add_object(making, thread, object, CODE_REALLOC, CODE_REALLOC_OTHER))
        add_code(making, EXTENSION_REALLOC_UNKNOWN, CODE_EXTENSION);
    add(making, size);
    return begin(writer, making, thread);
}

void trace_write_free(struct trace_writer *writer, uint32_t thread, uint64_t object) {
    struct making *making = next(writer, thread);
    if (making && !add_object(making, thread, object, CODE_FREE, CODE_FREE_OTHER))
        add_code(making, EXTENSION_FREE_UNKNOWN, CODE_EXTENSION);
}

void trace_write_time(struct trace_writer *writer, uint64_t now_ns) {
    writer->now_ns = now_ns > writer->now_ns ? now_ns : writer->now_ns;
}

void trace_write_event(struct trace_writer *writer, uint32_t thread, enum operation_kind kind) {
    static const uint8_t extensions[OPERATION_KINDS] = {
        [OPERATION_FREE_NULL] = EXTENSION_FREE_NULL,
        [OPERATION_FREE_UNKNOWN] = EXTENSION_FREE_UNKNOWN,
        [OPERATION_THREAD_EXIT] = EXTENSION_THREAD_EXIT,
        [OPERATION_FORK] = EXTENSION_FORK,
    };
    struct making *making = next(writer, thread);
    if (making)
        add_code(making, extensions[kind], CODE_EXTENSION);
}

void trace_write_failure(struct trace_writer *writer, uint32_t thread, enum operation_kind failed,
                         uint64_t size, unsigned alignment_log2) {
    struct making *making = next(writer, thread);
    if (!making)
        return;
    add_code(making, EXTENSION_FAILURE, CODE_EXTENSION);
    add(making, failed);
    add(making, size);
    add(making, alignment_log2);
}

/* --- The end -------------------------------------------------------------------------------------- */

static void drop(struct trace_writer *writer) {
    for (uint32_t thread = 0; thread < writer->thread_count; thread++) {
        free(writer->threads[thread].bytes);
        free(writer->threads[thread].sites);
    }
    free(writer->threads);
    free(writer->sites.bytes);
    free(writer->names.bytes);
    free(writer->path);
    free(writer->part);
    free(writer);
}

bool trace_writer_close(struct trace_writer *writer, struct trace_problem *problem) {
    *problem = (struct trace_problem){.found = false};
    for (uint32_t thread = 0; thread < writer->thread_count; thread++)
        put_operations(writer, &writer->threads[thread]);
    writer_end_sites(writer);
    if (fclose(writer->file) != 0)
        writer_fail(writer);
    bool done = !writer->error && trace_finish(writer->part, writer->path, NULL, problem);
    if (writer->error) {
        problem->found = true;
        problem->offset = TRACE_NO_OFFSET;
        snprintf(problem->what, sizeof problem->what, "cannot write it: %s", strerror(writer->error));
    }
    if (!done)
        unlink(writer->part);
    drop(writer);
    return done;
}

void trace_writer_abandon(struct trace_writer *writer) {
    fclose(writer->file);
    unlink(writer->part);
    drop(writer);
}
