/*
 * padding.h - what a slot has behind its object, under harden:on.
 *
 *      | object | canary, up to 8 bytes | not written | length | last |
 *
 * `last` says how long the padding is, and who asked for the object: a number below 189, turned about by a
 * secret of the slot's. It is never 0, as the last byte of a free slot is. A padding of 63 bytes or more has
 * its length in two bytes of their own.
 */
#pragma once

#include "../base/bits.h"

#define PADDING_LONG 63
#define PADDING_NO_ZERO 0x0101010101010101u /* a canary has no byte that is 0: many overflows write one */

/* Who asked for an object. */
enum maker { BY_MALLOC, BY_NEW, BY_NEW_ARRAY, MAKERS };

INTERNAL_DATA uint64_t padding_secret;

static inline uint64_t padding_key(const void *object) {
    return ((uintptr_t)object ^ padding_secret) * 0x9e3779b97f4a7c15u;
}

/* Of a slot of `bytes` with an object of `size`, which is less. */
static inline void padding_write(char *slot, size_t bytes, size_t size, unsigned maker) {
    size_t padding = bytes - size, length = min_size(padding, PADDING_LONG);
    uint64_t key = padding_key(slot), canary = key | PADDING_NO_ZERO;
    memcpy(slot + size, &canary, min_size(padding - 1, sizeof canary));
    if (length == PADDING_LONG)
        memcpy(slot + bytes - 3, &padding, 2);
    slot[bytes - 1] = (char)((maker * PADDING_LONG + length - 1 + (key >> 56)) % 255 + 1);
}

/* False: it was written to, or the slot is free. */
static inline bool padding_read(const char *slot, size_t bytes, size_t *size, unsigned *maker) {
    uint64_t key = padding_key(slot), canary = key | PADDING_NO_ZERO;
    unsigned last = (uint8_t)slot[bytes - 1], value = (last + 509 - (unsigned)(key >> 56)) % 255;
    size_t padding = value % PADDING_LONG + 1;
    if (padding == PADDING_LONG)
        memcpy(&padding, slot + bytes - 3, 2);
    *maker = value / PADDING_LONG;
    *size = bytes - padding;
    return last && *maker < MAKERS && padding - 1 < bytes &&
           memcmp(slot + *size, &canary, min_size(padding - 1, sizeof canary)) == 0;
}

/* True if all bytes are the same as this one. */
static inline bool is_filled(const char *from, size_t bytes, char with) {
    return !bytes || (*from == with && memcmp(from, from + 1, bytes - 1) == 0);
}

/* What a call finds wrong with an object's maker. Its name tells whose objects it takes: delete new's, free and
 * realloc malloc's, others any. */
static inline const char *maker_fault(const char *call, unsigned maker) {
    static const char *const got_by[MAKERS] = {"got by malloc", "got by new", "got by new[]"};
    unsigned takes = *call == 'd' ? BY_NEW + (call[6] == '[') : *call == 'f' || *call == 'r' ? BY_MALLOC : maker;
    return takes == maker ? NULL : got_by[maker];
}
