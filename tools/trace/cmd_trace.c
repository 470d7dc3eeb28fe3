/*
 * cmd_trace.c - `halloc trace`: the command line, and the messages at the end. launch.c does the work;
 * tools/capture/ records.
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../run/run.h"
#include "launch.h"
#include "../base/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRAMES_DEFAULT 8

/* A loop of malloc and free fills 130 MiB a second; a busy program one or two. The disk is not what takes
 * the time. It is the later work with two thousand million operations, at ten nanoseconds each or more. */
#define LIMIT_DEFAULT ((uint64_t)4 << 30)
#define LIMIT_LEAST ((uint64_t)128 << 10) /* room for a block of every kind, as in launch.c */

static int print_help(void) {
    puts("usage: halloc trace [OPTION ...] [--] PROGRAM [ARGUMENT ...]\n"
         "Records every allocation of a program. The program may use any allocator.\n"
         "\n"
         "  -o FILE        write FILE; default: PROGRAM.htrace here. A child process\n"
         "                 writes FILE.PID\n"
         "  --stacks[=N]   record call sites, with N frames by frame pointer (8; at most\n"
         "                 64). The direct caller is always known. The others need\n"
         "                 -fno-omit-frame-pointer\n"
         "  --times        record the time of every operation; the default is one in a few\n"
         "                 thousand\n"
         "  --addresses    record where the allocator put each object, and its usable size\n"
         "  --below=LIB    use this allocator: a shared object, or halloc\n"
         "  --limit=BYTES  stop the recording, and say so, when a file has BYTES; the\n"
         "                 program goes on. The default is 4G: room for two thousand\n"
         "                 million calls.\n"
         "                 With 0 a file may take half of the free disk space\n"
         "  -q             print nothing unless something goes wrong\n"
         "\n"
         "The program keeps its output. The exit status is the program's; 128 and the\n"
         "signal's number if a signal ended it; 127 if it was not found; 126 if it can't\n"
         "be executed; 1 or 2 if this command failed before that. The trace of a killed\n"
         "program is good, too.");
    return command_written("halloc trace", 0) ? LAUNCH_FAILED : 0;
}

/* --- The command line ----------------------------------------------------------------------------- */

static bool parse_frames(const char *digits, unsigned *frames) {
    char *end;
    unsigned long number = strtoul(digits, &end, 10);
    if (!*digits || *end || *digits == '-' || number < 1 || number > TRACE_FRAMES_MOST)
        return launch_fail("--stacks=%s: give a number of frames from 1 to %d", digits, TRACE_FRAMES_MOST);
    *frames = (unsigned)number;
    return true;
}

static bool parse_limit(struct launch *launch, const char *word) {
    bool good = word_read_bytes(word, &launch->most_bytes);
    if (good && (!launch->most_bytes || launch->most_bytes >= LIMIT_LEAST))
        return true;
    return launch_fail("--limit=%s: a size is wanted, \"500M\" or \"4 GiB\", of 128 KiB at least; or 0",
                       word);
}

static bool parse_option(struct launch *launch, char **argv, int *at) {
    const char *word = argv[*at], *value = "given"; /* an option without a value keeps this */
    if (argument_value(argv, at, "--limit", &value))
        return *value ? parse_limit(launch, value) : launch_fail("%s needs a value", word);
    if (strncmp(word, "--stacks=", 9) == 0)
        return parse_frames(word + 9, &launch->frames);
    if (argument_value(argv, at, "-o", &value))
        launch->output = value;
    else if (argument_value(argv, at, "--below", &value))
        launch->below = value;
    else if (strcmp(word, "--stacks") == 0)
        launch->frames = FRAMES_DEFAULT;
    else if (strcmp(word, "--times") == 0)
        launch->times = true;
    else if (strcmp(word, "--addresses") == 0)
        launch->addresses = true;
    else if (strcmp(word, "-q") == 0 || strcmp(word, "--quiet") == 0)
        launch->quiet = true;
    else
        return launch_fail("'%s' is not an option; `halloc trace --help` lists them", word);
    return *value || launch_fail("%s needs a value", word);
}

static bool parse(struct launch *launch, char **argv) {
    int at = 1;
    for (; argv[at] && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "--") == 0) {
            at++;
            break;
        }
        if (!parse_option(launch, argv, &at))
            return false;
    }
    launch->command = argv + at;
    if (!argv[at] || !*argv[at])
        return launch_fail("no program to trace; say: halloc trace -- PROGRAM [ARGUMENT ...]");
    return true;
}

/* --- Messages at the end -------------------------------------------------------------------------- */

static const char *shorter(const char *path) {
    char *cwd = getcwd(NULL, 0);
    size_t length = cwd ? strlen(cwd) : 0;
    bool here = length && strncmp(path, cwd, length) == 0 && path[length] == '/';
    free(cwd);
    return here ? path + length + 1 : path;
}

static void tell_one(const struct collected *one) {
    const struct trace_totals *totals = &one->totals;
    char words[4][WORD_BYTES];
    fprintf(stderr, "halloc trace: %s: ", shorter(one->path));
    if (one->stopped)
        fprintf(stderr, "recording stopped early: %s; ", trace_stop_words(one->stopped));
    fprintf(stderr, "%s operations of %s thread%s, %s", word_count(totals->operations, words[0]),
            word_count(totals->threads, words[1]), totals->threads == 1 ? "" : "s",
            word_bytes(totals->file_bytes, words[2]));
    if (totals->missed_calls)
        fprintf(stderr, "; %s calls missed", word_count(totals->missed_calls, words[3]));
    if (one->command && *one->command)
        fprintf(stderr, "; %.60s", one->command);
    if (!one->packed)
        fprintf(stderr, "; left as recorded, which can be read: %s", one->problem.what);
    fputc('\n', stderr);
}

/* What the file of the program tells. A process that can't make its own file can't tell why. */
static void tell_why_nothing(const char *program) {
    const char *why = run_why_not(program);
    bool unknown = strcmp(why, "it asked for no memory") == 0;
    launch_fail("nothing was recorded: '%s': %s%s", program, why,
                unknown ? ", or it could not make the file of the trace" : "");
}

#define TOLD_MOST 12 /* files that are listed; a make has thousands */

static void tell(const struct launch *launch, const struct collected *all, size_t count) {
    for (size_t index = 0; index < count; index++) {
        const struct collected *one = &all[index];
        bool whole = one->packed && !one->stopped;
        if (one->problem.found && (one->packed || !one->readable))
            trace_complain("halloc trace", shorter(one->path), &one->problem);
        if (one->readable && (!whole || (!launch->quiet && index < TOLD_MOST)))
            tell_one(one);
    }
    if (count > TOLD_MOST && !launch->quiet)
        launch_fail("and %zu files more, %s.PID", count - TOLD_MOST, shorter(launch->path));
    if (count == 0)
        tell_why_nothing(launch->command[0]);
}

static const char *default_output(const char *program) {
    static char name[300];
    const char *slash = strrchr(program, '/');
    snprintf(name, sizeof name, "%.200s.htrace", slash ? slash + 1 : program);
    return name;
}

int command_trace(int argc, char **argv) {
    (void)argc;
    if (arguments_ask_for_help(argv))
        return print_help();
    struct launch launch = {.most_bytes = LIMIT_DEFAULT};
    int status;
    size_t count;
    if (!parse(&launch, argv))
        return LAUNCH_USAGE;
    if (!launch.output)
        launch.output = default_output(launch.command[0]);
    if (!launch_program(&launch, &status)) {
        free(launch.path);
        return status;
    }
    struct collected *all = launch_collect(&launch, &count);
    tell(&launch, all, count);
    launch_collected_free(all, count);
    free(launch.path);
    return command_leave(WIFSIGNALED(launch.status) ? 128 + WTERMSIG(launch.status)
                                                    : WEXITSTATUS(launch.status));
}
