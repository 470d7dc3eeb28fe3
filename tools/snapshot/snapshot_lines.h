/* snapshot_lines.h - the figures of a snapshot that are one number a line, for its writer and its reader. */
#ifndef HALLOC_SNAPSHOT_LINES_H
#define HALLOC_SNAPSHOT_LINES_H

#include "../live/view.h"

struct snapshot_figure {
    const char *name;
    size_t offset; /* of a uint64_t in struct view */
};

#define SNAPSHOT_FIGURE(name)                                                                                \
    { #name, offsetof(struct view, name) }

static const struct snapshot_figure snapshot_figures[] = {SNAPSHOT_FIGURE(taken_at),
                                                          SNAPSHOT_FIGURE(paused_ns),
                                                          SNAPSHOT_FIGURE(base),
                                                          SNAPSHOT_FIGURE(bytes),
                                                          SNAPSHOT_FIGURE(limit_bytes),
                                                          SNAPSHOT_FIGURE(used_bytes),
                                                          SNAPSHOT_FIGURE(peak_used_bytes),
                                                          SNAPSHOT_FIGURE(kept_free_bytes),
                                                          SNAPSHOT_FIGURE(purged_bytes),
                                                          SNAPSHOT_FIGURE(allocations),
                                                          SNAPSHOT_FIGURE(frees),
                                                          SNAPSHOT_FIGURE(requested_bytes),
                                                          SNAPSHOT_FIGURE(granted_bytes),
                                                          SNAPSHOT_FIGURE(thp),
                                                          SNAPSHOT_FIGURE(reserve_bytes),
                                                          SNAPSHOT_FIGURE(tasks),
                                                          SNAPSHOT_FIGURE(astray)};

#define SNAPSHOT_FIGURES (sizeof snapshot_figures / sizeof *snapshot_figures)

static inline uint64_t *snapshot_place(const struct view *view, size_t index) {
    return (uint64_t *)((char *)view + snapshot_figures[index].offset);
}

#endif
