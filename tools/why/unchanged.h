/*
 * unchanged.h - which slabs are as they were in an earlier snapshot: nothing came there, and nothing went.
 *
 *      earlier    ###.#..#   ##......   ####
 *      now        ###.#..#   ##..#...   ####
 *                 unchanged             unchanged
 *
 * A slab has no time: to keep one would cost every program a clock (docs/decisions/who-pins.md). Two looks
 * tell the same. A slot that was freed and taken again between them looks the same, too.
 */
#ifndef HALLOC_WHY_UNCHANGED_H
#define HALLOC_WHY_UNCHANGED_H

#include "../live/ledger.h"

struct unchanged {
    uint64_t seconds;     /* between the two looks */
    struct ledger ledger; /* of these slabs: its classes */
};

/* Returns NULL, or why not, in words that follow "earlier.snap: ". */
const char *unchanged_find(const struct view *now, const struct view *earlier, struct unchanged *unchanged);

void unchanged_print(const struct view *view, const struct unchanged *unchanged);
/* A member, as who_print_json prints one. */
void unchanged_print_json(const struct view *view, const struct unchanged *unchanged);

#endif
