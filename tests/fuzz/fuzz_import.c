/*
 * fuzz_import.c - any text as a .rep file, or (with IMPORT_VALGRIND) as valgrind's output: the importer makes a trace
 * of it, or names the line. A trace that it makes can be read, and has as many operations as it said.
 */
#include "fuzz.h"

#include "../../tools/convert/import.h"

#include <string.h>
#include <unistd.h>

#ifdef IMPORT_VALGRIND
#define IMPORT import_valgrind
#else
#define IMPORT import_rep
#endif

/* An id of seven digits makes a table of many megabytes: right, but slow. */
static bool is_slow(const uint8_t *bytes, size_t length) {
    size_t digits = 0;
    for (size_t at = 0; at < length && digits < 7; at++)
        digits = bytes[at] >= '0' && bytes[at] <= '9' ? digits + 1 : 0;
    return digits == 7;
}

static void look_at(const char *path, uint64_t operations) {
    struct trace_problem problem = {0};
    struct trace *trace = trace_open(path, &problem);
    must(trace && !trace_damage(trace)->found);
    must(trace_totals(trace)->operations == operations);
    trace_close(trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
    static char path[64];
    if (!path[0])
        snprintf(path, sizeof path, "/dev/shm/fuzz-import-%d.htrace", (int)getpid());
    bool table = IMPORT == import_rep;
    if (length == 0 || (table && is_slow(bytes, length)))
        return 0;
    struct import import = {.file = fmemopen((void *)bytes, length, "r")};
    must(import.file);
    if (import_line(&import)) {
        struct trace_problem problem = {0};
        import.writer = trace_writer_open(path, "fuzz");
        must(import.writer);
        bool good = IMPORT(&import);
        must(good != import.problem.found);
        must(good || import.problem.what[0]);
        if (import.operations) {
            must(trace_writer_close(import.writer, &problem));
            look_at(path, import.operations);
            unlink(path);
        } else {
            trace_writer_abandon(import.writer);
        }
    }
    fclose(import.file);
    return 0;
}
