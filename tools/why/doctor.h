/*
 * doctor.h - from a figure to a named problem, and from there to what would help.
 *
 * Each rule looks at the ledger and says at most one thing. A rule speaks only where the problem takes
 * DOCTOR_LEAST_BYTES and a share of the process: else a healthy program would be told of trifles.
 */
#ifndef HALLOC_WHY_DOCTOR_H
#define HALLOC_WHY_DOCTOR_H

#include "../live/ledger.h"

#define DOCTOR_LEAST_BYTES (16u << 20)

struct finding {
    char name[24];  /* "pinned": for programs and tests */
    char what[400]; /* the problem, with its figure */
    char help[400]; /* the setting or change */
};

#define DOCTOR_FINDINGS_MOST 12

/* Fills `findings`, the largest first as the rules are ordered. Returns how many. */
size_t doctor(const struct view *view, const struct ledger *ledger, struct finding *findings);

#endif
