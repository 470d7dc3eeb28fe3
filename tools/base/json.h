/*
 * json.h - a text as a string of JSON. JSON has characters and no bytes: what is no UTF-8 becomes U+FFFD.
 * Control characters are escaped, those above ASCII become U+FFFD too (plain.h).
 */
#ifndef HALLOC_BASE_JSON_H
#define HALLOC_BASE_JSON_H

#include "plain.h"

#include <stdio.h>
#include <string.h>

#define JSON_LETTER_BYTES 8

/* The first character of `at`, which is not empty, as it stands in such a string: fills room. How many bytes
 * of `at` it was. */
static inline unsigned json_letter(const char *at, char room[JSON_LETTER_BYTES]) {
    unsigned bytes = plain_bytes(at);
    unsigned char byte = (unsigned char)*at;
    if (byte == '"' || byte == '\\')
        snprintf(room, JSON_LETTER_BYTES, "\\%c", byte);
    else if (bytes)
        snprintf(room, JSON_LETTER_BYTES, "%.*s", (int)bytes, at);
    else
        snprintf(room, JSON_LETTER_BYTES, "\\u%04x", byte < 0x80 ? byte : 0xfffdu);
    return bytes ? bytes : 1;
}

/* With its quotes. */
static inline void json_print(FILE *out, const char *text) {
    char letter[JSON_LETTER_BYTES];
    putc('"', out);
    while (*text) {
        text += json_letter(text, letter);
        fputs(letter, out);
    }
    putc('"', out);
}

#endif
