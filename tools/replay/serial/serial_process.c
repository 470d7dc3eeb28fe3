/*
 * serial_process.c - the serial replay of the process heap: see twin.h. The child makes the calls. Here is
 * kept where each object lies, so the heap can be looked at between two steps.
 *
 * In this view all that no object has is free: slots, slabs' parts that are not cut yet, and free blocks.
 * serial_twin_blocks tells these apart. Going back begins a new child, from the start.
 */
#include "serial_inside.h"

#include "../../base/child.h"
#include "../twin/twin.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

struct lying {
    uint64_t requested, granted;
};

struct process_side {
    FILE *events;
    pid_t child;
    uint64_t top;        /* what the heap ever took; it may have given up some at its end since */
    uint64_t used;       /* granted bytes */
    struct lying *lying; /* by object */
};

/* --- The child ---------------------------------------------------------------------------------------- */

/* Starts a child that makes the calls; with `last`, it shows the blocks after that operation instead. */
static FILE *begin(const struct trace *trace, const uint64_t *last, bool resident, pid_t *child) {
    int ends[2];
    if (pipe(ends) != 0)
        return NULL;
    *child = child_fork();
    if (*child == 0) {
        close(ends[0]);
        FILE *out = fdopen(ends[1], "w");
        bool good = out && (last ? twin_show(trace, *last, out) : twin_play(trace, resident, out));
        _exit(good ? 0 : 1);
    }
    close(ends[1]);
    FILE *file = *child > 0 ? fdopen(ends[0], "r") : NULL;
    if (!file)
        close(ends[0]);
    return file;
}

/* True: the child did all of its work. A child that is not read any more ends by SIGPIPE. */
static bool end(FILE *file, pid_t child) {
    int status = 1;
    if (file)
        fclose(file);
    if (child > 0)
        waitpid(child, &status, 0);
    return status == 0;
}

bool process_open(struct serial *serial) {
    uint64_t objects = trace_totals(serial->trace)->objects;
    struct process_side *side = calloc(1, sizeof *side);
    serial->process = side;
    if (side)
        side->lying = calloc(objects + 1, sizeof *side->lying);
    if (side && side->lying)
        side->events = begin(serial->trace, NULL, serial->options.resident, &side->child);
    return side && side->lying && side->events;
}

void process_close(struct serial *serial) {
    struct process_side *side = serial->process;
    if (!side)
        return;
    end(side->events, side->child);
    free(side->lying);
    free(side);
    serial->process = NULL;
}

bool process_restart(struct serial *serial) {
    process_close(serial);
    memset(serial->places, 0, trace_totals(serial->trace)->objects * sizeof *serial->places);
    serial->number = serial->high = serial->live_bytes = serial->live_objects = 0;
    trace_seek(serial->cursor, 0);
    return process_open(serial);
}

/* --- One operation ------------------------------------------------------------------------------------ */

static void unsettle(struct serial *serial, struct serial_event *event, uint64_t object) {
    const struct lying *lying = &serial->process->lying[object];
    event->old_offset = (uint64_t)(serial->places[object] - 1) * PLACE_BYTES;
    event->old_requested = lying->requested;
    event->old_granted = lying->granted;
    event->outcome = SERIAL_FREED;
    serial->places[object] = 0;
    serial->live_bytes -= lying->requested;
    serial->live_objects--;
    serial->process->used -= lying->granted;
}

static void settle(struct serial *serial, struct serial_event *event, uint64_t offset, struct lying lying) {
    event->offset = offset;
    event->requested = lying.requested;
    event->granted = lying.granted;
    serial->process->lying[event->operation.object] = lying;
    serial->places[event->operation.object] = (uint32_t)(offset / PLACE_BYTES + 1);
    serial->live_bytes += lying.requested;
    serial->live_objects++;
    serial->process->used += lying.granted;
    if (offset + lying.granted > serial->high)
        serial->high = offset + lying.granted;
}

static void place(struct serial *serial, struct serial_event *event, const struct twin_event *told) {
    bool had = event->old_offset != SERIAL_NOWHERE;
    if (told->offset != TWIN_NOWHERE) {
        struct lying lying = {event->operation.size, told->granted};
        settle(serial, event, told->offset, lying);
        event->outcome = !had                                 ? SERIAL_PLACED
                         : event->offset == event->old_offset ? SERIAL_RESIZED
                                                              : SERIAL_MOVED;
        return;
    }
    if (had) /* it stays what it was, and goes on as the new object */
        settle(serial, event, event->old_offset, (struct lying){event->old_requested, event->old_granted});
    event->outcome = SERIAL_FAILED;
}

bool process_step(struct serial *serial, struct serial_event *event) {
    struct process_side *side = serial->process;
    struct twin_event told;
    if (fread(&told, sizeof told, 1, side->events) != 1)
        return serial_fail(serial, &event->operation, "the replay of the process heap ended too early");
    uint64_t ended = operation_ended_object(&event->operation);
    if (ended != OBJECT_NONE && serial->places[ended])
        unsettle(serial, event, ended);
    if (operation_begins_object(&event->operation))
        place(serial, event, &told);
    event->grew_bytes = told.top > side->top ? told.top - side->top : 0;
    side->top += event->grew_bytes;
    serial->number++;
    event->top = side->top;
    event->high = serial->high;
    event->live_bytes = serial->live_bytes;
    event->live_objects = serial->live_objects;
    event->used_bytes = side->used;
    event->resident_bytes = told.resident;
    return true;
}

/* --- Looking ------------------------------------------------------------------------------------------ */

uint64_t process_top(const struct serial *serial) {
    return serial->process->top;
}

bool process_find(const struct serial *serial, uint64_t object, struct serial_block *found) {
    if (!serial->places[object])
        return false;
    const struct lying *lying = &serial->process->lying[object];
    *found = (struct serial_block){.offset = (uint64_t)(serial->places[object] - 1) * PLACE_BYTES,
                                   .size = lying->granted,
                                   .object = object,
                                   .requested = lying->requested};
    return true;
}

static int by_place(const void *one, const void *other) {
    uint64_t left = *(const uint64_t *)one, right = *(const uint64_t *)other;
    return left < right ? -1 : left > right;
}

/* Places and objects of all that is live, as one number each, in the order of addresses; NULL: no memory. */
static uint64_t *sorted(const struct serial *serial) {
    uint64_t objects = trace_totals(serial->trace)->objects, count = 0;
    uint64_t *all = malloc((serial->live_objects + 1) * sizeof *all);
    for (uint64_t object = 0; all && object < objects; object++)
        if (serial->places[object])
            all[count++] = (uint64_t)serial->places[object] << 32 | object;
    if (all)
        qsort(all, count, sizeof *all, by_place);
    return all;
}

static bool visit_gap(uint64_t from, uint64_t to, serial_visit *visit, void *context) {
    struct serial_block gap = {.offset = from, .size = to - from, .is_free = true, .object = OBJECT_NONE};
    return from >= to || visit(&gap, context);
}

void process_blocks(const struct serial *serial, serial_visit *visit, void *context) {
    uint64_t *all = sorted(serial), at = 0, count = all ? serial->live_objects : 0;
    struct serial_block block = {0};
    bool goes_on = all != NULL;
    for (uint64_t index = 0; goes_on && index < count; index++) {
        process_find(serial, (uint32_t)all[index], &block);
        goes_on = visit_gap(at, block.offset, visit, context) && visit(&block, context);
        at = block.offset + block.size;
    }
    if (goes_on)
        visit_gap(at, serial->process->top, visit, context);
    free(all);
}

struct twin_block *serial_twin_blocks(const struct trace *trace, uint64_t last, size_t *count) {
    pid_t child = 0;
    FILE *file = begin(trace, &last, false, &child);
    size_t room = 1024;
    struct twin_block *blocks = malloc(room * sizeof *blocks);
    *count = 0;
    while (file && blocks && fread(&blocks[*count], sizeof *blocks, 1, file) == 1) {
        if (++*count < room)
            continue;
        struct twin_block *moved = reallocarray(blocks, room *= 2, sizeof *moved);
        if (!moved)
            free(blocks);
        blocks = moved;
    }
    if (end(file, child) && blocks)
        return blocks;
    free(blocks);
    return NULL;
}
