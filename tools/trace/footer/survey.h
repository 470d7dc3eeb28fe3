/*
 * survey.h - the properties of a whole trace: totals and the peak, marks for the timeline, and checkpoints. A
 * checkpoint is a list of everything live. With it a reader can look at the middle of a long trace without
 * reading from the start.
 *
 *      order.c:  the next operation of all  --> survey_look      so each operation is decoded once
 */
#ifndef HALLOC_TRACE_SURVEY_H
#define HALLOC_TRACE_SURVEY_H

#include "../read/inside.h"
#include "../read/live.h"

struct survey {
    struct trace *trace;
    struct live live;
    uint64_t next_note, next_checkpoint, latest_ns;
    uint64_t requested_bytes, peak_bytes, peak_objects, peak_after;
    struct list bytes; /* the bytes of all checkpoints; pointers to them are set when it no longer moves */
};

void survey_begin(struct survey *survey, struct trace *trace);

/* Before operation `number`: a mark, a checkpoint. False: out of memory. */
bool survey_note(struct survey *survey, uint64_t number);

/* The next operation, with its number. False: out of memory. Inline, because finishing a trace does little
 * else. */
static inline bool survey_look(struct survey *survey, const struct operation *operation) {
    struct live *live = &survey->live;
    struct live_entry ended;
    if (operation->time_ns > survey->latest_ns)
        survey->latest_ns = operation->time_ns;
    if (operation->number == survey->next_note && !survey_note(survey, operation->number))
        return false;
    uint64_t ends = operation_ended_object(operation);
    if (ends != OBJECT_NONE)
        live_end(live, ends, &ended);
    if (!operation_begins_object(operation))
        return true;
    survey->requested_bytes += operation->size;
    bool done = live_begin(live, operation->object, operation->size, 0);
    if (live->bytes > survey->peak_bytes) {
        survey->peak_bytes = live->bytes;
        survey->peak_objects = live->count;
        survey->peak_after = operation->number;
    }
    return done;
}

/* Sets what is known at the end. */
void survey_end(struct survey *survey);

#endif
