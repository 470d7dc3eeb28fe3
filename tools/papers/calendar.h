/*
 * calendar.h - which object ends next: a binary heap ordered by time (Knuth, TAOCP 3, 5.2.3), for shore.c
 * and fifty_percent.c.
 */
#ifndef HALLOC_PAPERS_CALENDAR_H
#define HALLOC_PAPERS_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

struct guest {
    uint64_t until;
    void *block;
};

struct calendar {
    struct guest *guests;
    uint64_t count, room;
};

/* False: no memory. */
static inline bool calendar_add(struct calendar *calendar, uint64_t until, void *block) {
    if (calendar->count == calendar->room) {
        uint64_t room = calendar->room ? 2 * calendar->room : 256;
        struct guest *guests = reallocarray(calendar->guests, room, sizeof *guests);
        if (!guests)
            return false;
        calendar->guests = guests;
        calendar->room = room;
    }
    uint64_t at = calendar->count++;
    for (; at && calendar->guests[(at - 1) / 2].until > until; at = (at - 1) / 2)
        calendar->guests[at] = calendar->guests[(at - 1) / 2];
    calendar->guests[at] = (struct guest){until, block};
    return true;
}

/* Removes the earliest entry. There must be one. */
static inline struct guest calendar_next(struct calendar *calendar) {
    struct guest *guests = calendar->guests, first = guests[0], last = guests[--calendar->count];
    uint64_t at = 0;
    for (uint64_t below; (below = 2 * at + 1) < calendar->count; at = below) {
        below += below + 1 < calendar->count && guests[below + 1].until < guests[below].until;
        if (guests[below].until >= last.until)
            break;
        guests[at] = guests[below];
    }
    guests[at] = last;
    return first;
}

#endif
