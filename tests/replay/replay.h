/*
 * replay.h - what the tests of the replay share: small traces written on the spot, and cmocka.
 */
#ifndef HALLOC_TESTS_REPLAY_H
#define HALLOC_TESTS_REPLAY_H

#define _GNU_SOURCE 1
#include "tools/generate/generate.h"
#include "tools/replay/serial/score.h"
#include "tools/replay/serial/serial.h"
#include "tools/trace/write/writer.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define UNUSED __attribute__((unused))
#define COUNT(array) (sizeof(array) / sizeof *(array))
#define test(name) cmocka_unit_test(name)

UNUSED static const char *const policy_names[] = {"bump",  "first",      "next",  "best",
                                                  "worst", "segregated", "buddy", "tlsf"};

/* A file's name that no other process has. */
UNUSED static const char *replay_path(void) {
    static char path[100];
    const char *folder = getenv("TMPDIR");
    snprintf(path, sizeof path, "%.60s/replay-%d.htrace", folder ? folder : "/tmp", (int)getpid());
    return path;
}

UNUSED static struct trace_writer *replay_write(void) {
    struct trace_writer *writer = trace_writer_open(replay_path(), "a test", false);
    assert_non_null(writer);
    return writer;
}

/* What was written, opened; the file's name is gone. */
UNUSED static struct trace *replay_written(struct trace_writer *writer) {
    struct trace_problem problem;
    assert_true(trace_writer_close(writer, &problem));
    struct trace *trace = trace_open(replay_path(), &problem);
    assert_non_null(trace);
    unlink(replay_path());
    return trace;
}

UNUSED static struct trace *replay_generated(const char *shape, uint64_t operations, uint64_t live,
                                             uint32_t threads, uint64_t seed) {
    struct generator generator = {
        .writer = replay_write(),
        .random = seed,
        .operations = operations,
        .live = live,
        .mean = 200,
        .sizes = shape_find(shape)->sizes,
        .threads = threads,
    };
    shape_find(shape)->make(&generator);
    assert_false(generator.failed);
    free(generator.objects);
    return replay_written(generator.writer);
}

/* All kinds of operations in random order, of `threads` threads. */
UNUSED static struct trace *replay_mixed(uint64_t operations, uint32_t threads, uint64_t seed) {
    struct trace_writer *writer = replay_write();
    uint64_t names[256], count = 0, random = seed;
    for (uint64_t number = 0; number < operations; number++) {
        uint32_t thread = (uint32_t)random_below(&random, threads);
        uint64_t size = random_below(&random, random_below(&random, 20) ? 300 : 20000);
        uint64_t choice = random_below(&random, 10), index = count ? random_below(&random, count) : 0;
        if (count && (choice < 4 || choice == 9 || count == COUNT(names))) {
            trace_write_free(writer, thread, names[index]);
            names[index] = names[--count];
        } else if (choice < 5) {
            trace_write_event(writer, thread, OPERATION_FREE_NULL);
        } else if (choice == 5 && count) {
            names[index] = trace_write_realloc(writer, thread, names[index], size);
        } else {
            enum operation_kind kind = choice == 6   ? OPERATION_ALIGNED
                                       : choice == 7 ? OPERATION_CALLOC
                                                     : OPERATION_MALLOC;
            unsigned log2 = kind == OPERATION_ALIGNED ? 4 + (unsigned)random_below(&random, 7) : 0;
            names[count++] = trace_write_begin(writer, thread, kind, size, log2);
        }
    }
    return replay_written(writer);
}

UNUSED static struct serial *replay_open(const struct trace *trace, const char *fit, bool check) {
    const char *why;
    struct serial *serial = serial_open(trace, &(struct serial_options){.fit = fit, .check = check}, &why);
    if (!serial)
        fail_msg("not opened: %s", why);
    return serial;
}

/* All of it; what a check found, or NULL. */
UNUSED static const char *replay_all(struct serial *serial) {
    struct serial_event event;
    while (serial_step(serial, &event))
        ;
    return serial_broken(serial);
}

#endif
