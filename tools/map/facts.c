/* facts.c - see facts.h. */
#include "facts.h"

#include "../base/progress.h"

#include <stdlib.h>

void facts_want(struct facts *facts, uint64_t object) {
    if (object == OBJECT_NONE || live_is(&facts->index, object))
        return;
    if (facts->count == facts->room) {
        size_t room = facts->room ? 2 * facts->room : 1024;
        struct fact *moved = reallocarray(facts->all, room, sizeof *moved);
        if (!moved) {
            facts->failed = true;
            return;
        }
        facts->all = moved;
        facts->room = room;
    }
    facts->all[facts->count++] = (struct fact){.object = object, .died = FACT_NEVER};
    if (!live_begin(&facts->index, object, 0, 0))
        facts->failed = true;
}

static int by_object(const void *one, const void *other) {
    uint64_t left = ((const struct fact *)one)->object, right = ((const struct fact *)other)->object;
    return left < right ? -1 : left > right;
}

size_t facts_place(const struct facts *facts, uint64_t object) {
    const struct live_leaf *leaf = live_leaf_of(&facts->index, object);
    return leaf->objects[object % LIVE_LEAF_OBJECTS].note;
}

const struct fact *facts_of(const struct facts *facts, uint64_t object) {
    if (object == OBJECT_NONE || !live_is(&facts->index, object))
        return NULL;
    return &facts->all[facts_place(facts, object)];
}

static void learn(struct facts *facts, const struct operation *operation) {
    uint64_t ended = operation_ended_object(operation);
    if (ended != OBJECT_NONE && live_is(&facts->index, ended))
        facts->all[facts_place(facts, ended)].died = operation->number;
    if (!operation_begins_object(operation) || !live_is(&facts->index, operation->object))
        return;
    struct fact *fact = &facts->all[facts_place(facts, operation->object)];
    fact->size = operation->size;
    fact->born = operation->number;
    fact->site = operation->site;
    fact->thread = operation->thread;
}

bool facts_find(struct facts *facts, const struct trace *trace) {
    struct trace_cursor *cursor = facts->failed ? NULL : trace_cursor_open(trace);
    if (!cursor)
        return false;
    if (facts->count)
        qsort(facts->all, facts->count, sizeof *facts->all, by_object);
    for (size_t place = 0; place < facts->count; place++) {
        uint64_t object = facts->all[place].object;
        live_leaf_of(&facts->index, object)->objects[object % LIVE_LEAF_OBJECTS].note = place;
    }
    struct operation operation;
    uint64_t operations = trace_totals(trace)->operations;
    while (trace_next(cursor, &operation)) {
        learn(facts, &operation);
        if (operation.number % 65536 == 0)
            progress_show("who is who", operation.number, operations);
    }
    trace_cursor_close(cursor);
    return true;
}

void facts_free(struct facts *facts) {
    free(facts->all);
    live_free(&facts->index);
    *facts = (struct facts){0};
}
