/*
 * includes.c - names the files that a submission includes and that are not its own: a neighbour's, perhaps.
 *
 * The compiler writes what it read as a rule for make, "x: mine.c /usr/include/stdio.h ...". Each name is
 * followed to where it leads. A submission that is a file has no folder of its own: then each other file
 * is named.
 */
#define _GNU_SOURCE 1
#include "grade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where systems keep headers, those of the compiler included. */
static const char *const systems[] = {"/usr", "/opt", "/nix", "/gnu", "/lib"};

/* Is it the folder, or the file, `place`, or in it? */
static bool lies_in(const char *file, const char *place) {
    size_t length = strlen(place);
    return length && strncmp(file, place, length) == 0 && (file[length] == '/' || !file[length]);
}

static bool is_own(const char *file, const char *own, const struct compiled *compiled) {
    bool is = lies_in(file, own) || lies_in(file, compiled->include) || lies_in(file, compiled->folder);
    for (size_t system = 0; !is && system < sizeof systems / sizeof *systems; system++)
        is = lies_in(file, systems[system]);
    return is;
}

/* The next name of the rule. False: there is none. */
static bool read_name(FILE *rule, char name[PATH_MAX]) {
    size_t length = 0;
    int letter;
    while ((letter = getc(rule)) != EOF && length + 1 < PATH_MAX) {
        bool quoted = letter == '\\' || letter == '$';
        int next = quoted ? getc(rule) : 0;
        if (letter == '\\' && next != '\n' && next != ' ' && next != '#')
            ungetc(next, rule); /* a backslash of the name */
        else if (quoted)
            letter = next;
        if (letter == '\n' || (letter == ' ' && !quoted)) {
            if (length)
                break;
            continue;
        }
        name[length++] = (char)letter;
    }
    name[length] = 0;
    return length != 0;
}

void includes_tell(const char *path, const struct compiled *compiled, char *text, size_t bytes) {
    char own[PATH_MAX], name[PATH_MAX], file[PATH_MAX];
    FILE *rule = fopen(compiled->includes, "re");
    if (!realpath(path, own))
        own[0] = 0;
    while (rule && read_name(rule, name)) {
        size_t length = strlen(text);
        if (strcmp(name, "x:") != 0 && realpath(name, file) && !is_own(file, own, compiled))
            snprintf(text + length, bytes - length, "; includes %s", file);
    }
    if (rule)
        fclose(rule);
}
