/*
 * robson.c - the worst case: a program that never has more than M units in use, in blocks of at most n, and
 * makes a heap as large as it can (J. Robson 1974).
 *
 *      step 0    M blocks of 1              | | | | | | | | |
 *      step i    keep those that cover a place p with p mod 2^i = f, free the rest, ask for blocks of 2^i
 *
 * Such places are 2^i apart. Each object that stays covers one. So it spoils a window of 2^i units for the
 * next blocks. Two values of f agree with the last f. The program takes the one whose kept objects spoil
 * most beyond their own units.
 *
 * `halloc gen robson` writes such a program for one policy, first fit by address. The program here looks
 * where its blocks lie, like a real adversary. So it works against any policy.
 *
 * Against the buddy system Knuth has another program, whose cost is known exactly: keep the blocks that
 * begin at a multiple of 2^i, free the rest.
 */
#include "../base/progress.h"
#include "model.h"
#include "papers.h"

#include <math.h>
#include <stdlib.h>

#define LARGEST_LOG2 10
#define LARGEST ((uint64_t)1 << LARGEST_LOG2) /* n */
#define LEVEL (2 * LARGEST)                   /* M for Knuth's program */
#define WHOLE (16 * LEVEL)                    /* the units of a memory that has a fixed size: enough */

struct object {
    void *block;
    uint64_t place, units;
};

struct adversary {
    struct model model;
    struct object objects[LEVEL];
    uint64_t count, live; /* live: units */
};

/* Allocates blocks until the level is reached. False: the memory is too small. */
static bool fill_up(struct adversary *adversary, uint64_t units) {
    while (adversary->live + units <= LEVEL) {
        void *block = model_take(&adversary->model, units);
        if (!block)
            return false;
        adversary->objects[adversary->count++] =
            (struct object){block, model_place(&adversary->model, block), units};
        adversary->live += units;
    }
    return true;
}

/* Does it cover a place p with p mod 2^log2 = f? */
static bool covers(const struct object *object, uint64_t f, unsigned log2) {
    return ((f - object->place) & (((uint64_t)1 << log2) - 1)) < object->units;
}

/* Does it begin at a multiple of 2^log2? */
static bool begins_at(const struct object *object, uint64_t f, unsigned log2) {
    (void)f;
    return (object->place & (((uint64_t)1 << log2) - 1)) == 0;
}

/* The units that the kept objects would spoil beyond their own: a window of 2^log2 for each. */
static uint64_t spoilt_units(const struct adversary *adversary, uint64_t f, unsigned log2) {
    uint64_t units = 0;
    for (uint64_t index = 0; index < adversary->count; index++)
        if (covers(&adversary->objects[index], f, log2))
            units += ((uint64_t)1 << log2) - adversary->objects[index].units;
    return units;
}

/* The next f: one of the two that agree with this one. */
static uint64_t choose(const struct adversary *adversary, uint64_t f, unsigned log2) {
    uint64_t other = f + ((uint64_t)1 << (log2 - 1));
    return spoilt_units(adversary, other, log2) > spoilt_units(adversary, f, log2) ? other : f;
}

static void keep(struct adversary *adversary, bool (*kept)(const struct object *, uint64_t, unsigned),
                 uint64_t f, unsigned log2) {
    for (uint64_t index = adversary->count; index-- > 0;) {
        struct object *object = &adversary->objects[index];
        if (kept(object, f, log2))
            continue;
        model_give(&adversary->model, object->block);
        adversary->live -= object->units;
        *object = adversary->objects[--adversary->count];
    }
}

static bool attack(struct adversary *adversary, bool knuths) {
    uint64_t f = 0;
    bool going = fill_up(adversary, 1);
    for (unsigned log2 = 1; going && log2 <= LARGEST_LOG2; log2++) {
        f = knuths ? 0 : choose(adversary, f, log2);
        keep(adversary, knuths ? begins_at : covers, f, log2);
        going = fill_up(adversary, (uint64_t)1 << log2);
    }
    return going;
}

/* The memory that was needed, divided by M; NaN: more than `units`, or no memory. 0 units: the heap grows
 * as needed. */
static double needed(const char *fit, uint64_t units, bool knuths) {
    struct adversary *adversary = calloc(1, sizeof *adversary);
    double result = NAN;
    if (adversary &&
        (units ? model_open(&adversary->model, fit, units) : model_open_growing(&adversary->model, fit))) {
        if (attack(adversary, knuths))
            result = (double)adversary->model.high / (double)LEVEL;
        model_close(&adversary->model);
    }
    free(adversary);
    return result;
}

/* Robson's bound divided by M. */
static double least_enough(void) {
    return 1 + LARGEST_LOG2 / 2.0 - (double)(LARGEST - 1) / (double)LEVEL;
}

static double first_fit_most(void) {
    double harmonic = 0;
    for (uint64_t size = LARGEST; size; size--)
        harmonic += 1.0 / (double)size;
    return harmonic / 0.69314718055994531; /* ln 2 */
}

enum {
    FIRST_BY_ADDRESS,
    FIRST,
    NEXT,
    BEST,
    WORST,
    SEGREGATED,
    TLSF,
    BUDDY,
    POLICIES,
    BUDDY_WHOLE = POLICIES,
    KNUTHS
};

static const char *const policies[POLICIES] = {MODEL_FIRST_BY_ADDRESS, "first", "next", "best", "worst",
                                               "segregated",           "tlsf",  "buddy"};

#define KNUTHS_COST (1 + LARGEST_LOG2 / 2.0)
#define BUDDY_MOST (1 + LARGEST_LOG2)

static bool add_row(struct result *result, const char *program, const char *policy, double ratio,
                    double paper, double most) {
    struct row *row = result_row(result, "%s program, %s", program, policy);
    row->values[0] = ratio * (double)LEVEL;
    row->values[1] = ratio;
    row->values[2] = paper;
    row->values[3] = most;
    return !isnan(ratio);
}

static double by_m(const struct result *result, int row) {
    return result->rows[row].values[1];
}

static enum verdict holds(bool is) {
    return is ? VERDICT_YES : VERDICT_NO;
}

static void judge(struct result *result) {
    double first = by_m(result, FIRST_BY_ADDRESS), least = INFINITY;
    result_claim(result, "first_fit_most",
                 "first fit never needs more than M H(n) / ln 2 (Knuth, exercise 43)",
                 holds(first <= first_fit_most()), "%.2f M of %.2f M", first, first_fit_most());
    result_claim(
        result, "buddy_exact", "the buddy system is driven to M (1 + log2(n) / 2) (Knuth, exercise 41)",
        holds(by_m(result, KNUTHS) == KNUTHS_COST), "%.2f M of %.2f M", by_m(result, KNUTHS), KNUTHS_COST);
    double most = fmax(by_m(result, BUDDY), fmax(by_m(result, BUDDY_WHOLE), by_m(result, KNUTHS)));
    result_claim(result, "buddy_most", "the buddy system never needs more than M (1 + log2(n)) (the same)",
                 holds(most <= BUDDY_MOST), "%.2f M of %d M at most", most, BUDDY_MOST);
    uint64_t enough = (uint64_t)(least_enough() * (double)LEVEL);
    bool fails = isnan(needed("buddy", enough, true)) || isnan(needed("buddy", enough, false));
    result_claim(result, "enough",
                 "M (1 + log2(n) / 2) - n + 1 units are enough (Robson, for buddies, says SQLite)",
                 holds(!fails), "%s program makes our buddy system fail in that memory, in whole pages",
                 fails ? "a" : "neither");
    int exact = 0;
    for (int policy = 0; policy < POLICIES; policy++) {
        least = fmin(least, by_m(result, policy));
        exact += by_m(result, policy) == least_enough();
    }
    result_claim(result, "any", "nothing read of how far every policy can be driven", VERDICT_NONE,
                 "%d of %d policies need just that many, and none fewer than %.0f", exact, POLICIES,
                 least * (double)LEVEL);
}

static bool run(struct result *result) {
    bool done = true;
    for (int policy = 0; policy < POLICIES; policy++) {
        progress_show("robson", (uint64_t)policy, POLICIES);
        double most = policy == FIRST_BY_ADDRESS ? first_fit_most() : policy == BUDDY ? BUDDY_MOST : NAN;
        done &= add_row(result, "Robson's", policies[policy], needed(policies[policy], 0, false),
                        least_enough(), most);
    }
    done &= add_row(result, "Robson's", "buddy, given whole", needed("buddy", WHOLE, false), least_enough(),
                    BUDDY_MOST);
    done &= add_row(result, "Knuth's", "buddy, given whole", needed("buddy", WHOLE, true), KNUTHS_COST,
                    BUDDY_MOST);
    if (done)
        judge(result);
    return done;
}

const struct paper paper_robson = {
    .name = "robson",
    .title = "The worst that can happen: Robson's bounds",
    .source = "J. M. Robson, \"Bounds for Some Functions Concerning Dynamic Storage Allocation\", Journal of "
              "the ACM "
              "21, 491-499, July 1974; D. E. Knuth, The Art of Computer Programming, volume 1, section 2.5, "
              "exercises "
              "41 and 43",
    .read = "not Robson's text. His bound stands in the opening comment of SQLite's src/mem5.c, the "
            "exercises in the "
            "solutions to Knuth at brain.tamnd.com",
    .differs = "M is 2,048 units, n 1,024. The heaps are ours and real, headers inside the units. They grow "
               "by what is "
               "missing, a page at a time, but for those given whole. A buddy's block lies at a multiple of "
               "its size, "
               "so a heap of buddies that grows bit by bit needs more than one that is given whole.",
    .rows = "program, and against which policy",
    .columns = {{"units", "needed_units", 0},
                {"by M", "needed_by_m", 3},
                {"paper", "published_by_m", 3},
                {"never more than", "never_more_by_m", 2}},
    .run = run,
};
