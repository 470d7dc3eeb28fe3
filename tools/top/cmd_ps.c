/* cmd_ps.c - `halloc ps`: every process of this user, or for root of everybody, that runs on Halloc. */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "../live/visit.h"
#include "figures.h"

#include <stdio.h>

static int print_help(void) {
    puts("usage: halloc ps\n"
         "Lists every process of yours that runs on Halloc, preloaded or linked; as root,\n"
         "everybody's.\n"
         "\n"
         "  -h, --help    this text\n"
         "\n"
         "RESIDENT is the process's memory, LIVE what its objects take, FREE what Halloc\n"
         "keeps resident for the next requests, PEAK the most that slabs and large objects\n"
         "took. Nothing is stopped: figures may be a moment old. `halloc why PID` tells\n"
         "more of one process.");
    return command_written("halloc ps", 0);
}

static void print_row(const struct view *view, const char *why, void *context) {
    (void)context;
    figures_print("", view, why);
}

int command_ps(int argc, char **argv) {
    if (argc > 1)
        return argument_is_help(argv[1]) ? print_help()
                                         : fail_usage("halloc ps", "takes no arguments: ", argv[1]);
    figures_print_head("");
    if (!visit_all(print_row, NULL))
        puts("no process of yours runs on Halloc");
    return command_written("halloc ps", 0);
}
