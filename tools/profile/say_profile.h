/* say_profile.h - a profile as a table for people. */
#ifndef HALLOC_PROFILE_SAY_H
#define HALLOC_PROFILE_SAY_H

#include "growth.h"

/* The first `most` call sites by what is in use. `ages`: of that, in place of all that was allocated. */
void say_profile(const struct profile *profile, size_t most, bool ages);

/* The same for what grew since the profile `earlier`, of that name, and then as many that shrank. */
void say_growth(const struct profile *profile, const struct profile *earlier, const struct growth *growth,
                const char *name, size_t most, bool ages);

#endif
