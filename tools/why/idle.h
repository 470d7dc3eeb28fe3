/*
 * idle.h - which slabs are as they were in an earlier snapshot: nothing came there, and nothing went.
 *
 *      earlier    ###.#..#   ##......   ####
 *      now        ###.#..#   ##..#...   ####
 *                 idle                  idle
 *
 * A slab has no time: to keep one would cost every program a clock (docs/decisions/who-pins.md). Two looks
 * tell the same. A slot that was freed and taken again between them looks the same, too.
 */
#ifndef HALLOC_WHY_IDLE_H
#define HALLOC_WHY_IDLE_H

#include "../live/ledger.h"

struct idle {
    uint64_t seconds;     /* between the two looks */
    struct ledger ledger; /* of the idle slabs: its classes */
};

/* Returns NULL, or why not, in words that follow "earlier.snap: ". */
const char *idle_find(const struct view *now, const struct view *earlier, struct idle *idle);

void idle_print(const struct view *view, const struct idle *idle);
void idle_print_json(const struct view *view, const struct idle *idle); /* a member, as who_print_json */

#endif
