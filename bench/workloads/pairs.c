/*
 * pairs.c - one block, taken and given back, again and again. VARIANT: its size in bytes.
 *
 * Stresses the length of the shortest path: nothing else happens. Sixty-four blocks are out at once (eight,
 * above 1 KiB), so that the last one freed is not always the next one given.
 * A good allocator needs some twenty instructions a call, and no lock, whatever the size; above the sizes
 * it caches, at least no system call each time.
 */
#include "workload.h"

#define OUT 64

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    size_t bytes = *variant ? (size_t)atol(variant) : 64;
    unsigned out = bytes <= KIB ? OUT : OUT / 8;
    size_t rounds = scaled(bytes <= KIB ? 500e3 : bytes <= 32 * KIB ? 2e6 : 100e3, 1);
    void *block[OUT];
    for (size_t round = 0; round < rounds; round++) {
        for (unsigned i = 0; i < out; i++)
            block[i] = take(bytes);
        for (unsigned i = 0; i < out; i++)
            free(block[i]);
    }
    figure("operations", (double)rounds * out * 2);
}
