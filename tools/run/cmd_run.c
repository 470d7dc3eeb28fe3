/*
 * cmd_run.c - see run.h: the command line, and the course of a run.
 *
 * The program keeps its own input, output and exit status. As in env(1) and timeout(1), the status is 126
 * or 127 if it could not be started, and 128 plus the signal's number if a signal ended it.
 */
#include "run.h"
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct output_kind report_output = {.name = "report", .begins = {"{", "halloc run:"}};

/* --- Options ---------------------------------------------------------------------------------- */

static int print_help(void) {
    puts("usage: halloc run [OPTION ...] [--] PROGRAM [ARGUMENT ...]\n"
         "Runs a program, and every process that it starts, on halloc. Reports when the\n"
         "program ends.\n"
         "\n"
         "  --stats         print the whole report, process by process; the default is a\n"
         "                  few lines\n"
         "  --json          print the whole report as JSON: sizes in bytes\n"
         "  -o FILE         write the report to FILE; the default is standard error\n"
         "  --fit POLICY    which free block: bump, first, next, best, worst, segregated,\n"
         "                  buddy, tlsf\n"
         "  --policy FILE   a policy of yours: a shared object that defines\n"
         "                  halloc_user_policy\n"
         "  --heap HEAP     process: slabs and blocks (the default); classic: a header\n"
         "                  before each block\n"
         "  --help          print this text\n"
         "\n"
         "The exit status is the program's; 128 and the signal's number if a signal ended\n"
         "it; 127 if it was not found; 126 if it can't be executed; 1 or 2 if `halloc run`\n"
         "itself failed before that.");
    return fflush(stdout) == 0 ? 0 : RUN_FAILED;
}

/* False: it is wrong; the error was printed. */
static bool parse_option(struct run_options *options, char **argv, int *at) {
    const char *word = argv[*at], *value = "given"; /* an option without a value keeps this */
    if (strcmp(word, "--stats") == 0)
        options->stats = true;
    else if (strcmp(word, "--json") == 0)
        options->json = true;
    else if (argument_value(argv, at, "-o", &value))
        options->output = value;
    else if (argument_value(argv, at, "--fit", &value))
        options->fit = value;
    else if (argument_value(argv, at, "--policy", &value))
        options->policy = value;
    else if (argument_value(argv, at, "--heap", &value))
        options->heap = value;
    else
        return run_fail("'%s' is not an option; `halloc run --help` lists them", word);
    return *value || run_fail("%s needs a value; `halloc run --help` says which", word);
}

static bool parse(struct run_options *options, char **argv) {
    int at = 1;
    for (; argv[at] && argv[at][0] == '-'; at++) {
        if (strcmp(argv[at], "--") == 0) {
            at++;
            break;
        }
        if (!parse_option(options, argv, &at))
            return false;
    }
    options->command = argv + at;
    if (!argv[at] || !*argv[at])
        return run_fail("no program to run; say: halloc run -- PROGRAM [ARGUMENT ...]");
    if (options->heap && strcmp(options->heap, "process") != 0 && strcmp(options->heap, "classic") != 0)
        return run_fail("--heap %s: there are two heaps: process, classic", options->heap);
    return run_check_policy(options);
}

/* --- The whole of it -------------------------------------------------------------------------- */

static void print(const struct report *report, const struct run_options *options, FILE *out) {
    if (options->json)
        report_print_json(report, out);
    else
        report_print(report, out, options->stats);
}

/* Only after the program has ended: otherwise it could find this file beside its own. */
static void tell(const struct report *report, const struct run_options *options) {
    struct output output;
    const char *why = options->output ? output_open(&output, options->output, &report_output) : NULL;
    if (!why)
        print(report, options, options->output ? output.file : stderr);
    if (!why && options->output)
        why = output_close(&output, true);
    if (why)
        run_fail("%s", why);
}

static int exit_status(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int run_command(int argc, char **argv) {
    (void)argc;
    if (arguments_ask_for_help(argv))
        return print_help();
    struct run_options options = {.stats = false};
    if (!parse(&options, argv))
        return RUN_USAGE;
    const char *refused = options.output ? output_refused(options.output, &report_output) : NULL;
    if (refused) {
        run_fail("%s", refused);
        return RUN_FAILED;
    }
    struct report report = {.command = options.command, .policy = options.policy};
    if (!run_prepare(&options, &report)) {
        run_clean();
        return RUN_FAILED;
    }
    int status = run_start(&report);
    if (status == 0 && !run_wait(&report))
        status = RUN_FAILED;
    run_clean();
    if (status)
        return status;
    report_gather(&report);
    tell(&report, &options);
    return command_leave(exit_status(report.status));
}
