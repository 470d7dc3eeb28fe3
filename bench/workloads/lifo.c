/*
 * lifo.c - a stack of blocks that grows and shrinks: the last one taken goes first.
 *
 * Stresses the reuse of what is warm: recursive programs, parsers, interpreters' frames.
 * A good allocator gives back the very block that was freed last, which the cache still holds.
 */
#include "workload.h"

#define DEPTH 20000

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    static void *stack[DEPTH];
    struct dice dice = dice_for(1);
    size_t height = 0, steps = scaled(110e3, 10), calls = 0;
    for (size_t step = 0; step < steps; step++) {
        size_t up = below(&dice, 400), down = below(&dice, 400);
        for (; up && height < DEPTH; up--, calls++)
            stack[height++] = take(log_between(&dice, 16, 1023));
        for (; down && height; down--, calls++)
            free(stack[--height]);
    }
    while (height)
        free(stack[--height]);
    figure("operations", (double)calls);
}
