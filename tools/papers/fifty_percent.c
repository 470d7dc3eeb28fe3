/*
 * fifty_percent.c - how many free blocks are there? About half as many as are in use: Knuth's
 * fifty-percent rule.
 *
 * Why. Free blocks never touch, because they merge. So a block in use has a free neighbour on neither side,
 * on one, or on both. When it is freed, the number of free blocks changes:
 *
 *      | used | FREED | used |     one more
 *      | used | FREED | free |     the same: it joins its neighbour
 *      | free | FREED | free |     one less: it joins two
 *
 * With F free blocks and N in use, a block in use has 2 F / N free neighbours on average. So a free changes
 * the number by 1 - 2 F / N. An allocation removes a hole unless a rest is left. It changes the number by
 * -(1 - p); p is the share that leaves a rest. In balance the sum is 0:
 *
 *      1 - 2 F / N - (1 - p) = 0        F / N = p / 2
 *
 * The policy does not matter here, and the sizes matter only through p. There is one assumption: a block to
 * be freed has as many free neighbours as any other. Shore (1977) found where that is false. The rows that
 * free in order show it, too.
 */
#include "../generate/random.h"
#include "../base/progress.h"
#include "calendar.h"
#include "model.h"
#include "papers.h"

#include <math.h>

#define IN_USE 1000
#define WARM_UP (50 * IN_USE)
#define STEPS (200 * IN_USE)
#define LOOK_EVERY (IN_USE / 2)

enum release { AT_RANDOM, OLDEST_FIRST, AFTER_5_TO_15, AFTER_FEW_LONG };

struct setting {
    const char *label, *fit;
    uint64_t largest, smallest; /* sizes, all equally likely */
    enum release release;
};

static const struct setting settings[] = {
    {"first fit, sizes 1 to 100", MODEL_FIRST_BY_ADDRESS, 100, 1, AT_RANDOM},
    {"first fit, sizes 1 to 1,000", MODEL_FIRST_BY_ADDRESS, 1000, 1, AT_RANDOM},
    {"`first` (freed last, tried first)", "first", 100, 1, AT_RANDOM},
    {"next fit", "next", 100, 1, AT_RANDOM},
    {"best fit", "best", 100, 1, AT_RANDOM},
    {"worst fit", "worst", 100, 1, AT_RANDOM},
    {"first fit, sizes 1 to 10", MODEL_FIRST_BY_ADDRESS, 10, 1, AT_RANDOM},
    {"first fit, sizes 1 and 2", MODEL_FIRST_BY_ADDRESS, 2, 1, AT_RANDOM},
    {"first fit, all of size 50", MODEL_FIRST_BY_ADDRESS, 50, 50, AT_RANDOM},
    {"first fit, 1 to 100, freed after 5 to 15", MODEL_FIRST_BY_ADDRESS, 100, 1, AFTER_5_TO_15},
    {"first fit, 1 to 100, a few live long", MODEL_FIRST_BY_ADDRESS, 100, 1, AFTER_FEW_LONG},
    {"first fit, 1 to 100, oldest freed first", MODEL_FIRST_BY_ADDRESS, 100, 1, OLDEST_FIRST},
    {"best fit, 1 to 100, oldest freed first", "best", 100, 1, OLDEST_FIRST},
};

#define SETTINGS (sizeof settings / sizeof *settings)

/* The blocks in use: in a calendar, if lifetimes decide which ends next; otherwise by number. */
struct crowd {
    struct model model;
    struct calendar calendar;
    uint64_t random, now, step;
};

static bool come(struct crowd *crowd, const struct setting *setting) {
    void *block =
        model_take(&crowd->model, random_between(&crowd->random, setting->smallest, setting->largest));
    uint64_t time = crowd->step++; /* oldest first */
    if (setting->release == AFTER_5_TO_15)
        time = crowd->now + random_between(&crowd->random, 5000000, 15000000);
    if (setting->release ==
        AFTER_FEW_LONG) /* one of ten lives nine times as long as the others, on average */
        time = crowd->now +
               random_exponential(&crowd->random, random_below(&crowd->random, 10) ? 5000000 : 45000000);
    return block && calendar_add(&crowd->calendar, time, block);
}

/* Random: the next to be freed changes places with another. */
static void go(struct crowd *crowd, const struct setting *setting) {
    struct guest guest = calendar_next(&crowd->calendar);
    crowd->now = guest.until;
    if (setting->release == AT_RANDOM) {
        struct guest *other = &crowd->calendar.guests[random_below(&crowd->random, crowd->calendar.count)];
        void *block = guest.block;
        guest.block = other->block;
        other->block = block;
    }
    model_give(&crowd->model, guest.block);
}

/* Four times the bytes in use: no policy lacks memory. */
static bool measure(const struct setting *setting, struct row *row) {
    struct crowd crowd = {.random = 1};
    bool going = model_open(&crowd.model, setting->fit, 2 * IN_USE * setting->largest);
    for (int count = 0; going && count < IN_USE; count++)
        going = come(&crowd, setting);
    double free_blocks = 0, looks = 0;
    for (int step = 0; going && step < WARM_UP + STEPS; step++) {
        if (step == WARM_UP)
            crowd.model.allocations = crowd.model.splits = 0;
        go(&crowd, setting);
        going = come(&crowd, setting);
        if (step >= WARM_UP && step % LOOK_EVERY == 0) {
            free_blocks += (double)model_free_blocks(&crowd.model);
            looks++;
        }
    }
    free(crowd.calendar.guests);
    if (crowd.model.heap)
        model_close(&crowd.model);
    if (!going)
        return false;
    double p = (double)crowd.model.splits / (double)crowd.model.allocations;
    double share = free_blocks / looks / IN_USE;
    row->values[0] = p;
    row->values[1] = p / 2;
    row->values[2] = share;
    if (p > 0.01) /* otherwise there are too few for a ratio */
        row->values[3] = share / (p / 2);
    return true;
}

struct range {
    double least, most;
};

static void widen(struct range *range, double value) {
    range->least = fmin(range->least, value);
    range->most = fmax(range->most, value);
}

static bool within(const struct range *range, double least, double most) {
    return range->least > least && range->most < most;
}

static void judge(struct result *result) {
    const struct range nothing = {INFINITY, -INFINITY};
    struct range mostly_rests = nothing, random_shares = nothing, random_by_p = nothing,
                 ordered_by_p = nothing;
    for (size_t index = 0; index < SETTINGS; index++) {
        const struct row *row = &result->rows[index];
        bool random = settings[index].release == AT_RANDOM;
        if (isnan(row->values[3]))
            continue;
        widen(random ? &random_by_p : &ordered_by_p, row->values[3]);
        if (random && settings[index].largest >= 100)
            widen(row->values[0] > 0.95 ? &mostly_rests : &random_shares, row->values[2]);
    }
    bool half = within(&mostly_rests, 0.45, 0.55);
    result_claim(result, "half", "half as many free blocks as blocks in use",
                 !half                                ? VERDICT_NO
                 : within(&random_shares, 0.45, 0.55) ? VERDICT_YES
                                                      : VERDICT_MOSTLY,
                 "%.2f to %.2f where nearly always a rest is left; %.2f to %.2f where others fit exactly",
                 mostly_rests.least, mostly_rests.most, random_shares.least, random_shares.most);
    result_claim(result, "p_half", "nothing read; derived in fifty_percent.c: p / 2 for each block in use",
                 within(&random_by_p, 0.9, 1.1) ? VERDICT_YES : VERDICT_NO,
                 "%.2f to %.2f times that, whatever the policy and sizes, when freed at random",
                 random_by_p.least, random_by_p.most);
    bool below = ordered_by_p.least<0.9, above = ordered_by_p.most> 1.1;
    result_claim(result, "anomalous", "can be far off, in both directions, depending on the order of frees",
                 below && above   ? VERDICT_YES
                 : below || above ? VERDICT_MOSTLY
                                  : VERDICT_NO,
                 "%.2f to %.2f times p / 2", ordered_by_p.least, ordered_by_p.most);
}

static bool run(struct result *result) {
    for (size_t index = 0; index < SETTINGS; index++) {
        progress_show("fifty-percent", index, SETTINGS);
        if (!measure(&settings[index], result_row(result, "%s", settings[index].label)))
            return false;
    }
    judge(result);
    return true;
}

const struct paper paper_fifty_percent = {
    .name = "fifty-percent",
    .title = "How many free blocks there are: the fifty-percent rule",
    .source =
        "D. E. Knuth, The Art of Computer Programming, volume 1, section 2.5, 1968; J. E. Shore, \"Anomalous "
        "Behavior of the Fifty-Percent Rule in Dynamic Memory Allocation\", Communications of the ACM "
        "20(11), "
        "812-820, November 1977",
    .read =
        "Shore's abstract; of Knuth's section not the rule's own page, only notes on A. Silberschatz et al., "
        "Operating System Concepts, that state it: given N blocks in use, half as many are lost between "
        "them. No "
        "table of either, so no cell of one is quoted",
    .differs = "1,000 blocks are always in use; one goes and another comes, 200,000 times after 50,000 to "
               "warm up. The "
               "memory is four times what is in use.",
    .rows = "policy, sizes, and who is freed",
    .columns = {{"p, a rest left", "p", 3},
                {"p / 2", "p_half", 3},
                {"free / in use", "free_by_used", 3},
                {"of p / 2", "of_p_half", 2}},
    .run = run,
};
