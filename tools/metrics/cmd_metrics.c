/* cmd_metrics.c - `halloc metrics PID|--all`: figures of running processes for a monitoring system. */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "../base/output.h"
#include "../live/visit.h"
#include "open_metrics.h"

#include <stdlib.h>
#include <string.h>

struct samples {
    struct sample *list;
    size_t count;
};

static int print_help(void) {
    puts("usage: halloc metrics [--file F] PID | --all\n"
         "Prints figures of one process, or of every process of yours that runs on Halloc\n"
         "(as root, everybody's), as OpenMetrics text: for Prometheus, by its node\n"
         "exporter's text files. Nothing is stopped, nothing listens.\n"
         "\n"
         "  --all       every process\n"
         "  --file F    write them to F, which is replaced when it is whole; its name ends\n"
         "              in .prom for the node exporter");
    return command_written("halloc metrics", 0);
}

static int usage(const char *what, const char *word) {
    return fail_usage("halloc metrics", what, word);
}

static void add_sample(const struct view *view, const char *why, void *context) {
    struct samples *samples = context;
    struct sample *room = why ? NULL : view_room(samples->list, samples->count, sizeof *room);
    if (!room)
        return;
    samples->list = room;
    struct sample *sample = &room[samples->count++];
    *sample = (struct sample){.pid = view->pid,
                              .used_bytes = view->used_bytes,
                              .peak_used_bytes = view->peak_used_bytes,
                              .purged_bytes = view->purged_bytes,
                              .tasks = view->tasks};
    memcpy(sample->program, view->program, sizeof sample->program);
    ledger_make(view, &sample->ledger);
}

static bool write_samples(const struct samples *samples, const char *path) {
    static const struct output_kind kind = {.name = "file of metrics", .begins = {"# "}};
    struct output output;
    const char *why = output_refused(path, &kind);
    if (!why)
        why = output_open(&output, path, &kind);
    if (!why) {
        open_metrics_write(samples->list, samples->count, output.file);
        why = output_close(&output, true);
    }
    return why ? fail("halloc metrics", "%s", why) : true;
}

static int measure(const char *word, const char *path) {
    struct samples samples = {0};
    struct view view = {0};
    const char *why = NULL;
    if (!word)
        visit_all(add_sample, &samples);
    else if ((why = visit(visit_pid(word), false, &view)))
        fail("halloc metrics", "process %s: %s", word, why);
    else
        add_sample(&view, NULL, &samples);
    bool done = !why && write_samples(&samples, path);
    view_free(&view);
    free(samples.list);
    return command_written("halloc metrics", !done);
}

int command_metrics(int argc, char **argv) {
    const char *word = NULL, *path = NULL;
    bool all = false;
    for (int at = 1; at < argc; at++) {
        const char *option = argv[at];
        if (argument_is_help(argv[at]))
            return print_help();
        if (argument_value(argv, &at, "--file", &path)) {
            if (!*path)
                return usage(option, " needs a value");
        } else if (strcmp(argv[at], "--all") == 0)
            all = true;
        else if (argument_is_option(argv[at]))
            return usage(argv[at], " is not an option");
        else if (word)
            return usage("one process at a time: ", argv[at]);
        else if (!visit_pid(argv[at]))
            return usage("not a process: ", argv[at]);
        else
            word = argv[at];
    }
    if (all == (word != NULL))
        return usage("one of PID and --all", "");
    return measure(word, path ? path : "-");
}
