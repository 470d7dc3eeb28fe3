/*
 * huge.h - huge pages for heaps that have grown large. Layer 5.
 *
 *      2 MiB steps     | small | ...   | small | huge  | huge  | huge  | huge  |  frontier
 *                      base            HUGE_FROM_BYTES
 *
 * A fault on a huge page costs a quarter of what 512 small ones do, giving one back costs nearly
 * nothing, and one entry of the processor's table of addresses serves all of it (figures:
 * docs/decisions/returning-memory.md). But whatever touches one byte gets 2 MiB. So only the part of
 * the region beyond HUGE_FROM_BYTES is asked for, as the frontier passes it: there a step that is not
 * full is a few hundredths of what the program has. The wish is taken back where memory is known to be
 * used in bits: under a large calloc, which is often a sparse table, and where less than a step was
 * given back to the system, which might fill it again behind our back. And nobody asks while the large
 * blocks that come back are less than half full: then huge pages would fill what the program leaves empty.
 *
 * A bit a step remembers where the wish stands. Whoever changes the bit makes the call.
 */
#ifndef HALLOC_HUGE_H
#define HALLOC_HUGE_H

#include "region.h"

/* Asks for huge pages in the whole steps inside what lies there. */
INTERNAL void huge_ask(void *start, size_t bytes);

/* Takes the wish back for every step that it touches. */
INTERNAL void huge_refuse(void *start, size_t bytes);

/* A large block comes back: how much of it is resident tells how programs fill theirs. One system call
 * for 4 MiB; none where it has huge pages, which always look full. */
INTERNAL void huge_learn(void *start, size_t bytes);

#endif
