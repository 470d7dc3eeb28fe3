/*
 * fuzz_import.c - any text as a .rep file, a script, valgrind's output or heaptrack's: the importer makes operations of it, or
 * names the line.
 *
 * IMPORT is the importer. It gets a writer of this file's own, which keeps to the contract of writer.h: only an
 * object that lives may be freed or resized, and under its newest name. So no file is made, and that is quick. With
 * WITH_FILES the writer is the real one, and the first byte chooses the importer: a trace that it makes can be read,
 * and has as many operations as it said.
 */
#include "fuzz.h"

#include "../../tools/convert/import.h"

#include <string.h>
#include <unistd.h>

/* An id of seven digits makes a table of many megabytes: right, but slow. */
static bool is_slow(const uint8_t *bytes, size_t length) {
    size_t digits = 0;
    for (size_t at = 0; at < length && digits < 7; at++)
        digits = bytes[at] >= '0' && bytes[at] <= '9' ? digits + 1 : 0;
    return digits == 7;
}

#ifdef WITH_FILES

static bool make_trace(struct import *import, bool importer(struct import *)) {
    static char path[64];
    if (!path[0])
        snprintf(path, sizeof path, "/dev/shm/fuzz-import-%d.htrace", (int)getpid());
    struct trace_problem problem = {0};
    import->writer = trace_writer_open(path, "fuzz", importer == import_heaptrack);
    must(import->writer);
    bool good = importer(import);
    if (!import->operations) {
        trace_writer_abandon(import->writer);
        return good;
    }
    must(trace_writer_close(import->writer, &problem));
    struct trace *trace = trace_open(path, &problem);
    must(trace && !trace_damage(trace)->found);
    must(trace_totals(trace)->operations == import->operations);
    trace_close(trace);
    unlink(path);
    return good;
}

#else

#define OBJECTS 4096 /* more than an input has lines */

static struct trace_writer {
    uint64_t objects, operations;
    uint32_t names, sites;
    bool alive[OBJECTS];
} writer;

uint64_t trace_write_begin(struct trace_writer *writer, uint32_t thread, enum operation_kind kind,
                           uint64_t size, unsigned alignment_log2) {
    (void)thread, (void)size;
    must(kind == OPERATION_MALLOC || kind == OPERATION_CALLOC || kind == OPERATION_ALIGNED);
    must(alignment_log2 < 64);
    must(writer->objects < OBJECTS);
    writer->operations++;
    writer->alive[writer->objects] = true;
    return writer->objects++;
}

void trace_write_free(struct trace_writer *writer, uint32_t thread, uint64_t object) {
    (void)thread;
    must(object == TRACE_UNKNOWN || (object < writer->objects && writer->alive[object]));
    writer->operations++;
    if (object != TRACE_UNKNOWN)
        writer->alive[object] = false;
}

uint64_t trace_write_realloc(struct trace_writer *writer, uint32_t thread, uint64_t object, uint64_t size) {
    trace_write_free(writer, thread, object);
    writer->operations--;
    return trace_write_begin(writer, thread, OPERATION_MALLOC, size, 0);
}

void trace_write_event(struct trace_writer *writer, uint32_t thread, enum operation_kind kind) {
    (void)thread;
    must(kind == OPERATION_FREE_NULL);
    writer->operations++;
}

void trace_write_failure(struct trace_writer *writer, uint32_t thread, enum operation_kind failed,
                         uint64_t size, unsigned alignment_log2) {
    (void)thread, (void)size, (void)failed;
    must(alignment_log2 < 64);
    writer->operations++;
}

uint32_t trace_write_name(struct trace_writer *writer, const struct trace_name *name) {
    must(name->function && name->file && name->module);
    return ++writer->names;
}

uint32_t trace_write_site(struct trace_writer *writer, const uint32_t *names, unsigned count) {
    must(count <= TRACE_FRAMES_MOST);
    for (unsigned frame = 0; frame < count; frame++)
        must(names[frame] && names[frame] <= writer->names);
    return ++writer->sites;
}

void trace_write_at(struct trace_writer *writer, uint32_t site) {
    must(site <= writer->sites);
}

void trace_write_time(struct trace_writer *writer, uint64_t now_ns) {
    (void)writer, (void)now_ns;
}

static bool make_trace(struct import *import, bool importer(struct import *)) {
    import->writer = &writer;
    writer.objects = writer.operations = writer.names = writer.sites = 0;
    bool good = importer(import);
    must(writer.operations == import->operations);
    return good;
}

#endif

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    if (length < 2)
        return 0;
#ifdef WITH_FILES
    bool (*const importers[])(struct import *) = {import_rep, import_script, import_valgrind,
                                                  import_heaptrack};
    bool (*importer)(struct import *) = importers[bytes[0] % 4];
    bytes++, length--;
#else
    bool (*importer)(struct import *) = IMPORT;
#endif
    if ((importer == import_rep || importer == import_script) && is_slow(bytes, length))
        return 0;
    struct import import = {.file = fmemopen((void *)bytes, length, "r")};
    must(import.file);
    if (import_line(&import)) {
        bool good = make_trace(&import, importer);
        must(good != import.problem.found);
        must(good || import.problem.what[0]);
    }
    fclose(import.file);
    return 0;
}
