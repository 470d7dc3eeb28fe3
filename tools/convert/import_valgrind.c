/*
 * import_valgrind.c - reads what `valgrind --trace-malloc=yes` prints among other lines.
 *
 *      --12-- malloc(72) = 0x4A7B040
 *      --12-- calloc(1, 16) = 0x...          memalign(al 64, size 100) = 0x...
 *      --12-- realloc(0x4A7B040, 100) = 0x...
 *      --12-- free(0x4A7B040)
 *      --12-- _Znwm(8) = 0x...               _ZdlPv(0x...)     C++'s new and delete
 *
 * Other lines are skipped. Some tools print a realloc's own calls inside its line, with the result at the
 * end: "realloc(0x..,100)malloc(100) = 0x..". So a line is split at its names, and the last "= 0x" is the
 * result. Addresses name objects: one object at a time has an address. If the output has several processes,
 * the first that allocates is read.
 */
#include "import.h"
#include "../base/progress.h"
#include "../base/table.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct heap {
    struct table live; /* address -> the writer's name for the object */
    uint64_t pid;
};

static uint64_t take_object(struct heap *heap, uint64_t address) {
    struct table_entry was;
    return table_remove(&heap->live, address, &was) ? was.value : TRACE_UNKNOWN;
}

static bool put_object(struct import *import, struct heap *heap, uint64_t address, uint64_t object) {
    struct table_entry was;
    table_remove(&heap->live, address, &was); /* its end was not seen */
    return table_add(&heap->live, address, object) || import_wrong(import, "out of memory");
}

/* --- A line --------------------------------------------------------------------------------------- */

struct call {
    char name[64];
    const char *arguments;
    uint64_t result;
    bool has_result;
};

/* "--PID-- name(...": a line by valgrind itself. */
static bool take_apart(const char *line, uint64_t *pid, struct call *call) {
    int at = 0;
    if (sscanf(line, "--%" SCNu64 "-- %n", pid, &at) != 1 || !at)
        return false;
    const char *name = line + at, *open = strchr(name, '(');
    size_t length = open ? (size_t)(open - name) : 0;
    if (!length || length >= sizeof call->name || memchr(name, ' ', length))
        return false;
    memcpy(call->name, name, length);
    call->name[length] = 0;
    call->arguments = open + 1;
    const char *result = NULL;
    for (const char *next = open; (next = strstr(next, "= 0x")); next++)
        result = next;
    call->has_result = result != NULL;
    call->result = result ? strtoull(result + 2, NULL, 16) : 0;
    return true;
}

/* The first numbers among the arguments; words between them are skipped. */
static unsigned take_numbers(const char *text, uint64_t numbers[2]) {
    unsigned count = 0;
    while (count < 2 && *text && *text != ')') {
        if (*text >= '0' && *text <= '9') {
            char *end;
            numbers[count++] = strtoull(text, &end, text[0] == '0' && (text[1] | 32) == 'x' ? 16 : 10);
            text = end;
        } else {
            text++;
        }
    }
    return count;
}

static bool is_prefix(const char *name, const char *prefix) {
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* --- The calls ------------------------------------------------------------------------------------ */

static unsigned log2_of(uint64_t alignment) {
    return 63u - (unsigned)__builtin_clzll(alignment | 1);
}

static bool begin(struct import *import, struct heap *heap, const struct call *call, enum operation_kind kind,
                  uint64_t size, uint64_t alignment) {
    if (!call->has_result)
        return true; /* cut off, or made of the calls that follow */
    if (!call->result)
        trace_write_failure(import->writer, 0, kind, size, log2_of(alignment));
    else if (!put_object(import, heap, call->result,
                         trace_write_begin(import->writer, 0, kind, size, log2_of(alignment))))
        return false;
    import->operations++;
    return true;
}

static bool resize(struct import *import, struct heap *heap, const struct call *call, uint64_t old,
                   uint64_t size) {
    if (!old)
        return begin(import, heap, call, OPERATION_MALLOC, size, 1);
    if (!call->has_result)
        return true;
    import->operations++;
    if (!call->result && size) {
        trace_write_failure(import->writer, 0, OPERATION_REALLOC, size, 0);
        return true;
    }
    uint64_t object = take_object(heap, old);
    if (!call->result) {
        trace_write_free(import->writer, 0, object);
        return true;
    }
    return put_object(import, heap, call->result, trace_write_realloc(import->writer, 0, object, size));
}

static void release(struct import *import, struct heap *heap, uint64_t address) {
    import->operations++;
    if (!address)
        trace_write_event(import->writer, 0, OPERATION_FREE_NULL);
    else
        trace_write_free(import->writer, 0, take_object(heap, address));
}

static bool take_call(struct import *import, struct heap *heap, const struct call *call) {
    uint64_t numbers[2] = {0, 0};
    const char *name = call->name;
    unsigned count = take_numbers(call->arguments, numbers);
    if (count == 0)
        return true;
    if (call->result == KEY_NONE) /* what a number that is too large becomes, too */
        return import_wrong(import, "no object lies at 0x%" PRIx64, call->result);
    if (strcmp(name, "free") == 0 || strcmp(name, "cfree") == 0 || is_prefix(name, "_Zd"))
        release(import, heap, numbers[0]);
    else if (strcmp(name, "realloc") == 0 && count == 2)
        return resize(import, heap, call, numbers[0], numbers[1]);
    else if (strcmp(name, "calloc") == 0 && count == 2)
        return begin(import, heap, call, OPERATION_CALLOC, numbers[0] * numbers[1], 1);
    else if ((strcmp(name, "memalign") == 0 || strcmp(name, "aligned_alloc") == 0) && count == 2)
        return begin(import, heap, call, OPERATION_ALIGNED, numbers[1], numbers[0]);
    else if (strcmp(name, "malloc") == 0 || is_prefix(name, "_Zn"))
        return begin(import, heap, call, OPERATION_MALLOC, numbers[0], 1);
    return true;
}

bool import_valgrind(struct import *import) {
    struct heap heap = {0};
    struct call call;
    uint64_t pid;
    bool good = true;
    do {
        if (take_apart(import->line, &pid, &call) && (!heap.pid || pid == heap.pid)) {
            uint64_t before = import->operations;
            good = take_call(import, &heap, &call);
            if (import->operations != before)
                heap.pid = pid;
        }
        if (import->number % 65536 == 0)
            progress_show("importing", import->offset, import->length);
    } while (good && import_line(import));
    table_free(&heap.live);
    if (good && !import->operations)
        return import_wrong(import, "no call of malloc among its lines: is it from --trace-malloc=yes?");
    return good;
}
