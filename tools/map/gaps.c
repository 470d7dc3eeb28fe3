/* gaps.c - see gaps.h. */
#include "gaps.h"

#include <stdlib.h>
#include <string.h>

#define UNIT_BYTES ((uint64_t)16 << 10)
#define CHANGED_MOST 6 /* units: before and behind the old place and the new one, and at the heap's end */

struct piece {
    uint64_t offset, size;
};

/* The objects that begin in a unit, in address order. */
struct gap_unit {
    struct piece *pieces;
    uint32_t count, room;
};

/* --- Objects ------------------------------------------------------------------------------------------ */

static struct gap_unit *unit_at(struct gaps *gaps, uint64_t offset) {
    size_t unit = offset / UNIT_BYTES;
    if (unit >= gaps->unit_count) {
        size_t count = 2 * unit + 64;
        struct gap_unit *moved = reallocarray(gaps->units, count, sizeof *moved);
        gaps->failed |= !moved;
        if (!moved)
            return NULL;
        memset(moved + gaps->unit_count, 0, (count - gaps->unit_count) * sizeof *moved);
        gaps->units = moved;
        gaps->unit_count = count;
    }
    return &gaps->units[unit];
}

static uint32_t place_of(const struct gap_unit *unit, uint64_t offset) {
    uint32_t place = unit->count;
    while (place && unit->pieces[place - 1].offset >= offset)
        place--;
    return place;
}

static void put(struct gaps *gaps, uint64_t offset, uint64_t size) {
    struct gap_unit *unit = unit_at(gaps, offset);
    if (unit && unit->count == unit->room) {
        uint32_t room = 2 * unit->room + 8;
        struct piece *moved = reallocarray(unit->pieces, room, sizeof *moved);
        gaps->failed |= !moved;
        unit->pieces = moved ? moved : unit->pieces;
        unit->room = moved ? room : unit->room;
    }
    if (!unit || unit->count == unit->room)
        return;
    uint32_t place = place_of(unit, offset);
    memmove(unit->pieces + place + 1, unit->pieces + place, (unit->count - place) * sizeof *unit->pieces);
    unit->pieces[place] = (struct piece){offset, size};
    unit->count++;
}

static void take_out(struct gaps *gaps, uint64_t offset) {
    struct gap_unit *unit = unit_at(gaps, offset);
    uint32_t place = unit ? place_of(unit, offset) : 0;
    if (!unit || place == unit->count || unit->pieces[place].offset != offset)
        return;
    unit->count--;
    memmove(unit->pieces + place, unit->pieces + place + 1, (unit->count - place) * sizeof *unit->pieces);
}

/* --- Gaps --------------------------------------------------------------------------------------------- */

/* Where the last object before `offset` ends; 0: there is none. */
static uint64_t end_before(const struct gaps *gaps, uint64_t offset) {
    size_t unit = offset / UNIT_BYTES;
    unit = unit < gaps->unit_count ? unit + 1 : gaps->unit_count;
    while (unit-- > 0) {
        const struct gap_unit *one = &gaps->units[unit];
        uint32_t place = place_of(one, offset);
        if (place)
            return one->pieces[place - 1].offset + one->pieces[place - 1].size;
    }
    return 0;
}

/* Where the first object from this unit on begins; else the heap's end. */
static uint64_t first_from(const struct gaps *gaps, size_t unit) {
    for (; unit < gaps->unit_count && unit * UNIT_BYTES < gaps->top; unit++)
        if (gaps->units[unit].count)
            return gaps->units[unit].pieces[0].offset;
    return gaps->top;
}

static void list_gap(struct lists *lists, size_t unit, uint64_t from, uint64_t to) {
    if (from >= to || from / UNIT_BYTES != unit)
        return;
    struct serial_block gap = {.offset = from, .size = to - from};
    lists_add(lists, (uint32_t)unit, &gap);
}

static void list_unit(const struct gaps *gaps, size_t unit, struct lists *lists) {
    static const struct gap_unit none;
    const struct gap_unit *one = unit < gaps->unit_count ? &gaps->units[unit] : &none;
    uint64_t from = end_before(gaps, unit * UNIT_BYTES);
    for (uint32_t place = 0; place < one->count; place++) {
        list_gap(lists, unit, from, one->pieces[place].offset);
        from = one->pieces[place].offset + one->pieces[place].size;
    }
    list_gap(lists, unit, from, first_from(gaps, unit + 1));
}

void gaps_begin(struct gaps *gaps, const struct serial_block *blocks, size_t count, uint64_t top,
                struct lists *lists) {
    gaps->top = top;
    for (size_t index = 0; index < count; index++)
        if (!blocks[index].is_free)
            put(gaps, blocks[index].offset, blocks[index].size);
    for (size_t unit = 0; unit * UNIT_BYTES < top; unit++)
        list_unit(gaps, unit, lists);
}

static void list_units(const struct gaps *gaps, const size_t *units, struct lists *lists) {
    lists->count = 0;
    for (size_t index = 0; index < CHANGED_MOST; index++)
        if (!index || units[index] != units[index - 1])
            list_unit(gaps, units[index], lists);
}

static int by_number(const void *one, const void *other) {
    size_t left = *(const size_t *)one, right = *(const size_t *)other;
    return left < right ? -1 : left > right;
}

void gaps_follow(struct gaps *gaps, const struct serial_event *event, list_edit_visit *visit, void *context) {
    bool had = event->old_offset != SERIAL_NOWHERE, has = event->offset != SERIAL_NOWHERE;
    uint64_t old = had ? event->old_offset : 0, new = has ? event->offset : 0;
    size_t units[CHANGED_MOST] = {
        end_before(gaps, old) / UNIT_BYTES,       (old + event->old_granted) / UNIT_BYTES,
        end_before(gaps, new) / UNIT_BYTES,       (new + event->granted) / UNIT_BYTES,
        end_before(gaps, gaps->top) / UNIT_BYTES,
    };
    units[CHANGED_MOST - 1] = units[0];
    qsort(units, CHANGED_MOST, sizeof *units, by_number);
    list_units(gaps, units, &gaps->before);
    if (had)
        take_out(gaps, event->old_offset);
    if (has)
        put(gaps, event->offset, event->granted);
    gaps->top = event->top;
    list_units(gaps, units, &gaps->after);
    lists_compare(&gaps->before, &gaps->after, visit, context);
    gaps->failed |= gaps->before.failed || gaps->after.failed;
}

void gaps_free(struct gaps *gaps) {
    for (size_t unit = 0; unit < gaps->unit_count; unit++)
        free(gaps->units[unit].pieces);
    free(gaps->units);
    lists_free(&gaps->before);
    lists_free(&gaps->after);
}
