/*
 * dirty.h - which units of the region hold memory that somebody wrote: one bit each.
 *
 *      unit    0 1 2 3 4 5 6 7
 *      bit     1 1 0 0 0 1 0 0      1: dirty, resident, of unknown contents
 *                                   0: clean, costs no memory, reads as zero
 *
 *      map     | summary | word 0 ... word 63 | summary | word 64 ...
 *
 * Clean means: not written since the kernel gave it. So calloc need not clear it. The bits of a block in use
 * tell how it was when it was taken; giving it back sets them. A summary has a bit for each of the 64 words
 * behind it, set if the word is not 0: the search skips 64 MiB of clean memory at a time.
 *
 * The region's lock guards writing. The user of a block may read its bits without it.
 */
#pragma once

#include "../base/bits.h"

/* How many bits of the map a unit takes: its own, and a share of a summary. Rounded up. */
#define DIRTY_BITS 2

static inline uint64_t *dirty_word(const uint64_t *map, size_t word) {
    return (uint64_t *)&map[word + word / 64 + 1];
}

static inline uint64_t *dirty_summary(const uint64_t *map, size_t word) {
    return (uint64_t *)&map[word / 64 * 65];
}

/* The bits of word `word` that lie in [from, to). */
static inline uint64_t dirty_mask(size_t word, size_t from, size_t to) {
    size_t low = max_size(from, word * 64) - word * 64;
    size_t high = min_size(to, word * 64 + 64) - word * 64;
    return (~(uint64_t)0 >> (64 - (high - low))) << low;
}

static inline bool is_dirty(const uint64_t *map, size_t unit) {
    return load_relaxed(dirty_word(map, unit / 64)) >> (unit % 64) & 1;
}

/* The word behind the last that holds a unit of [from, to); 0 if that is empty. */
static inline size_t dirty_end(size_t from, size_t to) {
    return from < to ? (to - 1) / 64 + 1 : 0;
}

/* The first word in [word, end) that is not 0, found by the summaries; `end` where there is none. */
static inline size_t dirty_next_word(const uint64_t *map, size_t word, size_t end) {
    for (; word < end; word = (word / 64 + 1) * 64) {
        uint64_t words = load_relaxed(dirty_summary(map, word)) >> (word % 64);
        if (words)
            return min_size(word + (size_t)__builtin_ctzll(words), end);
    }
    return end;
}

/* The first dirty unit in [from, to); `to` where there is none. */
static inline size_t dirty_next(const uint64_t *map, size_t from, size_t to) {
    size_t end = dirty_end(from, to), word = from / 64;
    while ((word = dirty_next_word(map, word, end)) < end) {
        uint64_t dirty = load_relaxed(dirty_word(map, word)) & dirty_mask(word, from, to);
        if (dirty)
            return word * 64 + (size_t)__builtin_ctzll(dirty);
        word++;
    }
    return to;
}

/* The first clean unit in [from, to); `to` where there is none. */
static inline size_t dirty_next_clean(const uint64_t *map, size_t from, size_t to) {
    for (size_t end = dirty_end(from, to), word = from / 64; word < end; word++) {
        uint64_t clean = ~load_relaxed(dirty_word(map, word)) & dirty_mask(word, from, to);
        if (clean)
            return word * 64 + (size_t)__builtin_ctzll(clean);
    }
    return to;
}

/* How many of the units [from, to) are dirty. */
static inline size_t dirty_count(const uint64_t *map, size_t from, size_t to) {
    size_t count = 0;
    for (size_t after, at = from; (at = dirty_next(map, at, to)) < to; at = after) {
        after = dirty_next_clean(map, at, to);
        count += after - at;
    }
    return count;
}

/* Makes the units [from, to) dirty, or clean. */
static inline void dirty_mark(uint64_t *map, size_t from, size_t to, bool dirty) {
    for (size_t end = dirty_end(from, to), word = from / 64; word < end; word++) {
        uint64_t mask = dirty_mask(word, from, to), *bits = dirty_word(map, word);
        uint64_t *summary = dirty_summary(map, word), of_word = (uint64_t)1 << (word % 64);
        store_relaxed(bits, dirty ? *bits | mask : *bits & ~mask);
        store_relaxed(summary, *bits ? *summary | of_word : *summary & ~of_word);
    }
}
