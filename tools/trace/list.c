/* list.c - an array that grows, as the reader's tables need it; and what is wrong with a file, in words. */
#include "inside.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

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
    fprintf(stderr, "%s: %s: at byte %" PRIu64 ": %s\n", who, path, problem->offset, problem->what);
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
