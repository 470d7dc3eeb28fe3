/* fail.c - see fail.h. */
#include "fail.h"

#include <stdarg.h>
#include <stdio.h>

bool fail(const char *who, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fprintf(stderr, "%s: ", who);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    return false;
}

int fail_usage(const char *who, const char *what, const char *word) {
    fprintf(stderr, "%s: %s%s; `%s --help` tells more\n", who, what, word, who);
    return 2;
}
