/*
 * bytes.h - a buffer that grows, for the output of the map: numbers as varints, text, and planes of bytes.
 * It remembers if memory ran out; the user asks once, at the end.
 */
#ifndef HALLOC_MAP_BYTES_H
#define HALLOC_MAP_BYTES_H

#include "../trace/format/varint.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
    uint8_t *data;
    size_t count, room;
    bool failed;
};

/* Room for `more` bytes at the end, or NULL. */
static inline uint8_t *bytes_room(struct bytes *bytes, size_t more) {
    if (bytes->room - bytes->count < more) {
        size_t room = bytes->room ? 2 * bytes->room : 4096;
        while (room - bytes->count < more)
            room *= 2;
        uint8_t *moved = bytes->failed ? NULL : realloc(bytes->data, room);
        if (!moved) {
            bytes->failed = true;
            return NULL;
        }
        bytes->data = moved;
        bytes->room = room;
    }
    return bytes->data + bytes->count;
}

static inline void bytes_put(struct bytes *bytes, const void *data, size_t count) {
    uint8_t *at = bytes_room(bytes, count);
    if (!at)
        return;
    memcpy(at, data, count);
    bytes->count += count;
}

static inline void bytes_byte(struct bytes *bytes, uint8_t byte) {
    bytes_put(bytes, &byte, 1);
}

static inline void bytes_number(struct bytes *bytes, uint64_t number) {
    uint8_t *at = bytes_room(bytes, 16);
    if (at)
        bytes->count = (size_t)(varint_put(at, number) - bytes->data);
}

/* A number as a difference from the one before: neighbours that are close give small numbers. */
static inline void bytes_step(struct bytes *bytes, uint64_t *before, uint64_t number) {
    bytes_number(bytes, zigzag(number - *before));
    *before = number;
}

__attribute__((format(printf, 2, 3))) static inline void bytes_print(struct bytes *bytes, const char *format,
                                                                     ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    uint8_t *at = bytes_room(bytes, (size_t)length + 1);
    if (!at)
        return;
    va_start(arguments, format);
    vsnprintf((char *)at, (size_t)length + 1, format, arguments);
    va_end(arguments);
    bytes->count += (size_t)length;
}

static inline void bytes_free(struct bytes *bytes) {
    free(bytes->data);
    *bytes = (struct bytes){0};
}

#endif
