/* fatal.c - see fatal.h. */
#include "fatal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../base/bits.h"
#include "platform.h"

INTERNAL_DEFINE unsigned misuse_warns;

INTERNAL void print_line(const char *format, ...) {
    char line[LINE_MOST_BYTES];
    va_list values;
    va_start(values, format);
    int length = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    size_t end = min_size((size_t)length, sizeof line - 1);
    line[end] = '\n';
    platform_write(STDERR_FILENO, line, end + 1);
}

INTERNAL void fatal(const char *call, const char *fault, const void *pointer) {
    fatal_of(call, fault, pointer, 0);
}

INTERNAL void fatal_of(const char *call, const char *fault, const void *pointer, size_t bytes) {
    if (bytes)
        print_line("halloc: %s(0x%zx): %s, in a slot of %zu bytes", call, (uintptr_t)pointer, fault, bytes);
    else
        print_line("halloc: %s(0x%zx): %s", call, (uintptr_t)pointer, fault);
    if (!misuse_warns)
        abort();
}
