/*
 * generate_lab.c - traces like those by which the malloc lab of CS:APP scores an allocator. They are our
 * own. Each pattern tests one ability of the allocator. The sizes belong to the pattern, except in random.
 *
 *      random       random allocations and frees, of random objects; sizes up to twice the mean
 *      random2      the same; every second object is small, 64 bytes at most
 *      coalescing   blocks of 4,095 bytes, all freed, then half as many of 8,190: without merging the
 *                   heap doubles
 *      binary       blocks of 64 and 448 bytes in turn; those of 448 are freed; then blocks of 512, which
 *                   fit into no hole between the others. A policy that keeps small blocks apart has room
 *      binary2      the same with 16, 112 and 128 bytes
 *      realloc      one block grows by 128 bytes a step. Between two steps a block of 128 begins and the
 *                   last one ends. If it lies behind the growing block, that block must move
 *      realloc2     the same by 5 bytes a step from 4,092, with blocks of 16
 *
 * --live is the largest number of objects, or the number of steps of the growing block. The pattern repeats
 * until there are enough operations. (R. Bryant, D. O'Hallaron, "Computer Systems: A Programmer's
 * Perspective", chapter 9; U is in tools/replay/serial/score.h.)
 */
#include "generate.h"

#define SMALL_MOST 64

static bool end_all(struct generator *generator) {
    bool going = true;
    while (going && generator->count)
        going = generate_end(generator, generator->count - 1);
    return going;
}

/* --- Random ------------------------------------------------------------------------------------------ */

/* Two of three calls allocate while there is room. So the level is soon reached, and nearly kept. */
static void toss(struct generator *generator, bool with_small) {
    bool going = true;
    while (going) {
        bool comes = generator->count < generator->live && random_below(&generator->random, 3) < 2;
        bool small = with_small && comes && random_below(&generator->random, 2);
        if (!comes && generator->count)
            going = generate_end(generator, random_below(&generator->random, generator->count));
        else
            going = generate_begin(generator, small ? random_between(&generator->random, 1, SMALL_MOST)
                                                    : sizes_draw(generator));
    }
}

void generate_random(struct generator *generator) {
    toss(generator, false);
}

void generate_random2(struct generator *generator) {
    toss(generator, true);
}

/* --- Patterns ---------------------------------------------------------------------------------------- */

/* Allocates `pairs` times one of each size. Then frees the second of each pair, and the first as well if
 * `both`. Then allocates blocks of `after`. */
static bool make_pairs(struct generator *generator, uint64_t first, uint64_t second, uint64_t after,
                       bool both) {
    uint64_t pairs = (generator->live + 1) / 2;
    bool going = true;
    for (uint64_t pair = 0; going && pair < pairs; pair++)
        going = generate_begin(generator, first) && generate_begin(generator, second);
    for (uint64_t index = generator->count; going && index-- > 0;)
        if (both || index % 2) /* the last takes the place of one freed: a first one, always */
            going = generate_end(generator, index);
    for (uint64_t pair = 0; going && pair < pairs; pair++)
        going = generate_begin(generator, after);
    return going && end_all(generator);
}

void generate_coalescing(struct generator *generator) {
    while (make_pairs(generator, 4095, 4095, 8190, true))
        ;
}

void generate_binary(struct generator *generator) {
    while (make_pairs(generator, 64, 448, 512, false))
        ;
}

void generate_binary2(struct generator *generator) {
    while (make_pairs(generator, 16, 112, 128, false))
        ;
}

/* The growing block is object 0, the other one 1. */
static bool make_growing(struct generator *generator, uint64_t size, uint64_t step, uint64_t other) {
    bool going = generate_begin(generator, size) && generate_begin(generator, other);
    for (uint64_t count = 0; going && count < generator->live; count++) {
        size += step;
        going = generate_resize(generator, 0, size) && generate_begin(generator, other) &&
                generate_end(generator, 1);
    }
    return going && end_all(generator);
}

void generate_realloc(struct generator *generator) {
    while (make_growing(generator, 512, 128, 128))
        ;
}

void generate_realloc2(struct generator *generator) {
    while (make_growing(generator, 4092, 5, 16))
        ;
}
