/*
 * fifo.c - a queue of blocks: the first one taken goes first. 50,000 wait in it.
 *
 * Stresses locality: each block freed is the coldest there is. Message queues, caches that expire, logs.
 * A good allocator touches little beside the block itself, and keeps no list that it must search.
 */
#include "workload.h"

#define LENGTH 50000

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    static void *queue[LENGTH];
    struct dice dice = dice_for(2);
    size_t steps = scaled(12e6, LENGTH);
    for (size_t step = 0; step < steps; step++) {
        void **place = &queue[step % LENGTH];
        free(*place);
        *place = take(log_between(&dice, 16, 511));
    }
    for (size_t i = 0; i < LENGTH; i++)
        free(queue[i]);
    figure("operations", (double)steps * 2);
}
