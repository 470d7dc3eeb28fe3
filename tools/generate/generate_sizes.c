/*
 * generate_sizes.c - distributions of sizes, each with a given mean.
 *
 *      exponential       memoryless; the standard deviation is the mean
 *      hyperexponential  two exponentials with balanced means: nine of ten sizes have a mean of 5/9 of it,
 *                        one of ten of five times it. The standard deviation is 2.1 times the mean
 *      uniform           from 1 to twice the mean less 1
 *      normal            the standard deviation is a quarter of the mean; at least 1
 *      bimodal           nine of ten from 1/4 to 3/4 of the mean, one of ten from 5 to 6 times it
 *
 * The first four are from J. Shore, "On the External Storage Fragmentation Produced by First-Fit and
 * Best-Fit Allocation Strategies" (CACM 18, 1975).
 */
#include "generate.h"

#include <string.h>

static const char *const names[SIZES] = {"exponential", "hyperexponential", "uniform", "normal", "bimodal"};

enum sizes sizes_find(const char *name) {
    enum sizes sizes = 0;
    while (sizes < SIZES && strcmp(names[sizes], name) != 0)
        sizes++;
    return sizes;
}

const char *sizes_name(enum sizes sizes) {
    return names[sizes];
}

uint64_t sizes_draw(struct generator *generator) {
    uint64_t *random = &generator->random, mean = generator->mean, size = 0;
    bool is_large = false;
    switch (generator->sizes) {
    case SIZES_EXPONENTIAL: size = random_exponential(random, mean); break;
    case SIZES_HYPEREXPONENTIAL:
        is_large = random_below(random, 10) == 0;
        size = random_exponential(random, is_large ? 5 * mean : 5 * mean / 9);
        break;
    case SIZES_UNIFORM: size = random_between(random, 1, 2 * mean - 1); break;
    case SIZES_NORMAL: size = random_normal(random, mean, mean / 4); break;
    case SIZES_BIMODAL:
        is_large = random_below(random, 10) == 0;
        size = is_large ? random_between(random, 5 * mean, 6 * mean)
                        : random_between(random, mean / 4, 3 * mean / 4);
        break;
    case SIZES: break;
    }
    return size ? size : 1;
}
