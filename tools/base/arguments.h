/*
 * arguments.h - reads the words of a command line, in the same way for every command.
 */
#ifndef HALLOC_BASE_ARGUMENTS_H
#define HALLOC_BASE_ARGUMENTS_H

#include <stdbool.h>

/* -h or --help? */
bool argument_is_help(const char *word);
/* "-" alone is no option: it names a file. */
bool argument_is_option(const char *word);

/* Is argv[*at] the option `name`? Then *value is the part after "=", the rest of a short option's word, or
 * the next word; "" if there is none. */
bool argument_value(char **argv, int *at, const char *name, const char **value);

/* Is it a file of C source, where a shared object is wanted? Then that is said, and how to make one. */
bool argument_is_source(const char *who, const char *option, const char *path);

/* Is there a request for help among the options before another program's command line? */
bool arguments_ask_for_help(char **argv);

#endif
