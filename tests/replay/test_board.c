/* The board: who is beaten by nobody, and what the score is made of. */
#include "replay.h"
#include "tools/replay/board/board.c"

/* peak, average, probes, p99.9: heap bytes, for 1,000 bytes live and 1,000 allocations. */
static struct entry entry_of(const struct candidate *candidate, uint64_t peak, double average,
                             uint64_t probes, uint64_t probes_999, uint64_t ns) {
    return (struct entry){
        .candidate = candidate,
        .has_score = candidate->is_policy,
        .has_memory = true,
        .has_time = ns > 0,
        .ns = ns,
        .score = {.operations = 2000,
                  .allocations = 1000,
                  .peak_live_bytes = 1000,
                  .peak_heap_bytes = peak,
                  .average_live_bytes = 500,
                  .average_heap_bytes = average,
                  .probes = probes,
                  .probes_999 = probes_999},
    };
}

static void the_front_is_who_nobody_beats_in_all_aspects_at_once(void **state) {
    (void)state;
    static const struct candidate policy = {.is_policy = true}, whole = {.is_policy = false};
    struct entry entries[] = {
        entry_of(&policy, 1200, 700, 3000, 50, 100000), /* 0: best of probes_999 and average together */
        entry_of(&policy, 1100, 700, 3000, 50, 100000), /* 1: beats 0 by its peak alone                */
        entry_of(&policy, 1100, 690, 9000, 50, 100001), /* 2: by its average it stays                  */
        entry_of(&policy, 1300, 800, 1000, 90, 100000), /* 3: by its probes                            */
        entry_of(&policy, 1300, 800, 1000, 40, 200000), /* 4: beats 3 by its tail alone                */
        entry_of(&policy, 1100, 700, 3000, 50, 100000), /* 5: as good as 1, and so both stay           */
        entry_of(&whole, 1500, 900, 0, 0, 50000),       /* 6: no probes known; by time it is first     */
        entry_of(&whole, 1000, 600, 0, 0, 0),           /* 7: no time known                            */
        entry_of(&policy, 900, 100, 1, 1, 1),           /* 8: best of all, and broken                  */
    };
    static const bool front[] = {false, true, true, false, true, true, false, false, false};
    static const bool front_ns[] = {false, true, true, false, false, true, true, false, false};
    strcpy(entries[8].ending.what, "operation 7: it is broken");
    struct board board = {.replayed = 2000, .harness_ns = 4000, .entries = entries, .count = COUNT(entries)};
    board_mark(&board);
    for (size_t index = 0; index < COUNT(entries); index++) {
        if (entries[index].front != front[index] || entries[index].front_ns != front_ns[index])
            fail_msg("entry %zu: %d and %d", index, entries[index].front, entries[index].front_ns);
    }
}

static void the_harness_is_taken_off_and_nothing_takes_less_than_no_time(void **state) {
    (void)state;
    struct board board = {.replayed = 2000, .harness_ns = 4000};
    struct entry entry = {.ns = 104000};
    assert_true(board_ns(&board, &entry) == 50);
    entry.ns = 3000;
    assert_true(board_ns(&board, &entry) == 0);
}

static void the_tail_is_what_999_of_1000_stay_within(void **state) {
    (void)state;
    struct scoring scoring = {.probes = {0}};
    for (int number = 0; number < 2000; number++) { /* frees do not count */
        struct serial_event event = {
            .operation.kind = number % 2 ? OPERATION_FREE : OPERATION_MALLOC,
            .probes = number == 500    ? 70
                      : number == 1000 ? 90000
                      : number % 2     ? 1000000
                                       : 3,
        };
        assert_true(score_add(&scoring, &event));
    }
    struct score score = score_end(&scoring);
    assert_int_equal(score.allocations, 1000);
    assert_int_equal(score.probes_999, 70);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(the_front_is_who_nobody_beats_in_all_aspects_at_once),
        test(the_harness_is_taken_off_and_nothing_takes_less_than_no_time),
        test(the_tail_is_what_999_of_1000_stay_within),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
