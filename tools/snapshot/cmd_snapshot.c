/* cmd_snapshot.c - `halloc snapshot PID -o S`: keeps a look at a process in a file (snapshot.h). */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "../base/output.h"
#include "../base/words.h"
#include "../live/visit.h"
#include "snapshot.h"

#include <string.h>

static int print_help(void) {
    puts("usage: halloc snapshot [--no-pause] -o S PID\n"
         "Writes the heap of a process as it is to a file: each block, slab and slot,\n"
         "which pages are resident, and all mappings. No contents of the program's memory.\n"
         "`halloc why S` explains it, `halloc map S` draws it.\n"
         "\n"
         "  -o S          the file\n"
         "  --no-pause    do not hold the process still while it is read");
    return command_written("halloc snapshot", 0);
}

static int usage(const char *what, const char *word) {
    return fail_usage("halloc snapshot", what, word);
}

static int keep(const char *word, const char *path, bool paused) {
    static const struct output_kind kind = {.name = "snapshot", .begins = {"halloc-snapshot"}};
    struct output output;
    struct view view = {0};
    char bytes[WORD_BYTES], time[WORD_BYTES];
    const char *why = output_refused(path, &kind);
    if (why) {
        fail("halloc snapshot", "%s", why);
        return 1;
    }
    why = visit(visit_pid(word), paused, &view);
    if (why)
        fail("halloc snapshot", "process %s: %s", word, why);
    else if (!(why = output_open(&output, path, &kind))) {
        snapshot_write(&view, output.file);
        long length = output.part ? ftell(output.file) : 0;
        why = output_close(&output, true);
        if (!why && output.part)
            printf("%s: %s; process %s stood still for %s\n", path, word_bytes((uint64_t)length, bytes), word,
                   word_time(view.paused_ns, time));
        else if (why)
            fail("halloc snapshot", "%s", why);
    } else {
        fail("halloc snapshot", "%s", why);
    }
    view_free(&view);
    return command_written("halloc snapshot", why != NULL);
}

int command_snapshot(int argc, char **argv) {
    const char *word = NULL, *path = NULL;
    bool paused = true;
    for (int at = 1; at < argc; at++) {
        const char *option = argv[at];
        if (argument_is_help(argv[at]))
            return print_help();
        if (argument_value(argv, &at, "-o", &path)) {
            if (!*path)
                return usage(option, " needs a value");
        } else if (strcmp(argv[at], "--no-pause") == 0)
            paused = false;
        else if (argument_is_option(argv[at]))
            return usage(argv[at], " is not an option");
        else if (word)
            return usage("one process at a time: ", argv[at]);
        else
            word = argv[at];
    }
    if (!word || !visit_pid(word))
        return usage(word ? "not a process: " : "no process to look at: `halloc ps` lists them",
                     word ? word : "");
    return path ? keep(word, path, paused) : usage("-o says where to: -o S", "");
}
