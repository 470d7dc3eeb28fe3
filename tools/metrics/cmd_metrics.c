/* cmd_metrics.c - `halloc metrics PID|--all`: figures of running processes for a monitoring system. */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "../base/output.h"
#include "../live/visit.h"
#include "listen.h"
#include "open_metrics.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct samples {
    struct sample *list;
    size_t count;
};

struct request {
    const char *word; /* a process; NULL: all */
    const char *file, *socket;
    bool older;
};

static int print_help(void) {
    puts("usage: halloc metrics [--to=FORMAT] [--file F | --listen SOCKET] PID | --all\n"
         "Prints figures of one process, or of every process of yours that runs on Halloc\n"
         "(as root, everybody's), for Prometheus and others. Nothing is stopped, and\n"
         "nothing listens on a network.\n"
         "\n"
         "  --all            every process\n"
         "  --file F         write them to F, which is replaced when it is whole; its name\n"
         "                   ends in .prom for Prometheus's node exporter\n"
         "  --listen SOCKET  make a Unix socket, and answer who asks there, by HTTP, until\n"
         "                   Ctrl-C, or the end of PID; only you and root may connect:\n"
         "                   curl --unix-socket SOCKET http://localhost/metrics\n"
         "  --to=FORMAT      openmetrics (the default), or prometheus: the older text, for\n"
         "                   promtool and the node exporter; the default for F.prom");
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

/* NULL, or why not. The caller frees the list. */
static const char *look(const char *word, struct samples *samples) {
    struct view view = {0};
    const char *why = NULL;
    if (!word)
        visit_all(add_sample, samples);
    else if (!(why = visit(visit_pid(word), false, &view)))
        add_sample(&view, NULL, samples);
    view_free(&view);
    return why;
}

static bool write_file(const struct request *request, const struct samples *samples) {
    static const struct output_kind kind = {.name = "file of metrics", .begins = {"# "}};
    const char *path = request->file ? request->file : "-";
    struct output output;
    const char *why = output_refused(path, &kind);
    if (!why)
        why = output_open(&output, path, &kind);
    if (!why) {
        open_metrics_write(samples->list, samples->count, request->older, output.file);
        why = output_close(&output, true);
    }
    return why ? fail("halloc metrics", "%s", why) : true;
}

/* --- Who asks at a socket ------------------------------------------------------------------------------ */

static const char *answer(FILE *file, void *context) {
    const struct request *request = context;
    struct samples samples = {0};
    const char *why = look(request->word, &samples);
    if (!why)
        open_metrics_write(samples.list, samples.count, request->older, file);
    free(samples.list);
    return why;
}

static bool goes_on(void *context) {
    const struct request *request = context;
    return !request->word || kill(visit_pid(request->word), 0) == 0;
}

static bool answer_all(struct request *request) {
    const struct listening listening = {request->older
                                            ? "text/plain; version=0.0.4; charset=utf-8"
                                            : "application/openmetrics-text; version=1.0.0; charset=utf-8",
                                        answer, goes_on, request};
    const char *why = listen_at(request->socket, &listening);
    return why ? fail("halloc metrics", "%s: %s", request->socket, why) : true;
}

/* --- The command line ---------------------------------------------------------------------------------- */

static int measure(struct request *request) {
    struct samples samples = {0};
    const char *why = look(request->word, &samples);
    bool done = why               ? fail("halloc metrics", "process %s: %s", request->word, why)
                : request->socket ? answer_all(request)
                                  : write_file(request, &samples);
    free(samples.list);
    return command_written("halloc metrics", !done);
}

static bool set_format(struct request *request, const char *name) {
    request->older = strcmp(name, "prometheus") == 0;
    return request->older || strcmp(name, "openmetrics") == 0;
}

static bool ends_in_prom(const char *path) {
    return path && strlen(path) > 5 && strcmp(path + strlen(path) - 5, ".prom") == 0;
}

int command_metrics(int argc, char **argv) {
    struct request request = {0};
    const char *format = NULL;
    bool all = false;
    for (int at = 1; at < argc; at++) {
        const char *option = argv[at], *value = "given"; /* an option without a value keeps this */
        if (argument_is_help(argv[at]))
            return print_help();
        if (argument_value(argv, &at, "--file", &value))
            request.file = value;
        else if (argument_value(argv, &at, "--listen", &value))
            request.socket = value;
        else if (argument_value(argv, &at, "--to", &value))
            format = value;
        else if (strcmp(argv[at], "--all") == 0)
            all = true;
        else if (argument_is_option(argv[at]))
            return usage(argv[at], " is not an option");
        else if (request.word)
            return usage("one process at a time: ", argv[at]);
        else if (!visit_pid(argv[at]))
            return usage("not a process: ", argv[at]);
        else
            request.word = argv[at];
        if (!*value)
            return usage(option, " needs a value");
    }
    if (all == (request.word != NULL))
        return usage("one of PID and --all", "");
    if (request.file && request.socket)
        return usage("one of --file and --listen", "");
    request.older = ends_in_prom(request.file);
    if (format && !set_format(&request, format))
        return usage("there are the formats openmetrics and prometheus, and none called ", format);
    return measure(&request);
}
