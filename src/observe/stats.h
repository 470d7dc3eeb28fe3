/*
 * stats.h - looking at the process heap: totals, for people and for programs.
 *
 * An observer: nothing below includes it but the end of the process. It walks all blocks, under
 * the region's lock meanwhile. Numbers of slabs that other threads are using are a moment old.
 */
#ifndef HALLOC_STATS_H
#define HALLOC_STATS_H

#include "../process/serve.h"

struct heap_totals {
    const char *heap, *fit;
    size_t region_bytes; /* up to the frontier; classic: the whole heap            */
    size_t slabs, slab_bytes, carved_bytes;
    size_t slots_used, slot_bytes_used; /* what threads' caches hold counts as used, but for ours */
    size_t large_blocks, large_bytes;
    size_t free_blocks, free_bytes, free_dirty_bytes, largest_free_bytes;
    size_t class_slots_used[SIZE_CLASSES], class_slabs[SIZE_CLASSES];
};

INTERNAL void stats_totals(struct heap_totals *totals);

/* Bytes that are in use by the program: slots and blocks. */
static inline size_t stats_used_bytes(const struct heap_totals *totals) {
    return totals->slot_bytes_used + totals->large_bytes;
}

/* To stderr, without allocating. */
INTERNAL void stats_print(void);

#endif
