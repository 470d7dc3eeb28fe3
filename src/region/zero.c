/* zero.c - see zero.h. */
#include "zero.h"

static uint64_t zero_bits[ZERO_BYTES / ALIGNMENT_BYTES / 64];

static uint64_t *word_of(size_t place) {
    return &zero_bits[place / 64];
}

static uint64_t bit_of(size_t place) {
    return (uint64_t)1 << place % 64;
}

static size_t place_of(const void *ptr) {
    return (size_t)((const char *)ptr - region.zeros) / ALIGNMENT_BYTES;
}

INTERNAL void *zero_take(void) {
    static size_t turn;
    for (int tries = 0; region.zeros && tries < ZERO_TRIES; tries++) {
        size_t place = __atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) % (ZERO_BYTES / ALIGNMENT_BYTES);
        if (!(__atomic_fetch_or(word_of(place), bit_of(place), __ATOMIC_ACQUIRE) & bit_of(place)))
            return region.zeros + place * ALIGNMENT_BYTES;
    }
    return NULL;
}

INTERNAL bool zero_is_taken(const void *ptr) {
    size_t place = place_of(ptr);
    return (uintptr_t)ptr % ALIGNMENT_BYTES == 0 && load_relaxed(word_of(place)) & bit_of(place);
}

INTERNAL void zero_give(const void *ptr) {
    size_t place = place_of(ptr);
    __atomic_fetch_and(word_of(place), ~bit_of(place), __ATOMIC_RELEASE);
}
