/* bits.h - arithmetic on sizes and alignments. What could overflow says so by its result. */
#pragma once

#include "base.h"

static inline bool is_power_of_two(size_t n) {
    return n && (n & (n - 1)) == 0;
}

/* alignment is a power of two. Wraps to 0 where the result would not fit. */
static inline size_t align_up(size_t n, size_t alignment) {
    return (n + alignment - 1) & ~(alignment - 1);
}

static inline size_t align_down(size_t n, size_t alignment) {
    return n & ~(alignment - 1);
}

/* floor(log2(n)) of a size_t above 0. A macro, for tables that the compiler makes. */
#define floor_log2(n) (8 * (unsigned)sizeof(long) - 1 - (unsigned)__builtin_clzl(n))

/* The smallest power of two that is at least n; 0 where that does not fit. */
static inline size_t power_of_two_at_least(size_t n) {
    return n <= 1 ? 1 : (size_t)2 << floor_log2(n - 1);
}

static inline size_t min_size(size_t a, size_t b) {
    return a < b ? a : b;
}

static inline size_t max_size(size_t a, size_t b) {
    return a > b ? a : b;
}
