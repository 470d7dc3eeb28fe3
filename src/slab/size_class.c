/*
 * size_class.c - the tables, and the proofs.
 *
 * Aligned requests: the class of a multiple of A, a power of two, is a multiple of A as well. Between two
 * powers of two, classes are the multiples of a step, itself a power of two. If the step is at most A, every
 * multiple of A is a class; if it is larger, the class is a multiple of the step and so of A.
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

/* A request wastes at most size - (before + 1). */
#define WASTE_IS_BOUNDED(before, size)                                                                       \
    _Static_assert((size) % ALIGNMENT_BYTES == 0, "slots are aligned");                                      \
    _Static_assert((size) <= 128 || ((size) - (before)) * 8 < (size), "less than 1/8");
SLOT_SIZES(WASTE_IS_BOUNDED)

/* reciprocal * size = 2^64 + excess. So for a distance of k * size + rest the product is, modulo 2^64,
 * k * excess + rest * reciprocal. For a rest of 0 that is less than SLOT_LITTLE if k is not negative, as all
 * excesses of a slab's slots together are; and if k is negative, just below 2^64, as the excess is not 0. For
 * any other rest it lies between these, as one reciprocal is more than both margins. */
#define EXCESS(size) (SLOT_RECIPROCAL(size) * (size)) /* modulo 2^64 */
#define RECIPROCAL_IS_EXACT(before, size)                                                                    \
    _Static_assert(EXCESS(size) >= 1 && EXCESS(size) <= (size), "the least reciprocal above 2^64 / size");   \
    _Static_assert((SLAB_BYTES_OF(size) / (size)-1) * EXCESS(size) < SLOT_LITTLE, "multiples look so");      \
    _Static_assert(SLOT_RECIPROCAL(size) > 4 * SLOT_LITTLE, "and nothing else does");
SLOT_SIZES(RECIPROCAL_IS_EXACT)

#define LAST(before, size) +((size) == SLOT_MOST_BYTES)
_Static_assert(0 SLOT_SIZES(LAST) == 1, "the last class is the largest slot");
#define ONE(before, size) +1
_Static_assert(0 SLOT_SIZES(ONE) == SIZE_CLASSES, "SIZE_CLASSES counts them");

/* All sizes of a class get its number: up to 128 a step of 16 is a class. */
#define NUMBER(before, size)                                                                                 \
    [(before) + 1 ...(size)] = (uint8_t)((size) <= 128 ? (size) / 16 - 1 : SIZE_CLASS_ABOVE_128(before)),
INTERNAL_DEFINE const uint8_t size_class_table[TABLE_MOST_BYTES + 1] = {
    TABLE_SIZES(NUMBER)[0] = SIZE_CLASS_OF_ZERO,
};
