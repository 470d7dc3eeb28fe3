/*
 * random_release.c - a table of 100,000 places; each step empties one at random and fills it anew.
 *
 * Stresses free lists in no order at all: after a while, neighbours in memory have nothing in common.
 * A good allocator stays as fast as it was in the beginning, and as small.
 */
#include "workload.h"

#define PLACES 100000

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    static void *place[PLACES];
    struct dice dice = dice_for(3);
    size_t steps = scaled(6e6, PLACES);
    for (size_t step = 0; step < steps; step++) {
        void **chosen = &place[below(&dice, PLACES)];
        free(*chosen);
        *chosen = take(log_between(&dice, 16, 1023));
    }
    for (size_t i = 0; i < PLACES; i++)
        free(place[i]);
    figure("operations", (double)steps * 2);
}
