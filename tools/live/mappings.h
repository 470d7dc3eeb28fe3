/* mappings.h - all mappings of a process, and what the kernel counts as resident in each: /proc/PID/smaps. */
#ifndef HALLOC_LIVE_MAPPINGS_H
#define HALLOC_LIVE_MAPPINGS_H

#include "view.h"

#include <sys/types.h>

/* What is known of the process besides its smaps. */
struct mapping_hints {
    uint64_t region_from, region_to;
    uint64_t tables_from[8], tables_to[8];
    size_t tables;
    const char *library; /* the file that is Halloc's library; NULL: it is linked into the program */
};

/* Fills view->mappings and view->tasks. False, with errno. */
bool mappings_read(struct view *view, pid_t pid, const struct mapping_hints *hints);

#endif
