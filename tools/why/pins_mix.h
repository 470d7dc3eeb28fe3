/*
 * pins_mix.h - of which call sites are these objects, if only their first words are known?
 *
 * Each word of a site's samples has been seen so many times at its place. Words that only one sample has make
 * it likely that other objects of that site have words never seen. That gives, for each object, how likely
 * its words are with each site. The shares of the sites then follow step by step: each object is divided
 * among the sites by shares and likelihood, and the sums are the next shares.
 *
 * Sources: A. Dempster, N. Laird, D. Rubin, "Maximum Likelihood from Incomplete Data via the EM Algorithm"
 * (1977); I. Good, "The Population Frequencies of Species and the Estimation of Population Parameters"
 * (1953).
 */
#ifndef HALLOC_WHY_PINS_MIX_H
#define HALLOC_WHY_PINS_MIX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LOOK_WORDS 8

struct look_words {
    uint64_t word[LOOK_WORDS];
    uint32_t site; /* of a sample: a number below `sites` */
};

/* `shares`, one for each site, are what is known before, and then the result. False: no memory. */
bool pins_mix(const struct look_words *samples, size_t sample_count, const struct look_words *objects,
              size_t object_count, double *shares, size_t sites);

#endif
