/*
 * cmd_replay.c - `halloc replay F --with ...`: the same calls under policies and allocators, side by side.
 *
 *      serial.c      the exact score of a policy: all operations in one order
 *      job_steps.c   the trace as steps of 16 bytes
 *      conduct.c     runs each measurement in a process of its own
 *      harness.c     the loop in that process
 *      oracle.c      the least that any heap can take
 *      board.c       the results
 *      means.c       the results of several traces
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "board/means.h"
#include "serial/oracle.h"
#include "../base/progress.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHO "halloc replay"
#define REPEATS_USUAL 3
#define REPEATS_MOST 1000
#define REPEAT_LEAST_NS 1000000000u /* a pass that takes a second is measured well enough */

static int print_help(void) {
    puts("usage: halloc replay F.htrace [F.htrace ...] --with P[,P...] [options]\n"
         "Replays a trace's calls under fit policies and allocators, and compares what\n"
         "they need. Each trace has a board of its own. With several traces a board of the\n"
         "means comes last.\n"
         "\n"
         "  --with P,P,...   a fit policy on a heap of its own:\n"
         "                   bump, first, next, best, worst, segregated, buddy, tlsf;\n"
         "                   process: halloc's malloc; glibc: libc's malloc;\n"
         "                   a path: any allocator's shared object;\n"
         "                   oracle: the least memory that any heap can take\n"
         "  --policy F.so    add a policy of yours,\n"
         "                   `const halloc_policy halloc_user_policy`\n"
         "  --serial         replay all operations in one order, in one thread (the\n"
         "                   default)\n"
         "  --threads        replay with as many threads as the program had, each at full\n"
         "                   speed. Only the order of an object's beginning and end is\n"
         "                   kept.\n"
         "                   Memory is still measured in one order: of process, with a\n"
         "                   cache for each thread; of others, in one thread. If the peak\n"
         "                   of process depends on which threads run at the same time, the\n"
         "                   board says so\n"
         "  --check          fill and verify every byte of each block; check alignment,\n"
         "                   overlaps, and the heap's invariants\n"
         "  --repeat=N       measure time up to N times, and take the fastest; default: 3.\n"
         "                   0: no times\n"
         "  --json           print JSON\n"
         "\n"
         "peak and average are heap / live. probes are the blocks that a search looks at.\n"
         "p99.9 is the probes of the worst search in a thousand. splits are the blocks\n"
         "that were cut. ns is time. All numbers but times are the same on every run.\n"
         "CS:APP's score is of 100, as in a textbook's malloc lab: 60 points for a full\n"
         "heap, 40 for speed.\n"
         "\n"
         "For an allocator of yours, heap is its resident memory, which is a coarse\n"
         "measure. For an exact one, define `size_t halloc_lab_extent(void)`. It returns\n"
         "the bytes that the allocator takes now, tables included. It is called after each\n"
         "call, and compared with the resident memory.");
    return command_written(WHO, 0);
}

#define WORDS_MOST 16 /* words of --with, and of --policy */
#define TRACES_MOST 100

struct options {
    const char *paths[TRACES_MOST];
    unsigned path_count;
    const char *lists[WORDS_MOST], *own[WORDS_MOST]; /* lists of --with; names of --policy's */
    unsigned list_count, own_count;
    struct candidates candidates;
    bool threads, check, json;
    unsigned repeats;
};

static int usage(const char *what, const char *word) {
    return fail_usage(WHO, what, word);
}

/* --- Measuring --------------------------------------------------------------------------------------- */

/* The fastest of all passes. False: no pass came to its end. */
static bool time_passes(struct steps *steps, const struct trace *trace, const struct candidate *candidate,
                        unsigned repeats, struct ending *ending, uint64_t *ns) {
    *ns = 0;
    for (unsigned repeat = 0; repeat < repeats; repeat++) {
        if (!conduct(steps, trace, candidate, PASS_TIME, ending))
            return false;
        uint64_t taken = steps->job->answer.ns;
        if (!repeat || taken < *ns)
            *ns = taken;
        if (taken > REPEAT_LEAST_NS)
            break;
    }
    return repeats > 0;
}

static bool measure_memory(struct steps *steps, const struct trace *trace, struct entry *entry) {
    if (entry->candidate->is_policy)
        return false;
    if (!conduct(steps, trace, entry->candidate, PASS_MEMORY, &entry->ending))
        return false;
    const struct answer *answer = &steps->job->answer;
    entry->told = answer->told;
    entry->score = (struct score){
        .operations = steps->job->steps,
        .failures = answer->failures,
        .peak_live_bytes = answer->peak_live_bytes,
        .peak_heap_bytes = answer->peak_bytes,
        .end_heap_bytes = answer->peak_bytes,
        .average_live_bytes = answer->average_live,
        .average_heap_bytes = answer->average_bytes,
    };
    return true;
}

/* The same with the threads apart, each with its cache, in the order of the trace. */
static void measure_apart(const struct trace *trace, struct entry *entry) {
    uint64_t one_thread = entry->score.peak_heap_bytes;
    entry->has_memory = conduct_score(trace, SERIAL_PROCESS, false, 0, &entry->score, &entry->ending);
    entry->one_thread = trace_totals(trace)->threads > 1 ? one_thread : 0;
}

/* `serial` has the steps in one order, `steps` those to be timed. */
static void measure(struct entry *entry, const struct options *options, const struct trace *trace,
                    struct steps *serial, struct steps *steps) {
    const struct candidate *candidate = entry->candidate;
    struct ending *ending = &entry->ending;
    if (candidate->is_oracle) {
        entry->has_memory = entry->told = oracle_score(trace, &entry->score);
        if (!entry->has_memory)
            snprintf(ending->what, sizeof ending->what, "out of memory");
        return;
    }
    if (candidate->is_policy)
        entry->has_score = conduct_score(trace, candidate->name, options->check, 0, &entry->score, ending);
    bool check = options->check && (!candidate->is_policy || options->threads);
    if (check && !ending->what[0])
        conduct(steps, trace, candidate, PASS_CHECK, ending);
    if (!ending->what[0])
        entry->has_memory = measure_memory(serial, trace, entry) || entry->has_score;
    if (!ending->what[0] && options->threads && strcmp(candidate->name, SERIAL_PROCESS) == 0)
        measure_apart(trace, entry);
    if (!ending->what[0])
        entry->has_time = time_passes(steps, trace, candidate, options->repeats, ending, &entry->ns);
}

static bool measure_all(struct board *board, const struct options *options, struct steps *serial,
                        struct steps *steps) {
    struct ending ending = {.what = ""};
    board->replayed = steps->replayed;
    time_passes(steps, board->trace, NULL, options->repeats, &ending, &board->harness_ns);
    if (ending.what[0]) {
        progress_end();
        fprintf(stderr, WHO ": the harness by itself: %s\n", ending.what);
        return false;
    }
    bool good = true;
    for (size_t index = 0; index < board->count; index++) {
        measure(&board->entries[index], options, board->trace, serial, steps);
        good &= !board->entries[index].ending.what[0];
    }
    board_mark(board);
    return good;
}

/* --- The command ------------------------------------------------------------------------------------- */

static int show(struct board *board, const struct options *options, struct steps *serial,
                struct steps *threads, struct means *means) {
    bool good = measure_all(board, options, serial, threads ? threads : serial);
    progress_end();
    if (options->json)
        board_print_json(board);
    else
        board_print(board);
    means_add(means, board);
    return command_written(WHO, !good);
}

static int replay(const struct options *options, const char *path, const struct trace *trace,
                  struct means *means) {
    struct steps serial, threads;
    struct board board = {
        .trace = trace,
        .path = path,
        .checked = options->check,
        .threads = options->threads,
        .count = options->candidates.count,
        .entries = calloc(options->candidates.count, sizeof *board.entries),
    };
    bool made = board.entries && steps_make(&serial, trace, false);
    bool both = made && options->threads && steps_make(&threads, trace, true);
    int status = 1;
    for (size_t index = 0; made && index < board.count; index++)
        board.entries[index].candidate = &options->candidates.list[index];
    if (made && both == options->threads)
        status = show(&board, options, &serial, both ? &threads : NULL, means);
    else
        fprintf(stderr, WHO ": %s: no memory for its steps: %s\n", path, strerror(errno));
    progress_end();
    if (both)
        steps_free(&threads);
    if (made)
        steps_free(&serial);
    free(board.entries);
    return status;
}

static int replay_file(const struct options *options, const char *path, struct means *means) {
    struct trace_problem problem;
    progress_begin(WHO);
    struct trace *trace = trace_open(path, &problem);
    if (!trace) {
        progress_end();
        return trace_complain(WHO, path, &problem);
    }
    int status = replay(options, path, trace, means);
    if (trace_complain_damage(WHO, path, trace))
        status = 1;
    trace_close(trace);
    return status;
}

/* Replays all traces, even after an error. Then prints the means, if there are several boards. */
static int replay_files(const struct options *options) {
    struct means means = {.traces = 0};
    bool several = options->path_count > 1;
    int status = 0;
    if (several && options->json)
        fputs("{\"boards\": [\n", stdout);
    for (unsigned index = 0; index < options->path_count; index++) {
        if (means.traces)
            puts(options->json ? "," : "");
        int failed = replay_file(options, options->paths[index], &means);
        status = failed ? failed : status;
    }
    if (several && options->json)
        fputs("]", stdout);
    if (means.traces)
        means_end(&means);
    if (several && options->json)
        means_print_json(&means, &options->candidates);
    else if (means.traces > 1) {
        puts("");
        means_print(&means, &options->candidates, NULL);
    }
    if (several && options->json)
        puts("}");
    return command_written(WHO, status);
}

/* 0: fine; -1: help was printed; else the exit status. */
static int parse_word(struct options *options, char **argv, int *at) {
    const char *word = argv[*at], *value = NULL;
    if (argument_is_help(word))
        return print_help() ? 1 : -1;
    if (options->list_count == WORDS_MOST || options->own_count == WORDS_MOST)
        return usage("too many words like ", word);
    if (argument_value(argv, at, "--with", &value)) {
        options->lists[options->list_count++] = value;
        return *value ? 0 : usage("--with needs a list", "");
    }
    if (argument_value(argv, at, "--policy", &value)) {
        value = candidates_load_policy(WHO, value);
        options->own[options->own_count++] = value;
        return value ? 0 : 2;
    }
    if (strncmp(word, "--repeat=", 9) == 0) {
        char *end;
        unsigned long repeats = strtoul(word + 9, &end, 10);
        if (end == word + 9 || *end || repeats > REPEATS_MOST)
            return usage("not a number up to 1000: ", word + 9);
        options->repeats = (unsigned)repeats;
    } else if (strcmp(word, "--serial") == 0) {
        options->threads = false;
    } else if (strcmp(word, "--threads") == 0) {
        options->threads = true;
    } else if (strcmp(word, "--check") == 0) {
        options->check = true;
    } else if (strcmp(word, "--json") == 0) {
        options->json = true;
    } else if (argument_is_option(word)) {
        return usage(word, " is not an option");
    } else if (options->path_count == TRACES_MOST) {
        return usage("too many traces: ", word);
    } else {
        options->paths[options->path_count++] = word;
    }
    return 0;
}

/* Adds the lists, now that all policies are known. Then adds the user's policies that no list names. */
static bool gather(struct options *options) {
    struct candidates *candidates = &options->candidates;
    for (unsigned index = 0; index < options->list_count; index++)
        if (!candidates_add(candidates, WHO, options->lists[index]))
            return false;
    for (unsigned index = 0; index < options->own_count; index++) {
        bool named = false;
        for (size_t other = 0; other < candidates->count; other++)
            named |= strcmp(candidates->list[other].name, options->own[index]) == 0;
        if (!named && !candidates_add(candidates, WHO, options->own[index]))
            return false;
    }
    return true;
}

int command_replay(int argc, char **argv) {
    struct options options = {.repeats = REPEATS_USUAL};
    int status = candidates_preloaded_policy(WHO) ? 0 : 2;
    for (int at = 1; at < argc && !status; at++)
        status = parse_word(&options, argv, &at);
    if (!status && !gather(&options))
        status = 2;
    if (!status && !options.path_count)
        status = usage("no trace to replay", "");
    if (!status && !options.candidates.count)
        status = usage("with what? --with first,best,...", "");
    if (!status)
        status = replay_files(&options);
    candidates_free(&options.candidates);
    return status < 0 ? 0 : status;
}
