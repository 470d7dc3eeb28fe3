/* The oracle: what is live, and no more; and nobody ever needs less. */
#include "replay.h"
#include "tools/replay/serial/oracle.h"

static void the_oracles_peak_is_what_is_live_at_the_peak(void **state) {
    (void)state;
    const struct shape *shape;
    for (size_t index = 0; (shape = shape_at(index)); index++) {
        struct trace *trace = replay_generated(shape->name, 10000, 200, 2, 1);
        struct score score;
        assert_true(oracle_score(trace, &score));
        assert_int_equal(score.peak_heap_bytes, trace_totals(trace)->peak_bytes);
        assert_int_equal(score.peak_live_bytes, trace_totals(trace)->peak_bytes);
        assert_int_equal(score.operations, trace_totals(trace)->operations);
        assert_true(score_peak_overhead(&score) == 1 && score_utilization(&score) == 1);
        assert_true(score_average_overhead(&score) >= 1);
        trace_close(trace);
    }
}

/* Up to 300 bytes, down to 100 and up to 200: a heap that does not shrink has 300 from the third call on. */
static void the_oracles_heap_does_not_shrink(void **state) {
    (void)state;
    struct trace_writer *writer = replay_write();
    uint64_t first = trace_write_begin(writer, 0, OPERATION_MALLOC, 100, 0);
    uint64_t second = trace_write_begin(writer, 0, OPERATION_CALLOC, 200, 0);
    trace_write_free(writer, 0, second);
    first = trace_write_realloc(writer, 0, first, 50);
    trace_write_begin(writer, 0, OPERATION_ALIGNED, 150, 6);
    struct trace *trace = replay_written(writer);
    struct score score;
    assert_true(oracle_score(trace, &score));
    assert_true(score.average_heap_bytes == (100 + 4 * 300) / 5.0);
    assert_true(score.average_live_bytes == (100 + 300 + 100 + 50 + 200) / 5.0);
    assert_int_equal(score.allocations, 4);
    assert_int_equal(score.probes + score.splits + score.merges, 0);
    trace_close(trace);
}

static void no_policy_needs_less_than_the_oracle(void **state) {
    (void)state;
    struct trace *trace = replay_mixed(20000, 1, 3);
    struct score oracle;
    assert_true(oracle_score(trace, &oracle));
    for (size_t policy = 0; policy < COUNT(policy_names); policy++) {
        struct serial *serial = replay_open(trace, policy_names[policy], false);
        struct scoring scoring = {.probes = {0}};
        struct serial_event event;
        while (serial_step(serial, &event))
            assert_true(score_add(&scoring, &event));
        struct score score = score_end(&scoring);
        assert_int_equal(score.peak_live_bytes, oracle.peak_live_bytes);
        assert_true(score.average_live_bytes == oracle.average_live_bytes);
        assert_true(score.peak_heap_bytes > oracle.peak_heap_bytes);
        assert_true(score.average_heap_bytes > oracle.average_heap_bytes);
        serial_close(serial);
    }
    trace_close(trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(the_oracles_peak_is_what_is_live_at_the_peak),
        test(the_oracles_heap_does_not_shrink),
        test(no_policy_needs_less_than_the_oracle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
