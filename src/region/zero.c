/* zero.c - see zero.h. */
#include "zero.h"

static bool is_taken[ZERO_BYTES / ALIGNMENT_BYTES];

static size_t place_of(const void *ptr) {
    return (size_t)((const char *)ptr - region.zeros) / ALIGNMENT_BYTES;
}

INTERNAL void *zero_take(void) {
    static size_t turn;
    for (int tries = 0; region.zeros && tries < ZERO_TRIES; tries++) {
        size_t place = __atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) % (ZERO_BYTES / ALIGNMENT_BYTES);
        if (!__atomic_exchange_n(&is_taken[place], true, __ATOMIC_ACQUIRE))
            return region.zeros + place * ALIGNMENT_BYTES;
    }
    return NULL;
}

INTERNAL bool zero_is_taken(const void *ptr) {
    return (uintptr_t)ptr % ALIGNMENT_BYTES == 0 && load_relaxed(&is_taken[place_of(ptr)]);
}

INTERNAL void zero_give(const void *ptr) {
    store_release(&is_taken[place_of(ptr)], false);
}
