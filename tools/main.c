/*
 * main.c - the `halloc` command: its first word chooses one of these commands.
 *
 *      run/       halloc run            tour/      halloc tour
 *      trace/     halloc trace, and the .htrace file: format/ read/ footer/ write/ symbol/
 *      stat/      halloc stat           convert/   halloc import, halloc export
 *      replay/    halloc replay: serial/ is one trace on one heap, measure/ a process for each, board/
 *      diff/      halloc diff           generate/  halloc gen
 *      map/       halloc map: page/ in HTML, picture/ as a figure and in the terminal
 *      explain/   halloc explain        papers/    halloc papers
 *      play/      halloc play: opens the page that page/ makes
 *      lab/       halloc lab: trial/ runs a policy in a cage, calls/ is what the policy is tried with
 *      live/      looks into a process that runs, for the following; why/ halloc why
 *      profile/   halloc profile, halloc leaks; and the formats of profiles
 *      symbolize/ halloc symbolize         top/       halloc top, halloc ps
 *      metrics/   halloc metrics
 *      snapshot/  halloc snapshot, and its file
 *      base/      what several commands need: messages, numbers in words, output files, a line of progress
 *
 * Three folders hold programs of their own. capture/ is the recorder that `halloc trace` preloads. `halloc
 * replay` runs other allocators in replayer/. gdb/ is a script for the debugger.
 *
 * tests/house/layers.py has the order in which these folders may include each other. The single-file build
 * has a smaller main (tour/cmd_tour.c), with the tour alone.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "../halloc.h"
#include "base/commands.h"
#include "run/run.h"
#include "tour/tour.h"

static const struct command {
    const char *name;
    int (*call)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"run", run_command, "run a program on halloc, and report when it ends"},
    {"trace", command_trace, "record every allocation of a program, on any allocator"},
    {"stat", command_stat, "describe a trace: sizes, lifetimes, threads, the peak, leaks"},
    {"replay", command_replay, "replay a trace under policies and allocators: compare them"},
    {"diff", command_diff, "find the first placement that differs between two policies"},
    {"map", command_map, "draw how a heap changes: a page, a figure, or the terminal"},
    {"explain", command_explain, "say why a block is here, why the heap grew, what pins holes"},
    {"ps", command_ps, "list the processes that run on halloc, with live figures"},
    {"top", command_top, "watch the processes that run on halloc, once a second"},
    {"why", command_why, "tell where a process's memory is, and what would free some"},
    {"profile", command_profile, "tell which functions of a process allocate and hold memory"},
    {"leaks", command_leaks, "tell which call sites hold memory, and for how long"},
    {"symbolize", command_symbolize, "put functions and lines in the place of offsets in a report"},
    {"snapshot", command_snapshot, "keep the heap of a process in a file, for why and map"},
    {"metrics", command_metrics, "print figures of processes for Prometheus (OpenMetrics)"},
    {"papers", command_papers, "repeat published experiments: our figures beside theirs"},
    {"lab", command_lab, "write a policy, check it, and compare it with the others"},
    {"play", command_play, "play with a heap in a browser, and write a policy there"},
    {"gen", command_gen, "make a synthetic trace"},
    {"import", command_import, "make a trace from .rep, valgrind's log or heaptrack's data"},
    {"export", command_export, "make a .rep, or a profile: pprof, a flame graph, DHAT"},
    {"tour", tour_command, "see a real heap at work, step by step"},
};

#define COMMANDS (sizeof commands / sizeof *commands)

static void print_help(void) {
    puts("usage: halloc COMMAND ...\n");
    for (size_t index = 0; index < COMMANDS; index++)
        printf("  halloc %-10s %s\n", commands[index].name, commands[index].help);
    puts("  halloc --version  the version\n"
         "  halloc --help     this text; halloc COMMAND --help: the text of that command\n"
         "\n"
         "  halloc run --stats -- python3 -c 'print(1)'");
}

static const struct command *command_named(const char *word) {
    for (size_t index = 0; index < COMMANDS; index++)
        if (strcmp(word, commands[index].name) == 0)
            return &commands[index];
    return NULL;
}

/* `halloc help map` is `halloc map --help`. */
static int help(char *word) {
    const struct command *command = word ? command_named(word) : NULL;
    if (command)
        return command->call(2, (char *[]){word, "--help", NULL});
    if (!word) {
        print_help();
        return command_written("halloc", 0);
    }
    fprintf(stderr, "halloc: '%s' is not a command; `halloc --help` lists them\n", word);
    return 2;
}

/* Otherwise the first file that is opened would take the place of a closed standard output, and get what is
 * printed. To write there still fails, and a program that is run finds it closed. */
static void fill_closed_places(void) {
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", (fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) | O_CLOEXEC) != fd)
            return;
}

int main(int argc, char **argv) {
    fill_closed_places();
    char *word = argc > 1 ? argv[1] : "--help";
    const struct command *command = command_named(word);
    if (command)
        return command->call(argc - 1, argv + 1);
    if (strcmp(word, "--version") == 0) {
        printf("halloc %s\n", halloc_version());
        return command_written("halloc", 0);
    }
    bool asks = strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
    return help(asks ? NULL : strcmp(word, "help") == 0 ? argv[2] : word);
}
