/* list.c - an array that grows, as the reader's tables need it; and a note of what is wrong with a file. */
#define _GNU_SOURCE 1
#include "inside.h"

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
