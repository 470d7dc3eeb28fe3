/*
 * seal.h - what lies behind an object under harden:on.
 *
 *      | object | fill, up to 32 bytes | ... | word |
 *
 * The word says how large the object is, and who asked for it. A secret is mixed in, so a word that was changed
 * says nonsense. The fill begins at the first byte past the object, and is not zero: most overflows write the
 * zero that ends a text.
 *
 * Programs mix sizes, and a processor that guesses the length of a loop wrongly loses more than a loop takes. So
 * all is written and compared in blocks of 16 bytes that overlap, and a mask leaves out the object's own. A thread
 * that looks at its neighbour reads bytes while their owner writes them, and lets them fall. ThreadSanitizer
 * can't know that.
 */
#pragma once

#include "../base/config.h"

/* Who asked for an object. */
enum maker { BY_MALLOC, BY_NEW, BY_NEW_ARRAY, BY_NOBODY, MAKERS };

/* Chosen at the start. */
INTERNAL_DATA uint64_t harden_secret;

/* A slot's; a large block's has twice as many bits. */
typedef uint32_t __attribute__((may_alias)) seal_word;
#define WORD_BYTES sizeof(seal_word)
#define HIDDEN_FROM_TSAN __attribute__((no_sanitize("thread")))

/* An odd number and its inverse, also of their lower halves: a word that was changed in any bit gives a size
 * that is none. */
#define MIX 0x9e3779b97f4a7c15u
#define MIX_BACK 0xf1de83e19937733du

static inline uint64_t seal_key(const char *object) {
    return harden_secret + (uintptr_t)object;
}

static inline uint64_t seal_of(const char *object, size_t size, unsigned maker) {
    return (size * MAKERS + maker) * MIX ^ seal_key(object);
}

/* 16 bytes at any address. */
typedef uint64_t __attribute__((vector_size(16), may_alias, aligned(1))) pair;
#define PAIR_BYTES sizeof(pair)

static inline bool pair_is_zero(pair value) {
    return !(value[0] | value[1]);
}

/* --- Fill ----------------------------------------------------------------------------------------- */

static inline pair fill_pair(void) {
    uint64_t word = ((harden_secret & 0xff) | 1) * 0x0101010101010101u;
    return (pair){word, word};
}

/* Of 16 bytes, the last `bytes`. */
static inline pair last_bytes(size_t bytes) {
    static const uint8_t mask[2 * PAIR_BYTES] = {[PAIR_BYTES... 2 * PAIR_BYTES - 1] = 0xff};
    return *(const pair *)(mask + bytes);
}

/* Object and fill have `room`, 16 bytes at least. */
static inline HIDDEN_FROM_TSAN void fill_write(char *object, size_t room, size_t size) {
    size_t bytes = min_size(room - size, HARDEN_LOOK_BYTES);
    pair *last = (pair *)(object + size + bytes) - 1, mask = last_bytes(min_size(bytes, PAIR_BYTES));
    *last = (*last & ~mask) | (fill_pair() & mask);
    if (bytes > PAIR_BYTES)
        *(pair *)(object + size) = fill_pair();
}

/* False: somebody wrote there, or what a seal says is no size. */
static inline HIDDEN_FROM_TSAN bool fill_is_whole(const char *object, size_t room, size_t size) {
    if (unlikely(size > room))
        return false;
    size_t bytes = min_size(room - size, HARDEN_LOOK_BYTES);
    const pair *last = (const pair *)(object + size + bytes) - 1;
    pair wrong = (*last ^ fill_pair()) & last_bytes(min_size(bytes, PAIR_BYTES));
    if (bytes > PAIR_BYTES)
        wrong |= *(const pair *)(object + size) ^ fill_pair();
    return pair_is_zero(wrong);
}

/* --- Memory that is zero: 16 bytes at least ------------------------------------------------------- */

static inline HIDDEN_FROM_TSAN bool is_zero(const char *from, size_t bytes) {
    const pair *first = (const pair *)from, *last = (const pair *)(from + bytes) - 1;
    pair any = first[0] | last[0];
    if (bytes > 32)
        any |= first[1] | last[-1];
    if (bytes > 64)
        any |= first[2] | first[3] | last[-3] | last[-2];
    for (size_t at = 64; unlikely(at + 64 < bytes); at += 64) {
        const pair *here = (const pair *)(from + at);
        any |= here[0] | here[1] | here[2] | here[3];
    }
    return pair_is_zero(any);
}

/* 32 bytes at least. */
static inline void clear(char *from, size_t bytes) {
    pair zero = {0, 0}, *first = (pair *)from, *last = (pair *)(from + bytes) - 1;
    if (unlikely(bytes > 128)) {
        memset(from, 0, bytes);
        return;
    }
    first[0] = first[1] = last[-1] = last[0] = zero;
    if (bytes > 64)
        first[2] = first[3] = last[-3] = last[-2] = zero;
}
