/*
 * report.c - what came of a check, for people: what holds; or what broke, the smallest trace, the heap there,
 * and what to do next.
 */
#include "../trace/words.h"
#include "check.h"

#include <inttypes.h>
#include <string.h>

#define SAID_LINES 12
#define CALLS_SHOWN 40

static void print_warnings(const struct checked *checked) {
    const struct warnings *warnings = &checked->warnings;
    char words[WORD_BYTES];
    if (!warnings->misses)
        return;
    printf("    note: find gave NULL %s time%s although a free block would have fitted; first for %" PRIu64
           " bytes,\n"
           "          when one of %" PRIu64 " was free. The heap grew instead. With --strict that fails.\n",
           word_count(warnings->misses, words), warnings->misses == 1 ? "" : "s", warnings->missed_size,
           warnings->missed_block);
}

static void print_checked(const struct outcome *outcome) {
    char words[WORD_BYTES];
    printf("%s: policy \"%s\"\n", outcome->source, outcome->policy);
    for (size_t index = 0; index < outcome->checked_count; index++) {
        const struct checked *checked = &outcome->checked[index];
        bool failed = outcome->failed && index + 1 == outcome->checked_count;
        printf("  %-20s %9s operations  %s\n", checked->trace, word_count(checked->operations, words),
               failed ? "FAILED" : "ok");
        if (!failed)
            print_warnings(checked);
    }
}

static void print_calls(const struct outcome *outcome) {
    const struct calls *calls = &outcome->calls;
    char words[CALL_WORDS];
    size_t from = calls->count > CALLS_SHOWN ? calls->count - CALLS_SHOWN : 0;
    if (from)
        printf("  ... %zu calls before these\n", from);
    for (size_t index = from; index < calls->count; index++)
        printf("  %4zu  %-32s%s\n", index, call_words(&calls->list[index], words),
               index + 1 == calls->count ? "  <-- here" : "");
}

static void print_said(const char *said) {
    if (!said || !*said)
        return;
    puts("\nWhat it printed on the way:");
    for (int line = 0; *said && line < SAID_LINES; line++) {
        size_t length = strcspn(said, "\n");
        printf("  | %.*s\n", (int)length, said);
        said += length + (said[length] == '\n');
    }
    if (*said)
        puts("  | ...");
}

static void print_next(const struct outcome *outcome) {
    char words[CALL_WORDS];
    puts("\nWhat to do next:");
    printf("  %s\n", rule_of(outcome->stage->verdict.rule)->hint);
    if (!outcome->saved)
        return;
    printf("  halloc lab check %s %s\n"
           "      tries this one trace again, once something is changed.\n",
           outcome->source, outcome->saved);
    printf("  gdb -q -ex run --args halloc lab check %s %s --stop\n"
           "      stops just before %s",
           outcome->source, outcome->saved,
           outcome->last ? call_words(outcome->last, words) : "the heap is made");
    const char *hook = hook_name(outcome->stage->verdict.hook);
    printf("; then `break` at your %s, and `continue`.\n", *hook ? hook : "hooks");
}

static void print_failure(const struct outcome *outcome) {
    const struct stage *stage = outcome->stage;
    const struct verdict *verdict = &stage->verdict;
    const struct rule *rule = rule_of(verdict->rule);
    const struct checked *where = &outcome->checked[outcome->checked_count - 1];
    char words[2][WORD_BYTES];
    if (outcome->last)
        printf("\nWhat broke, first at operation %s of %s: %s\n", word_count(outcome->number, words[0]),
               where->trace, outcome->first.message);
    else
        printf("\nWhat broke, when the heap was made: %s\n", outcome->first.message);
    if (rule->invariant)
        printf("  invariant %d: %s\n", rule->invariant, rule->words);
    else
        printf("  the rule: %s\n", rule->words);
    if (outcome->last) {
        printf("\n%s trace that fails the same way, %zu operation%s of %s%s%s:\n",
               outcome->smallest ? "The smallest" : "A smaller", outcome->calls.count,
               outcome->calls.count == 1 ? "" : "s", word_count(where->operations, words[1]),
               outcome->saved ? ", saved as " : "", outcome->saved ? outcome->saved : "");
        print_calls(outcome);
        printf("  %s\n", verdict->message);
    }
    if (stage->before.taken) {
        puts("");
        picture_print(&stage->before, verdict->place, "The heap before it");
    }
    if (stage->after.taken) {
        puts("");
        picture_print(&stage->after, verdict->place, outcome->last ? "The heap then" : "The heap");
    }
    print_said(outcome->said);
    print_next(outcome);
}

void report_text(const struct outcome *outcome) {
    print_checked(outcome);
    if (outcome->failed)
        print_failure(outcome);
    else
        puts("passed: every invariant held after every operation");
}
