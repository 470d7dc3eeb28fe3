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

/* A slot's; a large block's has twice as many bits. */
typedef uint32_t __attribute__((may_alias)) seal_word;
#define WORD_BYTES sizeof(seal_word)
#define HIDDEN_FROM_TSAN __attribute__((no_sanitize("thread")))

/* An odd number and its inverse, also of their lower halves: a word that was changed in any bit gives a size
 * that is none. */
#define MIX 0x9e3779b97f4a7c15u
#define MIX_BACK 0xf1de83e19937733du

#define FILL (seal_word)(harden_secret | 0x01010101u)

static inline uint64_t seal_key(const char *object) {
    return harden_secret + (uintptr_t)object;
}

static inline uint64_t seal_of(const char *object, size_t size, unsigned maker) {
    return (size * MAKERS + maker) * MIX ^ seal_key(object);
}

/* The object's bits of the word that its end lies in. */
static inline seal_word seal_head(size_t size) {
    return ((seal_word)1 << size % WORD_BYTES * 8) - 1;
}

static inline seal_word *fill_start(const char *object, size_t size) {
    return (seal_word *)(object + align_down(size, WORD_BYTES));
}

static inline seal_word *fill_end(const char *object, size_t room, size_t size) {
    return (seal_word *)(object + min_size(room, align_up(size + HARDEN_LOOK_BYTES, WORD_BYTES)));
}

/* Object and fill have `room`, whole words. */
static inline HIDDEN_FROM_TSAN void fill_write(char *object, size_t room, size_t size) {
    seal_word head = seal_head(size), *end = fill_end(object, room, size);
    for (seal_word *at = fill_start(object, size); at < end; at++, head = 0)
        *at = (*at & head) | (FILL & ~head);
}

/* What a seal said: False: somebody wrote there. */
static inline HIDDEN_FROM_TSAN bool fill_is_whole(const char *object, size_t room, size_t size) {
    if (size > room)
        return false;
    seal_word wrong = 0, head = seal_head(size), *end = fill_end(object, room, size);
    for (seal_word *at = fill_start(object, size); at < end; at++, head = 0)
        wrong |= (*at ^ FILL) & ~head;
    return !wrong;
}

/* --- Memory that is zero: whole pairs of long words ----------------------------------------------- */

typedef uint64_t __attribute__((vector_size(16), may_alias)) seal_pair;

static inline HIDDEN_FROM_TSAN bool is_zero(const char *from, size_t bytes) {
    seal_pair any = {0, 0};
    const seal_pair *at = (const seal_pair *)from, *end = (const seal_pair *)(from + bytes);
    for (; end - at >= 4; at += 4)
        any |= at[0] | at[1] | at[2] | at[3];
    for (; at < end; at++)
        any |= *at;
    return !(any[0] | any[1]);
}

/* The compiler would make a call of memset of a plain loop: that takes longer for a few pairs. */
static inline void clear(char *from, size_t bytes) {
    if (unlikely(bytes > 512)) {
        memset(from, 0, bytes);
        return;
    }
    for (seal_pair *at = (seal_pair *)from; (char *)at < from + bytes; at++) {
        *at = (seal_pair){0, 0};
        __asm__ volatile("" : "+r"(at));
    }
}
