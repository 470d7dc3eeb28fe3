/*
 * terminal.h - standard output, if it is a terminal: how wide it is, and whether it knows more than ASCII.
 */
#ifndef HALLOC_BASE_TERMINAL_H
#define HALLOC_BASE_TERMINAL_H

#include <limits.h>
#include <stdbool.h>

/* UINT_MAX: it is none, or of no known width. A file gets lines of any length. */
unsigned terminal_columns(void);

/* Is it a terminal that does not understand UTF-8? The locale says so. */
bool terminal_is_ascii(void);

/* Prints a line. A tab says where the line may end: only the parts that fit are printed. Of the first part at
 * least the beginning is. */
void terminal_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
