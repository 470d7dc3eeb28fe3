/* pins_mix.c - see pins_mix.h. */
#include "pins_mix.h"

#include <stdlib.h>

#define STEPS 30
#define NEVER_SEEN 1e-6    /* how likely is one word among those that were never seen */
#define ALL_BUT_NEVER 0.99 /* even where all words differ, one may come again */

/* What the samples of each site have at one place. */
struct column {
    double *seen;    /* by site: how many have the object's word */
    double *samples; /* by site */
    double *singles; /* by site: words that one sample alone has, which tells how likely new words are */
};

static int by_site_and_word(const void *one, const void *other) {
    const struct look_words *left = one, *right = other;
    if (left->site != right->site)
        return left->site < right->site ? -1 : 1;
    return left->word[0] < right->word[0] ? -1 : left->word[0] > right->word[0];
}

/* Sorts one word of each sample by its site, and counts those without their like. */
static void count_singles(const struct look_words *samples, size_t count, unsigned place,
                          struct look_words *sorted, double *singles) {
    for (size_t at = 0; at < count; at++)
        sorted[at] = (struct look_words){.word = {samples[at].word[place]}, .site = samples[at].site};
    qsort(sorted, count, sizeof *sorted, by_site_and_word);
    for (size_t at = 0; at < count; at++)
        singles[sorted[at].site] += (!at || by_site_and_word(&sorted[at - 1], &sorted[at]) != 0) &&
                                    (at + 1 == count || by_site_and_word(&sorted[at], &sorted[at + 1]) != 0);
}

/* How likely are the object's words with each site? The product over all places; the largest becomes 1, lest
 * all become 0. */
static void judge_place(const struct look_words *samples, size_t count, const struct look_words *object,
                        unsigned place, struct column *column, size_t sites, double *likely) {
    double most = 0;
    for (size_t site = 0; site < sites; site++)
        column->seen[site] = 0;
    for (size_t at = 0; at < count; at++)
        column->seen[samples[at].site] += samples[at].word[place] == object->word[place];
    for (size_t site = 0; site < sites; site++) {
        double all = column->samples[site], fresh = column->singles[site] / all,
               known = column->seen[site] / all;
        likely[site] *= known > 0 ? (1 - ALL_BUT_NEVER * fresh) * known
                                  : (fresh > 0.5 / all ? fresh : 0.5 / all) * NEVER_SEEN;
        most = likely[site] > most ? likely[site] : most;
    }
    for (size_t site = 0; site < sites; site++)
        likely[site] /= most;
}

static void judge(const struct look_words *samples, size_t sample_count, const struct look_words *objects,
                  size_t object_count, struct column *column, size_t sites, struct look_words *sorted,
                  double *likely) {
    for (size_t at = 0; at < object_count * sites; at++)
        likely[at] = 1;
    for (size_t at = 0; at < sample_count; at++)
        column->samples[samples[at].site]++;
    for (unsigned place = 0; place < LOOK_WORDS; place++) {
        for (size_t site = 0; site < sites; site++)
            column->singles[site] = 0;
        count_singles(samples, sample_count, place, sorted, column->singles);
        for (size_t at = 0; at < object_count; at++)
            judge_place(samples, sample_count, &objects[at], place, column, sites, likely + at * sites);
    }
}

static void step(const double *likely, size_t object_count, double *shares, double *next, size_t sites) {
    for (size_t site = 0; site < sites; site++)
        next[site] = 0;
    for (size_t at = 0; at < object_count; at++, likely += sites) {
        double all = 0;
        for (size_t site = 0; site < sites; site++)
            all += shares[site] * likely[site];
        for (size_t site = 0; site < sites && all > 0; site++)
            next[site] += shares[site] * likely[site] / all;
    }
    for (size_t site = 0; site < sites; site++)
        shares[site] = next[site] / (double)object_count;
}

bool pins_mix(const struct look_words *samples, size_t sample_count, const struct look_words *objects,
              size_t object_count, double *shares, size_t sites) {
    double *likely = malloc((object_count * sites + 1) * sizeof *likely);
    double *of_sites = calloc(4 * sites + 1, sizeof *of_sites);
    struct look_words *sorted = malloc((sample_count + 1) * sizeof *sorted);
    bool done = likely && of_sites && sorted;
    if (done && object_count) {
        struct column column = {of_sites, of_sites + sites, of_sites + 2 * sites};
        judge(samples, sample_count, objects, object_count, &column, sites, sorted, likely);
        for (unsigned steps = 0; steps < STEPS; steps++)
            step(likely, object_count, shares, of_sites + 3 * sites, sites);
    }
    free(likely);
    free(of_sites);
    free(sorted);
    return done;
}
