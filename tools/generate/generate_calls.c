/*
 * generate_calls.c - the calls of every shape: an object begins, ends, or changes its size.
 */
#include "generate.h"

#include <stdlib.h>

/* The threads take turns. So a thread often frees the objects of another. */
static uint32_t thread_of(struct generator *generator) {
    return (uint32_t)(generator->calls++ / 16 % generator->threads);
}

static bool take_operation(struct generator *generator) {
    if (!generator->operations || generator->failed)
        return false;
    generator->operations--;
    return true;
}

bool generate_begin(struct generator *generator, uint64_t size) {
    if (generator->count == generator->room) {
        uint64_t room = generator->room ? 2 * generator->room : 1024;
        struct generated *objects = reallocarray(generator->objects, room, sizeof *objects);
        generator->failed |= !objects;
        if (!objects)
            return false;
        generator->objects = objects;
        generator->room = room;
    }
    if (!take_operation(generator))
        return false;
    uint64_t name = trace_write_begin(generator->writer, thread_of(generator), OPERATION_MALLOC, size, 0);
    generator->objects[generator->count++] = (struct generated){name, size, 0};
    generator->live_bytes += size;
    return true;
}

bool generate_end(struct generator *generator, uint64_t index) {
    if (!take_operation(generator))
        return false;
    struct generated *object = &generator->objects[index];
    trace_write_free(generator->writer, thread_of(generator), object->name);
    generator->live_bytes -= object->size;
    *object = generator->objects[--generator->count];
    return true;
}

bool generate_resize(struct generator *generator, uint64_t index, uint64_t size) {
    if (!take_operation(generator))
        return false;
    struct generated *object = &generator->objects[index];
    object->name = trace_write_realloc(generator->writer, thread_of(generator), object->name, size);
    generator->live_bytes += size - object->size;
    object->size = size;
    return true;
}
