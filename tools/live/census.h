/* census.h - walks a process heap from outside, as halloc-heap does in gdb, and counts what is there. */
#ifndef HALLOC_LIVE_CENSUS_H
#define HALLOC_LIVE_CENSUS_H

#include "mappings.h"
#include "target.h"

enum census_result {
    CENSUS_DONE,
    CENSUS_TORN,   /* the heap was being changed: again */
    CENSUS_FAILED, /* errno tells */
    CENSUS_CLASSIC,
    CENSUS_NOT_STARTED,
    CENSUS_STRANGE, /* what is there is no heap of this version */
};

/* Fills the view with the heap, and the hints. */
enum census_result census_take(const struct target *target, struct view *view, struct mapping_hints *hints);

#endif
