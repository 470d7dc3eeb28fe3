/*
 * mapping.h - large requests that the region cannot hold, each in a mapping of its own. Layer 5.
 *
 * Under `ulimit -v` the region is small, so that both halves of the address space serve. What does
 * not fit into it comes here, through the slow path: some system calls for each. The records stand in a
 * sorted table apart from the memory, so that free can ask about any pointer without following it.
 */
#ifndef HALLOC_MAPPING_H
#define HALLOC_MAPPING_H

#include "config.h"
#include "lock.h"

/* Zeroed memory of at least `bytes`, aligned; NULL: the system has none. */
INTERNAL void *mapping_take(size_t bytes, size_t alignment);

/* Releases the mapping that starts at ptr; false if none does. */
INTERNAL bool mapping_give(void *ptr);

/* The mapping's size in bytes; 0 if none starts at ptr. */
INTERNAL size_t mapping_bytes(const void *ptr);

/* How many there are, and their bytes. */
INTERNAL void mapping_totals(size_t *count, size_t *bytes);

INTERNAL_DATA struct lock mappings_lock;

#endif
