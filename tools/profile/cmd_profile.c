/*
 * cmd_profile.c - `halloc profile`: which functions allocate, and which hold memory, in a process that runs
 * or in a program that this starts. `halloc leaks`: what has been in use for long.
 *
 *      PID         switches its sampler on, waits, reads the samples, switches it off
 *      -- CMD      starts it with the sampler on (watched.h), and reads the samples as it ends
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "../base/leftover.h"
#include "../base/progress.h"
#include "../base/words.h"
#include "../live/visit.h"
#include "../live/waiting.h"
#include "../trace/read/reader.h"
#include "read_pprof.h"
#include "sampled.h"
#include "say_profile.h"
#include "suppress.h"
#include "watched.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define EVERY_BYTES ((uint64_t)512 << 10)
#define EVERY_FINE ((uint64_t)4 << 10)
#define SECONDS 10
#define TOP 20

struct request {
    const char *who;
    bool leaks, diff, has_options, has_seconds, all, began_late, saved;
    uint64_t every_bytes, seconds, older_seconds, since_seconds, top;
    const char *since;                   /* a saved profile; NULL: none */
    struct suppressions suppressions;    /* none but for leaks */
    const struct profile_format *format; /* NULL: a table */
    const char *output;
    const char *words[2]; /* a process or a file, or two saved profiles */
    unsigned word_count;
    char **command;
};

static int print_help(void) {
    puts("usage: halloc profile [OPTIONS] PID | F | -- COMMAND ...\n"
         "       halloc profile --diff [--to=FORMAT] [-o FILE] [--top=N] A B\n"
         "Tells which functions allocate and which hold memory, from samples: one object\n"
         "in so many bytes. The process runs on Halloc, is yours, and goes on: its sampler\n"
         "is switched on for some seconds, then off. A command is sampled from its start\n"
         "to its end. HALLOC_CONF=sample:512K samples a program from its start; such a\n"
         "process is read at once. F is a saved profile, a file of --to=pprof.\n"
         "\n"
         "  --seconds=N     sample for so long (default: 10), or until Ctrl-C; 0: only\n"
         "                  read what is there. The table tells what was allocated\n"
         "                  meanwhile, a file what was allocated in all samplings so far\n"
         "  --every=BYTES   one object in so many bytes (default: 512K)\n"
         "  --to=FORMAT     pprof: for `go tool pprof`, compressed if FILE ends in .gz;\n"
         "                  flame: a flame graph, SVG; speedscope: for speedscope.app, or\n"
         "                  its page without a network; dhat: for the viewer of valgrind's\n"
         "                  DHAT; folded: lines of stacks. Default: a table\n"
         "  -o FILE         write this file; default: standard output\n"
         "  --top=N         how many call sites the table has (default: 20)\n"
         "  --diff          what grew from one saved profile to a later one, by function.\n"
         "                  Both are files of --to=pprof; with --to the file made has only\n"
         "                  what grew");
    return command_written("halloc profile", 0);
}

static int print_help_leaks(void) {
    puts("usage: halloc leaks [--older=SECONDS] [--since=SECONDS|FILE] [OPTIONS] PID | F\n"
         "Tells which call sites hold memory, and for how long: samples that are in use,\n"
         "the largest first, with the ages of the oldest and the youngest. A site whose\n"
         "oldest objects are as old as the program, and whose youngest are new, grows.\n"
         "Options are those of `halloc profile`. A process that runs with\n"
         "HALLOC_CONF=sample:512K is read at once, or after --seconds; --every has no\n"
         "effect on it. F is a saved profile, which has no ages, or a trace: of that\n"
         "`halloc explain --at end` tells the same.\n"
         "\n"
         "  --older=SECONDS  only what has been in use for so long (default: 0)\n"
         "  --since=SECONDS  only what was allocated in the last so many seconds, and is\n"
         "                   in use still. Seconds are counted whole: N is N to N + 1\n"
         "                   seconds\n"
         "  --since=FILE     only what grew since that profile was saved:\n"
         "                   halloc leaks --to=pprof -o FILE PID\n"
         "  --suppressions=FILE  leave out call sites by lines leak:PATTERN, as\n"
         "                   LeakSanitizer does: a function, source file or module of the\n"
         "                   stack has PATTERN in it; * stands for anything, ^ for the\n"
         "                   beginning, $ for the end\n"
         "  --no-default-suppressions  show what libc, the loader, libstdc++ and Python\n"
         "                   keep for ever, too\n"
         "\n"
         "What is left out is summed up at the end.");
    return command_written("halloc leaks", 0);
}

/* --- Profiles ------------------------------------------------------------------------------------------ */

/* NULL, or what went wrong. */
static const char *print(const struct request *request, const struct profile *profile) {
    if (request->format && request->format->put == profile_folded && !profile_in_use(profile))
        fprintf(stderr, "%s: nothing is in use: the lines have what was allocated\n", request->who);
    if (request->format)
        return profile_write(profile, request->format, request->output);
    say_profile(profile, request->top, request->leaks && !request->saved); /* files have no ages */
    return NULL;
}

static const char *print_growth(const struct request *request, struct profile *later, struct profile *earlier,
                                const char *name) {
    struct growth growth;
    char words[300];
    if (!growth_find(later, earlier, &growth))
        return "out of memory";
    if (!request->format) {
        say_growth(later, earlier, &growth, name, request->top, request->leaks && !request->saved);
        return NULL;
    }
    snprintf(words, sizeof words, "%.140s, and not in %.140s", later->command, name);
    later->command = words;
    const char *why = print(request, later);
    later->command = NULL;
    return why;
}

static bool print_difference(struct request *request, struct profile *later, const char *before) {
    struct profile earlier;
    const char *why = read_pprof(before, &earlier);
    bool done = why ? fail(request->who, "%s: %s", before, why) : true;
    suppress(&request->suppressions, &earlier, false);
    if (done)
        why = print_growth(request, later, &earlier, before);
    profile_free(&earlier);
    return done && (!why || fail(request->who, "%s", why));
}

/* A saved profile, or what grew from the one before. */
static int show_saved(struct request *request, const char *name, const char *before) {
    struct profile profile;
    const char *why = read_pprof(name, &profile);
    request->saved = true;
    suppress(&request->suppressions, &profile, true);
    bool done = !why && before ? print_difference(request, &profile, before)
                               : !why && !(why = print(request, &profile));
    if (why)
        fail(request->who, "%s: %s", name, why);
    if (done)
        suppressions_say(&request->suppressions, request->format ? stderr : stdout);
    profile_free(&profile);
    return command_written(request->who, !done);
}

/* What a trace knows of leaks, another command tells. */
static int show_file(struct request *request, char *name) {
    char *words[] = {"explain", "--at", "end", name, NULL};
    bool explains = request->leaks && trace_is(name);
    if (explains && request->has_options)
        return fail_usage(request->who,
                          "options have no effect on a trace; see `halloc explain --help`: ", name);
    return explains ? command_explain(4, words) : show_saved(request, name, request->since);
}

static bool was_nothing(const struct samples *samples) {
    uint64_t all = samples->object_count;
    for (size_t site = 0; site < samples->site_count; site++)
        all += samples->sites[site].objects;
    return all == 0;
}

static bool print_samples(struct request *request, pid_t pid, const struct samples *samples) {
    struct profile profile = {0};
    const char *why = sampled_profile(pid, samples, request->older_seconds, request->since_seconds, &profile);
    bool done = !why;
    suppress(&request->suppressions, &profile, true);
    if (done && request->since)
        done = print_difference(request, &profile, request->since);
    else if (done)
        done = !(why = print(request, &profile));
    if (why)
        fail(request->who, "process %d: %s", (int)pid, why);
    if (done)
        suppressions_say(&request->suppressions, request->format ? stderr : stdout);
    if (done && !request->since && was_nothing(samples) && request->seconds &&
        request->every_bytes > EVERY_FINE)
        fputs("Nothing was sampled: it allocated little. --every=4K takes more samples.\n",
              request->format ? stderr : stdout);
    if (done && request->began_late)
        fputs("Objects that are older than the sampling are not in it.\n"
              "HALLOC_CONF=sample:512K samples a program from its start.\n",
              request->format ? stderr : stdout);
    profile_free(&profile);
    return done;
}

/* The table tells what was allocated while the command waited. Files have all, as other tools expect: no more
 * is in use than was allocated. */
static void take_away(struct samples *samples, const struct samples *before) {
    for (size_t site = 0; site < samples->site_count && site < before->site_count; site++) {
        samples->sites[site].objects -= before->sites[site].objects;
        samples->sites[site].bytes -= before->sites[site].bytes;
    }
}

/* This command was killed meanwhile. */
static void switch_off(const void *there) {
    const struct far *far = there;
    if (far_is_there(far))
        samples_switch(far->pid, 0);
}

/* The sampler goes off again in any case, unless another program is there. */
static const char *sample_for_now(struct request *request, pid_t pid, bool was_on, struct samples *samples) {
    struct far far;
    if (far_state(pid) == 'T')
        return "is stopped, so it allocates nothing: `kill -CONT` lets it go on. --seconds=0 reads what is "
               "there";
    if (!waiting_begin(&far, pid))
        return "ended meanwhile";
    if (!was_on)
        leftover_begin(&(struct leftover){switch_off, &far, far.pagemap});
    const char *why = was_on ? NULL : samples_switch(pid, request->every_bytes);
    bool is_on = !why && !was_on;
    if (!why)
        why = waiting_seconds(&far, request->seconds, "sampling");
    is_on = is_on && !why;
    if (!why)
        why = samples_take(pid, true, samples);
    if (is_on)
        samples_switch(pid, 0);
    leftover_end();
    request->began_late = !was_on;
    waiting_end(&far);
    return why;
}

/* A sampler that was on stays on. */
static const char *sample(struct request *request, pid_t pid, struct samples *samples) {
    const char *why = samples_take(pid, false, samples);
    bool was_on = !why && samples->mean_bytes;
    if (why || !request->seconds || (was_on && !request->has_seconds))
        return why;
    struct samples before = *samples;
    *samples = (struct samples){0};
    why = sample_for_now(request, pid, was_on, samples);
    if (!why && !request->format)
        take_away(samples, &before);
    samples_free(&before);
    return why;
}

static int profile_process(struct request *request) {
    struct samples samples = {0};
    pid_t pid = visit_pid(request->words[0]);
    if (!pid)
        return access(request->words[0], F_OK) == 0
                   ? show_file(request, (char *)request->words[0])
                   : fail_usage(request->who, "no process and no file: ", request->words[0]);
    const char *why = sample(request, pid, &samples);
    bool done =
        why ? fail(request->who, "process %d: %s", (int)pid, why) : print_samples(request, pid, &samples);
    samples_free(&samples);
    return command_written(request->who, !done);
}

struct ending {
    struct request *request;
    bool done;
};

static void read_at_end(pid_t pid, void *context) {
    struct ending *ending = context;
    struct samples samples;
    const char *why = samples_take(pid, false, &samples);
    fflush(stdout);
    ending->done = why ? fail(ending->request->who, "the program: %s", why)
                       : print_samples(ending->request, pid, &samples);
    samples_free(&samples);
}

static int profile_command(struct request *request) {
    struct ending ending = {.request = request};
    int status = watched_run(request->who, request->command, request->every_bytes, read_at_end, &ending);
    return command_leave(command_written(request->who, status ? status : !ending.done));
}

/* --- The command line ---------------------------------------------------------------------------------- */

static const char *read_number(const char *word, const char *name, uint64_t *number) {
    return word_read_number(word, word + strlen(word), number) ? NULL : name;
}

/* NULL, or what is wrong with the words that follow it. */
static const char *set_option(struct request *request, char **argv, int *at, bool *known) {
    const char *value;
    *known = true;
    if (strcmp(argv[*at], "--diff") == 0 && !request->leaks) {
        request->diff = true;
        return NULL;
    }
    if (argument_value(argv, at, "--seconds", &value)) {
        request->has_seconds = true;
        return read_number(value, "--seconds needs a number from 0 on", &request->seconds);
    }
    if (argument_value(argv, at, "--every", &value))
        return word_read_bytes(value, &request->every_bytes) && request->every_bytes ? NULL
                                                                                     : "--every needs bytes";
    if (argument_value(argv, at, "--older", &value) && request->leaks)
        return read_number(value, "--older needs a number of seconds from 0 on", &request->older_seconds);
    if (argument_value(argv, at, "--since", &value) && request->leaks) {
        if (!read_number(value, "", &request->since_seconds))
            return NULL;
        request->since_seconds = UINT64_MAX;
        request->since = value;
        return *value ? NULL : "--since needs a number of seconds, or the file of a profile";
    }
    if (strcmp(argv[*at], "--no-default-suppressions") == 0 && request->leaks) {
        request->all = true;
        return NULL;
    }
    if (argument_value(argv, at, "--suppressions", &value) && request->leaks)
        return *value ? suppressions_read(&request->suppressions, value) : "--suppressions needs a file";
    if (argument_value(argv, at, "--top", &value))
        return read_number(value, "--top needs a number from 0 on", &request->top);
    if (argument_value(argv, at, "-o", &value)) {
        request->output = value;
        return *value ? NULL : "-o needs a file";
    }
    if (argument_value(argv, at, "--to", &value)) {
        request->format = profile_format_named(value);
        return request->format
                   ? NULL
                   : "there are the formats pprof, flame, speedscope, dhat and folded, and none called that";
    }
    *known = false;
    return NULL;
}

/* NULL, or what is wrong about all of it together. */
static const char *check(const struct request *request) {
    bool has_command = request->command && *request->command;
    if (request->diff && (request->word_count != 2 || request->command))
        return "--diff compares two files: the earlier profile, and the later one";
    if (!request->diff && has_command == !!request->word_count)
        return has_command ? "a process or a command, not both"
                           : "no process to look at: `halloc ps` lists them";
    if (!request->diff && request->word_count > 1)
        return "one process at a time";
    if (strcmp(request->output, "-") != 0 && !request->format)
        return "-o needs a format: --to=pprof, say";
    return NULL;
}

static int run_request(const char *who, bool leaks, int argc, char **argv) {
    struct request *request = &(struct request){.who = who,
                                                .leaks = leaks,
                                                .every_bytes = EVERY_BYTES,
                                                .seconds = SECONDS,
                                                .since_seconds = UINT64_MAX,
                                                .top = TOP,
                                                .output = "-"};
    for (int at = 1; at < argc && !request->command; at++) {
        bool known;
        if (argument_is_help(argv[at]))
            return request->leaks ? print_help_leaks() : print_help();
        if (strcmp(argv[at], "--") == 0 && !request->leaks) {
            request->command = argv + at + 1;
            continue;
        }
        const char *wrong = set_option(request, argv, &at, &known);
        if (wrong)
            return fail_usage(request->who, wrong, "");
        if (known)
            continue;
        if (argument_is_option(argv[at]))
            return fail_usage(request->who, argv[at], " is not an option");
        if (request->word_count == 2)
            return fail_usage(request->who, "one word too many: ", argv[at]);
        request->words[request->word_count++] = argv[at];
    }
    const char *wrong = check(request);
    if (wrong)
        return fail_usage(request->who, wrong, "");
    request->has_options = (unsigned)argc > 1 + request->word_count;
    if (request->leaks && !request->all && !suppressions_add_known(&request->suppressions))
        return !fail(request->who, "out of memory");
    progress_begin(request->who);
    return request->diff      ? show_saved(request, request->words[1], request->words[0])
           : request->command ? profile_command(request)
                              : profile_process(request);
}

int command_profile(int argc, char **argv) {
    return run_request("halloc profile", false, argc, argv);
}

int command_leaks(int argc, char **argv) {
    return run_request("halloc leaks", true, argc, argv);
}
