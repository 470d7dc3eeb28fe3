/*
 * growing_vectors.c - sixty vectors grow by halves, by realloc, to between 1 KiB and 4 MiB, and start anew.
 *
 * Stresses resizing: in place where the neighbour is free, by moving page tables where blocks are large, and
 * otherwise with a copy. Strings, buffers, JSON arrays, editors.
 * A good allocator copies little, and leaves no trail of holes that nothing fits.
 */
#include "workload.h"

#define VECTORS 60

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    struct {
        char *data;
        size_t bytes, goal;
    } vector[VECTORS] = {0};
    struct dice dice = dice_for(6);
    size_t steps = scaled(35e3, 500);
    for (size_t step = 0; step < steps; step++) {
        unsigned i = (unsigned)below(&dice, VECTORS);
        if (!vector[i].data || vector[i].bytes >= vector[i].goal) {
            free(vector[i].data);
            vector[i].bytes = between(&dice, 16, 64);
            vector[i].goal = log_between(&dice, KIB, 4 * MIB);
            vector[i].data = take(vector[i].bytes);
            continue;
        }
        size_t before = vector[i].bytes, bytes = before + before / 2 + 1;
        vector[i].data = touched(realloc(vector[i].data, bytes), bytes);
        memset(vector[i].data + before, 1, bytes - before); /* what it grew for */
        vector[i].bytes = bytes;
    }
    for (unsigned i = 0; i < VECTORS; i++)
        free(vector[i].data);
    figure("operations", (double)steps);
}
