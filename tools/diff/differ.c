/*
 * differ.c - replays a trace on two policies, step by step, until they place an object differently. Then it
 * replays the rest, to compare the ends.
 */
#include "differ.h"
#include "../base/progress.h"

static bool is_same(const struct serial_event *a, const struct serial_event *b) {
    return a->outcome == b->outcome && a->offset == b->offset;
}

static bool step_both(const struct trace *trace, struct half halves[2], struct difference *difference,
                      struct scoring scorings[2], const char **why) {
    uint64_t all = trace_totals(trace)->operations;
    struct serial_event events[2];
    while (serial_step(halves[0].serial, &events[0]) && serial_step(halves[1].serial, &events[1])) {
        if (!difference->found && !is_same(&events[0], &events[1])) {
            *difference = (struct difference){true, events[0].operation.number};
            halves[0].event = events[0];
            halves[1].event = events[1];
        }
        if (!score_add(&scorings[0], &events[0]) || !score_add(&scorings[1], &events[1])) {
            *why = "out of memory";
            return false;
        }
        if (events[0].operation.number % 4096 == 0)
            progress_show("comparing", events[0].operation.number, all);
    }
    return true;
}

bool differ_policies(const struct trace *trace, struct half halves[2], struct difference *difference,
                     const char **why) {
    struct scoring scorings[2] = {{.probes = {0}}, {.probes = {0}}};
    *difference = (struct difference){.found = false};
    for (int side = 0; side < 2; side++) {
        struct serial_options options = {.fit = halves[side].policy};
        halves[side].serial = serial_open(trace, &options, why);
        if (!halves[side].serial)
            return false;
    }
    bool done = step_both(trace, halves, difference, scorings, why);
    for (int side = 0; side < 2; side++) {
        halves[side].score = score_end(&scorings[side]);
        if (difference->found)
            serial_go_to(halves[side].serial, difference->number);
    }
    return done;
}

void differ_close(struct half halves[2]) {
    for (int side = 0; side < 2; side++)
        serial_close(halves[side].serial);
}
