/* cmd_top.c - `halloc top [PID]`: figures of running processes, once a second. */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "../base/words.h"
#include "../live/visit.h"
#include "figures.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define TERMINAL_CLEAR "\033[H\033[J"

struct request {
    pid_t pid; /* 0: all */
    bool plain;
    uint64_t times; /* 0: without end */
};

static int print_help(void) {
    puts("usage: halloc top [--plain] [--times N] [PID]\n"
         "Shows live figures of every process of yours that runs on Halloc (as root,\n"
         "everybody's), or of one, once a second. Nothing is stopped. `halloc ps --help`\n"
         "explains the columns. Ctrl-C ends it; with a PID the end of the process does,\n"
         "too.\n"
         "\n"
         "  --plain       one line after the other, with the time, as in a pipe or a file\n"
         "  --times N     end after N looks");
    return command_written("halloc top", 0);
}

static int usage(const char *what, const char *word) {
    return fail_usage("halloc top", what, word);
}

static void print_row(const struct view *view, const char *why, void *context) {
    const struct request *request = context;
    char room[40] = "";
    time_t now = time(NULL);
    if (request->plain)
        strftime(room, sizeof room, "%H:%M:%S ", localtime(&now));
    figures_print(room, view, why);
}

/* False: the process has ended, or never was one to look at. */
static bool look(struct request *request, bool first) {
    struct view view = {0};
    const char *why = request->pid ? visit(request->pid, false, &view) : NULL;
    if (why && (first || kill(request->pid, 0) == 0))
        fail("halloc top", "process %d: %s", (int)request->pid, why);
    if (!why && !request->plain)
        fputs(TERMINAL_CLEAR, stdout);
    if (!why && (!request->plain || first))
        figures_print_head(request->plain ? "TIME     " : "");
    if (!request->pid)
        visit_all(print_row, request);
    else if (!why)
        print_row(&view, NULL, request);
    view_free(&view);
    fflush(stdout);
    return !why;
}

static int watch(struct request *request) {
    const char *terminal = getenv("TERM");
    bool dumb = terminal && strcmp(terminal, "dumb") == 0;
    request->plain = request->plain || dumb || !isatty(STDOUT_FILENO);
    uint64_t looks = 0;
    while (look(request, looks == 0)) {
        if (++looks == request->times || ferror(stdout))
            break;
        sleep(1);
    }
    return command_written("halloc top", looks == 0);
}

int command_top(int argc, char **argv) {
    struct request request = {0};
    const char *times = NULL;
    for (int at = 1; at < argc; at++) {
        const char *option = argv[at];
        if (argument_is_help(argv[at]))
            return print_help();
        if (argument_value(argv, &at, "--times", &times)) {
            if (!word_read_number(times, times + strlen(times), &request.times) || !request.times)
                return usage(option, " needs a number from 1 on");
        } else if (strcmp(argv[at], "--plain") == 0)
            request.plain = true;
        else if (argument_is_option(argv[at]))
            return usage(argv[at], " is not an option");
        else if (request.pid)
            return usage("one process at a time: ", argv[at]);
        else if (!(request.pid = visit_pid(argv[at])))
            return usage("not a process: ", argv[at]);
    }
    return watch(&request);
}
