/*
 * scene.h - what the tests of the trace library share: traces made here, whose operations are known.
 *
 * A scene is a list of operations as a program made them, thread and all; it is written by the writer (or
 * bent into the state that a recorder leaves), read back, and compared.
 */
#ifndef TESTS_TRACE_SCENE_H
#define TESTS_TRACE_SCENE_H

#define _GNU_SOURCE 1
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../tools/trace/format/checksum.h"
#include "../../tools/trace/format/format.h"
#include "../../tools/trace/read/live.h"
#include "../../tools/trace/read/reader.h"
#include "../../tools/trace/write/writer.h"

static char scene_path[64];

static inline const char *scene_file(const char *name) {
    snprintf(scene_path, sizeof scene_path, "/tmp/trace-test-%d-%s", (int)getpid(), name);
    return scene_path;
}

static inline uint32_t scene_random(uint64_t *state) { /* xorshift64*, Vigna */
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (uint32_t)(*state * UINT64_C(2685821657736338717) >> 32);
}

/* Writes `calls` random calls of `threads` threads, which free and resize each other's objects. Every size
 * is different from call to call: 8 bytes of it are the call's number. Returns how many objects stay. */
static inline size_t scene_write(const char *path, unsigned calls, uint32_t threads, uint64_t seed) {
    struct trace_writer *writer = trace_writer_open(path, "a scene", false);
    struct trace_problem problem;
    uint64_t *live = calloc(calls + 1, sizeof *live), state = seed;
    size_t count = 0;
    assert_non_null(writer);
    for (unsigned call = 0; call < calls; call++) {
        uint32_t what = scene_random(&state) % 100, thread = scene_random(&state) % threads;
        size_t at = count ? scene_random(&state) % count : 0;
        if (what < 2)
            trace_write_event(writer, thread, what ? OPERATION_FREE_NULL : OPERATION_FREE_UNKNOWN);
        else if (what < 3)
            trace_write_failure(writer, thread, OPERATION_CALLOC, call, 0);
        else if (what < 45 || !count)
            live[count++] = trace_write_begin(writer, thread, what % 3, call, what % 3 == 2 ? 6 : 0);
        else if (what < 58)
            live[at] = trace_write_realloc(writer, thread, live[at], call);
        else {
            trace_write_free(writer, thread, live[at]);
            live[at] = live[--count];
        }
    }
    assert_true(trace_writer_close(writer, &problem));
    free(live);
    return count;
}

static inline struct trace *scene_open(const char *path) {
    struct trace_problem problem;
    struct trace *trace = trace_open(path, &problem);
    if (!trace)
        fail_msg("%s: %s", path, problem.what);
    return trace;
}

/* All operations of a trace, in an array for free(). */
static inline struct operation *scene_read(const struct trace *trace, size_t *count) {
    struct operation *all = calloc(trace_totals(trace)->operations + 1, sizeof *all);
    struct trace_cursor *cursor = trace_cursor_open(trace);
    assert_non_null(cursor);
    assert_non_null(all);
    for (*count = 0; *count < trace_totals(trace)->operations && trace_next(cursor, &all[*count]);)
        ++*count;
    struct operation past;
    assert_int_equal(*count, trace_totals(trace)->operations);
    assert_false(trace_next(cursor, &past));
    trace_cursor_close(cursor);
    return all;
}

static inline uint8_t *scene_bytes(const char *path, size_t *length) {
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    fseek(file, 0, SEEK_END);
    *length = (size_t)ftell(file);
    rewind(file);
    uint8_t *bytes = malloc(*length + 1);
    assert_int_equal(fread(bytes, 1, *length, file), *length);
    fclose(file);
    return bytes;
}

/* Writes over what is there. After a file was cut to nothing, close would wait for the disk. */
static inline void scene_put(const char *path, const void *bytes, size_t length) {
    int file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, length), length);
    assert_int_equal(ftruncate(file, (off_t)length), 0);
    close(file);
}

#endif
