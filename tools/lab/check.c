/*
 * check.c - the course of a check: trace by trace, until one fails; then which call exactly, and the smallest
 * trace that fails the same way.
 */
#define _GNU_SOURCE 1
#include "check.h"
#include "../trace/progress.h"
#include "../trace/words.h"
#include "lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define WHO "halloc lab check"

char *failing_name(const char *source) {
    const char *slash = strrchr(source, '/'), *name = slash ? slash + 1 : source, *end = strrchr(name, '.');
    int length = end && end > name ? (int)(end - name) : (int)strlen(name);
    char *result = NULL;
    return asprintf(&result, "%.*s.failing.htrace", length, name) < 0 ? NULL : result;
}

/* --- One trace ---------------------------------------------------------------------------------------- */

/* If not every call was looked at, which is it? Again, with a look after each since all was well. */
static bool pin_down(struct outcome *outcome, const struct calls *calls, const halloc_policy *policy,
                     struct trial_options options) {
    struct verdict *verdict = &outcome->stage->verdict;
    if (verdict->rule == RULE_NONE || options.fine <= verdict->good + 1)
        return true;
    options.fine = verdict->good + 1;
    struct verdict coarse = *verdict;
    if (!judge_trial(calls, policy, &options, outcome->stage, NULL))
        return false;
    if (verdict->rule == RULE_NONE)
        *verdict = coarse;
    return true;
}

/* The smallest, tried once more with pictures and the whole limit; saved. */
static bool make_smallest(struct outcome *outcome, const halloc_policy *policy,
                          struct trial_options options) {
    outcome->calls.count = outcome->first.at == NO_CALL ? 0 : outcome->first.at + 1;
    options.fine = 0;
    outcome->smallest = shrink(&outcome->calls, policy, options, outcome->stage);
    options.look = true;
    if (!judge_trial(&outcome->calls, policy, &options, outcome->stage, &outcome->said))
        return false;
    if (!verdict_same(&outcome->stage->verdict, &outcome->first)) {
        fprintf(stderr, WHO ": it does not fail the same way twice\n");
        outcome->stage->verdict = outcome->first;
    }
    outcome->last = outcome->calls.count ? &outcome->calls.list[outcome->calls.count - 1] : NULL;
    return true;
}

static bool save(struct outcome *outcome) {
    char *name = failing_name(outcome->source), command[600] = "";
    FILE *out = fmemopen(command, sizeof command - 1, "w");
    if (out) {
        fputs("halloc lab check ", out);
        word_print_quoted(out, outcome->source);
        fclose(out);
    }
    if (name && calls_write(&outcome->calls, WHO, name, command)) {
        outcome->saved = name;
        return true;
    }
    free(name);
    return false;
}

/* False: it could not be judged. */
static bool check_calls(struct outcome *outcome, struct calls *calls, const halloc_policy *policy,
                        const struct trial_options *options, const char *name) {
    outcome->checked[outcome->checked_count++] = (struct checked){.trace = name, .operations = calls->count};
    struct trial_options shown = *options;
    shown.doing = name;
    if (!judge_trial(calls, policy, &shown, outcome->stage, NULL) || !pin_down(outcome, calls, policy, shown))
        return false;
    outcome->checked[outcome->checked_count - 1].warnings = outcome->stage->warnings;
    outcome->checked[outcome->checked_count - 1].looks = outcome->stage->looks;
    const struct verdict *verdict = &outcome->stage->verdict;
    outcome->failed = verdict->rule != RULE_NONE;
    if (!outcome->failed)
        return true;
    outcome->first = *verdict;
    outcome->number = verdict->at == NO_CALL ? 0 : calls->list[verdict->at].number;
    outcome->calls = *calls;
    *calls = (struct calls){0};
    bool good = make_smallest(outcome, policy, *options);
    if (good)
        save(outcome);
    return good;
}

/* --- All ---------------------------------------------------------------------------------------------- */

static bool check_given(struct outcome *outcome, const struct lab_options *options,
                        const halloc_policy *policy) {
    bool good = true;
    for (size_t index = 0; index < options->trace_count && good && !outcome->failed; index++) {
        struct calls calls;
        good = calls_read(&calls, WHO, options->traces[index]) &&
               check_calls(outcome, &calls, policy, &options->trial, options->traces[index]);
        calls_free(&calls);
    }
    return good;
}

static bool check_built_in(struct outcome *outcome, const struct lab_options *options,
                           const struct compiled *compiled) {
    struct trial_options every = options->trial; /* they are small */
    bool good = true;
    struct calls calls;
    const char *name;
    every.fine = 0;
    for (unsigned index = 0; good && !outcome->failed; index++) {
        if (!(name = calls_generate(&calls, WHO, index, compiled->folder, &good)))
            break;
        good = good && check_calls(outcome, &calls, compiled->policy, &every, name);
        calls_free(&calls);
    }
    return good;
}

/* 0 passes, 1 fails, 2 could not be checked. */
static int check(struct outcome *outcome, const struct lab_options *options,
                 const struct compiled *compiled) {
    outcome->policy = compiled->policy->name;
    progress_begin(WHO);
    bool good = options->trace_count ? check_given(outcome, options, compiled->policy)
                                     : check_built_in(outcome, options, compiled);
    progress_end();
    if (!good && options->json)
        report_json_refusal(outcome->source, "a trace could not be read or judged");
    else if (good && options->json)
        report_json(outcome);
    else if (good)
        report_text(outcome);
    return !good ? 2 : outcome->failed;
}

static bool is_debugged(void) {
    char line[256];
    bool is = false;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status))
        if (strncmp(line, "TracerPid:", 10) == 0)
            is = strtol(line + 10, NULL, 10) != 0;
    if (status)
        fclose(status);
    return is;
}

/* Under a debugger: in this process, the trap before the last call. */
static int stop_in(const struct lab_options *options, const struct compiled *compiled, struct stage *stage) {
    struct calls calls;
    struct trial_options trial = options->trial;
    char words[CALL_WORDS];
    trial.stop = true;
    trial.fine = 0;
    if (options->trace_count != 1)
        return lab_usage("--stop needs one trace, as a check that failed has saved it", "");
    if (!is_debugged())
        return lab_usage("--stop is for a debugger: gdb -q -ex run --args halloc lab check ... --stop", "");
    if (!calls_read(&calls, WHO, options->traces[0]))
        return 2;
    if (calls.count)
        fprintf(stderr, WHO ": stops before operation %zu: %s\n", calls.count - 1,
                call_words(&calls.list[calls.count - 1], words));
    else
        fprintf(stderr, WHO ": stops before the heap is made\n");
    trial_play(&calls, compiled->policy, &trial, stage);
    const struct verdict *verdict = &stage->verdict;
    if (verdict->rule == RULE_NONE)
        puts("passed: every invariant held after every operation");
    else
        printf("%s\n", verdict->message);
    calls_free(&calls);
    return verdict->rule != RULE_NONE;
}

int lab_check(const struct lab_options *options) {
    struct compiled compiled;
    struct outcome *outcome = calloc(1, sizeof *outcome);
    struct stage *stage =
        mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 2;
    if (!outcome || stage == MAP_FAILED) {
        fprintf(stderr, WHO ": out of memory\n");
        return 2;
    }
    outcome->source = options->source;
    outcome->stage = stage;
    if (compile_policy(&compiled, WHO, options->source, COMPILE_TO_CHECK))
        status =
            options->trial.stop ? stop_in(options, &compiled, stage) : check(outcome, options, &compiled);
    else if (options->json)
        report_json_refusal(options->source, "it does not compile, or defines no policy");
    compile_end(&compiled);
    free(outcome->said);
    free((char *)outcome->saved);
    calls_free(&outcome->calls);
    free(outcome);
    munmap(stage, sizeof *stage);
    return status;
}
