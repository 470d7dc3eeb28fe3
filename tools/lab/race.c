/*
 * race.c - `halloc lab race`: compares the learner's policy with all of halloc's.
 *
 * Each trace has a board, as `halloc replay` prints it. For several traces the means come first, a row for
 * each policy. The single boards follow only on demand: the answer would be lost among seven boards. So
 * boards are kept until all traces are done. Scores and times are measured in processes of their own
 * (tools/replay/measure/conduct.h). So the board can report a crash.
 */
#include "../replay/board/means.h"
#include "../replay/serial/oracle.h"
#include "../base/json.h"
#include "../base/progress.h"
#include "../base/words.h"
#include "check.h"
#include "lab.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define WHO "halloc lab race"
#define REPEATS 3
#define REPEAT_LEAST_NS 1000000000u
#define NAME_MOST 80

struct kept { /* a board that is printed after the means */
    struct board board;
    struct kept *next;
};

struct race {
    struct candidates candidates;
    const char *own; /* the learner's policy, by the name that it races under */
    bool own_failed, json;
    const char *unsound;  /* what is wrong with it, although it comes to its ends; NULL */
    double limit_seconds; /* the learner's policy hangs if one operation takes longer */
    const char *hung;     /* it does not race after this trace, on which it hung; NULL */
    bool keep;            /* keep the boards, and print them at the end */
    struct means means;
    struct kept *first, **last;
};

/* --- Who races ---------------------------------------------------------------------------------------- */

/* A stand-in for the policy. Only a child that races has the policy itself: prepare_child. */
static struct {
    halloc_policy policy;
    const struct compiled *compiled;
    uint64_t *uncounted; /* shared with the children */
} entered;

static MemoryBlock *find_nothing(const halloc_free_set *set, size_t size) {
    (void)set, (void)size;
    return NULL;
}

static void do_nothing(halloc_free_set *set, MemoryBlock *block) {
    (void)set, (void)block;
}

/* A score counts each look; a time is measured with the plain object. */
static bool prepare_child(bool score) {
    static struct stage stage;
    bool reporting = score && entered.compiled->reporting[0];
    cage_enter(NULL);
    const struct learned *learned =
        learned_load(reporting ? entered.compiled->reporting : entered.compiled->object, &stage);
    if (!learned || !learned->policy)
        return false;
    const halloc_policy *policy = learned->policy;
    const char *name = entered.policy.name;
    entered.policy = *(reporting ? looks_count(policy, entered.uncounted) : policy);
    entered.policy.name = name;
    return true;
}

/* Enters it under its own name, with a mark if it is not sound, or if halloc has a policy of that name. */
static const char *enter_policy(const char *own, bool unsound) {
    static char name[NAME_MOST];
    bool taken = halloc_policy_find(own) || strcmp(own, "oracle") == 0;
    snprintf(name, sizeof name, "%s%s", own, unsound ? "(unsound)" : taken ? "(yours)" : "");
    entered.policy =
        (halloc_policy){.name = name, .find = find_nothing, .insert = do_nothing, .remove = do_nothing};
    if (halloc_policy_register(&entered.policy))
        return name;
    fprintf(stderr, WHO ": %s cannot be entered: %s\n", name, strerror(errno));
    return NULL;
}

static bool enter_all(struct candidates *candidates) {
    const halloc_policy *policy;
    for (size_t index = 0; (policy = halloc_policy_at(index)); index++)
        if (!candidates_add(candidates, WHO, policy->name))
            return false;
    return candidates_add(candidates, WHO, "oracle");
}

/* --- One trace ---------------------------------------------------------------------------------------- */

/* The fastest of several passes; false: no pass came to its end. */
static bool time_passes(struct steps *steps, const struct trace *trace, const struct candidate *candidate,
                        struct ending *ending, uint64_t *ns) {
    *ns = 0;
    for (unsigned repeat = 0; repeat < REPEATS && (!repeat || *ns < REPEAT_LEAST_NS); repeat++) {
        if (!conduct(steps, trace, candidate, PASS_TIME, ending))
            return false;
        uint64_t taken = steps->job->answer.ns;
        *ns = !repeat || taken < *ns ? taken : *ns;
    }
    return true;
}

static void measure_entry(struct entry *entry, const struct trace *trace, struct steps *steps, double limit) {
    const struct candidate *candidate = entry->candidate;
    if (candidate->is_oracle) {
        entry->has_memory = entry->told = oracle_score(trace, &entry->score);
        return;
    }
    entry->has_score = conduct_score(trace, candidate->name, false, limit, &entry->score, &entry->ending);
    entry->has_memory = entry->has_score;
    if (entry->has_score)
        entry->has_time = time_passes(steps, trace, candidate, &entry->ending, &entry->ns);
}

/* The learner's policy: its operations have a time limit. If it hangs once it does not race again, because
 * each hang takes the whole limit. */
static void measure_own(struct race *race, const struct board *board, struct entry *entry,
                        struct steps *steps) {
    struct ending *ending = &entry->ending;
    entry->unsound = race->unsound != NULL;
    if (race->hung) {
        snprintf(ending->what, sizeof ending->what, "not raced any more: it hung on %s", race->hung);
        return;
    }
    conduct_prepare = prepare_child;
    measure_entry(entry, board->trace, steps, race->limit_seconds);
    conduct_prepare = NULL;
    if (!ending->hangs)
        return;
    race->hung = board->path;
    progress_end();
    fprintf(stderr, WHO ": %s, %s: %s. It is not raced any further\n", race->own, board->path, ending->what);
}

static void measure(struct race *race, struct board *board, struct steps *steps) {
    struct ending ending = {.what = ""};
    board->replayed = steps->replayed;
    time_passes(steps, board->trace, NULL, &ending, &board->harness_ns);
    for (size_t index = 0; index < board->count; index++) {
        struct entry *entry = &board->entries[index];
        if (strcmp(entry->candidate->name, race->own) == 0)
            measure_own(race, board, entry, steps);
        else
            measure_entry(entry, board->trace, steps, 0);
    }
    board_mark(board);
}

/* Adds the board of one trace. As JSON it is printed at once. */
static void add(struct race *race, const struct board *board) {
    if (race->json && race->means.traces)
        puts(",");
    if (race->json)
        board_print_json(board);
    means_add(&race->means, board);
    for (size_t index = 0; index < board->count; index++)
        if (strcmp(board->entries[index].candidate->name, race->own) == 0)
            race->own_failed |= race->means.entries[index].failed;
}

static void free_kept(struct kept *kept) {
    free(kept->board.entries);
    trace_close((struct trace *)kept->board.trace);
    free(kept);
}

static bool race_board(struct race *race, struct board *board) {
    struct steps steps;
    board->entries = calloc(board->count, sizeof *board->entries);
    if (!board->entries || !steps_make(&steps, board->trace, false)) {
        fprintf(stderr, WHO ": %s: no memory for its steps\n", board->path);
        return false;
    }
    for (size_t index = 0; index < board->count; index++)
        board->entries[index].candidate = &race->candidates.list[index];
    measure(race, board, &steps);
    steps_free(&steps);
    progress_end();
    add(race, board);
    return true;
}

static bool race_trace(struct race *race, const char *path, const char *name) {
    struct trace_problem problem;
    struct trace *trace = trace_open(path, &problem);
    struct kept *kept = trace ? malloc(sizeof *kept) : NULL;
    if (!trace) {
        progress_end();
        return trace_complain(WHO, path, &problem) == 0;
    }
    if (!kept) {
        fprintf(stderr, WHO ": out of memory\n");
        trace_close(trace);
        return false;
    }
    *kept = (struct kept){
        .board = {.trace = trace, .path = name, .own = race->own, .count = race->candidates.count},
    };
    bool raced = race_board(race, &kept->board);
    progress_end();
    bool good = !trace_complain_damage(WHO, path, trace) && raced;
    if (raced && race->keep) {
        *race->last = kept;
        race->last = &kept->next;
    } else {
        free_kept(kept);
    }
    return good;
}

/* --- All ---------------------------------------------------------------------------------------------- */

static bool race_built_in(struct race *race, unsigned index, const char *folder, bool *more) {
    char path[PATH_MAX + 32];
    struct calls calls;
    bool good = true;
    const char *name = calls_generate(&calls, WHO, index, folder, &good);
    *more = name != NULL;
    if (!name)
        return true;
    snprintf(path, sizeof path, "%s/race.htrace", folder);
    good = good && calls_write(&calls, WHO, path, name) && race_trace(race, path, name);
    calls_free(&calls);
    unlink(path);
    return good;
}

static bool race_all(struct race *race, const struct lab_options *options, const char *folder) {
    bool good = true, more = true;
    for (size_t index = 0; index < options->trace_count && good; index++)
        good = race_trace(race, options->traces[index], options->traces[index]);
    for (unsigned index = 0; !options->trace_count && more && good; index++)
        good = race_built_in(race, index, folder, &more);
    return good;
}

static void begin(const struct race *race) {
    if (!race->json)
        return;
    fputs("{\"policy\": ", stdout);
    json_print(stdout, race->own);
    puts(", \"boards\": [");
}

/* Prints the means, then each board that was kept, with one legend for all. */
static void print(struct race *race, size_t traces) {
    if (traces == 1 && race->first) {
        board_print(&race->first->board);
        return;
    }
    means_print(&race->means, &race->candidates, race->own);
    for (const struct kept *kept = race->first; kept; kept = kept->next) {
        puts("");
        board_print_table(&kept->board);
    }
    board_print_legend(true, false, true);
    if (!race->keep)
        puts("Each trace's own board: --each.");
    if (!traces)
        puts("The traces are built in. Others: halloc lab race FILE.c F.htrace ...");
}

static void end(struct race *race, const struct lab_options *options) {
    if (race->means.traces)
        means_end(&race->means);
    if (race->json) {
        putchar(']');
        means_print_json(&race->means, &race->candidates);
        puts("}");
    } else if (race->means.traces) {
        print(race, options->trace_count);
    }
    for (struct kept *next, *kept = race->first; kept; kept = next) {
        next = kept->next;
        free_kept(kept);
    }
}

/* The policy's name, which a child reads. NULL: it can't be loaded, or fails; the reason was printed, and
 * *status is set. */
static const char *load_name(const struct compiled *compiled, const struct lab_options *options,
                             struct stage *stage, int *status) {
    struct trial_options trial = options->trial;
    trial.object = compiled->object;
    if (!judge_trial(NULL, &trial, stage, NULL))
        return NULL;
    bool failed = stage->verdict.rule != RULE_NONE;
    if (!failed && stage->is_whole)
        snprintf(
            stage->refusal, sizeof stage->refusal,
            "is a whole allocator: only policies race here. `gcc -O2 -shared -fPIC` makes a library of it, "
            "for `halloc replay --with ./IT.so`");
    if (!failed && !stage->refusal[0])
        return stage->policy;
    fprintf(stderr, WHO ": %s: %s\n", options->source, failed ? stage->verdict.message : stage->refusal);
    *status = failed ? 1 : 2;
    return NULL;
}

/* A heap with broken lists may look small, and its searches short. The traces are those of the race. What
 * crashes or hangs does so in the race as well, which says it. */
static const char *find_unsound(const struct lab_options *options, const struct compiled *compiled,
                                struct stage *stage) {
    static char words[600];
    struct outcome *outcome = calloc(1, sizeof *outcome);
    struct lab_options quick = *options;
    const char *why, *unsound = NULL;
    if (!outcome)
        return NULL;
    quick.trial.shrinks = false;
    outcome->source = options->source;
    outcome->stage = stage;
    bool failed = check_all(outcome, &quick, compiled, &why) && outcome->failed;
    enum rule_id rule = outcome->first.rule;
    if (failed && rule != RULE_CRASH && rule != RULE_DIVIDES && rule != RULE_STACK && rule != RULE_ABORT &&
        rule != RULE_HANG && rule != RULE_WAITS && rule != RULE_EXIT) {
        snprintf(words, sizeof words, "%s: %s", outcome->failed_trace, outcome->first.message);
        unsound = words;
    }
    outcome_free(outcome);
    progress_end();
    return unsound;
}

static void say_unsound(const struct race *race, const char *source) {
    fprintf(stderr,
            WHO ": %s is not sound, so its figures mean nothing. %s. It is shown by: halloc lab check ",
            race->own, race->unsound);
    word_print_quoted(stderr, source);
    fputs("\n", stderr);
}

static void say_uncounted(uint64_t uncounted, const char *own) {
    if (uncounted)
        fprintf(stderr,
                WHO ": %s looked at %" PRIu64
                    " blocks without halloc_probe, by block->size; they are counted as "
                    "probes here\n",
                own, uncounted);
}

static int run_race(struct race *race, const struct lab_options *options, const struct compiled *compiled) {
    begin(race);
    bool good = race_all(race, options, compiled->folder);
    progress_end();
    end(race, options);
    say_uncounted(*entered.uncounted, race->own);
    if (race->unsound)
        say_unsound(race, options->source);
    return !good ? 2 : race->own_failed || race->unsound;
}

int lab_race(const struct lab_options *options) {
    struct compiled compiled;
    struct race *race = calloc(1, sizeof *race);
    struct stage *stage =
        mmap(NULL, sizeof *stage, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    const char *own;
    int status = 2;
    if (!race || stage == MAP_FAILED) {
        fprintf(stderr, WHO ": out of memory\n");
        return 2;
    }
    race->json = options->json;
    race->limit_seconds = options->trial.limit_seconds;
    race->keep = !options->json && (options->each || options->trace_count == 1);
    race->last = &race->first;
    entered.compiled = &compiled;
    entered.uncounted = &stage->uncounted;
    progress_begin(WHO);
    if (compile_policy(&compiled, WHO, options->source, COMPILE_TO_RACE) &&
        (own = load_name(&compiled, options, stage, &status))) {
        char name[sizeof stage->policy];
        strcpy(name, own);
        race->unsound = find_unsound(options, &compiled, stage);
        stage->uncounted = 0; /* of the race alone */
        if ((race->own = enter_policy(name, race->unsound)) && enter_all(&race->candidates))
            status = run_race(race, options, &compiled);
    }
    compile_end(&compiled);
    candidates_free(&race->candidates);
    munmap(stage, sizeof *stage);
    free(race);
    return status;
}
