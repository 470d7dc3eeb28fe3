/*
 * compare.c - would best fit have found room? Replays the trace under best fit up to the same operation.
 */
#include "explain.h"

#include <string.h>

/* Replays all operations before it. False: there is no answer. */
static bool replay_best(struct explanation *why, struct serial_event *event) {
    const char *problem, *best = best_begin();
    struct serial_options options = {.fit = best, .no_way_back = true, .reserve_bytes = why->limit_bytes};
    struct serial *serial = best ? serial_open(why->trace, &options, &problem) : NULL;
    uint64_t number = why->asked.operation.number;
    bool there = serial != NULL;
    while (there && serial_number(serial) <= number) {
        if (serial_number(serial) % 4096 == 0)
            explain_progress("best fit instead", serial_number(serial), number);
        there = serial_step(serial, event);
    }
    serial_close(serial);
    best_end();
    return there;
}

void explain_compare(struct explanation *why) {
    struct serial_event other;
    char words[WORD_BYTES];
    if (!why->compares || !replay_best(why, &other))
        return;
    bool failed = why->asked.outcome == SERIAL_FAILED, failed_too = other.outcome == SERIAL_FAILED;
    const char *heap = exact_bytes(other.top, words);
    say(why, "Best fit, replayed from the start, ");
    if (failed && failed_too)
        say(why, "would have failed too.\n");
    else if (failed)
        say(why, "would have placed it, in a heap of %s.\n", heap);
    else if (failed_too)
        say(why, "would have failed.\n");
    else if (other.grew_bytes)
        say(why, "would have grown too, to %s.\n", heap);
    else
        say(why, "would have had room in its heap of %s.\n", heap);
    tell_truth(why, "best_fit_fails_too", failed_too);
    tell_truth(why, "best_fit_grows_too", other.grew_bytes != 0);
    tell_number(why, "best_fit_heap_bytes", other.top);
}
