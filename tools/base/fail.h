/*
 * fail.h - a command says what it could not do, or was told wrongly, in the same form as every other.
 *
 *      halloc run: cannot find itself in /proc/self/exe: No such file or directory
 *      halloc lab: --fit is not an option; `halloc lab --help` tells more
 */
#ifndef HALLOC_BASE_FAIL_H
#define HALLOC_BASE_FAIL_H

#include <stdbool.h>

/* "halloc run: ..." on stderr; `who` is "halloc run". Returns false, so that a check can end in it. */
bool fail(const char *who, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* A command line that makes no sense: what is wrong, and the word that is. Returns 2, the exit status. */
int fail_usage(const char *who, const char *what, const char *word);

#endif
