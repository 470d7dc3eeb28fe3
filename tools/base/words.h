/*
 * words.h - numbers for people: "12,345", "1.5 MiB", "3.2 ms". Each function fills and returns the given
 * room. It also reads numbers in these forms, and quotes a command line for a shell.
 */
#ifndef HALLOC_TRACE_WORDS_H
#define HALLOC_TRACE_WORDS_H

#include <stdbool.h>
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

/* The ending of that noun for `count` things: "", "s", "es". */
static inline const char *word_plural(uint64_t count, const char *noun) {
    char last = noun[strlen(noun) - 1];
    return count == 1 ? "" : last == 's' || last == 'h' ? "es" : "s";
}

/* "1 object", "2,000 objects". The noun is short. */
static inline const char *word_many(uint64_t count, const char *noun, char room[WORD_BYTES]) {
    size_t length = strlen(word_count(count, room));
    snprintf(room + length, WORD_BYTES - length, " %s%s", noun, word_plural(count, noun));
    return room;
}

/* Appends a name to a list: "first, next, best". The list may begin empty; what has no room is left out. */
static inline void word_append(char *list, size_t bytes, const char *name) {
    size_t length = strlen(list);
    snprintf(list + length, bytes - length, "%s%s", length ? ", " : "", name);
}

/* As "%.1f" should print it: what rounds to nothing is not less than nothing. */
static inline double word_percent(double percent) {
    return percent < 0 && percent > -0.05 ? 0 : percent;
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

/* The number from `word` to `end`: "18204", "18,204", "0x1f40". False if there is anything else. */
static inline bool word_read_number(const char *word, const char *end, uint64_t *number) {
    bool hexadecimal = end - word > 2 && word[0] == '0' && (word[1] | 32) == 'x';
    unsigned base = hexadecimal ? 16 : 10, digits = 0;
    *number = 0;
    for (word += hexadecimal ? 2 : 0; word < end; word++) {
        char letter = *word >= 'A' ? (char)(*word | 32) : *word;
        unsigned digit = letter >= 'a' ? (unsigned)(letter - 'a') + 10 : (unsigned)(letter - '0');
        if (letter == ',' && digits)
            continue;
        if (letter < '0' || digit >= base || __builtin_mul_overflow(*number, base, number) ||
            __builtin_add_overflow(*number, digit, number))
            return false;
        digits++;
    }
    return digits > 0;
}

/* Bytes: a number, or one with a unit, "28M", "28 MiB". Units are powers of 1024. */
static inline bool word_read_bytes(const char *word, uint64_t *bytes) {
    static const char letters[] = "kmgt";
    const char *end = word + strcspn(word, " KMGTkmgt"), *unit = end + strspn(end, " ");
    const char *letter = *unit ? strchr(letters, *unit | 32) : NULL;
    if (!word_read_number(word, end, bytes) || (*unit && !letter))
        return false;
    if (letter && unit[1] && strcmp(unit + 1, "iB") != 0 && strcmp(unit + 1, "B") != 0)
        return false;
    uint64_t scale = letter ? UINT64_C(1) << 10 * (letter - letters + 1) : 1;
    return !__builtin_mul_overflow(*bytes, scale, bytes);
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
