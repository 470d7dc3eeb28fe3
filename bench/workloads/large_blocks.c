/*
 * large_blocks.c - blocks of 64 KiB to 8 MiB come and go at random; a page in sixteen of each is written.
 *
 * Stresses the path above the caches: images, network buffers, matrices.
 * A good allocator reuses memory that is resident already instead of asking the kernel each time, yet does
 * not keep what it will not need.
 */
#include "workload.h"

#define PLACES 24

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    void *place[PLACES] = {0};
    struct dice dice = dice_for(7);
    size_t steps = scaled(12e3, 50);
    for (size_t step = 0; step < steps; step++) {
        void **chosen = &place[below(&dice, PLACES)];
        free(*chosen);
        size_t bytes = log_between(&dice, 64 * KIB, 8 * MIB);
        char *block = *chosen = take(bytes);
        for (size_t at = 0; at < bytes; at += 64 * KIB)
            block[at] = 1;
    }
    for (unsigned i = 0; i < PLACES; i++)
        free(place[i]);
    figure("operations", (double)steps * 2);
}
