/*
 * cmd_diff.c - `halloc diff F --with A,B` finds where two policies differ first, and the cost. `halloc diff
 * A B` finds where two traces differ first.
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "../replay/candidate.h"
#include "differ.h"
#include "../base/progress.h"
#include "../base/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define WHO "halloc diff"

static int print_help(void) {
    puts("usage: halloc diff F.htrace --with A,B [--json]\n"
         "       halloc diff A.htrace B.htrace [--json]\n"
         "For two policies: prints the first placement that differs, the holes that each\n"
         "policy saw, and the difference at the end. For two traces: prints the first\n"
         "operation that differs.\n"
         "\n"
         "  --with A,B       two fit policies: bump, first, next, best, worst, segregated,\n"
         "                   buddy, tlsf\n"
         "  --policy F.so    add a policy of yours to these names\n"
         "  --json           print JSON\n"
         "\n"
         "The exit status for two traces is 0 if they are alike, and 1 if not. Times and\n"
         "addresses are not compared.");
    return fflush(stdout) == 0 ? 0 : 1;
}

struct options {
    const char *paths[2];
    int path_count;
    const char *list;
    struct candidates candidates;
    bool json;
};

static int usage(const char *what, const char *word) {
    return fail_usage(WHO, what, word);
}

static struct trace *open_trace(const char *path) {
    struct trace_problem problem;
    struct trace *trace = trace_open(path, &problem);
    progress_end();
    if (!trace)
        trace_complain(WHO, path, &problem);
    return trace;
}

/* --- Two policies ------------------------------------------------------------------------------------ */

static int diff_policies(const struct options *options) {
    const char *path = options->paths[0], *why = NULL;
    struct trace *trace = open_trace(path);
    struct half halves[2] = {{.policy = options->candidates.list[0].name},
                             {.policy = options->candidates.list[1].name}};
    struct difference difference;
    if (!trace)
        return 1;
    bool done = differ_policies(trace, halves, &difference, &why);
    progress_end();
    if (!done)
        fprintf(stderr, WHO ": %s: %s\n", path, why);
    else
        (options->json ? differ_print_json : differ_print)(trace, path, halves, &difference);
    int status = command_written(WHO, 0) || !done;
    if (trace_complain_damage(WHO, path, trace))
        status = 1;
    differ_close(halves);
    trace_close(trace);
    return status;
}

/* --- Two traces -------------------------------------------------------------------------------------- */

static bool is_same(const struct operation *a, const struct operation *b) {
    return a->kind == b->kind && a->object == b->object && a->previous == b->previous && a->size == b->size &&
           a->thread == b->thread && a->failed == b->failed && a->alignment_log2 == b->alignment_log2;
}

static void print_operation(const char *path, bool there, const struct operation *operation) {
    char words[WORD_BYTES];
    if (!there) {
        printf("  %s: is at its end\n", path);
        return;
    }
    printf("  %s: %s", path, operation_kind_name(operation->kind));
    if (operation_begins_object(operation) || operation->size)
        printf(", %s B", word_count(operation->size, words));
    if (operation->object != OBJECT_NONE)
        printf(", object %" PRIu64, operation->object);
    if (operation->previous != OBJECT_NONE)
        printf(" (was %" PRIu64 ")", operation->previous);
    if (operation->alignment_log2)
        printf(", aligned to %" PRIu64, (uint64_t)1 << operation->alignment_log2);
    printf(", thread %u\n", operation->thread);
}

static void print_json(uint64_t number, bool differs) {
    printf("{\"alike\": %s, \"operation\": %" PRIu64 "}\n", differs ? "false" : "true", number);
}

/* 0: alike; 1: not, or no memory. */
static int compare(const struct options *options, struct trace_cursor *cursors[2]) {
    struct operation operations[2];
    char words[WORD_BYTES];
    bool there[2];
    for (uint64_t number = 0;; number++) {
        for (int side = 0; side < 2; side++)
            there[side] = trace_next(cursors[side], &operations[side]);
        bool same = there[0] && there[1] && is_same(&operations[0], &operations[1]);
        if (same)
            continue;
        bool differs = there[0] || there[1];
        if (options->json)
            print_json(number, differs);
        else if (!differs)
            printf("alike, all %s\n", word_many(number, "operation", words));
        else
            printf("the first difference is operation %s\n", word_count(number, words));
        for (int side = 0; differs && !options->json && side < 2; side++)
            print_operation(options->paths[side], there[side], &operations[side]);
        return differs;
    }
}

static int diff_traces(const struct options *options) {
    struct trace *traces[2] = {open_trace(options->paths[0]), open_trace(options->paths[1])};
    struct trace_cursor *cursors[2] = {NULL, NULL};
    int status = 1;
    for (int side = 0; side < 2; side++)
        cursors[side] = traces[side] ? trace_cursor_open(traces[side]) : NULL;
    if (cursors[0] && cursors[1])
        status = compare(options, cursors);
    else if (traces[0] && traces[1])
        fprintf(stderr, WHO ": out of memory\n");
    status |= command_written(WHO, 0);
    for (int side = 0; side < 2; side++) {
        if (traces[side] && trace_complain_damage(WHO, options->paths[side], traces[side]))
            status = 1;
        trace_cursor_close(cursors[side]);
        trace_close(traces[side]);
    }
    return status;
}

/* --- The command ------------------------------------------------------------------------------------- */

/* 0: fine; -1: help was printed; else the exit status. */
static int parse_word(struct options *options, char **argv, int *at) {
    const char *word = argv[*at], *path;
    if (argument_is_help(word))
        return print_help() ? 1 : -1;
    if (strcmp(word, "--json") == 0) {
        options->json = true;
    } else if (argument_value(argv, at, "--with", &options->list)) {
        return 0;
    } else if (argument_value(argv, at, "--policy", &path)) {
        return candidates_load_policy(WHO, path) ? 0 : 2;
    } else if (argument_is_option(word)) {
        return usage(word, " is not an option");
    } else if (options->path_count == 2) {
        return usage("two files at most: ", word);
    } else {
        options->paths[options->path_count++] = word;
    }
    return 0;
}

/* 0, or the exit status. */
static int check(const struct options *options) {
    const struct candidates *candidates = &options->candidates;
    if (candidates->count == 0)
        return options->path_count == 2 ? 0 : usage("two traces, or one and --with A,B", "");
    if (options->path_count != 1)
        return usage("--with compares two policies on one trace", "");
    if (candidates->count != 2)
        return usage("two policies, neither more nor less", "");
    for (size_t index = 0; index < 2; index++)
        if (!candidates->list[index].is_policy)
            return usage(
                candidates->list[index].name,
                " is an allocator: where it places things is not known, only fit policies' places are");
    return 0;
}

int command_diff(int argc, char **argv) {
    struct options options = {.json = false};
    int status = candidates_preloaded_policy(WHO) ? 0 : 2;
    progress_begin(WHO);
    for (int at = 1; at < argc && !status; at++)
        status = parse_word(&options, argv, &at);
    if (!status && options.list && !candidates_add(&options.candidates, WHO, options.list))
        status = 2;
    if (!status)
        status = check(&options);
    if (!status)
        status = options.candidates.count ? diff_policies(&options) : diff_traces(&options);
    candidates_free(&options.candidates);
    return status < 0 ? 0 : status;
}
