/*
 * huge.h - huge pages for large blocks, and for nothing else. Layer 5.
 *
 *      2 MiB steps    |       |       |       |       |       |
 *      large block         |..................................|
 *      asked for              | huge  | huge  | huge  | huge  |      whole steps inside the block
 *
 * A fault on a huge page costs a quarter of what 512 small ones do, and giving one back nearly
 * nothing (docs/decisions/returning-memory.md). But whatever touches one byte of it gets 2 MiB: so
 * only blocks of HUGE_LEAST_BYTES ask, not zeroed ones (a large calloc is often a sparse table), and
 * when such a step is later cut into slabs the wish is taken back.
 *
 * A bit a step remembers where the wish stands. Whoever changes the bit makes the call.
 */
#ifndef HALLOC_HUGE_H
#define HALLOC_HUGE_H

#include "region.h"

/* Asks for huge pages in the whole steps inside a block that was just taken. */
INTERNAL void huge_ask(void *block, size_t bytes);

/* Takes the wish back for every step that the block touches. */
INTERNAL void huge_refuse(void *block, size_t bytes);

#endif
