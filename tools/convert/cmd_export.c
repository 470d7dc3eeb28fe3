/*
 * cmd_export.c - `halloc export F`: writes a trace as CS:APP's .rep, for the malloc lab's drivers, or as
 * CS107's .script; or adds it up by call site for viewers of profiles (add_up.h).
 *
 * .rep has one thread and no alignment. So the operations of all threads come in the trace's one
 * order, and aligned allocations become plain ones. Operations that allocate nothing are left out:
 * failures, thread exits, forks, frees of unknown objects. An object keeps its id through every realloc. No
 * id is used twice, because some drivers do not allow it.
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "add_up.h"
#include "../trace/read/live.h"
#include "../base/output.h"
#include "../base/progress.h"
#include "../trace/read/reader.h"
#include "../trace/symbol/symbol.h"
#include "../base/words.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct output_kind rep_output = {.name = ".rep trace", .begins = {"0"}};
static const struct output_kind script_output = {.name = ".script trace", .begins = {"a ", "#"}};

#define HEAP_HINT 20000000 /* the value in the lab's own traces; drivers ignore it */

static int print_help(void) {
    puts("usage: halloc export [--to=FORMAT] [-o FILE] [--header=old|new] F.htrace\n"
         "Makes a .rep trace for CS:APP's malloc lab, a .script for CS107's, or a profile\n"
         "by call site (halloc trace --stacks). What is in use in a profile is what was\n"
         "live at the peak.\n"
         "\n"
         "  --to=FORMAT     rep: the trace (the default); script: the trace without a\n"
         "                  header; pprof: for `go tool pprof`; dhat: for the viewer of\n"
         "                  valgrind's DHAT; folded: lines of stacks; flame: a flame\n"
         "                  graph, SVG; speedscope: for speedscope.app\n"
         "  -o FILE         write this file; default: standard output\n"
         "  --header=old    heap size, ids, operations, weight (the default)\n"
         "  --header=new    weight, ids, operations, most bytes");
    return command_written("halloc export", 0);
}

static int usage(const char *what, const char *word) {
    return fail_usage("halloc export", what, word);
}

struct export {
    const struct trace *trace;
    FILE *out;
    struct live live; /* the note is the id of the object */
    uint64_t ids, lines, left_out, plain;
    enum header { HEADER_OLD, HEADER_NEW, HEADER_NONE } header; /* none: a script */
};

/* --- Operations ----------------------------------------------------------------------------------- */

/* The first pass only counts, with out NULL: the header has the counts. */
static void line(struct export *export, char kind, int64_t id, const uint64_t *size) {
    export->lines++;
    if (export->out && size)
        fprintf(export->out, "%c %" PRId64 " %" PRIu64 "\n", kind, id, *size);
    else if (export->out)
        fprintf(export->out, "%c %" PRId64 "\n", kind, id);
}

static bool begin(struct export *export, const struct operation *operation) {
    struct live_entry was = {.object = OBJECT_NONE};
    if (operation->previous != OBJECT_NONE)
        live_end(&export->live, operation->previous, &was);
    bool moved = was.object != OBJECT_NONE;
    uint64_t id = moved ? was.note : export->ids++;
    line(export, moved ? 'r' : 'a', (int64_t)id, &operation->size);
    export->plain += operation->kind == OPERATION_ALIGNED;
    return live_begin(&export->live, operation->object, operation->size, id);
}

static bool put(struct export *export, const struct operation *operation) {
    struct live_entry was;
    if (operation_begins_object(operation))
        return begin(export, operation);
    if (operation->kind == OPERATION_FREE_NULL && export->header != HEADER_NONE)
        line(export, 'f', -1, NULL);
    else if (operation_ended_object(operation) != OBJECT_NONE &&
             live_end(&export->live, operation->object, &was))
        line(export, 'f', (int64_t)was.note, NULL);
    else
        export->left_out++;
    return true;
}

static bool pass(struct export *export) {
    struct trace_cursor *cursor = trace_cursor_open(export->trace);
    struct operation operation;
    bool done = cursor != NULL;
    export->ids = export->lines = export->left_out = export->plain = 0;
    while (done && trace_next(cursor, &operation)) {
        done = put(export, &operation);
        if (operation.number % 65536 == 0)
            progress_show(export->out ? "exporting" : "counting", operation.number,
                          trace_totals(export->trace)->operations);
    }
    live_free(&export->live);
    trace_cursor_close(cursor);
    return done;
}

/* --- The file ------------------------------------------------------------------------------------- */

static bool write_all(struct export *export, FILE *out) {
    bool new_header = export->header == HEADER_NEW;
    if (!pass(export))
        return false;
    uint64_t peak = trace_totals(export->trace)->peak_bytes;
    if (export->header != HEADER_NONE)
        fprintf(out, "%" PRIu64 "\n%" PRIu64 "\n%" PRIu64 "\n%" PRIu64 "\n",
                new_header ? 1 : (uint64_t)HEAP_HINT, export->ids, export->lines, new_header ? peak : 1);
    export->out = out;
    return pass(export);
}

static void tell(const struct export *export) {
    char words[WORD_BYTES];
    if (export->left_out)
        fprintf(stderr, "halloc export: %s left out that %s has no word for\n",
                word_many(export->left_out, "operation", words),
                export->header == HEADER_NONE ? ".script" : ".rep");
    if (export->plain)
        fprintf(stderr, "halloc export: %s became plain\n",
                word_many(export->plain, "aligned allocation", words));
}

/* NULL, or what went wrong. */
static const char *write_profile(const struct trace *trace, const struct profile_format *format,
                                 const char *name) {
    struct profile profile;
    bool done = add_up(&profile, trace);
    progress_end();
    const char *why = done ? profile_write(&profile, format, name) : "out of memory";
    symbol_close();
    profile_free(&profile);
    return why;
}

static const char *write_rep(const struct trace *trace, const char *name, enum header header) {
    struct export export = {.trace = trace, .header = header};
    struct output output;
    const char *why = output_open(&output, name, header == HEADER_NONE ? &script_output : &rep_output);
    if (why)
        return why;
    bool done = write_all(&export, output.file);
    progress_end();
    why = output_close(&output, done);
    tell(&export);
    return why || done ? why : "out of memory";
}

static int export_file(const char *path, const char *name, const struct profile_format *format,
                       enum header header) {
    struct trace_problem problem;
    progress_begin("halloc export");
    struct trace *trace = trace_open(path, &problem);
    progress_end();
    if (!trace)
        return trace_complain("halloc export", path, &problem);
    if (format && !trace_sites(trace))
        fputs("halloc export: the trace has no call sites: `halloc trace --stacks` records them\n", stderr);
    const char *why = format ? write_profile(trace, format, name) : write_rep(trace, name, header);
    if (why)
        fprintf(stderr, "halloc export: %s\n", why);
    int status = trace_complain_damage("halloc export", path, trace) || why;
    trace_close(trace);
    return status;
}

int command_export(int argc, char **argv) {
    const char *path = NULL, *output = "-", *header = "old", *to = "rep";
    for (int at = 1; at < argc; at++) {
        const char *word = argv[at];
        if (argument_is_help(word))
            return print_help();
        if (argument_value(argv, &at, "--header", &header) || argument_value(argv, &at, "--to", &to) ||
            argument_value(argv, &at, "-o", &output))
            continue;
        if (argument_is_option(word))
            return usage(word, " is not an option");
        if (path)
            return usage("one file at a time: ", word);
        path = word;
    }
    if (!path || !*output)
        return usage(path ? "-o needs a value" : "no file to export", "");
    if (strcmp(header, "old") != 0 && strcmp(header, "new") != 0)
        return usage("there are two headers, old and new, and none called ", header);
    const struct profile_format *format = profile_format_named(to);
    bool script = strcmp(to, "script") == 0;
    if (!format && !script && strcmp(to, "rep") != 0)
        return usage(
            "there are the formats rep, script, pprof, dhat, folded, flame and speedscope, and none called ",
            to);
    bool new_header = strcmp(header, "new") == 0;
    return export_file(path, output, format, script ? HEADER_NONE : new_header ? HEADER_NEW : HEADER_OLD);
}
