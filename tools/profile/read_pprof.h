/* read_pprof.h - reads a profile that `--to=pprof` saved, or another allocator. */
#ifndef HALLOC_PROFILE_READ_PPROF_H
#define HALLOC_PROFILE_READ_PPROF_H

#include "profile.h"

/* Returns NULL, or what is wrong, in words that follow "F: ". The caller frees the profile in any case. */
const char *read_pprof(const char *path, struct profile *profile);

#endif
