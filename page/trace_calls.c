/*
 * trace_calls.c - prints the calls of a trace, a line each, as the page reads them: trace_calls F.htrace [MOST]
 *
 *      m SIZE            an allocation begins the next object; objects are numbered as they begin
 *      a SIZE ALIGNMENT  the same, aligned
 *      r BACK SIZE       a realloc ends an object and begins the next
 *      f BACK            a free ends an object
 *      n                 a call that changes no heap
 *
 * BACK counts objects back from the newest, which is 0. Programs often free what is young, so these numbers
 * are small and alike, and gzip makes little of them.
 */
#include "../tools/trace/read/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void print_call(const struct operation *operation, uint64_t *numbers, uint64_t *begun) {
    uint64_t ended = operation_ended_object(operation);
    uint64_t back = ended == OBJECT_NONE ? 0 : *begun - 1 - numbers[ended];
    if (operation->kind == OPERATION_REALLOC && ended != OBJECT_NONE)
        printf("r %" PRIu64 " %" PRIu64 "\n", back, operation->size);
    else if (operation->kind == OPERATION_ALIGNED)
        printf("a %" PRIu64 " %" PRIu64 "\n", operation->size, UINT64_C(1) << operation->alignment_log2);
    else if (operation_begins_object(operation))
        printf("m %" PRIu64 "\n", operation->size);
    else if (ended != OBJECT_NONE)
        printf("f %" PRIu64 "\n", back);
    else
        puts("n");
    if (operation_begins_object(operation))
        numbers[operation->object] = (*begun)++;
}

int main(int argc, char **argv) {
    struct trace_problem problem;
    struct trace *trace = argc > 1 ? trace_open(argv[1], &problem) : NULL;
    uint64_t most = argc > 2 ? strtoull(argv[2], NULL, 10) : UINT64_MAX, begun = 0;
    if (!trace) {
        fprintf(stderr, "trace_calls: %s: no trace that can be read\n", argc > 1 ? argv[1] : "no file");
        return 1;
    }
    uint64_t *numbers = calloc(trace_totals(trace)->objects + 1, sizeof *numbers);
    struct trace_cursor *cursor = trace_cursor_open(trace);
    struct operation operation;
    if (!numbers || !cursor) {
        fputs("trace_calls: out of memory\n", stderr);
        return 1;
    }
    while (most-- && trace_next(cursor, &operation))
        print_call(&operation, numbers, &begun);
    trace_cursor_close(cursor);
    free(numbers);
    trace_close(trace);
    return fflush(stdout) ? 1 : 0;
}
