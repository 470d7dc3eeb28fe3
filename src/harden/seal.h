/*
 * seal.h - what lies behind an object under harden:on.
 *
 *      | object | fill, up to 39 bytes | ... | word |
 *
 * The word says how large the object is, and who asked for it. A secret is mixed in, so a word that was changed
 * says nonsense. The fill begins at the first byte past the object, and no byte of it is zero: most overflows
 * write the zero that ends a text.
 *
 * Both are written and compared in whole words. The first word of the fill may begin with the object's last
 * bytes. A thread that looks at its neighbour reads these while their owner writes them, and lets them fall.
 * ThreadSanitizer can't know that.
 */
#pragma once

#include "../base/config.h"

/* Who asked for an object. */
enum maker { BY_MALLOC, BY_NEW, BY_NEW_ARRAY, BY_NOBODY, MAKERS };

/* Chosen at the start. */
INTERNAL_DATA uint64_t harden_secret;

typedef uint64_t __attribute__((may_alias)) seal_word;
#define WORD_BYTES sizeof(seal_word)
#define HIDDEN_FROM_TSAN __attribute__((no_sanitize("thread")))

/* An odd number and its inverse: a word that was changed in any bit gives a size that is none. */
#define MIX 0x9e3779b97f4a7c15u
#define MIX_BACK 0xf1de83e19937733du

#define FILL (harden_secret | 0x0101010101010101u)

/* The object's bytes of the word that its end lies in. */
static inline uint64_t seal_head(size_t size) {
    return ((uint64_t)1 << size % WORD_BYTES * 8) - 1;
}

static inline seal_word *fill_start(const char *object, size_t size) {
    return (seal_word *)(object + align_down(size, WORD_BYTES));
}

static inline seal_word *fill_end(const char *object, size_t room, size_t size) {
    return (seal_word *)(object + min_size(room, align_up(size + HARDEN_LOOK_BYTES, WORD_BYTES)));
}

/* Object and fill have `room`, whole words. */
static inline HIDDEN_FROM_TSAN void seal_write(char *object, size_t room, seal_word *word, size_t size,
                                               unsigned maker) {
    uint64_t head = seal_head(size);
    for (seal_word *at = fill_start(object, size); at < fill_end(object, room, size); at++, head = 0)
        *at = (*at & head) | (FILL & ~head);
    *word = (size * MAKERS + maker) * MIX ^ (harden_secret + (uintptr_t)object);
}

/* False: somebody wrote there. */
static inline HIDDEN_FROM_TSAN bool seal_read(const char *object, size_t room, const seal_word *word,
                                              size_t *size, unsigned *maker) {
    uint64_t said = (*word ^ (harden_secret + (uintptr_t)object)) * MIX_BACK, wrong = 0;
    *size = said / MAKERS;
    *maker = said % MAKERS;
    if (*size > room)
        return false;
    uint64_t head = seal_head(*size);
    for (seal_word *at = fill_start(object, *size); at < fill_end(object, room, *size); at++, head = 0)
        wrong |= (*at ^ FILL) & ~head;
    return !wrong;
}

/* Of whole pairs of words. */
static inline HIDDEN_FROM_TSAN bool is_zero(const char *from, size_t bytes) {
    typedef uint64_t __attribute__((vector_size(16), may_alias)) pair;
    pair any = {0, 0};
    const pair *at = (const pair *)from, *end = (const pair *)(from + bytes);
    for (; end - at >= 4; at += 4)
        any |= at[0] | at[1] | at[2] | at[3];
    for (; at < end; at++)
        any |= *at;
    return !(any[0] | any[1]);
}
