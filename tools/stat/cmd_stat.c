/*
 * cmd_stat.c - `halloc stat F`: describes a trace. analysis.c makes the pass; stat_text.c and stat_json.c
 * print.
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "analysis.h"
#include "../base/progress.h"
#include "../trace/symbol/symbol.h"

#include <stdio.h>
#include <string.h>

static int print_help(void) {
    puts("usage: halloc stat [--json] F.htrace\n"
         "Describes a trace: operations, sizes, lifetimes, phases, threads, the peak,\n"
         "objects that were never freed, and call sites if the trace has them.\n"
         "\n"
         "  --json    print JSON with exact numbers; keys of times end in _ns\n"
         "\n"
         "For a damaged file the command describes what precedes the damage and prints its\n"
         "offset. The exit status is 1.");
    return command_written("halloc stat", 0);
}

static int usage(const char *what, const char *word) {
    return fail_usage("halloc stat", what, word);
}

static int show(const char *path, bool json) {
    struct trace_problem problem;
    struct analysis analysis;
    progress_begin("halloc stat");
    struct trace *trace = trace_open(path, &problem);
    if (!trace) {
        progress_end();
        return trace_complain("halloc stat", path, &problem);
    }
    bool done = analyse(trace, &analysis);
    progress_end();
    if (!done)
        fprintf(stderr, "halloc stat: %s: out of memory\n", path);
    else if (json)
        analysis_print_json(trace, &analysis, path);
    else
        analysis_print(trace, &analysis, path);
    int status = command_written("halloc stat", 0);
    if (trace_complain_damage("halloc stat", path, trace) || !done)
        status = 1;
    symbol_close();
    analysis_free(&analysis);
    trace_close(trace);
    return status;
}

int command_stat(int argc, char **argv) {
    const char *path = NULL;
    bool json = false;
    for (int at = 1; at < argc; at++) {
        if (argument_is_help(argv[at]))
            return print_help();
        if (strcmp(argv[at], "--json") == 0)
            json = true;
        else if (argument_is_option(argv[at]))
            return usage(argv[at], " is not an option");
        else if (path)
            return usage("one file at a time: ", argv[at]);
        else
            path = argv[at];
    }
    return path ? show(path, json) : usage("no file to look at", "");
}
