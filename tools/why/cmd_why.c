/*
 * cmd_why.c - `halloc why PID`: where every resident byte of a process is, and what would help.
 *
 * visit.h looks at the process, ledger.h adds up, doctor.h names problems, who.h those who pin, unchanged.h
 * compares with an earlier look, say_why.c prints.
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "../live/visit.h"
#include "../snapshot/snapshot.h"
#include "why.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int print_help(void) {
    puts("usage: halloc why [--json] [--no-pause] [--since=S] PID | SNAPSHOT\n"
         "Tells where every resident byte of a process is, and what would make it less.\n"
         "The process runs on Halloc, is yours, and goes on. A file of `halloc snapshot`\n"
         "is read in the same way.\n"
         "\n"
         "  --json        print JSON with exact numbers\n"
         "  --no-pause    do not hold the process still while it is read: some 10 ms for\n"
         "                each 100 MiB. Figures may then not fit together\n"
         "  --since=S     an earlier snapshot of the process: tell also which slabs are as\n"
         "                they were, so who frees nothing there and takes nothing\n"
         "\n"
         "If the process runs with HALLOC_CONF=sample:512K, the call sites are named whose\n"
         "objects keep free memory from going. That is an estimate: no object in a slab\n"
         "has its call site with it. Samples have, and the objects are taken for those of\n"
         "the samples that they look like.\n"
         "\n"
         "A program that is held notices nothing, but for a few system calls that return\n"
         "EINTR, as under gdb.");
    return command_written("halloc why", 0);
}

static int usage(const char *what, const char *word) {
    return fail_usage("halloc why", what, word);
}

/* *pid: 0 if it is a file. */
static bool look(const char *word, bool paused, struct view *view, pid_t *process) {
    pid_t pid = visit_pid(word);
    if (!pid || access(word, F_OK) == 0) {
        const char *why = snapshot_read(word, view);
        return why ? fail("halloc why", "%s: %s", word, why) : true;
    }
    *process = pid;
    const char *why = visit(pid, paused, view);
    return why ? fail("halloc why", "process %s: %s", word, why) : true;
}

/* False: said why. */
static bool compare(const char *path, const struct view *view, struct unchanged *unchanged) {
    struct view earlier = {0};
    const char *why = snapshot_read(path, &earlier);
    why = why ? why : unchanged_find(view, &earlier, unchanged);
    view_free(&earlier);
    return why ? fail("halloc why", "%s: %s", path, why) : true;
}

int command_why(int argc, char **argv) {
    bool json = false, paused = true;
    const char *word = NULL, *since = NULL;
    for (int at = 1; at < argc; at++) {
        if (argument_is_help(argv[at]))
            return print_help();
        if (strcmp(argv[at], "--json") == 0)
            json = true;
        else if (strcmp(argv[at], "--no-pause") == 0)
            paused = false;
        else if (argument_value(argv, &at, "--since", &since)) {
            if (!*since)
                return usage("--since needs a file of `halloc snapshot`", "");
        } else if (argument_is_option(argv[at]))
            return usage(argv[at], " is not an option");
        else if (word)
            return usage("one process at a time: ", argv[at]);
        else
            word = argv[at];
    }
    if (!word)
        return usage("no process to look at: `halloc ps` lists them", "");
    struct view view = {0};
    struct who who = {.sampled = false};
    struct unchanged unchanged;
    pid_t pid = 0;
    bool seen = look(word, paused, &view, &pid) && (!since || compare(since, &view, &unchanged));
    bool known = seen && pid && !who_pins(pid, paused, &view, &who);
    if (seen)
        (json ? why_print_json : why_print)(&view, known ? &who : NULL, since ? &unchanged : NULL);
    who_free(&who);
    view_free(&view);
    return command_written("halloc why", !seen);
}
