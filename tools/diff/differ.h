/*
 * differ.h - the first difference of two policies on one trace, or of two traces.
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

/* Replays the whole trace on both. Afterwards both halves stand just before the operation at which they
 * differ, if there is one. The caller closes the halves. False: see *why. */
bool differ_policies(const struct trace *trace, struct half halves[2], struct difference *difference,
                     const char **why);
void differ_close(struct half halves[2]);

void differ_print(const struct trace *trace, const char *path, const struct half halves[2],
                  const struct difference *difference);
void differ_print_json(const struct trace *trace, const char *path, const struct half halves[2],
                       const struct difference *difference);

#endif
