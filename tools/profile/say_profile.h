/* say_profile.h - a profile as a table for people. */
#ifndef HALLOC_PROFILE_SAY_H
#define HALLOC_PROFILE_SAY_H

#include "growth.h"

/* "keep (store.c:12) < insert < main": the callers nearest to the allocator, without what libraries of
 * languages inlined. Fills and returns room, of SAY_STACK_BYTES. */
#define SAY_STACK_BYTES 2500
const char *say_stack(const struct profile *profile, const struct profile_site *site, char *room);

/* The first `most` call sites by what is in use. `ages`: of that, in place of all that was allocated. */
void say_profile(const struct profile *profile, size_t most, bool ages);

/* The same for what grew since the profile `earlier`, of that name, and then as many that shrank. */
void say_growth(const struct profile *profile, const struct profile *earlier, const struct growth *growth,
                const char *name, size_t most, bool ages);

#endif
