/*
 * cmd_symbolize.c - `halloc symbolize`: functions and lines in the place of the files and offsets that the
 * library reports.
 *
 *      halloc:     freed at /usr/bin/app+0x1189    ->    halloc:     freed at drop (app.c:12)
 *
 * A library that must tell what happened in the middle of a fault cannot read debugging information. So it
 * prints what it knows, and this reads the rest, later, on any machine that has the same files. All other
 * lines stay as they are. What stands before "halloc:" stays, too: a journal's time and name.
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "../trace/symbol/symbol.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WHO "halloc symbolize"

static int print_help(void) {
    puts("usage: halloc symbolize [F]\n"
         "Reads what a program wrote, from F or from standard input, and prints it again. In reports of\n"
         "Halloc, lines like \"allocated at /usr/bin/app+0x1189\" become functions and source lines, also\n"
         "those of functions that were inlined. Files must be the same as in that process. What can't be\n"
         "found stays as it is.\n"
         "\n"
         "  halloc symbolize app.log\n"
         "  HALLOC_CONF=guard:8M halloc run -- app 2>&1 | halloc symbolize");
    return command_written(WHO, 0);
}

/* --- One line ------------------------------------------------------------------------------------------ */

/* Files that are not there are told of once. */
static void complain(const char *path) {
    static char *last;
    if (access(path, R_OK) == 0 || (last && strcmp(last, path) == 0))
        return;
    free(last);
    last = strdup(path);
    fail(WHO, "%s: %s", path, strerror(errno));
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

/* One line becomes several where functions were inlined. */
static void print_line(char *line) {
    struct symbol symbols[SYMBOLS_MOST];
    char words[500];
    uint64_t offset;
    char *place = find_place(line, &offset);
    unsigned count = place ? symbols_in_file(place, offset, symbols) : 0;
    if (place && !count)
        complain(place);
    if (!count || !symbols[0].function[0]) {
        if (place)
            place[strlen(place)] = '+';
        puts(line);
        return;
    }
    for (unsigned at = 0; at < count; at++)
        printf("%.*s%s\n", (int)(place - line), line, symbol_print(&symbols[at], words, sizeof words));
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
        if (has_zero || !whole) {
            fwrite(line, 1, (size_t)length, stdout);
        } else {
            line[length - 1] = 0;
            print_line(line);
        }
        fflush(stdout);
    }
    free(line);
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
