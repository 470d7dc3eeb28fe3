/*
 * gaps.h - the free places of the process heap, for a page that shows operations one by one.
 *
 *      unit 0: | A | gap |  B  |    gap ...     unit 1: ... | C | D | gap |
 *
 * The replay of the process heap has no free lists: what no object has is a gap. A page wants lists, and the
 * changes by each operation. So all gaps that begin in one unit of 16 KiB are a list. An operation changes
 * the lists of a few units, however large the heap is.
 */
#ifndef HALLOC_MAP_GAPS_H
#define HALLOC_MAP_GAPS_H

#include "lists.h"

struct gaps {
    struct gap_unit *units;
    size_t unit_count;
    uint64_t top;
    struct lists before, after; /* of the units that an operation changes */
    bool failed;                /* out of memory */
};

/* Begins with the objects among these blocks, and makes the lists of all units. */
void gaps_begin(struct gaps *gaps, const struct serial_block *blocks, size_t count, uint64_t top,
                struct lists *lists);
/* Follows an operation, and visits the changes of the lists. */
void gaps_follow(struct gaps *gaps, const struct serial_event *event, list_edit_visit *visit, void *context);
void gaps_free(struct gaps *gaps);

#endif
