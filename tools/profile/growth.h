/*
 * growth.h - what grew from one profile to a later one, by stack.
 *
 * Stacks are the same if their functions and modules are. Addresses differ from process to process, and lines
 * from version to version. What has no name is known by its place in the module. Samples that are in use in
 * both cancel out exactly. So a difference between two looks at one process has no error
 * from what stayed.
 */
#ifndef HALLOC_PROFILE_GROWTH_H
#define HALLOC_PROFILE_GROWTH_H

#include "profile.h"

struct growth {
    uint64_t before, now, shrunk; /* bytes in use in the earlier profile and in the later one; what is less */
    size_t shrunk_sites;
};

/* What is in use in `later`, and what was allocated, becomes what is more than in `earlier`. Sites that
 * shrank have 0 there, and shrunk_bytes; those that are only in `earlier` get them in it. False: out of
 * memory. */
bool growth_find(struct profile *later, struct profile *earlier, struct growth *growth);

#endif
