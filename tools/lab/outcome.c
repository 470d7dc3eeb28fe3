/*
 * outcome.c - prints the result of a check for people. If it passed: what holds. If it failed: what broke,
 * the shortest trace, the heap there, and what to do next.
 */
#include "../base/words.h"
#include "check.h"

#include <inttypes.h>
#include <string.h>

#define SAID_LINES 12
#define CALLS_SHOWN 40

static void say(const char *text) {
    struct tour_screen screen = picture_screen();
    tour_print(&screen, TOUR_SAY, "%s", text);
}

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
    if (outcome->policy[0])
        printf("%s: %s \"%s\"\n", outcome->source, outcome->stage->is_whole ? "a whole allocator," : "policy",
               outcome->policy);
    else
        printf("%s:\n", outcome->source);
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
        printf("  ... %zu call%s before these\n", from, word_plural(from, "call"));
    for (size_t index = from; index < calls->count; index++) {
        bool last = index + 1 == calls->count;
        printf("  %4zu  %-*s%s\n", index, last ? 28 : 0, call_words(&calls->list[index], words),
               last ? "  <-- here" : "");
    }
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

static void print_command(const char *begins, const struct outcome *outcome, const char *ends) {
    fputs(begins, stdout);
    word_print_quoted(stdout, outcome->source);
    putchar(' ');
    word_print_quoted(stdout, outcome->saved);
    fputs(ends, stdout);
}

/* --- A stale cursor ------------------------------------------------------------------------------------- */

const char *outcome_stale(const struct outcome *outcome, char words[STALE_WORDS]) {
    const struct stage *stage = outcome->stage;
    const struct look *look = look_cursor_is_stale(&stage->before) ? &stage->before : &stage->after;
    char cursor[CURSOR_WORDS], call[CALL_WORDS];
    words[0] = 0;
    if (!look_cursor_is_stale(look))
        return words;
    bool known = stage->stranded_place != NOWHERE && stage->stranded_at < outcome->calls.count;
    int length = snprintf(words, STALE_WORDS, "set->cursor leads to %s", cursor_words(look, cursor));
    if (known && length > 0)
        snprintf(words + length, STALE_WORDS - (size_t)length,
                 ": in %s, remove took away the block at +%" PRIu64 ", to which it led, and left it there",
                 call_words(&outcome->calls.list[stage->stranded_at], call), stage->stranded_place);
    return words;
}

enum hook outcome_suspect(const struct outcome *outcome) {
    char words[STALE_WORDS];
    const struct verdict *verdict = &outcome->stage->verdict;
    return *outcome_stale(outcome, words) ? HOOK_REMOVE
           : verdict->rule == RULE_APART  ? HOOK_MERGE
                                          : verdict->hook;
}

static void say_hints(const struct outcome *outcome) {
    char words[STALE_WORDS];
    if (*outcome_stale(outcome, words))
        say("A block that leaves the set may be the one that set->cursor leads to: then remove must move it, "
            "whichever hook stumbles over it later. A block also leaves when a neighbour absorbs it.");
    say(rule_of(outcome->stage->verdict.rule, outcome->stage->is_whole)->hint);
}

/* --- What to do ------------------------------------------------------------------------------------------
 * */

/* Where gdb stops. The file is named, because other files have functions called find, too. */
static void print_break(const struct outcome *outcome) {
    enum hook hook = outcome_suspect(outcome);
    const char *slash = strrchr(outcome->source, '/'), *file = slash ? slash + 1 : outcome->source;
    char words[CALL_WORDS];
    const char *name = outcome->stage->hooks[hook], *quote = strchr(file, ' ') ? "\"" : "";
    printf("      stops just before %s",
           outcome->last ? call_words(outcome->last, words) : "the heap is made");
    if (*name)
        printf("; then `break %s%s%s:%s` and `continue`\n", quote, file, quote, name);
    else
        puts("; then set a break where you suspect the mistake, and `continue`");
}

static void print_next(const struct outcome *outcome) {
    puts("\nWhat to do next:");
    say_hints(outcome);
    if (outcome->unsaved)
        say("The trace could not be saved in this folder: check it in one where you may write.");
    if (!outcome->saved)
        return;
    print_command("\n  halloc lab check ", outcome, "\n");
    puts("      tries this one trace again, once something is changed");
    print_command("  gdb -q -ex run --args halloc lab check ", outcome, " --stop\n");
    print_break(outcome);
}

static void print_smallest(const struct outcome *outcome, const struct checked *where) {
    size_t count = outcome->calls.count;
    char words[WORD_BYTES];
    printf("\n%s trace that fails the same way, %zu operation%s of %s%s%s:\n",
           outcome->smallest ? "The smallest" : "A smaller", count, count == 1 ? "" : "s",
           word_count(where->operations, words), outcome->saved ? ", saved as " : "",
           outcome->saved ? outcome->saved : "");
    print_calls(outcome);
    say(outcome->stage->verdict.message);
}

/* Two pictures, or one if they are alike: a hook with a wrong answer has changed nothing. */
static void print_heaps(const struct outcome *outcome) {
    const struct stage *stage = outcome->stage;
    bool same = stage->before.taken && stage->after.taken && look_same(&stage->before, &stage->after);
    const char *title = same ? "The heap, the same before it and when it broke" : "The heap before it";
    if (stage->before.taken) {
        puts("");
        picture_print(&stage->before, stage->verdict.place, title);
    }
    if (stage->after.taken && !same) {
        puts("");
        picture_print(&stage->after, stage->verdict.place,
                      outcome->last ? "The heap when it broke" : "The heap");
    }
}

static void print_failure(const struct outcome *outcome) {
    const struct stage *stage = outcome->stage;
    const struct verdict *verdict = &stage->verdict;
    const struct rule *rule = rule_of(verdict->rule, outcome->stage->is_whole);
    const struct checked *where = &outcome->checked[outcome->checked_count - 1];
    char words[WORD_BYTES], text[600];
    if (outcome->last)
        printf("\nWhat broke, first at operation %s of %s:\n", word_count(outcome->number, words),
               where->trace);
    else
        printf("\nWhat broke, when %s:\n",
               verdict->hook == HOOK_LOAD ? "the file was loaded" : "the heap was made");
    say(outcome->first.message);
    if (rule->invariant)
        snprintf(text, sizeof text, "Invariant %d: %s", rule->invariant, rule->words);
    else
        snprintf(text, sizeof text, "The rule: %s", rule->words);
    say(text);
    if (*outcome_stale(outcome, text))
        say(text);
    if (outcome->last)
        print_smallest(outcome, where);
    print_heaps(outcome);
    print_said(outcome->said);
    print_next(outcome);
}

/* There is a look before the first operation, and one after each. */
static void print_passed(const struct outcome *outcome) {
    size_t operations = 0, looks = 0;
    char words[2][WORD_BYTES];
    for (size_t index = 0; index < outcome->checked_count; index++) {
        operations += outcome->checked[index].operations + !outcome->stage->is_whole;
        looks += outcome->checked[index].looks;
    }
    if (outcome->stage->is_whole)
        puts("passed: each block lay where it may, and kept its bytes");
    else if (looks == operations)
        puts("passed: every invariant held after every operation");
    else
        printf("passed: every invariant held, at %s looks in %s operations: after each while the heap was "
               "small.\n"
               "        --every looks after each\n",
               word_count(looks, words[0]), word_count(operations, words[1]));
}

/* In a program the first printf calls malloc for its buffer. Others may, too. */
static void print_printed(void) {
    say("note: it prints. That is well here, and not in `halloc run`: there a hook runs inside malloc, and "
        "printf may "
        "call malloc, which ends the program. Take it out before.");
}

void outcome_print(const struct outcome *outcome) {
    print_checked(outcome);
    if (outcome->failed)
        print_failure(outcome);
    else
        print_passed(outcome);
    if (!outcome->failed && outcome->printed) {
        print_said(outcome->said);
        print_printed();
    }
}
