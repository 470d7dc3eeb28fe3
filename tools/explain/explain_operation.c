/* explain_operation.c - what one operation did, and why: see explain.h. */
#include "explain.h"

#include "../base/progress.h"

#include <inttypes.h>

const char *explain_stand(struct explanation *why, uint64_t number) {
    if (!serial_go_to(why->serial, number))
        return "there is no such operation";
    if (!moment_look(&why->before, why->serial))
        return "out of memory";
    if (!serial_step(why->serial, &why->event))
        return "there is no such operation";
    facts_free(&why->facts);
    for (size_t index = 0; index < why->before.count; index++)
        facts_want(&why->facts, why->before.blocks[index].object);
    facts_want(&why->facts, why->event.operation.object);
    facts_want(&why->facts, why->event.operation.previous);
    return facts_find(&why->facts, why->trace) ? NULL : "out of memory";
}

/* The process heap has slots up to this size (src/slab/size_class.h), and larger blocks for one object. */
#define SLOT_MOST (32 << 10)

/* "Operation 12: malloc of 100 B from f (f.c:3)". */
static void say_call(struct explanation *why) {
    const struct operation *operation = &why->event.operation;
    char number[WORD_BYTES], size[WORD_BYTES], site[512];
    bool failed = operation->kind == OPERATION_FAILURE;
    say(why, "Operation %s: ", word_count(operation->number, number));
    say(why, "%s", operation_kind_name(failed ? operation->failed : operation->kind));
    if (operation_begins_object(operation) || failed)
        say(why, " of %s", exact_bytes(operation->size, size));
    if (operation->alignment_log2)
        say(why, ", aligned to %s", exact_bytes((uint64_t)1 << operation->alignment_log2, size));
    say(why, "%s", from_site(why, operation->site, site, sizeof site));
    if (trace_totals(why->trace)->threads > 1)
        say(why, ", thread %u", operation->thread);
    say(why, ". ");
    tell_number(why, "operation", operation->number);
    tell_words(why, "kind", operation_kind_name(operation->kind));
    if (operation_begins_object(operation) || failed)
        tell_number(why, "size", operation->size);
    if (operation->site != SITE_NONE)
        tell_words(why, "site", site + strlen(" from "));
}

/* --- Found a hole ------------------------------------------------------------------------------------- */

/* The smallest hole of `size` bytes at least; NULL: none. */
static const struct serial_block *tightest(const struct moment *moment, uint64_t size) {
    const struct serial_block *best = NULL;
    for (size_t index = 0; index < moment->count; index++) {
        const struct serial_block *block = &moment->blocks[index];
        if (block->is_free && block->size >= size && (!best || block->size < best->size))
            best = block;
    }
    return best;
}

/* Free bytes in [from, to). */
struct rest {
    uint64_t from, to, bytes;
};

static bool add_rest(const struct serial_block *block, void *context) {
    struct rest *rest = context;
    if (block->is_free && block->offset >= rest->from && block->offset < rest->to)
        rest->bytes += block->size;
    return block->offset < rest->to;
}

static void say_rest(struct explanation *why, const struct serial_block *hole) {
    const struct serial_event *event = &why->event;
    char words[WORD_BYTES];
    struct rest rest = {hole->offset, hole->offset + hole->size, 0};
    serial_blocks(why->serial, add_rest, &rest);
    if (rest.bytes)
        say(why, "%s of it stay free", exact_bytes(rest.bytes, words));
    else if (event->granted > event->requested)
        say(why, "all of it is given, %s more than asked for",
            exact_bytes(event->granted - event->requested, words));
    else
        say(why, "it fits exactly");
}

static void explain_hole_taken(struct explanation *why) {
    const struct serial_event *event = &why->event;
    char words[WORD_BYTES];
    size_t index = moment_find(&why->before, event->offset);
    const struct serial_block *hole = index < why->before.count ? &why->before.blocks[index] : NULL;
    say(why, "It was placed at 0x%" PRIx64, event->offset);
    if (!hole || !hole->is_free) { /* the place that it left is a part of its new place */
        say(why, ".\n");
        return;
    }
    say(why, ", in the hole of %s at 0x%" PRIx64 ": %s fit", exact_bytes(hole->size, words), hole->offset,
        why->fit);
    say(why, " took it after looking at %s free block%s, and ", word_count(event->probes, words),
        event->probes == 1 ? "" : "s");
    say_rest(why, hole);
    say(why, ".\n");
    tell_number(why, "hole", hole->offset);
    tell_number(why, "hole_bytes", hole->size);
    const struct serial_block *best = tightest(&why->before, event->granted);
    if (best && best->size < hole->size)
        say(why, "Best fit would have taken the smaller hole of %s at 0x%" PRIx64 ".\n",
            exact_bytes(best->size, words), best->offset);
}

/* --- Found none --------------------------------------------------------------------------------------- */

/* Later: explain_compare. */
static void compare_best(struct explanation *why) {
    why->compares = strcmp(why->fit, "best") != 0;
    why->asked = why->event;
    say_stop(why);
}

/* The process heap looks for no hole: it takes a slot of a slab, or a block. */
static void explain_taken(struct explanation *why) {
    const struct serial_event *event = &why->event;
    char granted[WORD_BYTES], words[WORD_BYTES];
    say(why, "It got %s at 0x%" PRIx64, exact_bytes(event->granted, granted), event->offset);
    say(why, event->granted > SLOT_MOST ? ", a block of its own." : ", a slot of a slab.");
    if (event->grew_bytes) {
        say(why, " For it the heap grew by %s, ", exact_bytes(event->grew_bytes, words));
        say(why, "to %s: no slab had a slot of that size to give, and no free block was large enough.",
            exact_bytes(event->top, words));
    }
    say(why, "\n");
}

/* Why no hole served the request. */
static void say_why_none(struct explanation *why, const struct moment_sums *sums) {
    const struct serial_event *event = &why->event;
    char words[WORD_BYTES];
    bool buddy = strcmp(why->fit, "buddy") == 0;
    if (!sums->holes || sums->largest < event->operation.size)
        say(why, "So no choice of a hole could have served it. ");
    else if (event->outcome != SERIAL_FAILED && event->granted > sums->largest)
        say(why, "%s fit rounds it up to %s, and no hole holds that. ", why->fit,
            exact_bytes(event->granted, words));
    else if (event->operation.alignment_log2 > 4)
        say(why, "None that was looked at holds an aligned place for it. ");
    else if (buddy)
        say(why, "No buddy of its size was free. ");
    else
        say(why, "A hole would have held it, but %s fit does not look at every hole. ", why->fit);
    tell_truth(why, "no_hole_could_serve", !sums->holes || sums->largest < event->operation.size);
}

static void say_free(struct explanation *why, const struct moment_sums *sums) {
    char free_bytes[WORD_BYTES], holes[WORD_BYTES], largest[WORD_BYTES];
    if (!sums->holes)
        say(why, "nothing was free. ");
    else
        say(why, "%s was free in %s hole%s, the largest %s. ", exact_bytes(sums->free_bytes, free_bytes),
            word_count(sums->holes, holes), sums->holes == 1 ? "" : "s", exact_bytes(sums->largest, largest));
    tell_number(why, "free_bytes", sums->free_bytes);
    tell_number(why, "holes", sums->holes);
    tell_number(why, "largest_hole_bytes", sums->largest);
}

static void explain_no_hole(struct explanation *why) {
    const struct serial_event *event = &why->event;
    struct moment_sums sums = moment_sum(&why->before);
    char words[3 * WORD_BYTES];
    bool failed = event->outcome == SERIAL_FAILED;
    if (failed)
        say(why, "It failed: ");
    else
        say(why, "The heap grew by %s for it, ", exact_bytes(event->grew_bytes, words));
    if (!failed)
        say(why, "to %s, and it lies at 0x%" PRIx64 ": ", exact_bytes(event->top, words), event->offset);
    say_free(why, &sums);
    say_why_none(why, &sums);
    if (failed && why->limit_bytes)
        say(why, "The heap may not be larger than %s. ", limit_words(why, words));
    compare_best(why);
    explain_pins(why, &why->before);
}

/* At the heap's end a realloc takes the missing bytes behind its block, without asking the policy. */
static void explain_longer(struct explanation *why) {
    const struct serial_event *event = &why->event;
    struct moment_sums sums = moment_sum(&why->before);
    char words[WORD_BYTES];
    say(why, "No block in use lies behind it, so realloc made the heap longer by %s, ",
        exact_bytes(event->grew_bytes, words));
    say(why, "to %s, and asked %s fit for no hole. ", exact_bytes(event->top, words), why->fit);
    say_free(why, &sums);
    if (sums.largest >= event->granted)
        say(why, "The largest would have held it, but realloc moves only what can't grow where it is. ");
    tell_truth(why, "realloc_at_the_end", true);
    compare_best(why);
    explain_pins(why, &why->before);
}

/* --- Any operation ------------------------------------------------------------------------------------ */

static void explain_freed(struct explanation *why) {
    const struct serial_event *event = &why->event;
    char words[WORD_BYTES];
    struct serial_block hole;
    const struct fact *fact = facts_of(&why->facts, event->operation.object);
    say(why, "The block of %s at 0x%" PRIx64, exact_bytes(event->old_requested, words), event->old_offset);
    if (fact) {
        char site[512];
        say(why, "%s", from_site(why, fact->site, site, sizeof site));
        uint64_t age = event->operation.number - fact->born;
        say(why, ", %s operation%s old,", word_count(age, words), age == 1 ? "" : "s");
    }
    say(why, " is free again");
    if (event->merges)
        say(why, ", merged with %s",
            event->merges > 1 ? "free blocks on both sides" : "the free block beside it");
    if (serial_at(why->serial, event->old_offset, &hole))
        say(why, ": a hole of %s now", exact_bytes(hole.size, words));
    say(why, ".\n");
}

static void explain_resized(struct explanation *why) {
    const struct serial_event *event = &why->event;
    char from[WORD_BYTES], to[WORD_BYTES];
    exact_bytes(event->old_granted, from);
    exact_bytes(event->granted, to);
    if (event->outcome == SERIAL_RESIZED && event->granted > event->old_granted)
        say(why, "It grew where it is, at 0x%" PRIx64 ", from %s to %s%s", event->offset, from, to,
            event->grew_bytes ? ". " : ": what lies behind it was free.\n");
    else if (event->outcome == SERIAL_RESIZED)
        say(why, "It stays where it is, at 0x%" PRIx64 ", with %s of the %s it had.\n", event->offset, to,
            from);
    else
        say(why, "It had to move from 0x%" PRIx64 ": there was no room behind it. ", event->old_offset);
}

const char *explain_operation(struct explanation *why) {
    const struct serial_event *event = &why->event;
    static const char *const outcomes[] = {"nothing", "placed", "resized", "moved", "freed", "failed"};
    say_call(why);
    tell_words(why, "outcome", outcomes[event->outcome]);
    if (event->offset != SERIAL_NOWHERE) {
        tell_number(why, "offset", event->offset);
        tell_number(why, "granted", event->granted);
    }
    tell_number(why, "grew_bytes", event->grew_bytes);
    tell_number(why, "heap_bytes", event->top);
    if (event->outcome == SERIAL_RESIZED || event->outcome == SERIAL_MOVED)
        explain_resized(why);
    if (explains_process(why) && event->offset != SERIAL_NOWHERE && event->outcome != SERIAL_FAILED)
        explain_taken(why);
    else if (event->outcome == SERIAL_RESIZED && event->grew_bytes)
        explain_longer(why);
    else if (event->outcome == SERIAL_FAILED || event->grew_bytes)
        explain_no_hole(why);
    else if (event->outcome == SERIAL_PLACED || event->outcome == SERIAL_MOVED)
        explain_hole_taken(why);
    else if (event->outcome == SERIAL_FREED)
        explain_freed(why);
    else if (event->operation.kind == OPERATION_FAILURE)
        say(why, "The program's own allocator gave it nothing; replayed, it is left out.\n");
    else if (event->outcome == SERIAL_NOTHING)
        say(why, "It does nothing to the heap.\n");
    return NULL;
}
