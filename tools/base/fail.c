/* fail.c - see fail.h. */
#include "fail.h"
#include "plain.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define LINE_BYTES 16384 /* room for two paths */

bool fail(const char *who, const char *format, ...) {
    char line[LINE_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    fprintf(stderr, "%s: %s\n", who, plain(line));
    return false;
}

int fail_usage(const char *who, const char *what, const char *word) {
    size_t length = strlen(what);
    bool asks = !*word && length && what[length - 1] == '?';
    fail(who, "%s%s%s `%s --help` tells more", what, word, asks ? "" : ";", who);
    return 2;
}
