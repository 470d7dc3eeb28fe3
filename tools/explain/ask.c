/* ask.c - the five questions, and the moment that each looks at: see explain.h. */
#include "explain.h"

#include "../base/progress.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *open_serial(struct explanation *why) {
    const char *problem = NULL;
    struct serial_options options = {.fit = why->fit, .reserve_bytes = why->limit_bytes};
    why->serial = serial_open(why->trace, &options, &problem);
    tell_words(why, "policy", why->fit);
    if (why->limit_bytes)
        tell_number(why, "limit_bytes", why->limit_bytes);
    return why->serial ? NULL : problem;
}

void explain_close(struct explanation *why) {
    serial_close(why->serial);
    moment_free(&why->before);
    facts_free(&why->facts);
    bytes_free(&why->text);
    bytes_free(&why->json);
}

/* --- What came before ----------------------------------------------------------------------------------- */

struct past {
    uint64_t calls, failures; /* calls for memory, and those that failed */
    uint64_t growth;          /* the last operation that grew the heap; NEVER_GREW */
};

#define NEVER_GREW UINT64_MAX

/* From the start to operation `number`. */
static struct past look_back(struct explanation *why, uint64_t number) {
    struct past past = {.growth = NEVER_GREW};
    struct serial_event event;
    while (serial_number(why->serial) <= number && serial_step(why->serial, &event)) {
        past.calls += operation_begins_object(&event.operation);
        past.failures += event.outcome == SERIAL_FAILED;
        if (event.grew_bytes)
            past.growth = event.operation.number;
        if (event.operation.number % 4096 == 0)
            explain_progress("looking back", event.operation.number, number);
    }
    return past;
}

/* If calls failed, the heap lacks objects that the program had. */
static void say_failures(struct explanation *why, const struct past *past) {
    char words[WORD_BYTES], all[WORD_BYTES], limit[3 * WORD_BYTES];
    tell_number(why, "calls", past->calls);
    tell_number(why, "failed_calls", past->failures);
    if (!past->failures)
        return;
    say(why, "%s of the %s calls for memory until then failed", word_count(past->failures, words),
        word_count(past->calls, all));
    if (why->limit_bytes)
        say(why, ", for the heap may not be larger than %s", limit_words(why, limit));
    say(why, ".\n");
}

static void say_without_sites(struct explanation *why) {
    if (!trace_has_sites(why->trace))
        say(why, "Who asked for it? `halloc trace --stacks` records call sites; this trace has none.\n");
}

/* --- An operation --------------------------------------------------------------------------------------- */

const char *explain_at_operation(struct explanation *why, uint64_t number) {
    const char *problem = open_serial(why);
    struct past past = {0};
    if (!problem && why->limit_bytes && number)
        past = look_back(why, number - 1);
    if (!problem)
        problem = explain_stand(why, number);
    if (!problem)
        say_failures(why, &past);
    return problem ? problem : explain_operation(why);
}

/* --- The first failure ---------------------------------------------------------------------------------- */

const char *explain_failure(struct explanation *why) {
    const char *problem = open_serial(why);
    struct serial_event event;
    uint64_t operations = trace_totals(why->trace)->operations, own = 0;
    while (!problem && serial_step(why->serial, &event)) {
        if (event.operation.number % 4096 == 0)
            explain_progress("looking for a failure", event.operation.number, operations);
        own += event.operation.kind == OPERATION_FAILURE;
        if (event.outcome != SERIAL_FAILED)
            continue;
        problem = explain_stand(why, event.operation.number);
        return problem ? problem : explain_operation(why);
    }
    if (problem)
        return problem;
    char words[WORD_BYTES], heap[WORD_BYTES];
    say(why, "No operation fails under %s; its heap reaches %s.", heap_words(why, heap),
        exact_bytes(serial_top(why->serial), words));
    if (own)
        say(why, " In the program itself %s call%s failed.", word_count(own, words), own == 1 ? "" : "s");
    say(why, "\n");
    tell_words(why, "outcome", "no failure");
    return NULL;
}

/* --- The peak ------------------------------------------------------------------------------------------- */

/* The heap after operation `number`, the moment of the question. */
static const char *look_after(struct explanation *why, uint64_t number, struct moment *after,
                              struct past *past) {
    const char *problem = open_serial(why);
    if (problem)
        return problem;
    *past = look_back(why, number);
    problem = explain_stand(why, number);
    if (!problem && !moment_look(after, why->serial))
        problem = "out of memory";
    return problem;
}

static void say_heap(struct explanation *why, const struct moment *after, const struct past *past) {
    char words[256], live[WORD_BYTES];
    say_failures(why, past);
    if (explains_process(why))
        say_stop(why);
    else
        say(why, "Under %s fit: %s.\n", why->fit, picture_words(after, words, sizeof words));
    if (past->failures)
        say(why, "What is live in it: %s in %s object%s.\n", exact_bytes(why->event.live_bytes, live),
            word_count(why->event.live_objects, words), why->event.live_objects == 1 ? "" : "s");
}

static const char *say_places(struct explanation *why, const struct moment *after, uint64_t number) {
    return explains_process(why) ? explain_ledger(why, after, number) : NULL;
}

const char *explain_at_peak(struct explanation *why) {
    const struct trace_totals *totals = trace_totals(why->trace);
    char number[WORD_BYTES], live[WORD_BYTES], objects[WORD_BYTES];
    struct moment after = {0};
    struct past past;
    const char *problem = look_after(why, totals->peak_after, &after, &past);
    if (!problem) {
        say(why, "Most is live after operation %s: %s in %s. ", word_count(totals->peak_after, number),
            exact_bytes(totals->peak_bytes, live), word_many(totals->peak_objects, "object", objects));
        say_heap(why, &after, &past);
        tell_number(why, "peak_operation", totals->peak_after);
        tell_number(why, "live_bytes", totals->peak_bytes);
        tell_number(why, "heap_bytes_at_peak", after.top);
        tell_number(why, "free_bytes_at_peak", moment_sum(&after).free_bytes);
        problem = say_places(why, &after, totals->peak_after);
        problem = problem ? problem : explain_holders(why, &after, false);
    }
    moment_free(&after);
    if (!problem && past.growth != NEVER_GREW) {
        say(why, "It grew last for this:\n");
        problem = explain_stand(why, past.growth);
        problem = problem ? problem : explain_operation(why);
    }
    say_without_sites(why);
    return problem;
}

/* --- The end -------------------------------------------------------------------------------------------- */

static void say_never_freed(struct explanation *why) {
    const struct trace_totals *totals = trace_totals(why->trace);
    char number[WORD_BYTES], live[WORD_BYTES], objects[WORD_BYTES];
    say(why, "After the last operation, %s, ", word_count(totals->operations - 1, number));
    if (totals->end_objects)
        say(why, "%s in %s object%s is still live, %s: ", exact_bytes(totals->end_bytes, live),
            word_count(totals->end_objects, objects), totals->end_objects == 1 ? "" : "s",
            trace_unfreed(why->trace, true));
    else
        say(why, "nothing is live: ");
    double peak = totals->peak_bytes ? (double)totals->peak_bytes : 1;
    say(why, "%.1f %% of the peak, which is %s after operation %s. ", 100 * (double)totals->end_bytes / peak,
        exact_bytes(totals->peak_bytes, live), word_count(totals->peak_after, number));
    if (trace_stopped(why->trace))
        say(why, "The program went on, unrecorded: %s. ", trace_stopped(why->trace));
    tell_number(why, "last_operation", totals->operations - 1);
    tell_number(why, "live_bytes", totals->end_bytes);
    tell_number(why, "live_objects", totals->end_objects);
    tell_number(why, "peak_operation", totals->peak_after);
    tell_number(why, "peak_bytes", totals->peak_bytes);
}

const char *explain_at_end(struct explanation *why) {
    const struct trace_totals *totals = trace_totals(why->trace);
    struct moment after = {0};
    struct past past;
    const char *problem = look_after(why, totals->operations - 1, &after, &past);
    if (!problem) {
        struct moment_sums sums = moment_sum(&after);
        say_never_freed(why);
        say_heap(why, &after, &past);
        tell_number(why, "heap_bytes", after.top);
        tell_number(why, "free_bytes", sums.free_bytes);
        tell_number(why, "holes", sums.holes);
        tell_number(why, "largest_hole_bytes", sums.largest);
        problem = say_places(why, &after, totals->operations - 1);
        problem = problem ? problem : explain_holders(why, &after, true);
        if (!explains_process(why))
            explain_pins(why, &after);
        if (totals->end_objects)
            say_without_sites(why);
    }
    moment_free(&after);
    return problem;
}

/* --- An address ----------------------------------------------------------------------------------------- */

/* Why the block is here: finds the operation that placed it. A realloc that did not move it leads back to
 * an earlier one. */
static const char *explain_placing(struct explanation *why, uint64_t born) {
    for (;;) {
        const char *problem = explain_stand(why, born);
        if (problem)
            return problem;
        const struct fact *previous = facts_of(&why->facts, why->event.operation.previous);
        if (why->event.outcome != SERIAL_RESIZED || !previous)
            return explain_operation(why);
        born = previous->born;
    }
}

/* The object at that address of the program's own allocator, after operation `number`. */
static uint64_t object_recorded_at(const struct trace *trace, uint64_t address, uint64_t number) {
    struct trace_cursor *cursor = trace_has_addresses(trace) ? trace_cursor_open(trace) : NULL;
    struct operation operation;
    uint64_t object = OBJECT_NONE;
    while (cursor && trace_next(cursor, &operation) && operation.number <= number) {
        if (object != OBJECT_NONE && operation_ended_object(&operation) == object)
            object = OBJECT_NONE;
        uint64_t bytes = operation.usable > operation.size ? operation.usable : operation.size;
        if (operation_begins_object(&operation) && operation.address && address >= operation.address &&
            address - operation.address < (bytes ? bytes : 1))
            object = operation.object;
    }
    trace_cursor_close(cursor);
    return object;
}

/* Turns an address of the program into one of the replay. The program's addresses are far above those. */
static uint64_t replayed_address(struct explanation *why, const struct moment *moment, uint64_t address,
                                 uint64_t number) {
    struct serial_block block;
    char words[WORD_BYTES];
    if (address < moment->top)
        return address;
    uint64_t object = object_recorded_at(why->trace, address, number);
    if (object == OBJECT_NONE || !serial_find(why->serial, object, &block))
        return address;
    say(why, "What the program had at 0x%" PRIx64 " after operation %s is placed at 0x%" PRIx64 " here.\n",
        address, word_count(number, words), block.offset);
    return block.offset;
}

const char *explain_at_address(struct explanation *why, uint64_t address, uint64_t number) {
    struct moment after = {0};
    struct past past;
    char words[WORD_BYTES], when[WORD_BYTES];
    const char *problem = look_after(why, number, &after, &past);
    if (problem) {
        moment_free(&after);
        return problem;
    }
    say_failures(why, &past);
    address = replayed_address(why, &after, address, number);
    size_t index = moment_find(&after, address);
    const struct serial_block *block = index < after.count ? &after.blocks[index] : NULL;
    say(why, "After operation %s 0x%" PRIx64 " ", word_count(number, when), address);
    tell_number(why, "address", address);
    tell_words(why, "holds", !block ? "nothing" : block->is_free ? "hole" : "block");
    if (!block) {
        say(why, "is above the heap, which ends at 0x%" PRIx64 ".\n", after.top);
    } else if (block->is_free) {
        say(why, "lies in a hole of %s at 0x%" PRIx64 ".\n", exact_bytes(block->size, words), block->offset);
        tell_number(why, "hole_bytes", block->size);
        explain_hole(why, &after, index);
    } else {
        const struct fact *fact = facts_of(&why->facts, block->object);
        say(why, "lies in the %s of the block at 0x%" PRIx64 ": ",
            address < block->offset ? "header" : "payload", block->offset);
        say_who(why, block->object, block->requested);
        say(why, ". It is there because of this:\n");
        problem = fact ? explain_placing(why, fact->born) : "its object is not known";
    }
    moment_free(&after);
    return problem;
}
