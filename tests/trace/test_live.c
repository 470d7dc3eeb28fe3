/*
 * test_live.c - what is live, among all that was: found, counted, in order, and without passing all that has
 * ended. The second test is about time only by a limit against a hang: passing them takes it half an hour.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "tools/trace/read/live.h"

static uint64_t next_random(uint64_t *state) {
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407u;
    return *state >> 33;
}

/* Against an array of flags: near each other, far apart, at the edges of leaves, words and steps. */
static void the_next_that_lives_is_found_wherever_it_is(void **state) {
    (void)state;
    enum { MOST = 3 * LIVE_LEAF_OBJECTS * LIVE_STEP };
    uint8_t *is_live = calloc(MOST, 1);
    struct live live = {0};
    struct live_entry entry;
    uint64_t seed = 7, count = 0;
    for (unsigned round = 0; round < 20000; round++) {
        uint64_t object = next_random(&seed) % MOST;
        if (round % 3 == 0) /* an edge */
            object =
                object / (LIVE_LEAF_OBJECTS * 64) * (LIVE_LEAF_OBJECTS * 64) + (round % 2 ? 0 : MOST - 1);
        object %= MOST;
        if (is_live[object])
            assert_true(live_end(&live, object, &entry));
        else
            assert_true(live_begin(&live, object, object + 1, 0));
        count += is_live[object] ? UINT64_MAX : 1;
        is_live[object] = !is_live[object];
        if (round % 1000 != 999)
            continue;
        uint64_t at = 0, seen = 0;
        for (uint64_t wanted = 0; live_next(&live, &at, &entry); wanted = entry.object + 1, seen++) {
            while (wanted < MOST && !is_live[wanted])
                wanted++;
            assert_int_equal(entry.object, wanted);
            assert_int_equal(entry.size, wanted + 1);
        }
        assert_int_equal(seen, count);
        assert_int_equal(live.count, count);
    }
    live_free(&live);
    free(is_live);
}

static void what_has_ended_is_not_passed_one_by_one(void **state) {
    (void)state;
    struct live live = {0};
    struct live_entry entry;
    const uint64_t last = UINT64_C(1) << 28;
    assert_true(live_begin(&live, last, 1, 0));
    for (unsigned round = 0; round < 400000; round++) {
        uint64_t at = round;
        assert_true(live_next(&live, &at, &entry));
        assert_int_equal(entry.object, last);
        assert_false(live_next(&live, &at, &entry));
    }
    live_free(&live);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_next_that_lives_is_found_wherever_it_is),
        cmocka_unit_test(what_has_ended_is_not_passed_one_by_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
