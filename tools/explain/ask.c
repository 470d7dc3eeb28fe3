/* ask.c - the questions that can be asked, and where each looks: see explain.h. */
#include "explain.h"

#include "../trace/progress.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *open_serial(struct explanation *why) {
    const char *problem = NULL;
    struct serial_options options = {.fit = why->fit, .reserve_bytes = why->limit_bytes};
    why->serial = serial_open(why->trace, &options, &problem);
    tell_words(why, "policy", why->fit);
    return why->serial ? NULL : problem;
}

void explain_end(struct explanation *why) {
    serial_close(why->serial);
    moment_free(&why->before);
    facts_free(&why->facts);
    bytes_free(&why->text);
    bytes_free(&why->json);
}

const char *explain_at_operation(struct explanation *why, uint64_t number) {
    const char *problem = open_serial(why);
    if (!problem)
        problem = explain_stand(why, number);
    return problem ? problem : explain_operation(why);
}

/* --- The first failure ---------------------------------------------------------------------------------- */

const char *explain_failure(struct explanation *why) {
    const char *problem = open_serial(why);
    struct serial_event event;
    uint64_t operations = trace_totals(why->trace)->operations, own = 0;
    while (!problem && serial_step(why->serial, &event)) {
        if (event.operation.number % 4096 == 0)
            progress_show("looking for a failure", event.operation.number, operations);
        own += event.operation.kind == OPERATION_FAILURE;
        if (event.outcome != SERIAL_FAILED)
            continue;
        problem = explain_stand(why, event.operation.number);
        return problem ? problem : explain_operation(why);
    }
    if (problem)
        return problem;
    char words[WORD_BYTES];
    say(why, "No operation fails under %s fit; its heap reaches %s.", why->fit,
        exact_bytes(serial_top(why->serial), words));
    if (own)
        say(why, " In the program itself %s call%s failed.", word_count(own, words), own == 1 ? "" : "s");
    say(why, "\n");
    tell_words(why, "outcome", "no failure");
    return NULL;
}

/* --- The peak ------------------------------------------------------------------------------------------- */

struct holder {
    uint32_t site;
    uint64_t size, bytes, objects, never_freed;
};

static int by_kind(const void *one, const void *other) {
    const struct holder *left = one, *right = other;
    if (left->site != right->site)
        return left->site < right->site ? -1 : 1;
    return left->size < right->size ? -1 : left->size > right->size;
}

static int by_bytes(const void *one, const void *other) {
    uint64_t left = ((const struct holder *)one)->bytes, right = ((const struct holder *)other)->bytes;
    return left > right ? -1 : left < right;
}

/* Objects of one call site together; without sites, of one size. */
static size_t find_holders(const struct explanation *why, const struct moment *moment, struct holder *all) {
    size_t count = 0, kinds = 0;
    bool sites = trace_has_sites(why->trace);
    for (size_t index = 0; index < moment->count; index++) {
        const struct serial_block *block = &moment->blocks[index];
        const struct fact *fact = block->is_free ? NULL : facts_of(&why->facts, block->object);
        if (fact)
            all[count++] = (struct holder){fact->site, sites ? 0 : block->requested, block->requested, 1,
                                           fact->died == FACT_NEVER};
    }
    qsort(all, count, sizeof *all, by_kind);
    for (size_t index = 0; index < count; index++) {
        if (!kinds || by_kind(&all[kinds - 1], &all[index]) != 0) {
            all[kinds++] = all[index];
            continue;
        }
        all[kinds - 1].bytes += all[index].bytes;
        all[kinds - 1].objects++;
        all[kinds - 1].never_freed += all[index].never_freed;
    }
    qsort(all, kinds, sizeof *all, by_bytes);
    return kinds;
}

#define HOLDERS_TOLD 3

static const char *say_holders(struct explanation *why, const struct moment *moment) {
    struct holder *holders = calloc(moment->count + 1, sizeof *holders);
    if (!holders)
        return "out of memory";
    size_t kinds = find_holders(why, moment, holders);
    char size[WORD_BYTES], count[WORD_BYTES], site[512];
    uint64_t live = why->event.live_bytes ? why->event.live_bytes : 1;
    for (size_t index = 0; index < kinds && index < HOLDERS_TOLD; index++) {
        const struct holder *holder = &holders[index];
        say(why, "%.0f %% of what is live, %s, ", 100.0 * (double)holder->bytes / (double)live,
            exact_bytes(holder->bytes, size));
        say(why, "%s %s block%s", holder->objects == 1 ? "is" : "are", word_count(holder->objects, count),
            holder->objects == 1 ? "" : "s");
        if (holder->size)
            say(why, " of %s", exact_bytes(holder->size, size));
        say(why, "%s", from_site(why, holder->site, site, sizeof site));
        say(why,
            holder->never_freed == holder->objects ? ", never freed.\n"
            : holder->never_freed                  ? ", %s of them never freed.\n"
            : holder->objects == 1                 ? ", freed later.\n"
                                                   : ", all freed later.\n",
            word_count(holder->never_freed, count));
    }
    free(holders);
    return NULL;
}

/* The operation at or before `number` that grew the heap last; `none` if it never grew. */
static uint64_t last_growth(struct explanation *why, uint64_t number, uint64_t none) {
    struct serial_event event;
    uint64_t last = none;
    if (!serial_go_to(why->serial, 0))
        return none;
    while (serial_number(why->serial) <= number && serial_step(why->serial, &event)) {
        if (event.grew_bytes)
            last = event.operation.number;
        if (event.operation.number % 4096 == 0)
            progress_show("looking for growths", event.operation.number, number);
    }
    return last;
}

const char *explain_at_peak(struct explanation *why) {
    const struct trace_totals *totals = trace_totals(why->trace);
    char number[WORD_BYTES], live[WORD_BYTES], objects[WORD_BYTES], words[256];
    struct moment after = {0};
    const char *problem = open_serial(why);
    if (!problem)
        problem = explain_stand(why, totals->peak_after);
    if (problem)
        return problem;
    if (!moment_look(&after, why->serial))
        problem = "out of memory";
    say(why, "Most is live after operation %s: %s in %s objects. ", word_count(totals->peak_after, number),
        exact_bytes(totals->peak_bytes, live), word_count(totals->peak_objects, objects));
    say(why, "Under %s fit: %s.\n", why->fit, picture_words(&after, words, sizeof words));
    struct moment_sums sums = moment_sum(&after);
    tell_number(why, "peak_operation", totals->peak_after);
    tell_number(why, "live_bytes", totals->peak_bytes);
    tell_number(why, "heap_bytes_at_peak", after.top);
    tell_number(why, "free_bytes_at_peak", sums.free_bytes);
    if (!problem)
        problem = say_holders(why, &after);
    moment_free(&after);
    uint64_t growth = problem ? 0 : last_growth(why, totals->peak_after, UINT64_MAX);
    if (problem || growth == UINT64_MAX)
        return problem;
    say(why, "It grew last for this:\n");
    problem = explain_stand(why, growth);
    return problem ? problem : explain_operation(why);
}

/* --- An address ----------------------------------------------------------------------------------------- */

/* Why it is here: the operation that placed it. A realloc that stayed leads back to the one before. */
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

/* The object that the program's own allocator had at the address, after operation `number`. */
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

/* An address of the program, which lies far above any replayed heap, becomes the replay's. */
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
    char words[WORD_BYTES], when[WORD_BYTES];
    const char *problem = open_serial(why);
    if (!problem)
        problem = explain_stand(why, number);
    if (!problem && !moment_look(&after, why->serial))
        problem = "out of memory";
    if (problem) {
        moment_free(&after);
        return problem;
    }
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
