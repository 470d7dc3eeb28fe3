/*
 * size_class.h - which sizes share a slot size.
 *
 *      16    32    48    64    80    96    112   128      steps of 16: every multiple of the alignment
 *      144   160   176   192   208   224   240   256      then 8 a doubling
 *      288   320   352   384   416   448   480   512
 *      ...
 *      18432 20480 22528 24576 26624 28672 30720 32768
 *
 * A request gets the smallest slot that holds it. Above 128 bytes less than 1/8 of a slot is wasted. With 4
 * a doubling sqlite3, whose pages take 4,368 bytes, needs 7 % more memory. Finer classes would waste less in
 * slots, and more in half-full slabs.
 *
 * Slots start at multiples of their size from each other. Division is dear, so each class has a
 * reciprocal, just above 2^64 / slot. The product of it with a distance has the quotient in its upper 64
 * bits and the remainder, scaled, in its lower:
 *
 *      distance * reciprocal       =  | quotient | remainder * 2^64 / slot, and a little |
 *      (uint64_t)(that)  <  LITTLE    exactly when the distance is a multiple, and not negative
 *
 * "A little" is the quotient times what the reciprocal is too large by: less than a slab's size. The next
 * remainder lies 2^49 away at least. Multiples below zero have just less than 2^64.
 *
 * Source: D. Lemire, O. Kaser, N. Kurz, "Faster Remainder by Direct Computation" (2019).
 */
#pragma once

#include "../base/config.h"

#define SIZE_CLASSES 72
#define SIZE_CLASS_OF_ZERO SIZE_CLASSES /* never has slots: zero.h */
#define TABLE_MOST_BYTES ((size_t)1024) /* up to here a class is looked up, above it is computed */

/* By size. A table by steps of 16 would be smaller, and take two instructions more. */
INTERNAL_DATA const uint8_t size_class_table[TABLE_MOST_BYTES + 1];

INTERNAL_DATA const uint32_t slot_bytes_table[SIZE_CLASSES + 1];

static inline size_t slot_bytes(unsigned size_class) {
    return slot_bytes_table[size_class];
}

/* The class of before + 1 bytes, for 128 and more before: 8 classes a doubling. */
#define SIZE_CLASS_ABOVE_128(before)                                                                         \
    ((floor_log2(before) - 6) * 8 + ((before) >> (floor_log2(before) - 3) & 7))

/* size <= SLOT_MOST_BYTES. */
static inline unsigned size_class_of(size_t size) {
    if (likely(size <= TABLE_MOST_BYTES))
        return size_class_table[size];
    return (unsigned)SIZE_CLASS_ABOVE_128(size - 1);
}

/* floor(2^64 / slot) + 1: what it is too large by, times the slot, is 1 to slot. */
#define SLOT_RECIPROCAL(slot) ((0 - (uint64_t)(slot)) / (slot) + 2)
#define SLOT_LITTLE SLAB_LARGE_BYTES

/* Of a slab; or half of it (slab.c). */
#define SLAB_BYTES_OF(slot) ((slot) <= 8 * KIB ? SLAB_SMALL_BYTES : SLAB_LARGE_BYTES)

/* The size whose class has slots at multiples of `alignment`, a power of two of at most UNIT_BYTES: a
 * multiple of it (size_class.c). The result may exceed SLOT_MOST_BYTES: no class. */
static inline size_t aligned_slot_size(size_t size, size_t alignment) {
    return alignment > ALIGNMENT_BYTES ? align_up(max_size(size, 1), alignment) : size;
}
