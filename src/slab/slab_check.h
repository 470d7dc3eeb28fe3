/*
 * slab_check.h - looking at slabs from outside: the validator, and what a fork's child can trust.
 *
 * Nothing here follows a link that was not checked first.
 */
#pragma once

#include "slab.h"

/* The first broken invariant of a slab whose owner is the caller, or that nobody else touches. */
INTERNAL const char *slab_check(const struct slab *slab);

/* In the child of a fork, a slab of a thread that was stopped anywhere: makes it PARTIAL and counts it anew.
 * False: it is not sound, and nothing was changed. */
INTERNAL bool slab_repair(struct slab *slab);

/* A copy of a descriptor that other threads may be writing: a number in it may be a moment old. */
INTERNAL struct slab slab_snapshot(const struct slab *unit);
