/* fatal.c - see fatal.h. */
#include "fatal.h"

#include <stdlib.h>

#include "../base/bits.h"
#include "platform.h"

#define STDERR 2

INTERNAL_DEFINE unsigned misuse_warns;

INTERNAL void text_add_words(struct text *text, const char *const *words) {
    for (; *words; words++) {
        size_t room = sizeof text->bytes - 1 - text->length; /* the newline's place is kept */
        size_t length = min_size(strlen(*words), room);
        memcpy(text->bytes + text->length, *words, length);
        text->length += length;
    }
}

INTERNAL void text_pad(struct text *text, size_t column) {
    while (text->length < column)
        text_add(text, " ");
}

INTERNAL void text_add_digits(struct text *text, uint64_t number, unsigned base) {
    char digits[21];
    char *at = digits + sizeof digits;
    *--at = 0;
    do
        *--at = "0123456789abcdef"[number % base];
    while (number /= base);
    text_add(text, at);
}

INTERNAL void text_print(struct text *text) {
    text->bytes[text->length++] = '\n';
    platform_write(STDERR, text->bytes, text->length);
    text->length = 0;
}

INTERNAL void fatal(const char *call, const char *fault, const void *pointer) {
    fatal_of(call, fault, pointer, 0);
}

INTERNAL void fatal_of(const char *call, const char *fault, const void *pointer, size_t bytes) {
    struct text line = {.length = 0};
    text_add(&line, "halloc: ", call, "(0x");
    text_add_digits(&line, (uintptr_t)pointer, 16);
    text_add(&line, "): ", fault);
    if (bytes) {
        text_add(&line, ", in a slot of ");
        text_add_digits(&line, bytes, 10);
        text_add(&line, " bytes");
    }
    text_print(&line);
    if (!misuse_warns)
        abort();
}

INTERNAL void warn(const char *what, const char *why) {
    struct text line = {.length = 0};
    text_add(&line, "halloc: ", what, ": ", why);
    text_print(&line);
}
