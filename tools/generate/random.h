/*
 * random.h - random numbers that are the same on every machine: only integers, no libm.
 *
 * The generator is splitmix64 (G. Steele et al., "Fast Splittable Pseudorandom Number Generators", OOPSLA
 * 2014). Fractions have 32 bits behind the point.
 */
#ifndef HALLOC_REPLAY_RANDOM_H
#define HALLOC_REPLAY_RANDOM_H

#include <stdint.h>

static inline uint64_t random_next(uint64_t *state) {
    uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* A number below `bound`; all are equally likely. */
static inline uint64_t random_below(uint64_t *state, uint64_t bound) {
    return (uint64_t)((unsigned __int128)random_next(state) * bound >> 64);
}

/* A number from low to high, both included. */
static inline uint64_t random_between(uint64_t *state, uint64_t low, uint64_t high) {
    return low + random_below(state, high - low + 1);
}

/* log2(number), number > 0, with 32 bits behind the point. Each squaring of a mantissa in [1, 2) yields a bit
 * (D. Knuth, TAOCP 1, 1.2.2, exercise 25 is a relative). */
static inline uint64_t fixed_log2(uint64_t number) {
    unsigned whole = 63 - (unsigned)__builtin_clzll(number);
    uint64_t mantissa = number << (63 - whole), result = (uint64_t)whole << 32;
    for (int bit = 31; bit >= 0; bit--) {
        unsigned __int128 square = (unsigned __int128)mantissa * mantissa >> 63;
        if (square >> 64) {
            result |= (uint64_t)1 << bit;
            square >>= 1;
        }
        mantissa = (uint64_t)square;
    }
    return result;
}

/* An exponential number with that mean, rounded to an integer: mean * -ln(u), u in (0, 1]. */
static inline uint64_t random_exponential(uint64_t *state, uint64_t mean) {
    uint64_t u = random_next(state);
    uint64_t minus_log2 = ((uint64_t)64 << 32) - fixed_log2(u ? u : 1);
    uint64_t minus_ln = (uint64_t)((unsigned __int128)minus_log2 * UINT64_C(2977044472) >> 32); /* ln 2 */
    return (uint64_t)(((unsigned __int128)minus_ln * mean + ((uint64_t)1 << 31)) >> 32);
}

/* A nearly normal number: the sum of twelve uniform numbers, whose variance is 1. At least 0. */
static inline uint64_t random_normal(uint64_t *state, uint64_t mean, uint64_t deviation) {
    uint64_t sum = 0;
    for (int index = 0; index < 12; index++)
        sum += random_next(state) >> 32;
    unsigned __int128 shifted = ((unsigned __int128)mean << 32) + (unsigned __int128)sum * deviation;
    unsigned __int128 six = (unsigned __int128)6 * deviation << 32;
    return shifted > six ? (uint64_t)((shifted - six + ((uint64_t)1 << 31)) >> 32) : 0;
}

#endif
