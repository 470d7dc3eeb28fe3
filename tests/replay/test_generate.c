/* Synthetic traces: distributions are what they are said to be, levels are kept, and a seed is a trace. */
#include "replay.h"

/* --- Distributions ----------------------------------------------------------------------------------- */

#define DRAWS 200000

struct moments {
    double mean, deviation, least, most, median_share; /* share that is at most the mean */
};

static struct moments moments_of(enum sizes sizes, uint64_t mean) {
    struct generator generator = {.random = 42, .mean = mean, .sizes = sizes};
    struct moments moments = {.least = 1e18};
    double sum = 0, squares = 0, below = 0;
    for (int draw = 0; draw < DRAWS; draw++) {
        double size = (double)sizes_draw(&generator);
        sum += size;
        squares += size * size;
        below += size <= (double)mean;
        moments.least = size < moments.least ? size : moments.least;
        moments.most = size > moments.most ? size : moments.most;
    }
    moments.mean = sum / DRAWS;
    double variance = squares / DRAWS - moments.mean * moments.mean;
    double root = variance / 2 + 1;
    for (int step = 0; step < 60; step++) /* Newton's, without libm */
        root = (root + variance / root) / 2;
    moments.deviation = root;
    moments.median_share = below / DRAWS;
    return moments;
}

/* Within `percent` of what is wanted: the draws are fixed, so this holds or it does not. */
static void assert_near(const char *what, double wanted, double got, double percent) {
    double most = wanted * percent / 100;
    if (got < wanted - most || got > wanted + most)
        fail_msg("%s: %.4f, not %.4f", what, got, wanted);
}

static void sizes_have_their_means_deviations_and_shapes(void **state) {
    (void)state;
    struct moments exponential = moments_of(SIZES_EXPONENTIAL, 1000);
    assert_near("exponential mean", 1000, exponential.mean, 1);
    assert_near("exponential deviation", 1000, exponential.deviation, 1);
    assert_near("exponential share below the mean", 0.6321, exponential.median_share, 1); /* 1 - 1/e */
    assert_true(exponential.least == 1);

    struct moments hyper = moments_of(SIZES_HYPEREXPONENTIAL, 1000);
    assert_near("hyperexponential mean", 1000, hyper.mean, 1);
    /* Second moment of a mixture: 2 (0.9 (5/9)^2 + 0.1 * 25) = 5.5556, less 1: 4.5556. */
    assert_near("hyperexponential deviation", 2134, hyper.deviation, 2);

    struct moments uniform = moments_of(SIZES_UNIFORM, 1000);
    assert_near("uniform mean", 1000, uniform.mean, 1);
    assert_near("uniform deviation", 577.06, uniform.deviation, 1); /* 1999 / sqrt 12 */
    assert_true(uniform.least == 1 && uniform.most == 1999);

    struct moments normal = moments_of(SIZES_NORMAL, 1000);
    assert_near("normal mean", 1000, normal.mean, 1);
    assert_near("normal deviation", 250, normal.deviation, 1);
    assert_near("normal share below the mean", 0.5, normal.median_share, 1);

    struct moments bimodal = moments_of(SIZES_BIMODAL, 1000);
    assert_near("bimodal mean", 1000, bimodal.mean, 1);
    assert_near("bimodal share below the mean", 0.9, bimodal.median_share, 1);
    assert_true(bimodal.least == 250 && bimodal.most == 6000);
}

static void the_logarithm_is_exact_to_its_last_bits(void **state) {
    (void)state;
    for (unsigned log = 0; log < 64; log++)
        assert_int_equal(fixed_log2((uint64_t)1 << log), (uint64_t)log << 32);
    /* log2 of 3 and of 10, to 32 bits behind the point */
    assert_in_range(fixed_log2(3), 6807362105 - 2, 6807362105 + 2);
    assert_in_range(fixed_log2(10), 14267572527 - 2, 14267572527 + 2);
    assert_true(fixed_log2(UINT64_MAX) < (uint64_t)64 << 32);
}

/* --- Shapes ------------------------------------------------------------------------------------------ */

static void a_shape_has_the_operations_and_the_level_asked_for(void **state) {
    (void)state;
    static const struct {
        const char *shape;
        uint64_t most_objects, end_objects;
    } wanted[] = {{"exponential", 500, 500}, {"uniform", 500, 500}, {"bimodal", 500, 500},
                  {"ramp", 10001, 10000},    {"sawtooth", 500, 0},  {"vectors", 500, 500}};
    for (size_t index = 0; index < COUNT(wanted); index++) {
        struct trace *trace = replay_generated(wanted[index].shape, 20000, 500, 1, 1);
        const struct trace_totals *totals = trace_totals(trace);
        assert_int_equal(totals->operations, 20000);
        if (strcmp(wanted[index].shape, "ramp") == 0)
            assert_int_equal(totals->end_objects, wanted[index].end_objects);
        else
            assert_true(totals->peak_objects <= wanted[index].most_objects);
        if (strcmp(wanted[index].shape, "sawtooth") == 0)
            assert_int_equal(totals->end_objects, 0);
        trace_close(trace);
    }
}

static void a_full_memory_stays_full(void **state) {
    (void)state;
    struct trace *trace = replay_generated("shore", 50000, 500, 1, 1);
    struct trace_cursor *cursor = trace_cursor_open(trace);
    struct operation operation;
    uint64_t live = 0, sizes[50000], born[50000], ended = 0, longest = 0, capacity = 500 * 200;
    double sum = 0, lives = 0;
    while (trace_next(cursor, &operation)) {
        if (operation.kind == OPERATION_MALLOC)
            live += sizes[operation.object] = operation.size;
        else
            live -= sizes[operation.object];
        if (operation.kind == OPERATION_MALLOC) {
            born[operation.object] = operation.number;
        } else if (operation.number > 10000) {
            uint64_t life = operation.number - born[operation.object];
            longest = life > longest ? life : longest;
            lives += (double)life;
            ended++;
        }
        assert_true(live <= capacity);
        sum += operation.number >= 1000 ? (double)live : 0;
    }
    assert_true(sum / 49000 > 0.98 * (double)capacity);
    assert_true((double)longest < 2 * lives / (double)ended); /* 5 to 15 units of time, 10 on average */
    trace_cursor_close(cursor);
    trace_close(trace);
}

static bool is_random(const char *shape) {
    static const char *const patterns[] = {"robson",  "coalescing", "binary",
                                           "binary2", "realloc",    "realloc2"};
    bool pattern = false;
    for (size_t index = 0; index < COUNT(patterns); index++)
        pattern |= strcmp(shape, patterns[index]) == 0;
    return !pattern;
}

static void a_seed_is_a_trace(void **state) {
    (void)state;
    const struct shape *shape;
    for (size_t index = 0; (shape = shape_at(index)); index++) {
        struct trace *traces[3] = {replay_generated(shape->name, 5000, 100, 2, 1),
                                   replay_generated(shape->name, 5000, 100, 2, 1),
                                   replay_generated(shape->name, 5000, 100, 2, 2)};
        struct trace_cursor *cursors[3];
        struct operation a, b, c;
        memset(&a, 0, sizeof a); /* the padding too, which is compared */
        memset(&b, 0, sizeof b);
        uint64_t different = 0;
        for (int side = 0; side < 3; side++)
            cursors[side] = trace_cursor_open(traces[side]);
        while (trace_next(cursors[0], &a)) {
            assert_true(trace_next(cursors[1], &b));
            assert_memory_equal(&a, &b, sizeof a);
            different += trace_next(cursors[2], &c) && (a.size != c.size || a.kind != c.kind);
        }
        if (is_random(shape->name))
            assert_true(different > 100);
        else
            assert_int_equal(different, 0);
        for (int side = 0; side < 3; side++) {
            trace_cursor_close(cursors[side]);
            trace_close(traces[side]);
        }
    }
}

/* --- Patterns ---------------------------------------------------------------------------------------- */

/* The first operations in words: +64 begins 64 bytes, -64 ends them, 64>70 resizes. */
static void assert_begins_with(const char *shape, uint64_t live, const char *wanted) {
    struct trace *trace = replay_generated(shape, 1000, live, 1, 1);
    struct trace_cursor *cursor = trace_cursor_open(trace);
    struct operation operation;
    uint64_t sizes[1000];
    char text[1000];
    size_t length = 0;
    while (length < strlen(wanted) && trace_next(cursor, &operation)) {
        unsigned long size = (unsigned long)operation.size;
        char *end = text + length;
        if (operation.kind == OPERATION_REALLOC)
            length += (size_t)sprintf(end, " %lu>%lu", (unsigned long)sizes[operation.previous], size);
        else if (operation.kind == OPERATION_MALLOC)
            length += (size_t)sprintf(end, " +%lu", size);
        else
            length += (size_t)sprintf(end, " -%lu", (unsigned long)sizes[operation.object]);
        if (operation_begins_object(&operation))
            sizes[operation.object] = operation.size;
    }
    assert_string_equal(text, wanted);
    trace_cursor_close(cursor);
    trace_close(trace);
}

static void the_malloc_labs_patterns_are_what_they_are_said_to_be(void **state) {
    (void)state;
    assert_begins_with("binary", 4,
                       " +64 +448 +64 +448 -448 -448 +512 +512 -512 -512 -64 -64 +64 +448 +64 +448 -448");
    assert_begins_with("binary2", 4, " +16 +112 +16 +112 -112 -112 +128 +128 -128 -128 -16 -16 +16 +112");
    assert_begins_with("coalescing", 4,
                       " +4095 +4095 +4095 +4095 -4095 -4095 -4095 -4095 +8190 +8190 -8190 -8190 +4095");
    assert_begins_with(
        "realloc", 2, " +512 +128 512>640 +128 -128 640>768 +128 -128 -128 -768 +512 +128 512>640 +128 -128");
    assert_begins_with("realloc2", 3,
                       " +4092 +16 4092>4097 +16 -16 4097>4102 +16 -16 4102>4107 +16 -16 -16 -4107 +4092");
}

static void random_shapes_are_full_soon_and_stay_so(void **state) {
    (void)state;
    static const char *const shapes[] = {"random", "random2"};
    for (size_t index = 0; index < COUNT(shapes); index++) {
        struct trace *trace = replay_generated(shapes[index], 20000, 500, 1, 1);
        struct trace_cursor *cursor = trace_cursor_open(trace);
        struct operation operation;
        uint64_t live = 0, begun = 0, small = 0;
        while (trace_next(cursor, &operation)) {
            bool begins = operation.kind == OPERATION_MALLOC;
            live += begins ? 1 : (uint64_t)-1;
            begun += begins;
            small += begins && operation.size <= 64;
            assert_true(live <= 500 && (operation.number < 2000 || live > 450));
        }
        /* Sizes are uniform up to 400 (replay_generated's mean is 200): 16 % are small by chance. */
        assert_near("small ones", index ? 0.58 : 0.16, (double)small / (double)begun, 8);
        trace_cursor_close(cursor);
        trace_close(trace);
    }
}

/* --- The worst case ---------------------------------------------------------------------------------- */

#define ROBSON_UNIT 128

/* First fit by address, without headers, in units: where would it put all this? */
static uint64_t units_needed(const struct trace *trace, uint64_t *most_live) {
    static unsigned char used[1 << 18];
    static uint64_t places[100000], units[100000];
    struct trace_cursor *cursor = trace_cursor_open(trace);
    struct operation operation;
    uint64_t high = 0, live = 0;
    memset(used, 0, sizeof used);
    *most_live = 0;
    while (trace_next(cursor, &operation)) {
        uint64_t object = operation.object, place = 0, free_units = 0;
        if (operation.kind != OPERATION_MALLOC) {
            memset(&used[places[object]], 0, units[object]);
            live -= units[object];
            continue;
        }
        units[object] = (operation.size + 32) / ROBSON_UNIT;
        assert_int_equal(operation.size, units[object] * ROBSON_UNIT - 32);
        for (; free_units < units[object]; place++)
            free_units = used[place] ? 0 : free_units + 1;
        places[object] = place - units[object];
        memset(&used[places[object]], 1, units[object]);
        live += units[object];
        *most_live = live > *most_live ? live : *most_live;
        high = place > high ? place : high;
    }
    trace_cursor_close(cursor);
    return high;
}

static void the_worst_case_drives_first_fit_to_several_times_what_is_live(void **state) {
    (void)state;
    struct trace *robson = replay_generated("robson", 1000000, 4096, 1, 1);
    uint64_t live, high = units_needed(robson, &live);
    assert_true(live <= 4096);
    /* Robson's bound for n = 1024 is about M (1 + 10 / 2), and M live. */
    assert_true(high > 5 * live);
    assert_true(high <= 6 * live + 1024);
    trace_close(robson);
}

/* Real heaps have headers, and don't split everything off. They must come as far as the model. */
static void the_worst_case_is_one_for_real_heaps_too(void **state) {
    (void)state;
    struct trace *robson = replay_generated("robson", 1000000, 4096, 1, 1);
    uint64_t live, high = units_needed(robson, &live);
    for (size_t index = 1; index < COUNT(policy_names); index++) { /* but for bump, which is worse still */
        struct serial *serial = replay_open(robson, policy_names[index], false);
        assert_null(replay_all(serial));
        if (serial_high(serial) < high * ROBSON_UNIT * 95 / 100)
            fail_msg("%s: %lu bytes of %lu", policy_names[index], (unsigned long)serial_high(serial),
                     (unsigned long)high * ROBSON_UNIT);
        serial_close(serial);
    }
    trace_close(robson);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(sizes_have_their_means_deviations_and_shapes),
        test(the_logarithm_is_exact_to_its_last_bits),
        test(a_shape_has_the_operations_and_the_level_asked_for),
        test(a_full_memory_stays_full),
        test(a_seed_is_a_trace),
        test(the_malloc_labs_patterns_are_what_they_are_said_to_be),
        test(random_shapes_are_full_soon_and_stay_so),
        test(the_worst_case_drives_first_fit_to_several_times_what_is_live),
        test(the_worst_case_is_one_for_real_heaps_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
