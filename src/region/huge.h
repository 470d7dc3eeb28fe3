/*
 * huge.h - where huge pages are wished for.
 *
 *      2 MiB steps     | small | small | huge  | huge  | small | huge  |  frontier
 *
 * A fault on a huge page costs a quarter of what 512 small ones do, giving one back costs nearly
 * nothing, and one entry of the processor's table of addresses serves all of it (figures:
 * docs/decisions/returning-memory.md). But whatever touches one byte gets 2 MiB. So they are wished for only
 * where memory is dense, as dense.h judges; and the wish is taken back where less than a step was
 * given back to the system, which might fill it again behind our back.
 *
 * A bit a step remembers where the wish stands. Whoever changes the bit makes the call.
 */
#pragma once

#include "region.h"

/* For every step that lies there, in whole or in part: wished for, or not. */
INTERNAL void huge_wish(void *start, size_t bytes, bool wanted);

/* True if a step there is wished for. */
INTERNAL bool huge_is_wished(const void *start, size_t bytes);
