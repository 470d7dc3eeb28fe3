/*
 * test_bits.c - the arithmetic of bits.h, against slower arithmetic that is plainly right.
 */
#include "unit.h"

static void powers_of_two_are_those_with_one_bit(void **state UNUSED) {
    assert_false(is_power_of_two(0));
    for (unsigned log = 0; log < 64; log++) {
        size_t power = (size_t)1 << log;
        assert_true(is_power_of_two(power));
        assert_int_equal(is_power_of_two(power - 1), log == 1);
        if (log > 0)
            assert_false(is_power_of_two(power | 1));
    }
}

static void aligning_gives_the_nearest_multiple(void **state UNUSED) {
    for (size_t alignment = 1; alignment <= 64; alignment *= 2)
        for (size_t n = 0; n < 300; n++) {
            size_t down = n / alignment * alignment;
            assert_int_equal(align_down(n, alignment), down);
            assert_int_equal(align_up(n, alignment), down == n ? n : down + alignment);
        }
}

static void aligning_up_beyond_the_end_gives_zero(void **state UNUSED) {
    assert_int_equal(align_up(SIZE_MAX, 16), 0);
    assert_int_equal(align_up(SIZE_MAX - 14, 16), 0);
    assert_int_equal(align_up(SIZE_MAX - 15, 16), SIZE_MAX - 15);
}

static void logarithms_are_rounded_down(void **state UNUSED) {
    for (unsigned log = 0; log < 64; log++) {
        size_t power = (size_t)1 << log;
        assert_int_equal(floor_log2(power), log);
        assert_int_equal(floor_log2(power + (power - 1)), log);
    }
}

static void the_power_at_least_n_is_the_least_such(void **state UNUSED) {
    size_t power = 1;
    for (size_t n = 0; n < 5000; n++) {
        while (power < n)
            power *= 2;
        assert_int_equal(power_of_two_at_least(n), power);
    }
    assert_int_equal(power_of_two_at_least((size_t)1 << 63), (size_t)1 << 63);
    assert_int_equal(power_of_two_at_least(((size_t)1 << 63) + 1), 0);
    assert_int_equal(power_of_two_at_least(SIZE_MAX), 0);
}

static void the_lesser_and_the_greater(void **state UNUSED) {
    assert_int_equal(min_size(3, 4), 3);
    assert_int_equal(min_size(4, 3), 3);
    assert_int_equal(max_size(3, SIZE_MAX), SIZE_MAX);
    assert_int_equal(max_size(SIZE_MAX, 3), SIZE_MAX);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(powers_of_two_are_those_with_one_bit),   test(aligning_gives_the_nearest_multiple),
        test(aligning_up_beyond_the_end_gives_zero),  test(logarithms_are_rounded_down),
        test(the_power_at_least_n_is_the_least_such), test(the_lesser_and_the_greater),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
