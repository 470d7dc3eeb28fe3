/*
 * pair.c - rounds of 64 blocks taken, then freed, to be counted instruction by instruction.
 *
 *      pair malloc|nothing BYTES ROUNDS
 *
 * `nothing` makes the same loop call two empty functions: what is left of the difference is the allocator's.
 * The harness runs each with two numbers of rounds, so that start and end cancel out.
 */
#include <stdlib.h>
#include <string.h>

#define OUT 64

static char anything;

static __attribute__((noipa)) void *nothing_take(size_t bytes) {
    (void)bytes;
    return &anything;
}

static __attribute__((noipa)) void nothing_give(void *ptr) {
    (void)ptr;
}

static __attribute__((noipa)) void rounds_of_malloc(void **block, size_t bytes, long rounds) {
    for (long round = 0; round < rounds; round++) {
        for (int i = 0; i < OUT; i++)
            block[i] = malloc(bytes);
        for (int i = 0; i < OUT; i++)
            free(block[i]);
    }
}

static __attribute__((noipa)) void rounds_of_nothing(void **block, size_t bytes, long rounds) {
    for (long round = 0; round < rounds; round++) {
        for (int i = 0; i < OUT; i++)
            block[i] = nothing_take(bytes);
        for (int i = 0; i < OUT; i++)
            nothing_give(block[i]);
    }
}

int main(int argc, char **argv) {
    void *block[OUT];
    if (argc != 4)
        return 2;
    size_t bytes = (size_t)atol(argv[2]);
    if (strcmp(argv[1], "malloc") == 0)
        rounds_of_malloc(block, bytes, atol(argv[3]));
    else
        rounds_of_nothing(block, bytes, atol(argv[3]));
}
