/* gather.c - one policy's replay, and what of it the drawings need: see map.h. */
#include "gaps.h"
#include "map.h"

#include "../base/progress.h"
#include "../base/words.h"

#include <stdlib.h>
#include <string.h>

void map_window(struct map *map, uint64_t centre, uint64_t length) {
    if (length > map->operations)
        length = map->operations;
    uint64_t before = length / 2 < centre ? length / 2 : centre;
    map->from = centre - before;
    if (map->from + length > map->operations)
        map->from = map->operations - length;
    map->to = map->from + length;
}

/* The levels: the whole trace; some windows around the window; the window. A level is left out if it shows
 * no more than the one before. */
static bool open_levels(const struct map *map, struct map_policy *policy) {
    uint64_t window = map->to - map->from, near = MAP_NEAR * window;
    struct map around = {.operations = map->operations};
    map_window(&around, map->from + window / 2, near);
    const uint64_t ranges[MAP_LEVELS][2] = {
        {0, map->operations}, {around.from, around.to}, {map->from, map->to}};
    uint64_t last = UINT64_MAX, last_columns = MAP_COLUMNS;
    for (unsigned level = 0; level < MAP_LEVELS; level++) {
        uint64_t from = ranges[level][0], to = ranges[level][1];
        if (level && (to == from || (to - from) * 2 > last || last <= last_columns))
            continue;
        last_columns = level ? MAP_COLUMNS_NEAR : MAP_COLUMNS;
        last = to - from;
        if (!tiles_open(&policy->levels[policy->level_count], from, to, (unsigned)last_columns))
            return false;
        policy->level_count++;
    }
    return true;
}

static void *grown(void *array, size_t count, size_t *room, size_t size) {
    if (count < *room)
        return array;
    size_t wanted = *room ? 2 * *room : 1024;
    void *moved = reallocarray(array, wanted, size);
    if (moved)
        *room = wanted;
    return moved;
}

static void mark(struct map_policy *policy, const struct serial_event *event) {
    bool failed = event->outcome == SERIAL_FAILED;
    if (!failed && !event->grew_bytes)
        return;
    policy->growths += event->grew_bytes != 0;
    policy->failures += failed;
    void *marks = grown(policy->marks, policy->mark_count, &policy->mark_room, sizeof *policy->marks);
    if (!marks) {
        policy->failed = true;
        return;
    }
    policy->marks = marks;
    policy->marks[policy->mark_count++] =
        (struct map_mark){event->operation.number, event->grew_bytes, failed};
}

static void draw(struct map_policy *policy, const struct serial_event *event) {
    for (unsigned level = 0; level < policy->level_count; level++) {
        struct tiles *tiles = &policy->levels[level];
        uint64_t number = event->operation.number;
        if (number >= tiles->to)
            continue;
        if (event->old_offset != SERIAL_NOWHERE)
            tiles_block(tiles, -1, policy->header_bytes, event->old_offset, event->old_requested,
                        event->old_granted);
        if (event->offset != SERIAL_NOWHERE)
            tiles_block(tiles, 1, policy->header_bytes, event->offset, event->requested, event->granted);
        if (number >= tiles->from)
            tiles_after(tiles, number, event->top, event->live_bytes, event->used_bytes);
    }
    if (event->used_bytes > policy->peak_used) {
        policy->peak_used = event->used_bytes;
        policy->peak_operation = event->operation.number;
    }
}

static bool keep_block(const struct serial_block *block, void *context) {
    struct map_policy *policy = context;
    void *base = grown(policy->base, policy->base_count, &policy->base_room, sizeof *policy->base);
    policy->failed |= !base;
    if (!base)
        return false;
    policy->base = base;
    policy->base[policy->base_count++] = *block;
    return true;
}

static void keep_base(struct map_policy *policy, const struct serial *serial, struct gaps *gaps) {
    serial_blocks(serial, keep_block, policy);
    if (gaps)
        gaps_begin(gaps, policy->base, policy->base_count, serial_top(serial), &policy->base_lists);
    else
        lists_take(&policy->base_lists, serial);
    policy->base_top = serial_top(serial);
    policy->base_high = serial_high(serial);
    policy->base_rover = serial_rover(serial);
}

struct edit_writer {
    struct bytes *bytes;
    uint64_t near; /* offsets are differences from the last one */
};

static void write_edit(const struct list_edit *edit, void *context) {
    struct edit_writer *writer = context;
    bytes_number(writer->bytes, edit->list);
    bytes_number(writer->bytes, edit->place);
    bytes_number(writer->bytes, edit->gone);
    bytes_number(writer->bytes, edit->come_count);
    for (size_t index = 0; index < edit->come_count; index++) {
        bytes_step(writer->bytes, &writer->near, edit->come[index].offset / MAP_GRANULE);
        bytes_number(writer->bytes, edit->come[index].size / MAP_GRANULE);
    }
}

static void keep_step(struct map_policy *policy, const struct serial *serial, struct lists lists[2],
                      struct gaps *gaps, const struct serial_event *event) {
    struct map_step *step = &policy->steps[policy->step_count];
    struct lists *before = &lists[policy->step_count % 2], *after = &lists[1 - policy->step_count % 2];
    *step = (struct map_step){*event, serial_rover(serial), policy->edits.count, 0};
    uint64_t near = event->offset != SERIAL_NOWHERE ? event->offset : event->old_offset;
    struct edit_writer writer = {&policy->edits, near == SERIAL_NOWHERE ? 0 : near / MAP_GRANULE};
    if (gaps) {
        gaps_follow(gaps, event, write_edit, &writer);
    } else {
        lists_take(after, serial);
        lists_compare(before, after, write_edit, &writer);
    }
    step->edits_to = policy->edits.count;
    policy->step_count++;
}

const char *map_heap_words(const struct map_policy *policy, char *room) {
    if (strcmp(policy->name, SERIAL_PROCESS) == 0)
        return "process heap";
    snprintf(room, WORD_BYTES, "%s fit", policy->name);
    return room;
}

static void replay(const struct map *map, struct map_policy *policy, struct serial *serial) {
    char what[64];
    struct lists lists[2] = {{0}};
    struct serial_event event;
    bool is_process = strcmp(policy->name, SERIAL_PROCESS) == 0;
    struct gaps all = {0}, *gaps = is_process ? &all : NULL;
    snprintf(what, sizeof what, "%s", map_heap_words(policy, (char[WORD_BYTES]){0}));
    for (;;) {
        uint64_t number = serial_number(serial);
        if (number == map->from) {
            keep_base(policy, serial, gaps);
            lists_take(&lists[0], serial);
        }
        if (policy->failed || !serial_step(serial, &event))
            break;
        draw(policy, &event);
        mark(policy, &event);
        if (number >= map->from && number < map->to)
            keep_step(policy, serial, lists, gaps, &event);
        if (number % 4096 == 0)
            progress_show(what, number, map->operations);
    }
    policy->end_top = serial_top(serial);
    policy->end_high = serial_high(serial);
    policy->failed |=
        policy->edits.failed || lists[0].failed || lists[1].failed || policy->base_lists.failed || all.failed;
    lists_free(&lists[0]);
    lists_free(&lists[1]);
    gaps_free(&all);
}

const char *map_gather(const struct map *map, struct map_policy *policy, const char *name) {
    const char *why = "out of memory";
    *policy = (struct map_policy){.name = name};
    policy->steps = calloc(map->to - map->from + 1, sizeof *policy->steps);
    if (!policy->steps || !open_levels(map, policy))
        return why;
    struct serial *serial =
        serial_open(map->trace, &(struct serial_options){.fit = name, .no_way_back = true}, &why);
    if (!serial)
        return why;
    policy->header_bytes = serial_header_bytes(serial);
    replay(map, policy, serial);
    serial_close(serial);
    return policy->failed ? "out of memory" : NULL;
}

void map_policy_free(struct map_policy *policy) {
    for (unsigned level = 0; level < policy->level_count; level++)
        tiles_close(&policy->levels[level]);
    free(policy->marks);
    free(policy->base);
    free(policy->steps);
    lists_free(&policy->base_lists);
    bytes_free(&policy->edits);
}
