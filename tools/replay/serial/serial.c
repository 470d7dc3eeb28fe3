/*
 * serial.c - see serial.h: opening, stepping.
 *
 * One operation is one call of the heap. The other numbers of an event are differences of the engine's own
 * counters before and after. So this file looks inside the heap, and its users need not.
 */
#include "../patience.h"
#include "serial_inside.h"

#include <stdlib.h>

/* --- Opening ----------------------------------------------------------------------------------------- */

/* Of the process heap. It has no checks. */
static const char *make_process(struct serial *serial) {
    serial->places = calloc(trace_totals(serial->trace)->objects + 1, sizeof *serial->places);
    serial->cursor = trace_cursor_open(serial->trace);
    return serial->places && serial->cursor && process_open(serial) ? NULL : "out of memory";
}

static const char *make(struct serial *serial) {
    const struct serial_options *options = &serial->options;
    uint64_t objects = trace_totals(serial->trace)->objects;
    if (objects >= UINT32_MAX)
        return "the trace has more than 2^32 objects";
    if (strcmp(options->fit, SERIAL_PROCESS) == 0)
        return make_process(serial);
    if (!halloc_policy_find(options->fit))
        return "there is no such policy";
    size_t reserve = options->reserve_bytes ? options->reserve_bytes : SERIAL_RESERVE_MOST;
    if (reserve > SERIAL_RESERVE_MOST)
        return "a heap can reserve at most 64 GiB here";
    serial->heap = halloc_heap_create(&(halloc_heap_options){
        .fit = options->fit,
        .pages = 1,
        .growing = true,
        .reserve_bytes = reserve,
        .split_bytes = options->split_bytes,
        .step_bytes = SERIAL_STEP_BYTES,
    });
    serial->places = calloc(objects + 1, sizeof *serial->places);
    serial->cursor = trace_cursor_open(serial->trace);
    if (options->check)
        serial->owners = owners_open();
    if (serial->heap && serial->owners)
        check_watch(serial);
    bool all = serial->heap && serial->places && serial->cursor && (serial->owners || !options->check);
    return all && serial_remember(serial) ? NULL : "out of memory";
}

struct serial *serial_open(const struct trace *trace, const struct serial_options *options,
                           const char **why) {
    struct serial *serial = calloc(1, sizeof *serial);
    *why = "out of memory";
    if (!serial)
        return NULL;
    serial->trace = trace;
    serial->options = *options;
    if (!options->fit)
        serial->options.fit = "first";
    serial->operations = trace_totals(trace)->operations;
    serial->checkpoint_every = CHECKPOINT_EVERY_FIRST;
    *why = make(serial);
    if (!*why)
        return serial;
    serial_close(serial);
    return NULL;
}

void serial_close(struct serial *serial) {
    if (!serial)
        return;
    process_close(serial);
    serial_forget(serial);
    owners_close(serial->owners);
    trace_cursor_close(serial->cursor);
    free(serial->places);
    halloc_heap_destroy(serial->heap);
    free(serial);
}

uint64_t serial_number(const struct serial *serial) {
    return serial->number;
}

halloc_heap *serial_heap(const struct serial *serial) {
    return serial->heap;
}

const char *serial_broken(const struct serial *serial) {
    return serial->broken[0] ? serial->broken : NULL;
}

/* --- One operation ----------------------------------------------------------------------------------- */

static size_t granted_at(const struct serial *serial, void *payload) {
    return record_of(serial, payload)->size;
}

/* The object begins at `payload`, which already holds `size` bytes for it. */
static void settle(struct serial *serial, struct serial_event *event, void *payload, uint64_t requested) {
    event->offset = offset_of(serial, payload);
    event->requested = requested;
    event->granted = granted_at(serial, payload);
    *label_of(payload) = (struct label){event->operation.object, requested};
    serial->places[event->operation.object] = (uint32_t)(event->offset / PLACE_BYTES);
    serial->live_bytes += requested;
    serial->live_objects++;
    if (event->offset + event->granted > serial->high)
        serial->high = event->offset + event->granted;
}

/* Remembers the block at `payload` before it is freed or moved. */
static void unsettle(struct serial *serial, struct serial_event *event, void *payload) {
    const struct label *label = label_of(payload);
    event->old_offset = offset_of(serial, payload);
    event->old_requested = label->requested;
    event->old_granted = granted_at(serial, payload);
    serial->live_bytes -= label->requested;
    serial->live_objects--;
}

static bool begin(struct serial *serial, struct serial_event *event) {
    const struct operation *operation = &event->operation;
    size_t size = operation->size ? operation->size : 1;
    bool zeroed = operation->kind == OPERATION_CALLOC && serial->owners;
    void *payload;
    if (operation->kind == OPERATION_ALIGNED)
        payload = halloc_heap_aligned(serial->heap, (size_t)1 << operation->alignment_log2, size);
    else if (zeroed) /* the placement is the same, and checks need the zeros */
        payload = halloc_heap_zeroed(serial->heap, 1, size);
    else
        payload = halloc_heap_allocate(serial->heap, size);
    event->outcome = payload ? SERIAL_PLACED : SERIAL_FAILED;
    if (!payload)
        return true;
    if (serial->owners && !check_given(serial, operation, payload, zeroed))
        return false;
    settle(serial, event, payload, operation->size);
    return true;
}

static bool resize(struct serial *serial, struct serial_event *event) {
    const struct operation *operation = &event->operation;
    void *old = payload_of(serial, operation->previous);
    if (!old)
        return begin(serial, event);
    if (serial->owners && !check_taken(serial, operation, old))
        return false;
    unsettle(serial, event, old);
    serial->places[operation->previous] = 0;
    void *payload = halloc_heap_resize(serial->heap, old, operation->size ? operation->size : 1);
    if (serial->owners && !check_resized(serial, operation, old, event->old_granted, payload))
        return false;
    settle(serial, event, payload ? payload : old, payload ? operation->size : event->old_requested);
    event->outcome = !payload ? SERIAL_FAILED : payload == old ? SERIAL_RESIZED : SERIAL_MOVED;
    return true;
}

static bool end(struct serial *serial, struct serial_event *event) {
    const struct operation *operation = &event->operation;
    void *payload = payload_of(serial, operation_ended_object(operation));
    if (!payload)
        return true;
    if (serial->owners && !check_taken(serial, operation, payload))
        return false;
    unsettle(serial, event, payload);
    serial->places[operation->object] = 0;
    if (serial->owners)
        owners_release(serial->owners, record_of(serial, payload),
                       event->old_granted + serial->heap->engine.header_bytes, (uint32_t)operation->object);
    halloc_heap_deallocate(serial->heap, payload);
    event->outcome = SERIAL_FREED;
    return true;
}

static bool act(struct serial *serial, struct serial_event *event) {
    if (event->operation.kind == OPERATION_REALLOC)
        return resize(serial, event);
    if (operation_begins_object(&event->operation))
        return begin(serial, event);
    return end(serial, event);
}

/* --- Stepping ---------------------------------------------------------------------------------------- */

static void count(const struct engine *engine, struct serial_event *event, int sign) {
    event->finds += (uint64_t)sign * engine->set[0].finds;
    event->probes += (uint64_t)sign * engine->set[0].probes;
    event->splits += (uint64_t)sign * engine->splits;
    event->merges += (uint64_t)sign * engine->merges;
    event->grew_bytes += (uint64_t)sign * (uint64_t)(engine->top - engine->base);
}

/* The next operation, and nothing that it did. False: there is none. */
static bool next(struct serial *serial, struct serial_event *event) {
    *event = (struct serial_event){.offset = SERIAL_NOWHERE, .old_offset = SERIAL_NOWHERE};
    return trace_next(serial->cursor, &event->operation);
}

bool serial_step(struct serial *serial, struct serial_event *event) {
    if (serial->broken[0])
        return false;
    if (serial->process)
        return next(serial, event) && process_step(serial, event);
    const struct engine *engine = &serial->heap->engine;
    if (!serial->options.no_way_back && !serial->owners && serial->number % serial->checkpoint_every == 0)
        serial_remember(serial); /* without memory for it, going back takes longer; no error */
    if (!next(serial, event))
        return false;
    count(engine, event, -1);
    if (serial->owners)
        check_begin(serial, &event->operation);
    *patience_operation = serial->number + 1;
    bool good = act(serial, event) && (!serial->owners || check_heap(serial, &event->operation));
    *patience_operation = 0;
    count(engine, event, 1);
    serial->number++;
    event->top = (uint64_t)(engine->top - engine->base);
    event->high = serial->high;
    event->live_bytes = serial->live_bytes;
    event->live_objects = serial->live_objects;
    event->used_bytes = engine->used_bytes;
    return good;
}

bool serial_go_to(struct serial *serial, uint64_t number) {
    if (number > serial->operations)
        return false;
    if (!serial->process)
        serial_restore(serial, number);
    else if (serial->number > number && !process_restart(serial))
        return false;
    struct serial_event event;
    while (serial->number < number)
        if (!serial_step(serial, &event))
            return false;
    return true;
}
