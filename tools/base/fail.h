/*
 * fail.h - how every command reports an error or a wrong command line.
 *
 *      halloc run: cannot find itself in /proc/self/exe: No such file or directory
 *      halloc lab: --fit is not an option; `halloc lab --help` tells more
 */
#ifndef HALLOC_BASE_FAIL_H
#define HALLOC_BASE_FAIL_H

#include <stdbool.h>

/* Prints "halloc run: ..." to stderr; `who` is "halloc run". It is one line, whatever names are in it
 * (plain.h). Returns false, so that a check can end in it. */
bool fail(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A wrong command line: prints what is wrong, and the wrong word. Returns 2, the exit status. */
int fail_usage(const char *who, const char *what, const char *word);

#endif
