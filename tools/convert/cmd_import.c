/*
 * cmd_import.c - `halloc import F`: makes a .htrace file from another tool's trace. import_rep.c,
 * import_valgrind.c and import_heaptrack.c read the formats, through unpack.c if the file is compressed. The
 * first line tells which format it is.
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "import.h"
#include "unpack.h"
#include "../trace/format/format.h"
#include "../base/progress.h"
#include "../base/words.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int print_help(void) {
    puts("usage: halloc import [-o F.htrace] [--from=FORMAT] FILE\n"
         "Makes a trace from the output of another tool. The FILE - is standard input.\n"
         "\n"
         "  -o F.htrace      write this file; default: FILE with the ending .htrace\n"
         "  --from=FORMAT    rep: CS:APP's malloc lab, both headers; script: CS107's heap\n"
         "                   allocator; valgrind: the output of valgrind\n"
         "                   --trace-malloc=yes; heaptrack: the data file of KDE's\n"
         "                   heaptrack, with its call sites. By default the first line\n"
         "                   tells. Files of zstd and gzip are unpacked by these tools\n"
         "\n"
         "For a damaged file the command keeps what precedes the damage, and prints the\n"
         "line and the offset. The exit status is 1.");
    return command_written("halloc import", 0);
}

static const struct format {
    const char *name;
    bool (*read)(struct import *import);
    bool has_sites;
} formats[] = {{"rep", import_rep, false},
               {"script", import_script, false},
               {"valgrind", import_valgrind, false},
               {"heaptrack", import_heaptrack, true}};

static const struct format *format_named(const char *name) {
    for (size_t index = 0; index < sizeof formats / sizeof *formats; index++)
        if (strcmp(formats[index].name, name) == 0)
            return &formats[index];
    return NULL;
}

struct options {
    const char *path, *output, *from;
};

static int usage(const char *what, const char *word) {
    return fail_usage("halloc import", what, word);
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
    if (options->from && !format_named(options->from))
        return usage("there are the formats rep, script, valgrind and heaptrack, and none called ",
                     options->from);
    return 0;
}

static bool is_number(const char *line) {
    line += strspn(line, " \t");
    size_t digits = strspn(line, "0123456789");
    return digits && !line[digits + strspn(line + digits, " \t")];
}

/* "a 0 100", "f 0", or a comment. */
static bool is_script(const char *line) {
    line += strspn(line, " \t");
    return *line == '#' || (strchr("arf", *line) && (line[1] == ' ' || line[1] == '\t'));
}

/* "v 10400 3" */
static bool is_heaptrack(const char *line) {
    unsigned version, format;
    return sscanf(line, "v %x %x", &version, &format) == 2;
}

static bool is_valgrind(const char *line) {
    return (strncmp(line, "==", 2) == 0 || strncmp(line, "--", 2) == 0) && line[2] >= '0' && line[2] <= '9';
}

static bool is_trace(const char *line) {
    return strncmp(line, FILE_MAGIC, strlen(FILE_MAGIC) - 1) == 0; /* its end is the end of a line */
}

/* By the option, or by the first line. What that does not tell may be valgrind's, behind lines of the
 * program. */
static const struct format *format_of(const struct options *options, const char *line) {
    if (options->from)
        return format_named(options->from);
    return format_named(is_number(line)      ? "rep"
                        : is_script(line)    ? "script"
                        : is_heaptrack(line) ? "heaptrack"
                                             : "valgrind");
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
static struct trace_writer *open_writer(const char *path, const char *output, bool has_sites) {
    char *command = NULL;
    size_t bytes;
    FILE *out = open_memstream(&command, &bytes);
    if (out) {
        fputs("halloc import ", out);
        word_print_quoted(out, path);
    }
    bool done = out && fclose(out) == 0;
    struct trace_writer *writer = done ? trace_writer_open(output, command, has_sites) : NULL;
    int error = errno;
    free(command);
    errno = error;
    return writer;
}

static int import_file(struct import *import, const struct options *options, const char *output,
                       struct unpacking *unpacking) {
    char words[WORD_BYTES];
    if (!import_line(import)) {
        if (import->problem.found)
            return trace_complain("halloc import", options->path, &import->problem);
        if (ferror(import->file)) {
            fprintf(stderr, "halloc import: %s: cannot read it: %s\n", options->path, strerror(errno));
            return 1;
        }
        bool sound = unpack_end(unpacking, true);
        fprintf(stderr, "halloc import: %s: at byte 0: the file is %s\n", options->path,
                sound ? "empty" : "damaged");
        return 1;
    }
    const struct format *format = format_of(options, import->line);
    bool known = options->from || format->read != import_valgrind || is_valgrind(import->line);
    if (is_trace(import->line))
        return !fail("halloc import", "%s: it is a .htrace already, which every command reads",
                     options->path);
    import->writer = open_writer(options->path, output, format->has_sites);
    if (!import->writer)
        return trace_writer_complain("halloc import", output);
    bool good = format->read(import) && !import->problem.found;
    struct trace_problem problem;
    bool to_end = good || feof(import->file);
    if (!unpack_end(unpacking, to_end)) {
        import->problem.found = false; /* what is wrong with the text comes from that */
        good =
            import_wrong(import, "%s says that the file is damaged; what precedes was read", unpacking->tool);
    }
    progress_end();
    if (!good && !known && !import->operations)
        fail("halloc import", "%s: of no format that this command knows: rep, script, valgrind, heaptrack",
             options->path);
    else if (!good)
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
    struct unpacking unpacking = unpack(import.file);
    import.file = unpacking.text;
    if (!import.file)
        fprintf(stderr, "halloc import: %s: cannot start %s: %s\n", options.path, unpacking.tool,
                strerror(errno));
    import.length = unpacking.tool ? 0 : import.length; /* of the text it is not known */
    progress_begin("halloc import");
    status = output && import.file ? import_file(&import, &options, output, &unpacking) : 1;
    progress_end();
    unpack_end(&unpacking, false);
    free(output);
    return status;
}
