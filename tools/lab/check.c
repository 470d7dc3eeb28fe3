/*
 * check.c - the course of a check. It replays trace after trace until one fails. Then it finds the exact
 * call, and the shortest trace that fails the same way.
 */
#define _GNU_SOURCE 1
#include "check.h"
#include "../base/progress.h"
#include "../base/words.h"
#include "lab.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define WHO "halloc lab check"

char *failing_name(const char *source) {
    const char *slash = strrchr(source, '/'), *name = slash ? slash + 1 : source;
    name += strspn(name, "-"); /* no option, where it is printed in a command */
    const char *end = strrchr(name, '.');
    int length = end && end > name ? (int)(end - name) : (int)strlen(name);
    char *result = NULL;
    return asprintf(&result, "%.*s.failing.htrace", length, name) < 0 ? NULL : result;
}

/* --- One trace ---------------------------------------------------------------------------------------- */

/* Not every call was checked, so which one failed? Runs again, with a check after each call since the last
 * good one. */
static bool pin_down(struct outcome *outcome, const struct calls *calls, struct trial_options options) {
    struct verdict *verdict = &outcome->stage->verdict;
    if (verdict->rule == RULE_NONE || verdict->rule == RULE_FORGED || options.fine <= verdict->good + 1)
        return true;
    options.fine = verdict->good + 1;
    struct verdict coarse = *verdict;
    if (!judge_trial(calls, &options, outcome->stage, NULL))
        return false;
    if (verdict->rule == RULE_NONE)
        *verdict = coarse;
    return true;
}

/* Runs the shortest trace once more, with pictures and the whole time limit, and saves it. */
static bool make_smallest(struct outcome *outcome, struct trial_options options) {
    outcome->calls.count = outcome->first.at == NO_CALL ? 0 : outcome->first.at + 1;
    options.fine = 0;
    /* Of what prints too much a shorter trace tells nothing more, and each attempt prints as much again. */
    outcome->smallest =
        outcome->first.rule != RULE_FLOODS && shrink(&outcome->calls, options, outcome->stage);
    options.look = true;
    free(outcome->said);
    outcome->said = NULL;
    if (!judge_trial(&outcome->calls, &options, outcome->stage, &outcome->said))
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

/* What it printed on the first trace on which it printed. */
static void keep_said(struct outcome *outcome) {
    if (!outcome->said || *outcome->said)
        return;
    free(outcome->said);
    outcome->said = NULL;
}

/* After a failure, a grade goes on to the other traces; but not to wait for what hangs again and again. */
static bool goes_on(const struct outcome *outcome, const struct trial_options *options) {
    bool hangs = outcome->first.rule == RULE_HANG || outcome->first.rule == RULE_WAITS;
    return !outcome->failed || (!options->shrinks && !hangs);
}

/* False: it could not be judged. */
static bool check_calls(struct outcome *outcome, struct calls *calls, const struct trial_options *options,
                        const char *name) {
    outcome->checked[outcome->checked_count++] = (struct checked){.trace = name, .operations = calls->count};
    struct trial_options shown = *options, fine;
    struct checked *checked = &outcome->checked[outcome->checked_count - 1];
    shown.doing = name;
    fine = shown;
    shown.proof = &checked->proof;
    if (!judge_trial(calls, &shown, outcome->stage, outcome->said ? NULL : &outcome->said) ||
        !pin_down(outcome, calls, fine))
        return false;
    keep_said(outcome);
    checked->probes = outcome->stage->probes;
    checked->finds = outcome->stage->finds;
    checked->warnings = outcome->stage->warnings;
    checked->looks = outcome->stage->looks;
    outcome->printed |= outcome->stage->printed;
    const struct verdict *verdict = &outcome->stage->verdict;
    outcome->passed_count += verdict->rule == RULE_NONE;
    if (verdict->rule == RULE_NONE || outcome->failed)
        return true;
    outcome->failed = true;
    outcome->failed_trace = name;
    outcome->first = *verdict;
    outcome->number = verdict->at == NO_CALL ? 0 : calls->list[verdict->at].number;
    outcome->calls = *calls;
    *calls = (struct calls){0};
    if (!options->shrinks || verdict->rule == RULE_FORGED)
        return true; /* there is no trace to learn from */
    bool good = make_smallest(outcome, *options);
    outcome->unsaved = good && !save(outcome);
    return good;
}

/* --- All ---------------------------------------------------------------------------------------------- */

static bool check_given(struct outcome *outcome, const struct lab_options *options,
                        const struct trial_options *trial) {
    bool good = true;
    for (size_t index = 0; good && index < options->trace_count && goes_on(outcome, trial); index++) {
        struct calls calls;
        good = calls_read(&calls, WHO, options->traces[index]) &&
               check_calls(outcome, &calls, trial, options->traces[index]);
        calls_free(&calls);
    }
    return good;
}

static bool check_built_in(struct outcome *outcome, const struct trial_options *trial, const char *folder) {
    struct trial_options every = *trial; /* the traces are short */
    bool good = true;
    struct calls calls;
    const char *name;
    every.fine = 0;
    for (unsigned index = 0; good && goes_on(outcome, trial); index++) {
        if (!(name = calls_generate(&calls, WHO, index, folder, &good)))
            break;
        good = good && check_calls(outcome, &calls, &every, name);
        calls_free(&calls);
    }
    return good;
}

/* Loads the policy first. A failure then is like any other, but without a trace. False: it could not be
 * loaded; that was printed. */
static bool load(struct outcome *outcome, const struct trial_options *trial, const char **why) {
    struct stage *stage = outcome->stage;
    *why = "it could not be loaded";
    if (!judge_trial(NULL, trial, stage, &outcome->said))
        return false;
    snprintf(outcome->policy, sizeof outcome->policy, "%s", stage->policy);
    if (stage->verdict.rule == RULE_NONE && stage->refusal[0]) {
        fprintf(stderr, WHO ": %s: %s\n", outcome->source, stage->refusal);
        *why = stage->refusal;
        return false;
    }
    outcome->failed = stage->verdict.rule != RULE_NONE;
    outcome->first = stage->verdict;
    if (outcome->failed)
        outcome->checked[outcome->checked_count++] = (struct checked){.trace = "loading it"};
    return true;
}

bool check_all(struct outcome *outcome, const struct lab_options *options, const struct compiled *compiled,
               const char **why) {
    struct trial_options trial = options->trial;
    trial.object = compiled->object;
    trial.reporting = false;
    if (!load(outcome, &trial, why))
        return false;
    if (outcome->failed)
        return true;
    *why = "a trace could not be read or judged";
    free(outcome->said);
    outcome->said = NULL;
    if (options->trial.reporting && !outcome->stage->is_whole) {
        trial.object = compiled->reporting;
        trial.reporting = true;
    }
    return options->trace_count ? check_given(outcome, options, &trial)
                                : check_built_in(outcome, &trial, compiled->folder);
}

/* 0: passes; 1: fails; 2: could not be checked. */
static int check(struct outcome *outcome, const struct lab_options *options,
                 const struct compiled *compiled) {
    const char *why = "it could not be checked";
    progress_begin(WHO);
    bool good = check_all(outcome, options, compiled, &why);
    progress_end();
    if (!good && options->json)
        outcome_print_refusal(outcome->source, why);
    else if (good && options->json)
        outcome_print_json(outcome);
    else if (good)
        outcome_print(outcome);
    return !good ? 2 : outcome->failed;
}

void outcome_free(struct outcome *outcome) {
    free(outcome->said);
    free((char *)outcome->saved);
    calls_free(&outcome->calls);
    free(outcome);
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

/* For a debugger: runs in this process, and traps before the last call. */
static int stop_in(const struct lab_options *options, const struct compiled *compiled, struct stage *stage) {
    struct calls calls;
    struct trial_options trial = options->trial;
    const struct learned *learned;
    char words[CALL_WORDS];
    trial.stop = true;
    trial.fine = 0;
    if (options->trace_count != 1)
        return lab_usage("--stop needs one trace, as a check that failed has saved it", "");
    if (!is_debugged())
        return lab_usage("--stop is for a debugger: gdb -q -ex run --args halloc lab check ... --stop", "");
    if (!calls_read(&calls, WHO, options->traces[0]))
        return 2;
    if (!(learned = learned_load(compiled->object, stage))) {
        fprintf(stderr, WHO ": %s: %s\n", options->source, stage->refusal);
        return 2;
    }
    if (calls.count)
        fprintf(stderr, WHO ": stops before operation %zu: %s\n", calls.count - 1,
                call_words(&calls.list[calls.count - 1], words));
    else
        fprintf(stderr, WHO ": stops before the heap is made\n");
    if (learned->whole)
        whole_play(&calls, learned->whole, &trial, stage);
    else
        trial_play(&calls, learned->policy, &trial, stage);
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
        outcome_print_refusal(options->source, compiled.why[0] ? compiled.why : "it does not compile");
    compile_end(&compiled);
    outcome_free(outcome);
    munmap(stage, sizeof *stage);
    return status;
}
