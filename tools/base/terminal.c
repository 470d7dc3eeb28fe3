/* terminal.c - see terminal.h. */
#define _GNU_SOURCE 1
#include "terminal.h"

#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

unsigned terminal_columns(void) {
    struct winsize size = {0};
    bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col;
    return known ? size.ws_col : UINT_MAX;
}

/* setlocale would change the program, and the policies in it. */
bool terminal_is_ascii(void) {
    if (!isatty(STDOUT_FILENO))
        return false;
    locale_t locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    bool is_utf8 = locale && strcmp(nl_langinfo_l(CODESET, locale), "UTF-8") == 0;
    if (locale)
        freelocale(locale);
    return !is_utf8;
}

/* The bytes of its first `letters` letters, or of all if it has fewer. Those are counted down. */
static size_t take_letters(const char *text, unsigned *letters) {
    const char *at = text;
    for (; *at; at++) {
        bool begins = ((unsigned char)*at & 0xc0) != 0x80; /* others are inside a letter of UTF-8 */
        if (begins && !*letters)
            break;
        *letters -= begins;
    }
    return (size_t)(at - text);
}

void terminal_line(const char *format, ...) {
    va_list arguments;
    char *line, *rest;
    va_start(arguments, format);
    int length = vasprintf(&line, format, arguments);
    va_end(arguments);
    if (length < 0)
        return;
    unsigned left = terminal_columns();
    rest = line;
    for (const char *part; (part = strsep(&rest, "\t"));) {
        size_t fits = take_letters(part, &left);
        if (!part[fits] || part == line)
            fwrite(part, 1, fits, stdout);
        if (part[fits])
            break;
    }
    putchar('\n');
    free(line);
}
