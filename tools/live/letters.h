/* letters.h - the state of each slot of a slab, from notes and free lists in another process's memory. */
#ifndef HALLOC_LIVE_LETTERS_H
#define HALLOC_LIVE_LETTERS_H

#include "far.h"
#include "view.h"

/* One slab's memory at a time is kept here: the lists of a slab are followed without asking again. */
struct letters {
    const struct far *far;
    struct view *view;
    uint64_t base;
    struct view_block **block_of; /* by unit: the slab that it lies in, or NULL */
    uint64_t units;
    char *memory; /* of `block` */
    const struct view_block *block;
};

/* Follows a free list from `slot` on, for `most` slots, and sets their letter. Trusts no link: where one
 * leads astray, the view says so. Returns how many slots were found, and their bytes. */
uint64_t letters_follow(struct letters *letters, uint64_t slot, uint64_t most, char letter, uint64_t *bytes);

/* Slots that are noted as free. notes: bits, the last carved slot has number 0. */
bool letters_note(struct view_block *block, const uint64_t *notes);

/* The letters are complete: counts the used ones. */
void letters_count(struct view_block *block);

#endif
