/* words.h - numbers for people: "12,345", "1.5 MiB", "3.2 ms". Each fills and returns the given room. And the
 * words of a command line, as a shell would read them again. */
#ifndef HALLOC_TRACE_WORDS_H
#define HALLOC_TRACE_WORDS_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define WORD_BYTES 40

static inline const char *word_count(uint64_t count, char room[WORD_BYTES]) {
    char digits[WORD_BYTES];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)count);
    char *at = room;
    for (int index = 0; index < length; index++) {
        if (index && (length - index) % 3 == 0)
            *at++ = ',';
        *at++ = digits[index];
    }
    *at = 0;
    return room;
}

static inline const char *word_bytes(uint64_t bytes, char room[WORD_BYTES]) {
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    double scaled = (double)bytes / 1024;
    unsigned unit = 0;
    if (bytes < 1024) {
        snprintf(room, WORD_BYTES, "%u B", (unsigned)bytes);
        return room;
    }
    for (; scaled >= 1023.95 && unit < 5; unit++)
        scaled /= 1024;
    snprintf(room, WORD_BYTES, "%.1f %s", scaled, units[unit]);
    return room;
}

static inline const char *word_time(uint64_t ns, char room[WORD_BYTES]) {
    static const char *const units[] = {"ns", "us", "ms", "s"};
    double scaled = (double)ns;
    unsigned unit = 0;
    for (; scaled >= 999.95 && unit < 3; unit++)
        scaled /= 1000;
    snprintf(room, WORD_BYTES, unit ? "%.1f %s" : "%.0f %s", scaled, units[unit]);
    return room;
}

static inline void word_print_quoted(FILE *out, const char *word) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:=@_";
    if (*word && !word[strspn(word, plain)]) {
        fputs(word, out);
        return;
    }
    putc('\'', out);
    for (; *word; word++)
        *word == '\'' ? fputs("'\\''", out) : putc(*word, out);
    putc('\'', out);
}

#endif
