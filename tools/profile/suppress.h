/*
 * suppress.h - call sites that `halloc leaks` leaves out, because what they hold is no leak.
 *
 *      leak:PATTERN      a line as LeakSanitizer reads it: PATTERN is in the name of a function, source
 *                        file or module of the stack. "*" stands for anything, "^" for the beginning, "$"
 *                        for the end
 *
 * What libc, the loader, libstdc++ and Python keep for the whole life of a program is left out unless the
 * user says otherwise. The list has only what was seen in real programs.
 */
#ifndef HALLOC_PROFILE_SUPPRESS_H
#define HALLOC_PROFILE_SUPPRESS_H

#include "profile.h"

struct suppression {
    const char *name;    /* what is left out, in words; or the line of the file */
    const char *pattern; /* of a frame */
    const char *caller;  /* of the frame that called it; NULL: any */
    uint64_t bytes, sites;
};

struct suppressions {
    struct suppression *list;
    size_t count;
};

/* False: out of memory. */
bool suppressions_add_known(struct suppressions *suppressions);

/* Adds those of a file. Returns NULL, or what is wrong; the words stay until the next call. */
const char *suppressions_read(struct suppressions *suppressions, const char *path);

/* Nothing is in use at sites that match any more. `counted`: it is added to the sums that are said. */
void suppress(struct suppressions *suppressions, struct profile *profile, bool counted);

void suppressions_say(const struct suppressions *suppressions, FILE *out);

#endif
