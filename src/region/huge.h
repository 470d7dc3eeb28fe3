/*
 * huge.h - where huge pages are wished for.
 *
 *      2 MiB steps     | small | small | huge  | huge  | small | huge  |  frontier
 *
 * A fault on a huge page costs a quarter of 512 faults on small ones (docs/decisions/returning-memory.md).
 * But a touch makes 2 MiB resident. So huge pages are wished for only where memory is dense (dense.h). The
 * wish is taken back where less than a step was purged: the system might fill the step again by itself.
 */
#pragma once

#include "region.h"

/* For every step that lies there, in whole or in part: wished for, or not. */
INTERNAL void huge_wish(void *start, size_t bytes, bool wanted);

/* True if a step there is wished for. */
INTERNAL bool huge_is_wished(const void *start, size_t bytes);
