/*
 * stats.h - looking at the process heap: totals, for people and for programs.
 *
 * Nothing calls it but the program, and the end of the process. It walks all blocks, and holds the region's
 * lock meanwhile. Figures of slabs that other threads are using are a moment old.
 */
#pragma once

#include "../process/serve.h"

struct heap_totals {
    halloc_heap_stats blocks; /* with slabs as blocks in use; heap_bytes end at the frontier     */
    size_t free_dirty_bytes;
    size_t slabs, slots_used, slot_bytes_used; /* other threads' caches hold some of the slots       */
    size_t large_blocks, large_bytes;          /* in the classic heap all blocks are large           */
    size_t class_slots_used[SIZE_CLASSES], class_slabs[SIZE_CLASSES];
};

INTERNAL void stats_totals(struct heap_totals *totals);

/* Bytes that are in use by the program: slots and blocks. */
static inline size_t stats_used_bytes(const struct heap_totals *totals) {
    return totals->slot_bytes_used + totals->large_bytes;
}
