/*
 * who.h - who pins, with the names of call sites: what pins.h finds in a process that samples.
 */
#ifndef HALLOC_WHY_WHO_H
#define HALLOC_WHY_WHO_H

#include "pins.h"
#include "../profile/profile.h"

struct who {
    struct samples samples;
    struct pins pins;
    struct profile profile; /* of the samples: its sites have their numbers */
    bool sampled;           /* false: its sampler is off, so nobody can be named */
};

/* Returns NULL, or why not, in words that follow "process 17: ". The caller frees it in any case. */
const char *who_pins(pid_t pid, bool paused, const struct view *view, struct who *who);
void who_free(struct who *who);

void who_print(const struct who *who);
void who_print_json(const struct who *who); /* a member of the object of `halloc why --json` */

#endif
