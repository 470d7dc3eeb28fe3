/*
 * oracle.c - see oracle.h.
 */
#include "oracle.h"
#include "../../trace/read/live.h"

bool oracle_score(const struct trace *trace, struct score *score) {
    struct trace_cursor *cursor = trace_cursor_open(trace);
    struct serial_event event = {.outcome = SERIAL_NOTHING};
    struct scoring scoring = {.probes = {0}};
    struct live live = {0};
    struct live_entry ended;
    bool room = cursor != NULL;
    while (room && trace_next(cursor, &event.operation)) {
        room = live_step(&live, &event.operation, &ended);
        event.live_bytes = live.bytes;
        event.high = live.bytes > event.high ? live.bytes : event.high;
        room = room && score_add(&scoring, &event);
    }
    *score = score_end(&scoring);
    live_free(&live);
    trace_cursor_close(cursor);
    return room;
}
