/*
 * cmd_import.c - `halloc import F`: makes a .htrace file from another tool's trace. import_rep.c and
 * import_valgrind.c read the formats. The first line tells which format it is.
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "import.h"
#include "../base/progress.h"
#include "../base/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int print_help(void) {
    puts(
        "usage: halloc import [-o F.htrace] [--from=FORMAT] FILE\n"
        "Makes a trace from the output of another tool. The FILE - is standard input.\n"
        "\n"
        "  -o F.htrace      write this file; default: FILE with the ending .htrace\n"
        "  --from=FORMAT    rep: CS:APP's malloc lab, both headers; script: CS107's; valgrind: the\n"
        "                   output of valgrind --trace-malloc=yes. By default the first line tells\n"
        "\n"
        "For a damaged file the command keeps what precedes the damage, and prints the line and the offset.\n"
        "The exit status is 1.");
    return fflush(stdout) == 0 ? 0 : 1;
}

struct options {
    const char *path, *output, *from;
};

static int usage(const char *what, const char *word) {
    return fail_usage("halloc import", what, word);
}

typedef bool reader(struct import *import);

static reader *format_of(const char *name) {
    return strcmp(name, "rep") == 0        ? import_rep
           : strcmp(name, "script") == 0   ? import_script
           : strcmp(name, "valgrind") == 0 ? import_valgrind
                                           : NULL;
}

/* 0, or the exit status; -1: help was printed. */
static int parse(struct options *options, int argc, char **argv) {
    for (int at = 1; at < argc; at++) {
        const char *word = argv[at];
        if (argument_is_help(word))
            return print_help() ? 1 : -1;
        if (argument_value(argv, &at, "-o", &options->output)) {
            if (!*options->output)
                return usage("-o needs a value", "");
        } else if (argument_value(argv, &at, "--from", &options->from)) {
            continue;
        } else if (argument_is_option(word)) {
            return usage(word, " is not an option");
        } else if (options->path) {
            return usage("one file at a time: ", word);
        } else {
            options->path = word;
        }
    }
    if (!options->path)
        return usage("no file to import", "");
    if (options->from && !format_of(options->from))
        return usage("there are the formats rep, script and valgrind, and none called ", options->from);
    return 0;
}

static bool is_number(const char *line) {
    line += strspn(line, " \t");
    size_t digits = strspn(line, "0123456789");
    return digits && !line[digits + strspn(line + digits, " \t")];
}

/* "a 0 512", or a comment. */
static bool is_script(const char *line) {
    line += strspn(line, " \t");
    return *line == '#' ||
           (*line && strchr("arf", *line) && line[1] == ' ' && line[2] >= '0' && line[2] <= '9');
}

static reader *format_by_line(const char *line) {
    return is_number(line) ? import_rep : is_script(line) ? import_script : import_valgrind;
}

static char *default_output(const char *path) {
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    size_t length = dot && dot != name ? (size_t)(dot - path) : strlen(path);
    char *output = malloc(length + sizeof ".htrace");
    if (output) {
        memcpy(output, path, length);
        strcpy(output + length, ".htrace");
    }
    return output;
}

/* The command line in the trace is quoted for a shell. */
static struct trace_writer *open_writer(const char *path, const char *output) {
    char *command = NULL;
    size_t bytes;
    FILE *out = open_memstream(&command, &bytes);
    if (out) {
        fputs("halloc import ", out);
        word_print_quoted(out, path);
    }
    bool done = out && fclose(out) == 0;
    struct trace_writer *writer = done ? trace_writer_open(output, command) : NULL;
    int error = errno;
    free(command);
    errno = error;
    return writer;
}

static int import_file(struct import *import, const struct options *options, const char *output) {
    char words[WORD_BYTES];
    if (!import_line(import)) {
        fprintf(stderr, "halloc import: %s: at byte 0: the file is empty\n", options->path);
        return 1;
    }
    import->writer = open_writer(options->path, output);
    if (!import->writer)
        return trace_writer_complain("halloc import", output);
    bool good = (options->from ? format_of(options->from) : format_by_line(import->line))(import);
    struct trace_problem problem;
    progress_end();
    if (!good)
        trace_complain("halloc import", options->path, &import->problem);
    if (!good && !import->operations) {
        trace_writer_abandon(import->writer);
        return 1;
    }
    if (!trace_writer_close(import->writer, &problem))
        return trace_complain("halloc import", output, &problem);
    fprintf(stderr, "halloc import: %s: %s%s\n", output, word_many(import->operations, "operation", words),
            good ? "" : ", those before that");
    return !good;
}

int command_import(int argc, char **argv) {
    struct options options = {.path = NULL};
    int status = parse(&options, argc, argv);
    if (status)
        return status < 0 ? 0 : status;
    bool input = strcmp(options.path, "-") == 0;
    struct import import = {.file = input ? stdin : fopen(options.path, "re")};
    if (!import.file) {
        fprintf(stderr, "halloc import: %s: cannot read it: %s\n", options.path, strerror(errno));
        return 1;
    }
    char *output = options.output ? strdup(options.output) : default_output(input ? "import" : options.path);
    if (!input && fseek(import.file, 0, SEEK_END) == 0) {
        import.length = (uint64_t)ftell(import.file);
        rewind(import.file);
    }
    progress_begin("halloc import");
    status = output ? import_file(&import, &options, output) : 1;
    progress_end();
    free(output);
    if (!input)
        fclose(import.file);
    return status;
}
