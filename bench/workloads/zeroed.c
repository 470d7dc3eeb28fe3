/*
 * zeroed.c - calloc: small tables wholly used, and large ones of which little is ever written.
 *
 * Stresses the clearing of memory: the kernel's pages are zero already, what was freed before is not.
 * A good allocator knows which is which, clears only what needs it, and does not fault in what the program
 * won't touch.
 */
#include "workload.h"

#define PLACES 2000

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    static char *place[PLACES];
    struct dice dice = dice_for(8);
    size_t steps = scaled(600e3, 1000), wrong = 0;
    for (size_t step = 0; step < steps; step++) {
        unsigned i = (unsigned)below(&dice, PLACES);
        free(place[i]);
        /* One in a hundred is large: a hash table that was sized with foresight. */
        size_t bytes = below(&dice, 100) ? log_between(&dice, 32, 4095) : log_between(&dice, 64 * KIB, MIB);
        place[i] = calloc(bytes / 8, 8);
        if (!place[i])
            return 1;
        for (size_t at = 0; at < bytes / 8 * 8; at += bytes < 4096 ? 64 : bytes / 4) {
            wrong += place[i][at] != 0;
            place[i][at] = 1;
        }
    }
    for (unsigned i = 0; i < PLACES; i++)
        free(place[i]);
    figure("operations", (double)steps * 2);
    return wrong ? 1 : 0;
}
