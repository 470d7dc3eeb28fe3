/* slab_check.h - looking at slabs from outside. Nothing here follows a link that was not checked first. */
#pragma once

#include "slab.h"

/* The first broken invariant of a slab whose owner is the caller, or that nobody else touches. */
INTERNAL const char *slab_check(const struct slab *slab);

/* In the child of a fork, for a slab whose thread stopped anywhere: makes it PARTIAL and counts it anew.
 * False: it is not sound. */
INTERNAL bool slab_repair(struct slab *slab);

/* A copy of a descriptor that other threads may be writing: a number in it may be a moment old. */
INTERNAL struct slab slab_snapshot(const struct slab *unit);
