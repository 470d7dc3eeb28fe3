/* cmd_ps.c - `halloc ps`: every process of this user that runs on Halloc, with live figures. */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "../base/words.h"
#include "../live/ledger.h"
#include "../live/visit.h"

#include <stdlib.h>

static int print_help(void) {
    puts("usage: halloc ps\n"
         "Lists every process of yours that runs on Halloc, preloaded or linked.\n"
         "\n"
         "  -h, --help    this text\n"
         "\n"
         "RESIDENT is the process's memory, LIVE what its objects take, FREE what Halloc keeps resident for\n"
         "the next requests, PEAK the most that slabs and large objects took. Nothing is stopped: figures\n"
         "may be a moment old. `halloc why PID` tells more of one process.");
    return command_written("halloc ps", 0);
}

static void print_row(const struct view *view, const char *why, void *context) {
    (void)context;
    if (why) {
        printf("%8llu  %-16.16s %s\n", (unsigned long long)view->pid, view->program, why);
        return;
    }
    char resident[WORD_BYTES], live[WORD_BYTES], kept[WORD_BYTES], peak[WORD_BYTES], objects[WORD_BYTES];
    struct ledger ledger;
    ledger_make(view, &ledger);
    int64_t free_bytes =
        ledger.bytes[LEDGER_FREE] + ledger.bytes[LEDGER_CACHED] + ledger.bytes[LEDGER_BLOCKS];
    printf("%8llu  %-16.16s %10s %10s %10s %10s %12s %7llu\n", (unsigned long long)view->pid, view->program,
           word_bytes(ledger.resident, resident), word_bytes(ledger.live_bytes, live),
           word_bytes((uint64_t)free_bytes, kept), word_bytes(view->peak_used_bytes, peak),
           word_count(ledger.live_objects, objects), (unsigned long long)view->tasks);
}

int command_ps(int argc, char **argv) {
    if (argc > 1)
        return argument_is_help(argv[1]) ? print_help()
                                         : fail_usage("halloc ps", "takes no arguments: ", argv[1]);
    printf("%8s  %-16s %10s %10s %10s %10s %12s %7s\n", "PID", "PROGRAM", "RESIDENT", "LIVE", "FREE", "PEAK",
           "OBJECTS", "THREADS");
    if (!visit_all(print_row, NULL))
        puts("no process of yours runs on Halloc");
    return command_written("halloc ps", 0);
}
