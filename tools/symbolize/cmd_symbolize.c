/*
 * cmd_symbolize.c - `halloc symbolize`: functions and lines in the place of the files and offsets that the
 * library reports.
 *
 *      halloc:     freed at /usr/bin/app+0x1189    ->    halloc:     freed at drop (app.c:12)
 *
 * A library that must tell what happened in the middle of a fault cannot read debugging information. So it
 * prints what it knows, and this reads the rest, later, on any machine that has the same files. All other
 * lines stay as they are. What stands before "halloc:" stays, too: a journal's time and name. The
 * library's own functions, with which each stack begins, are left out.
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "../map/bytes.h"
#include "../trace/symbol/symbol.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WHO "halloc symbolize"

static int print_help(void) {
    puts("usage: halloc symbolize [F]\n"
         "Reads what a program wrote, from F or from standard input, and prints it again.\n"
         "In reports of Halloc, lines like \"allocated at /usr/bin/app+0x1189\" become\n"
         "functions and source lines, also those of functions that were inlined. Files\n"
         "must be the same as in that process. What can't be found stays as it is.\n"
         "\n"
         "  halloc symbolize app.log\n"
         "  HALLOC_CONF=guard:8M halloc run -- app 2>&1 | halloc symbolize");
    return command_written(WHO, 0);
}

/* --- One line ------------------------------------------------------------------------------------------ */

/* Files that are not there are told of once. */
static void complain(const char *path) {
    static char *last;
    struct stat status;
    bool is_read = access(path, R_OK) == 0;
    const char *why = is_read ? "is no file" : strerror(errno);
    if ((is_read && stat(path, &status) == 0 && S_ISREG(status.st_mode)) || (last && strcmp(last, path) == 0))
        return;
    free(last);
    last = strdup(path);
    fail(WHO, "%s: %s", path, why);
}

/* The place of "FILE+0xOFFSET" at the end of a line of a report; NULL: it has none. The line ends behind
 * FILE then. */
static char *find_place(char *line, uint64_t *offset) {
    char *report = strstr(line, "halloc: "), *place = report ? strstr(report, " at ") : NULL;
    char *plus = NULL, *end;
    for (char *at = place; at && (at = strstr(at, "+0x")); at++)
        plus = at;
    if (!plus)
        return NULL;
    *offset = strtoull(plus + 1, &end, 16);
    if (*end || end == plus + 3 || plus == place + 4)
        return NULL;
    *plus = 0;
    return place + 4;
}

/* --- A stack: lines that differ in their places alone ----------------------------------------------- */

/* Its first lines are held: those up to the last one of the library are not printed. */
static struct stack {
    char *words; /* "halloc:     freed at "; NULL: no stack is being read */
    unsigned frames;
    struct bytes text;
} stack;

static void print_held(void) {
    if (stack.text.count)
        fwrite(stack.text.data, 1, stack.text.count, stdout);
    stack.text.count = 0;
}

static void end_stack(void) {
    print_held();
    free(stack.words);
    stack.words = NULL;
}

/* A line that does not go on with the stack ends it. */
static void enter_stack(const char *words, size_t length) {
    if (stack.words && strncmp(stack.words, words, length) == 0 && !stack.words[length])
        return;
    end_stack();
    stack.words = strndup(words, length);
    stack.frames = 0;
}

/* One line becomes several where functions were inlined. */
static void add_frame(char *line, char *place, uint64_t offset, const char *end) {
    struct symbol symbols[SYMBOLS_MOST];
    char words[500];
    unsigned count = symbols_in_file(place, offset, symbols);
    bool is_first = stack.frames++ < SYMBOL_ENTRY_MOST;
    if (!count)
        complain(place);
    if (!count || (!symbols[0].function[0] && !symbol_is_entry(&symbols[0]))) {
        place[strlen(place)] = '+';
        bytes_print(&stack.text, "%s%s", line, end);
    } else {
        for (unsigned at = 0; at < count; at++)
            if (is_first && symbol_is_entry(&symbols[at]))
                stack.text.count = 0;
            else
                bytes_print(&stack.text, "%.*s%s%s", (int)(place - line), line,
                            symbol_print(&symbols[at], words, sizeof words), end);
    }
    if (!is_first)
        print_held();
}

/* `end` stands behind the line: "\n" or "\r\n". */
static void take_line(char *line, const char *end) {
    uint64_t offset;
    char *place = find_place(line, &offset);
    if (place) {
        const char *report = strstr(line, "halloc: ");
        enter_stack(report, (size_t)(place - report));
        add_frame(line, place, offset, end);
    } else {
        end_stack();
        printf("%s%s", line, end);
    }
}

/* --- All of them --------------------------------------------------------------------------------------- */

/* A pipe's lines are printed as they come: the program may go on for long. */
static bool print_all(FILE *file, const char *name) {
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    errno = 0;
    while ((length = getline(&line, &room, file)) >= 0) {
        bool whole = line[length - 1] == '\n';
        bool has_zero = memchr(line, 0, (size_t)length);
        bool has_return = whole && length > 1 && line[length - 2] == '\r';
        if (has_zero || !whole) {
            end_stack();
            fwrite(line, 1, (size_t)length, stdout);
        } else {
            line[length - 1 - has_return] = 0;
            take_line(line, has_return ? "\r\n" : "\n");
        }
        fflush(stdout);
    }
    end_stack();
    free(line);
    bool failed = stack.text.failed;
    bytes_free(&stack.text);
    if (failed)
        return fail(WHO, "out of memory");
    return feof(file) || fail(WHO, "%s: %s", name, strerror(errno));
}

int command_symbolize(int argc, char **argv) {
    const char *name = NULL;
    for (int at = 1; at < argc; at++) {
        if (argument_is_help(argv[at]))
            return print_help();
        if (argument_is_option(argv[at]))
            return fail_usage(WHO, argv[at], " is not an option");
        if (name)
            return fail_usage(WHO, "one file at a time: ", argv[at]);
        name = argv[at];
    }
    bool is_input = !name || strcmp(name, "-") == 0;
    if (!symbols_can_be_found())
        return !fail(WHO, "this command was built without elfutils' libdw (Debian: libdw-dev)");
    FILE *file = is_input ? stdin : fopen(name, "r");
    if (!file)
        return !fail(WHO, "%s: %s", name, strerror(errno));
    bool done = print_all(file, is_input ? "standard input" : name);
    if (!is_input)
        fclose(file);
    symbol_close();
    return command_written(WHO, !done);
}
