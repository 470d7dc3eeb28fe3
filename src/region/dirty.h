/*
 * dirty.h - which units of the region hold memory that somebody wrote: one bit each.
 *
 *      unit    0 1 2 3 4 5 6 7
 *      bit     1 1 0 0 0 1 0 0      1: dirty, resident, of unknown contents
 *                                   0: clean, costs no memory, reads as zero
 *
 * Clean means exactly: not written since the kernel gave it. So calloc need not clear it, and
 * purging need not look at it. The bits of a block in use tell how it was when it was taken; they
 * are set when it is given back. The heap's lock guards writing; the user of a block may read its
 * bits without.
 */
#ifndef HALLOC_DIRTY_H
#define HALLOC_DIRTY_H

#include "../base/bits.h"

/* The bits of word `word` that lie in [from, to). */
static inline uint64_t dirty_mask(size_t word, size_t from, size_t to) {
    size_t low = max_size(from, word * 64) - word * 64;
    size_t high = min_size(to, word * 64 + 64) - word * 64;
    return (~(uint64_t)0 >> (64 - (high - low))) << low;
}

/* Without a flag that not every x86-64 obeys, gcc's __builtin_popcountll is a call. */
static inline size_t count_bits(uint64_t x) {
    x -= x >> 1 & 0x5555555555555555u;
    x = (x & 0x3333333333333333u) + (x >> 2 & 0x3333333333333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0fu;
    return x * 0x0101010101010101u >> 56;
}

static inline size_t dirty_count(const uint64_t *map, size_t from, size_t to) {
    size_t count = 0;
    if (from < to)
        for (size_t word = from / 64; word <= (to - 1) / 64; word++)
            count += count_bits(load_relaxed(&map[word]) & dirty_mask(word, from, to));
    return count;
}

static inline void dirty_set(uint64_t *map, size_t from, size_t to) {
    if (from < to)
        for (size_t word = from / 64; word <= (to - 1) / 64; word++)
            store_relaxed(&map[word], map[word] | dirty_mask(word, from, to));
}

static inline void dirty_clear(uint64_t *map, size_t from, size_t to) {
    if (from < to)
        for (size_t word = from / 64; word <= (to - 1) / 64; word++)
            store_relaxed(&map[word], map[word] & ~dirty_mask(word, from, to));
}

/* The first unit in [from, to) whose bit is `wanted`; `to` where there is none. */
static inline size_t dirty_next(const uint64_t *map, size_t from, size_t to, bool wanted) {
    while (from < to) {
        uint64_t word = load_relaxed(&map[from / 64]);
        uint64_t bits = (wanted ? word : ~word) >> (from % 64);
        if (bits)
            return min_size(from + (size_t)__builtin_ctzll(bits), to);
        from = (from / 64 + 1) * 64;
    }
    return to;
}

#endif
