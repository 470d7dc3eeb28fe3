/*
 * russell.c - what rounding to powers of two costs (D. Russell 1977), on our buddy system.
 *
 *      asked    |---- 5 ----|
 *      given    |-------- 8 --------|        8 / 5 = 1.6
 *
 * Sizes are from 1 to n, all equally likely. The ratio is granted / requested units. It is smallest, 4/3, if
 * n is a power of two, and largest, 3/2, if n is a third above one. Its mean over n, in equal steps of the
 * logarithm, is 1 / ln 2. So the experiment takes n through one doubling, in sixteenths.
 */
#include "../generate/random.h"
#include "../base/progress.h"
#include "model.h"
#include "papers.h"

#include <math.h>
#include <stdlib.h>

#define LARGEST_LOG2 10 /* n goes from 1,024 to 2,048 units */
#define STEPS 16
#define DRAWS 40000
#define KEPT 8 /* objects live at a time */
#define MEMORY_UNITS 32768

/* Weights of sizes, summed up: a random number falls into the range of one size. */
struct sizes_table {
    uint64_t sums[(2 << LARGEST_LOG2) + 1];
    uint64_t largest;
};

enum law { EQUAL, INVERSE, INVERSE_SQUARE };

static void make_table(struct sizes_table *table, enum law law, uint64_t largest) {
    table->sums[0] = 0;
    table->largest = largest;
    for (uint64_t size = 1; size <= largest; size++) {
        uint64_t weight = (uint64_t)1 << 40;
        weight = law == EQUAL ? weight : law == INVERSE ? weight / size : weight / (size * size);
        table->sums[size] = table->sums[size - 1] + weight;
    }
}

static uint64_t draw(const struct sizes_table *table, uint64_t *random) {
    uint64_t number = random_below(random, table->sums[table->largest]), low = 1, high = table->largest;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (table->sums[middle] > number)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Granted / requested units. Negative: no memory. */
static double overallocation(const struct sizes_table *table, uint64_t seed) {
    struct model model;
    void *kept[KEPT] = {NULL};
    uint64_t random = seed, asked = 0, given = 0;
    if (!model_open(&model, "buddy", MEMORY_UNITS))
        return -1;
    bool going = true;
    for (int index = 0; going && index < DRAWS; index++) {
        uint64_t size = draw(table, &random);
        void **place = &kept[index % KEPT];
        if (*place)
            model_give(&model, *place);
        *place = model_take(&model, size);
        going = *place;
        asked += size;
        given += going ? model_extent(&model, *place) : 0;
    }
    model_close(&model);
    return going ? (double)given / (double)asked : -1;
}

/* The smallest, the largest and the mean ratio over a doubling of n. Its ends count half each. */
static bool through_a_doubling(struct row *row, enum law law) {
    static struct sizes_table table;
    double least = 100, most = 0, sum = 0;
    for (int step = 0; step <= STEPS; step++) {
        double exact = ldexp(pow(2, (double)step / STEPS), LARGEST_LOG2);
        make_table(&table, law, (uint64_t)llround(exact));
        double ratio = overallocation(&table, (uint64_t)step + 1);
        if (ratio < 0)
            return false;
        least = fmin(least, ratio);
        most = fmax(most, ratio);
        sum += step == 0 || step == STEPS ? ratio / 2 : ratio;
    }
    row->values[0] = least;
    row->values[1] = most;
    row->values[2] = sum / STEPS;
    return true;
}

static void publish(struct row *row, double least, double most, double average) {
    row->values[3] = least;
    row->values[4] = most;
    row->values[5] = average;
}

static bool near(double ours, double published) {
    return fabs(ours - published) <
           0.015; /* the published values have two decimals; ours have an error of half a hundredth */
}

static bool run(struct result *result) {
    static const char *const labels[] = {"sizes 1 to n, all as likely", "as likely as 1 / size",
                                         "as likely as 1 / size^2"};
    for (enum law law = EQUAL; law <= INVERSE_SQUARE; law++) {
        progress_show("russell", law, 3);
        struct row *row = result_row(result, "%s", labels[law]);
        publish(row, NAN, NAN, NAN);
        if (!through_a_doubling(row, law))
            return false;
    }
    const struct row *rows = result->rows;
    publish(&result->rows[EQUAL], 1.33, 1.50, 1.44);
    publish(&result->rows[INVERSE], NAN, NAN, 1.44);
    result_claim(result, "range", "sizes all as likely: between 1.33 and 1.50",
                 near(rows[EQUAL].values[0], 1.33) && near(rows[EQUAL].values[1], 1.50) ? VERDICT_YES
                                                                                        : VERDICT_NO,
                 "between %.3f and %.3f", rows[EQUAL].values[0], rows[EQUAL].values[1]);
    result_claim(result, "expected", "expected (x - 1) / ln x for x = 2: about 1.44",
                 near(rows[EQUAL].values[2], 1.44) ? VERDICT_YES : VERDICT_NO, "%.3f", rows[EQUAL].values[2]);
    result_claim(result, "independent", "the same for other laws of the sizes, within wide limits (Zipf's)",
                 near(rows[INVERSE].values[2], 1.44) ? VERDICT_YES : VERDICT_NO,
                 "%.3f for 1 / size; %.3f for 1 / size^2, most of them 1: that fits", rows[INVERSE].values[2],
                 rows[INVERSE_SQUARE].values[2]);
    return true;
}

const struct paper paper_russell = {
    .name = "russell",
    .title = "What the buddy system loses inside its blocks",
    .source = "D. L. Russell, \"Internal Fragmentation in a Class of Buddy Systems\", SIAM Journal on "
              "Computing 6(4), "
              "607-621, December 1977",
    .read = "its abstract, which gives the two bounds, the expected value and their formulas for any buddy "
            "system",
    .differs =
        "The paper calculates; here 40,000 requests are drawn for each n, and our buddy policy serves them. "
        "n goes "
        "from 1,024 to 2,048 units. Headers lie inside the units: real requests of a few bytes lose more.",
    .rows = "given by asked",
    .columns = {{"least", "least", 3},
                {"most", "most", 3},
                {"average", "average", 3},
                {"paper: least", "published_least", 2},
                {"most", "published_most", 2},
                {"average", "published_average", 2}},
    .run = run,
};
