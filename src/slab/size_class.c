/*
 * size_class.c - the tables. tests/unit/test_size_class.c tries all sizes, all classes and all offsets.
 *
 * Aligned requests: the class of a multiple of A, a power of two, is a multiple of A as well. Between two
 * powers of two, classes are the multiples of a step, itself a power of two. If the step is at most A, every
 * multiple of A is a class; if it is larger, the class is a multiple of the step and so of A.
 *
 * Reciprocals: reciprocal * size = 2^64 + excess, where the excess is 1 to `size`. So for a distance of k *
 * size + rest the product is, modulo 2^64, k * excess + rest * reciprocal. For a rest of 0 that is less than
 * SLOT_LITTLE if k is not negative, as all excesses of a slab's slots together are. If k is negative, it is
 * just below 2^64, as the excess is not 0. For any other rest it lies between these, as one reciprocal is
 * more than both margins.
 */
#include "size_class.h"

/* X(size of the class before, size): all classes in order. */
#define DOUBLING(X, n)                                                                                       \
    X(n, n * 9 / 8)                                                                                          \
    X(n * 9 / 8, n * 10 / 8)                                                                                 \
    X(n * 10 / 8, n * 11 / 8)                                                                                \
    X(n * 11 / 8, n * 12 / 8)                                                                                \
    X(n * 12 / 8, n * 13 / 8)                                                                                \
    X(n * 13 / 8, n * 14 / 8)                                                                                \
    X(n * 14 / 8, n * 15 / 8)                                                                                \
    X(n * 15 / 8, n * 2)
#define TABLE_SIZES(X)                                                                                       \
    X(0, 16)                                                                                                 \
    X(16, 32)                                                                                                \
    X(32, 48)                                                                                                \
    X(48, 64)                                                                                                \
    X(64, 80)                                                                                                \
    X(80, 96)                                                                                                \
    X(96, 112)                                                                                               \
    X(112, 128)                                                                                              \
    DOUBLING(X, 128)                                                                                         \
    DOUBLING(X, 256)                                                                                         \
    DOUBLING(X, 512)
#define SLOT_SIZES(X)                                                                                        \
    TABLE_SIZES(X)                                                                                           \
    DOUBLING(X, 1024)                                                                                        \
    DOUBLING(X, 2048)                                                                                        \
    DOUBLING(X, 4096)                                                                                        \
    DOUBLING(X, 8192)                                                                                        \
    DOUBLING(X, 16384)

#define SLOT_BYTES(before, size) size,
INTERNAL_DEFINE const uint32_t slot_bytes_table[SIZE_CLASSES + 1] = {SLOT_SIZES(SLOT_BYTES)};

/* All sizes of a class get its number: up to 128 a step of 16 is a class. */
#define NUMBER(before, size)                                                                                 \
    [(before) + 1 ...(size)] = (uint8_t)((size) <= 128 ? (size) / 16 - 1 : SIZE_CLASS_ABOVE_128(before)),
INTERNAL_DEFINE const uint8_t size_class_table[TABLE_MOST_BYTES + 1] = {
    TABLE_SIZES(NUMBER)[0] = SIZE_CLASS_OF_ZERO,
};
