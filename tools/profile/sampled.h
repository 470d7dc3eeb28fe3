/* sampled.h - a profile of a process: what its samples stand for, with the names of its functions. */
#ifndef HALLOC_PROFILE_SAMPLED_H
#define HALLOC_PROFILE_SAMPLED_H

#include "../live/samples.h"
#include "profile.h"

/* What is in use counts if its age is within these seconds. Returns NULL, or why not, in words that follow
 * "process 17: ". The process must still be there: its mappings are read. The profile may be printed until
 * the next call. */
const char *sampled_profile(pid_t pid, const struct samples *samples, uint64_t youngest, uint64_t oldest,
                            struct profile *profile);

#endif
