/*
 * differ.h - where two part: two policies on one trace, or two traces.
 */
#ifndef HALLOC_REPLAY_DIFFER_H
#define HALLOC_REPLAY_DIFFER_H

#include "../replay/serial/score.h"

/* One policy's half of a comparison. */
struct half {
    const char *policy;
    struct serial *serial;
    struct serial_event event; /* at the first difference */
    struct score score;        /* at the end */
};

struct difference {
    bool found;
    uint64_t number; /* of the operation */
};

/* Steps both through the whole trace. False, and *why: it could not be done. Afterwards both stand just
 * before the operation at which they part, if they do. The halves are to be closed. */
bool differ_policies(const struct trace *trace, struct half halves[2], struct difference *difference,
                     const char **why);
void differ_close(struct half halves[2]);

void differ_print(const struct trace *trace, const char *path, const struct half halves[2],
                  const struct difference *difference);
void differ_print_json(const struct trace *trace, const char *path, const struct half halves[2],
                       const struct difference *difference);

#endif
