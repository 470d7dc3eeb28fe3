/*
 * shore.c - first fit against best fit in a memory that is always full (J. Shore 1975).
 *
 *      requests  ->  | wait, first come first served |  ->  | memory of 32,768 units |  ->  gone
 *
 * A request is always waiting. It is placed as soon as the policy finds room; no other may overtake it.
 * Each object stays for 5 to 15 units of time. The efficiency is the share of the memory in use, averaged
 * over time: the rest is lost to holes.
 *
 * Both policies get the same requests with the same lifetimes. So the difference of a pair tells more than
 * either figure. Its error is that of the mean over the pairs.
 */
#include "../generate/generate.h"
#include "../base/progress.h"
#include "calendar.h"
#include "model.h"
#include "papers.h"

#include <math.h>

#define MEMORY_UNITS 32768
#define REQUESTS 30000
#define WARM_UP (REQUESTS / 10)
#define PAIRS 8           /* seeds: 1 to this */
#define TIME_UNIT 1000000 /* in small steps, so that two objects seldom end together */

enum { FIRST_BY_ADDRESS, BEST, FIRST, NEXT, WORST, POLICIES };

static const char *const policies[POLICIES] = {MODEL_FIRST_BY_ADDRESS, "best", "first", "next", "worst"};

/* A memory at work. */
struct place {
    struct model model;
    struct calendar calendar;
    uint64_t now, since; /* since: the end of the warm-up */
    double area;         /* the sum over time of the units in use */
    bool counting;
};

static void wait_for_one(struct place *place) {
    struct guest guest = calendar_next(&place->calendar);
    if (place->counting)
        place->area += (double)place->model.used_units * (double)(guest.until - place->now);
    place->now = guest.until;
    model_give(&place->model, guest.block);
}

/* The efficiency, a share of 1; negative: no memory. */
static double efficiency(const char *fit, enum sizes sizes, uint64_t mean, uint64_t seed) {
    struct generator generator = {.random = seed, .mean = mean, .sizes = sizes};
    struct place place = {0};
    bool going = model_open(&place.model, fit, MEMORY_UNITS);
    for (int request = 0; going && request < REQUESTS; request++) {
        uint64_t size = sizes_draw(&generator);
        while (size > MEMORY_UNITS) /* it would wait for ever */
            size = sizes_draw(&generator);
        uint64_t life = random_between(&generator.random, 5 * TIME_UNIT, 15 * TIME_UNIT);
        void *block;
        while (!(block = model_take(&place.model, size)))
            wait_for_one(&place);
        going = calendar_add(&place.calendar, place.now + life, block);
        if (request == WARM_UP) {
            place.counting = true;
            place.since = place.now;
        }
    }
    free(place.calendar.guests);
    if (place.model.heap)
        model_close(&place.model);
    return going ? place.area / ((double)MEMORY_UNITS * (double)(place.now - place.since)) : -1;
}

/* Standard deviation of the drawn sizes, divided by their mean. By the paper it decides which policy wins.
 * */
static double variation(enum sizes sizes, uint64_t mean) {
    struct generator generator = {.random = 1, .mean = mean, .sizes = sizes};
    double sum = 0, squares = 0;
    for (int draw = 0; draw < 100000; draw++) {
        double size = (double)sizes_draw(&generator);
        sum += size;
        squares += size * size;
    }
    double average = sum / 100000;
    return sqrt(squares / 100000 - average * average) / average;
}

/* Averages in percent, and the difference between the first two with its standard error. */
static bool compare(struct row *row, enum sizes sizes, uint64_t mean) {
    double sums[POLICIES] = {0}, sum = 0, squares = 0;
    for (uint64_t seed = 1; seed <= PAIRS; seed++) {
        double shares[POLICIES];
        for (int policy = 0; policy < POLICIES; policy++) {
            shares[policy] = 100 * efficiency(policies[policy], sizes, mean, seed);
            if (shares[policy] < 0)
                return false;
            sums[policy] += shares[policy];
        }
        double difference = shares[FIRST_BY_ADDRESS] - shares[BEST];
        sum += difference;
        squares += difference * difference;
    }
    double average = sum / PAIRS;
    row->values[0] = variation(sizes, mean);
    row->values[1] = sums[FIRST_BY_ADDRESS] / PAIRS;
    row->values[2] = sums[BEST] / PAIRS;
    row->values[3] = average;
    row->values[4] = sqrt((squares / PAIRS - average * average) / (PAIRS - 1));
    for (int policy = FIRST; policy <= WORST; policy++)
        row->values[3 + policy] = sums[policy] / PAIRS;
    return true;
}

/* The number of rows whose difference has that sign, and exceeds two standard errors. */
static int ahead(const struct row *const *rows, int count, double sign) {
    int clear = 0;
    for (int index = 0; index < count; index++)
        clear += sign * rows[index]->values[3] > 2 * rows[index]->values[4];
    return clear;
}

static enum verdict all_of(int holds, int of) {
    return holds == of ? VERDICT_YES : 2 * holds > of ? VERDICT_MOSTLY : VERDICT_NO;
}

static void judge(struct result *result, const struct row *const *wide, const struct row *const *narrow,
                  int count) {
    double least = 100, most = 0;
    int within = 0;
    for (size_t index = 0; index < result->row_count; index++) {
        double difference = fabs(result->rows[index].values[3]);
        least = fmin(least, difference);
        most = fmax(most, difference);
        within += difference <= 3;
    }
    result_claim(result, "within", "the two are generally within 1 to 3 percent of each other",
                 all_of(within, (int)result->row_count), "%.1f to %.1f points apart; %d of %zu rows within 3",
                 least, most, within, result->row_count);
    result_claim(result, "first_ahead", "first fit ahead for exponential and hyperexponential sizes",
                 all_of(ahead(wide, count, 1), count), "ahead in %d of %d rows, by more than twice the error",
                 ahead(wide, count, 1), count);
    result_claim(result, "best_ahead", "best fit ahead for uniform and normal sizes",
                 all_of(ahead(narrow, count, -1), count),
                 "ahead in %d of %d rows, by more than twice the error", ahead(narrow, count, -1), count);
    int led = 0;
    for (int index = 0; index < count; index++)
        led += wide[index]->values[1] > wide[index]->values[5];
    result_claim(result, "low_end",
                 "a supposition: it leads because it crowds requests into one end of memory",
                 all_of(led, count),
                 "with the list in the order of frees it does worse in %d of %d of these rows", led, count);
}

static bool run(struct result *result) {
    static const enum sizes kinds[] = {SIZES_EXPONENTIAL, SIZES_HYPEREXPONENTIAL, SIZES_UNIFORM,
                                       SIZES_NORMAL};
    static const uint64_t fills[] = {64, 128}; /* this number of average requests would fill the memory */
    const struct row *wide[4], *narrow[4];
    int wide_count = 0, narrow_count = 0;
    for (int fill = 0; fill < 2; fill++)
        for (int kind = 0; kind < 4; kind++) {
            progress_show("shore", (uint64_t)(4 * fill + kind), 8);
            struct row *row = result_row(result, "%s, 1/%d", sizes_name(kinds[kind]), (int)fills[fill]);
            if (!compare(row, kinds[kind], MEMORY_UNITS / fills[fill]))
                return false;
            if (kind < 2)
                wide[wide_count++] = row;
            else
                narrow[narrow_count++] = row;
        }
    judge(result, wide, narrow, 4);
    return true;
}

const struct paper paper_shore = {
    .name = "shore",
    .title = "First fit against best fit in a full memory",
    .source =
        "J. E. Shore, \"On the External Storage Fragmentation Produced by First-Fit and Best-Fit Allocation "
        "Strategies\", Communications of the ACM 18(8), 433-440, August 1975",
    .read = "its abstract (doi.org/10.1145/360933.360949); none of its tables, so no cell of one is quoted",
    .differs = "The measure is the paper's: the share of the memory in use, averaged over time. The memory "
               "of 32,768 units, "
               "the mean sizes, lifetimes from 5 to 15 and the parameters of the distributions are ours. The "
               "last three "
               "columns are ours alone: `first` is Halloc's, which tries the block freed last.",
    .rows = "sizes, their mean by the memory",
    .columns = {{"dev/mean", "deviation_by_mean", 2},
                {"first %", "first_by_address_percent", 2},
                {"best %", "best_percent", 2},
                {"first - best", "difference_points", 2},
                {"+-", "error_points", 2},
                {"`first` %", "first_percent", 2},
                {"next %", "next_percent", 2},
                {"worst %", "worst_percent", 2}},
    .run = run,
};
