/* The adversary keeps what spoils most, never has more than its level in use, and leaves no hole for what it asks
 * for next. */
#include "tools/papers/robson.c"

#include "tests/replay/replay.h"

static struct adversary adversary;

static void give(uint64_t place, uint64_t units) {
    adversary.objects[adversary.count++] = (struct object){NULL, place, units};
}

static void an_object_covers_its_places_of_the_grid(void **state) {
    (void)state;
    struct object object = {NULL, 13, 3}; /* 13, 14, 15 */
    assert_false(covers(&object, 4, 3));
    assert_true(covers(&object, 5, 3));
    assert_true(covers(&object, 7, 3));
    assert_false(covers(&object, 0, 3));
    assert_true(covers(&object, 14, 4));
    assert_false(covers(&object, 12, 4));
    assert_false(begins_at(&object, 0, 1));
    object.place = 24;
    assert_true(begins_at(&object, 0, 3));
    assert_false(begins_at(&object, 0, 4));
}

static void the_grid_that_spoils_most_is_chosen(void **state) {
    (void)state;
    adversary = (struct adversary){0};
    give(1, 1); /* at odd places but one */
    give(3, 1);
    give(5, 1);
    give(8, 1);
    assert_int_equal(spoilt_units(&adversary, 0, 1), 1);
    assert_int_equal(spoilt_units(&adversary, 1, 1), 3);
    assert_int_equal(choose(&adversary, 0, 1), 1);
    assert_int_equal(choose(&adversary, 1, 2), 1); /* places 1 and 5, against 3 */
    give(11, 1);
    give(15, 1);
    assert_int_equal(choose(&adversary, 1, 2), 3);
    give(0, 1);
    give(2, 1);
    give(4, 1);
    give(6, 1);
    give(10, 1);
    give(12, 1);
    assert_int_equal(choose(&adversary, 0, 1), 0);
}

static void the_level_is_kept_and_no_hole_is_large_enough(void **state) {
    (void)state;
    for (int policy = 0; policy < POLICIES; policy++) {
        adversary = (struct adversary){0};
        assert_true(model_open_growing(&adversary.model, policies[policy]));
        uint64_t f = 0;
        assert_true(fill_up(&adversary, 1));
        for (unsigned log2 = 1; log2 <= LARGEST_LOG2; log2++) {
            f = choose(&adversary, f, log2);
            keep(&adversary, covers, f, log2);
            uint64_t count = adversary.count;
            assert_true(fill_up(&adversary, (uint64_t)1 << log2));
            assert_in_range(adversary.live, LEVEL - ((uint64_t)1 << log2) + 1, LEVEL);
            assert_int_equal(adversary.live, adversary.model.used_units);
            if (policy !=
                BUDDY) /* whose memory grows in pieces; with others the new lie one behind the other */
                assert_int_equal(adversary.model.high,
                                 adversary.objects[count].place + ((adversary.count - count) << log2));
        }
        model_close(&adversary.model);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(an_object_covers_its_places_of_the_grid),
        test(the_grid_that_spoils_most_is_chosen),
        test(the_level_is_kept_and_no_hole_is_large_enough),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
