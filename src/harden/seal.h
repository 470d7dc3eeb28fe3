/*
 * seal.h - what lies behind an object under harden:on.
 *
 *      | object | fill, up to 32 bytes | ... | fill, 16 bytes | word |
 *
 * The word says how large the object is, and who asked for it. A secret is mixed in, so a word that was
 * changed says nonsense. The fill begins at the first byte past the object, and is not zero: most overflows
 * write the zero that ends a text.
 *
 * Fill is written and compared in pairs of long words that overlap. A mask leaves out the object's own bytes.
 * A thread that looks at its neighbour may read such bytes while their owner writes them, and lets them fall.
 * ThreadSanitizer can't know that.
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
#define HIDDEN_FROM_TSAN __attribute__((no_sanitize("thread")))

static inline pair fill_pair(void) {
    uint64_t word = ((harden_secret & 0xff) | 1) * 0x0101010101010101u;
    return (pair){word, word};
}

/* Of 16 bytes, the last `bytes`; all, if these are more. */
static inline pair last_bytes(size_t bytes) {
    static const uint8_t mask[2 * PAIR_BYTES] = {[PAIR_BYTES... 2 * PAIR_BYTES - 1] = 0xff};
    return *(const pair *)(mask + min_size(bytes, PAIR_BYTES));
}

/* Object and fill have `room`, 16 bytes at least. Its last 16 bytes are filled, too. */
static inline HIDDEN_FROM_TSAN void fill_write(char *object, size_t room, size_t size) {
    pair *last = (pair *)(object + room) - 1, mask = last_bytes(room - size);
    *last = (*last & ~mask) | (fill_pair() & mask);
    for (size_t at = size; at + PAIR_BYTES <= room && at < size + HARDEN_LOOK_BYTES; at += PAIR_BYTES)
        *(pair *)(object + at) = fill_pair();
}

/* False: somebody wrote there, or what a seal says is no size. */
static inline HIDDEN_FROM_TSAN bool fill_is_whole(const char *object, size_t room, size_t size) {
    if (unlikely(size > room))
        return false;
    pair wrong = (((const pair *)(object + room))[-1] ^ fill_pair()) & last_bytes(room - size);
    for (size_t at = size; at + PAIR_BYTES <= room && at < size + HARDEN_LOOK_BYTES; at += PAIR_BYTES)
        wrong |= *(const pair *)(object + at) ^ fill_pair();
    return !(wrong[0] | wrong[1]);
}

/* Of 16 bytes at least. */
static inline HIDDEN_FROM_TSAN bool is_cleared(const char *from, size_t bytes) {
    const pair *last = (const pair *)(from + bytes) - 1;
    const pair *at = (const pair *)from;
    pair any = *last;
    for (; last - at >= 4; at += 4)
        any |= at[0] | at[1] | at[2] | at[3];
    for (; at < last; at++)
        any |= *at;
    return !(any[0] | any[1]);
}
