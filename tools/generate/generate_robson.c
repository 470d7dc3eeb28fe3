/*
 * generate_robson.c - the worst case: a program that never has more than M bytes live, and makes the heap
 * as large as any program can.
 *
 *      step 0    M units of 1:        | | | | | | | | |
 *      step 1    keep those at odd places, ask for 2s:   no hole of 1 holds them
 *      step i    keep those that cover a place p with p mod 2^i = f; ask for blocks of 2^i
 *
 * Each step has two candidates for f that agree with the last f. It chooses the one that leaves least room
 * for most holes. First fit by address then needs about M (1 + log2(n) / 2); n is the largest size in units
 * (J. M. Robson, "Bounds for Some Functions Concerning Dynamic Storage Allocation", JACM 21, 1974).
 *
 * The program must know where its objects lie. Here it follows a model of its own: first fit by address,
 * without headers. A request of k units asks for 128 k - 32 bytes. With the header of a classic heap each
 * block is then whole units, as in the model. A unit has 128 bytes because a heap splits off nothing
 * smaller (SPLIT_BYTES). With smaller units the rest would stay with the served block, and heap and model
 * would differ.
 */
#include "generate.h"

#include <stdlib.h>

#define UNIT 128
#define HEADER 32
#define LARGEST_LOG2 10 /* of units */

static uint64_t units_of(const struct generated *object) {
    return (object->size + HEADER) / UNIT;
}

static int by_place(const void *a, const void *b) {
    const struct generated *left = a, *right = b;
    return left->until < right->until ? -1 : left->until > right->until;
}

/* Does the object cover a place p with p mod 2^log2 = f? */
static bool covers(const struct generated *object, uint64_t f, unsigned log2) {
    uint64_t mask = ((uint64_t)1 << log2) - 1;
    return ((f - object->until) & mask) < units_of(object);
}

/* How many blocks of 2^log2 units fit into the units that could be freed: the measure for f. */
static uint64_t freed_units(const struct generator *generator, uint64_t f, unsigned log2) {
    uint64_t units = 0;
    for (uint64_t index = 0; index < generator->count; index++)
        units += covers(&generator->objects[index], f, log2) ? 0 : units_of(&generator->objects[index]);
    return units;
}

static bool keep_covering(struct generator *generator, uint64_t f, unsigned log2) {
    for (uint64_t index = generator->count; index-- > 0;)
        if (!covers(&generator->objects[index], f, log2) && !generate_end(generator, index))
            return false;
    return true;
}

/* Allocates blocks of `units` at the lowest places where they fit, until the level is reached. Objects are
 * in order of place at the start. The new ones are larger than any hole that was passed, so one pass is
 * enough. */
static bool add_blocks(struct generator *generator, uint64_t units, uint64_t level) {
    uint64_t live = 0, old = generator->count, next = 0, place = 0;
    for (uint64_t index = 0; index < old; index++)
        live += units_of(&generator->objects[index]);
    while (live + units <= level) {
        while (next < old && generator->objects[next].until < place + units) {
            uint64_t end = generator->objects[next].until + units_of(&generator->objects[next]);
            place = end > place ? end : place;
            next++;
        }
        if (!generate_begin(generator, units * UNIT - HEADER))
            return false;
        generator->objects[generator->count - 1].until = place;
        place += units;
        live += units;
    }
    return true;
}

void generate_robson(struct generator *generator) {
    uint64_t f = 0;
    bool going = add_blocks(generator, 1, generator->live);
    for (unsigned log2 = 1; going && log2 <= LARGEST_LOG2; log2++) {
        uint64_t other = f + ((uint64_t)1 << (log2 - 1));
        if (freed_units(generator, other, log2) > freed_units(generator, f, log2))
            f = other;
        going = keep_covering(generator, f, log2);
        qsort(generator->objects, generator->count, sizeof *generator->objects, by_place);
        going = going && add_blocks(generator, (uint64_t)1 << log2, generator->live);
    }
}
