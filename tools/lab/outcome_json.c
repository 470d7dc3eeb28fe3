/*
 * outcome_json.c - prints the result of a check as one object, for a grader. It does not depend on time,
 * except whether the trace could be made shortest.
 */
#include "check.h"
#include "../base/json.h"

#include <inttypes.h>
#include <stdio.h>

static void print_member(const char *name, const char *text) {
    printf(",\n \"%s\": ", name);
    if (text)
        json_print(stdout, text);
    else
        fputs("null", stdout);
}

static void print_checked(const struct outcome *outcome) {
    uint64_t misses = 0;
    fputs(",\n \"traces\": [", stdout);
    for (size_t index = 0; index < outcome->checked_count; index++) {
        const struct checked *checked = &outcome->checked[index];
        fputs(index ? ",\n  {\"trace\": " : "\n  {\"trace\": ", stdout);
        json_print(stdout, checked->trace);
        printf(", \"operations\": %zu, \"passed\": %s, \"misses\": %" PRIu64 "}", checked->operations,
               outcome->failed && index + 1 == outcome->checked_count ? "false" : "true",
               checked->warnings.misses);
        misses += checked->warnings.misses;
    }
    printf("],\n \"misses\": %" PRIu64, misses);
}

static void print_blocks(const char *name, const struct look *look) {
    char word[OBJECT_WORDS];
    if (!look->taken)
        return;
    printf(",\n \"%s\": [", name);
    for (size_t index = 0; index < look->count; index++) {
        const struct seen_block *block = &look->blocks[index];
        printf("%s\n  {\"offset\": %" PRIu64 ", \"size\": %" PRIu64 ", \"free\": %s", index ? "," : "",
               block->offset, block->size, block->is_free ? "true" : "false");
        if (block->listed)
            printf(", \"list\": %" PRIu32 ", \"place\": %" PRIu32, block->list, block->place);
        if (block->object != OBJECT_UNKNOWN)
            printf(", \"object\": \"%s\", \"asked\": %" PRIu64, object_word(block->object, word),
                   block->asked);
        putchar('}');
    }
    putchar(']');
}

static void print_failure(const struct outcome *outcome) {
    const struct verdict *verdict = &outcome->stage->verdict;
    const struct rule *rule = rule_of(verdict->rule, outcome->stage->is_whole);
    char words[CALL_WORDS], stale[STALE_WORDS];
    print_member("failed_trace", outcome->checked[outcome->checked_count - 1].trace);
    if (outcome->last)
        printf(",\n \"operation\": %" PRIu64, outcome->number);
    print_member("rule", rule->name);
    if (rule->invariant)
        printf(",\n \"invariant\": %d", rule->invariant);
    else
        printf(",\n \"invariant\": null");
    print_member("hook", verdict->hook ? hook_name(verdict->hook) : NULL);
    if (verdict->signal)
        printf(",\n \"signal\": %d", verdict->signal);
    print_member("message", outcome->first.message);
    print_member("meaning", rule->words);
    print_member("hint", rule->hint);
    print_member("look_at", outcome_suspect(outcome) ? hook_name(outcome_suspect(outcome)) : NULL);
    if (*outcome_stale(outcome, stale))
        print_member("cursor", stale);
    printf(",\n \"minimal\": %s,\n \"minimal_trace\": [", outcome->smallest ? "true" : "false");
    for (size_t index = 0; index < outcome->calls.count; index++)
        printf("%s\"%s\"", index ? ", " : "", call_words(&outcome->calls.list[index], words));
    putchar(']');
    print_member("minimal_message", verdict->message);
    print_member("saved", outcome->saved);
    print_blocks("heap_before", &outcome->stage->before);
    print_blocks("heap", &outcome->stage->after);
    print_member("printed", outcome->said);
}

void outcome_print_json(const struct outcome *outcome) {
    printf("{\"passed\": %s", outcome->failed ? "false" : "true");
    print_member("file", outcome->source);
    print_member("policy", outcome->policy);
    print_checked(outcome);
    printf(",\n \"prints\": %s", outcome->printed ? "true" : "false");
    if (outcome->failed)
        print_failure(outcome);
    puts("}");
}

void outcome_print_refusal(const char *source, const char *why) {
    fputs("{\"passed\": false", stdout);
    print_member("file", source);
    print_member("message", why);
    puts("}");
}
