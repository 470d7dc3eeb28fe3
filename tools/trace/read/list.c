/* list.c - an array that grows, as the reader's tables need it; and what is wrong with a file, in words. */
#define _GNU_SOURCE 1
#include "inside.h"
#include "../write/writer.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

void *list_add(struct list *list, size_t size) {
    if (list->count == list->room) {
        size_t room = list->room ? 2 * list->room : 16;
        void *items = reallocarray(list->items, room, size);
        if (!items)
            return NULL;
        list->items = items;
        list->room = room;
    }
    return (char *)list->items + size * list->count++;
}

bool trace_damaged(struct trace_problem *problem, uint64_t offset, const char *format, ...) {
    if (problem->found)
        return false;
    va_list arguments;
    va_start(arguments, format);
    problem->found = true;
    problem->offset = offset;
    vsnprintf(problem->what, sizeof problem->what, format, arguments);
    va_end(arguments);
    return false;
}

int trace_complain(const char *who, const char *path, const struct trace_problem *problem) {
    fprintf(stderr, "%s: %s: ", who, path);
    if (problem->offset != TRACE_NO_OFFSET)
        fprintf(stderr, "at byte %" PRIu64 ": ", problem->offset);
    fprintf(stderr, "%s\n", problem->what);
    return 1;
}

int trace_complain_damage(const char *who, const char *path, const struct trace *trace) {
    const struct trace_problem *damage = trace_damage(trace);
    if (!damage->found)
        return 0;
    trace_complain(who, path, damage);
    fprintf(stderr, "%s: the %" PRIu64 " operations before that were used\n", who,
            trace_totals(trace)->operations);
    return 1;
}

/* Links are not followed: the file at the end of one is not meant, or is meant by its own name. */
const char *trace_no_file(const char *path) {
    struct stat status;
    if (lstat(path, &status) != 0 || S_ISREG(status.st_mode))
        return NULL;
    return S_ISDIR(status.st_mode)    ? "a folder"
           : S_ISLNK(status.st_mode)  ? "a symbolic link"
           : S_ISFIFO(status.st_mode) ? "a pipe"
           : S_ISSOCK(status.st_mode) ? "a socket"
                                      : "a device";
}

const char *trace_stop_words(uint32_t stop) {
    switch (stop) {
    case STOP_NOT: return NULL;
    case STOP_NO_ROOM: /* or half of what was free is taken */ return "no room on the disk";
    case STOP_LIMIT: return "the limit on the size of files";
    case STOP_BOUND: return "as much as was asked for is recorded (--limit)";
    case STOP_NO_MEMORY: return "the process may not map what the recorder needs (see ulimit -v)";
    default: return "the file could not be opened any more";
    }
}

const char *trace_stopped(const struct trace *trace) {
    return trace_stop_words(trace->file->stopped);
}
