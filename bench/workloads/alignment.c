/*
 * alignment.c - blocks aligned to 32 bytes up to a page, among plain ones.
 *
 * Stresses aligned_alloc and posix_memalign: SIMD buffers, cache-line structures, direct I/O.
 * A good allocator finds a class that is aligned anyway, instead of taking twice as much and cutting.
 */
#include "workload.h"

#define PLACES 10000

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    static void *place[PLACES];
    struct dice dice = dice_for(9);
    size_t steps = scaled(5e6, 1000), crooked = 0;
    for (size_t step = 0; step < steps; step++) {
        void **chosen = &place[below(&dice, PLACES)];
        free(*chosen);
        size_t bytes = log_between(&dice, 16, 1023), kind = below(&dice, 8);
        size_t alignment = kind < 4 ? 64 : kind < 6 ? 32 : kind < 7 ? 256 : step % 16 ? 16 : 4096;
        if (step % 2) {
            *chosen = aligned_alloc(alignment, (bytes + alignment - 1) & ~(alignment - 1));
        } else if (posix_memalign(chosen, alignment, bytes)) {
            return 1;
        }
        touched(*chosen, bytes);
        crooked += (uintptr_t)*chosen % alignment != 0;
    }
    for (unsigned i = 0; i < PLACES; i++)
        free(place[i]);
    figure("operations", (double)steps * 2);
    return crooked ? 1 : 0;
}
