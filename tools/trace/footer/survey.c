/* survey.c - see survey.h. */
#include "survey.h"

#include "../../base/progress.h"
#include "../format/varint.h"

#include <stdlib.h>

#define MARK_EVERY BLOCK_OPERATIONS_MOST

/* A live object costs a checkpoint about 4 bytes. Checkpoints are at least 16 operations apart for each
 * live object. So they cost at most a quarter of a byte for each operation. A short trace has none. */
#define CHECKPOINT_LEAST 65536u
#define CHECKPOINT_OPERATIONS_AN_OBJECT 16u

/* An array of everything live, in order of object. It has room for one if nothing is. */
static struct trace_live *sorted(const struct live *live) {
    struct trace_live *array = calloc(live->count + 1, sizeof *array);
    struct live_entry entry;
    size_t count = 0;
    for (uint64_t object = 0; array && live_next(live, &object, &entry);)
        array[count++] = (struct trace_live){entry.object, entry.size};
    return array;
}

/* --- The pass ------------------------------------------------------------------------------------- */

static bool mark(struct survey *survey, uint64_t number) {
    struct trace_mark *added = list_add(&survey->trace->marks, sizeof *added);
    if (added)
        *added = (struct trace_mark){number, survey->latest_ns, survey->live.bytes, survey->live.count};
    return added != NULL;
}

/* Bytes and end hold offsets for now. */
static bool check(struct survey *survey, uint64_t number) {
    struct list *bytes = &survey->bytes;
    size_t room = bytes->count + survey->live.count * 2 * VARINT_BYTES_MOST;
    uint8_t *moved = realloc(bytes->items, room + 1);
    struct checkpoint *added = moved ? list_add(&survey->trace->checkpoints, sizeof *added) : NULL;
    if (moved)
        bytes->items = moved;
    if (added) {
        uint8_t *at = moved + bytes->count;
        uint64_t last = 0;
        struct live_entry entry;
        for (uint64_t object = 0; live_next(&survey->live, &object, &entry); last = entry.object) {
            at = varint_put_long(at, entry.object - last);
            at = varint_put_long(at, entry.size);
        }
        *added =
            (struct checkpoint){number, survey->live.count, (uint8_t *)bytes->count, (uint8_t *)(at - moved)};
        bytes->count = (size_t)(at - moved);
    }
    uint64_t pause = CHECKPOINT_OPERATIONS_AN_OBJECT * survey->live.count;
    survey->next_checkpoint = number + (pause > CHECKPOINT_LEAST ? pause : CHECKPOINT_LEAST);
    return added != NULL;
}

bool survey_note(struct survey *survey, uint64_t number) {
    uint64_t next_mark = number - number % MARK_EVERY + MARK_EVERY;
    bool done = true;
    if (number % MARK_EVERY == 0) {
        progress_show("reading", number, survey->trace->totals.operations);
        done = mark(survey, number);
    }
    if (number == survey->next_checkpoint)
        done = check(survey, number) && done;
    survey->next_note = next_mark < survey->next_checkpoint ? next_mark : survey->next_checkpoint;
    return done;
}

static void point_checkpoints(struct survey *survey) {
    struct trace *trace = survey->trace;
    struct checkpoint *checkpoints = trace->checkpoints.items;
    trace->checkpoint_bytes = survey->bytes.items;
    for (size_t index = 0; index < trace->checkpoints.count; index++) {
        checkpoints[index].bytes = trace->checkpoint_bytes + (uintptr_t)checkpoints[index].bytes;
        checkpoints[index].end = trace->checkpoint_bytes + (uintptr_t)checkpoints[index].end;
    }
}

void survey_begin(struct survey *survey, struct trace *trace) {
    *survey = (struct survey){.trace = trace, .next_checkpoint = CHECKPOINT_LEAST};
    trace->marks.count = trace->checkpoints.count = 0;
}

void survey_end(struct survey *survey) {
    struct trace_totals *totals = &survey->trace->totals;
    totals->requested_bytes = survey->requested_bytes;
    totals->peak_bytes = survey->peak_bytes;
    totals->peak_objects = survey->peak_objects;
    totals->peak_after = survey->peak_after;
    totals->end_bytes = survey->live.bytes;
    totals->end_objects = survey->live.count;
    live_free(&survey->live);
    point_checkpoints(survey);
}

/* --- Live objects --------------------------------------------------------------------------------- */

static const struct checkpoint *checkpoint_before(const struct trace *trace, uint64_t number) {
    const struct checkpoint *found = NULL, *checkpoints = trace->checkpoints.items;
    for (size_t index = 0; index < trace->checkpoints.count && checkpoints[index].operation <= number;
         index++)
        found = &checkpoints[index];
    return found;
}

/* Object numbers from the file must be below the number of objects of this trace. */
static bool load(struct live *live, const struct checkpoint *checkpoint, uint64_t most) {
    const uint8_t *at = checkpoint->bytes;
    uint64_t object = 0;
    int bad = 0;
    for (uint64_t index = 0; index < checkpoint->count && !bad; index++) {
        object += varint_get(&at, checkpoint->end, &bad);
        uint64_t size = varint_get(&at, checkpoint->end, &bad);
        if (!bad && object < most && !live_is(live, object) && !live_begin(live, object, size, 0))
            return false;
    }
    return true;
}

struct trace_live *trace_live_before(const struct trace *trace, uint64_t number, size_t *count) {
    struct live live = {0};
    struct operation operation;
    struct live_entry ended;
    struct trace_cursor *cursor = trace_cursor_open(trace);
    const struct checkpoint *checkpoint = checkpoint_before(trace, number);
    bool done = cursor && (!checkpoint || load(&live, checkpoint, trace->totals.objects));
    if (done && checkpoint)
        trace_seek(cursor, checkpoint->operation);
    while (done && trace_next(cursor, &operation) && operation.number < number)
        done = live_step(&live, &operation, &ended);
    struct trace_live *array = done && live.count ? sorted(&live) : NULL;
    *count = array ? live.count : !done || live.count;
    trace_cursor_close(cursor);
    live_free(&live);
    return array;
}
