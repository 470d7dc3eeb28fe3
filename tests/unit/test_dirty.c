/*
 * test_dirty.c - the dirty map's four verbs against an array of bools.
 */
#include "unit.h"

#define UNITS 9000 /* more than two summaries */
#define MAP_WORDS ((UNITS + 63) / 64)

static uint64_t test_map[MAP_WORDS + MAP_WORDS / 64 + 1];
static bool plain[UNITS];

static void assert_like_model(size_t from, size_t to) {
    size_t count = 0, first_dirty = to, first_clean = to;
    for (size_t unit = to; unit-- > from;) {
        count += plain[unit];
        *(plain[unit] ? &first_dirty : &first_clean) = unit;
    }
    assert_int_equal(dirty_count(test_map, from, to), count);
    assert_int_equal(dirty_next(test_map, from, to), first_dirty);
    assert_int_equal(dirty_next_clean(test_map, from, to), first_clean);
}

static void random_changes_agree_with_a_plain_array(void **state UNUSED) {
    uint64_t random = 1;
    memset(test_map, 0, sizeof test_map);
    memset(plain, 0, sizeof plain);
    for (int step = 0; step < 4000; step++) {
        size_t from = random_below(&random, UNITS + 1);
        size_t to = from + random_below(&random, min_size(UNITS - from, step % 3 ? 200 : UNITS) + 1);
        bool dirty = random_below(&random, 2);
        dirty_mark(test_map, from, to, dirty);
        for (size_t unit = from; unit < to; unit++)
            plain[unit] = dirty;
        from = random_below(&random, UNITS + 1);
        assert_like_model(from, from + random_below(&random, UNITS - from + 1));
        assert_like_model(0, UNITS);
    }
}

static void an_empty_range_is_left_alone(void **state UNUSED) {
    memset(test_map, 0x55, sizeof test_map);
    for (size_t at = 0; at < 130; at++) {
        dirty_mark(test_map, at, at, true);
        dirty_mark(test_map, at, at, false);
        assert_int_equal(dirty_count(test_map, at, at), 0);
        assert_int_equal(dirty_next(test_map, at, at), at);
        assert_int_equal(dirty_next_clean(test_map, at, at), at);
    }
    for (size_t word = 0; word < COUNT(test_map); word++)
        assert_int_equal(test_map[word], 0x5555555555555555u);
}

/* Behind the last summary nothing can be read. */
static void a_clean_map_is_read_up_to_its_end(void **state UNUSED) {
    enum { WHOLE = 64 * 64 };
    size_t page = platform_page_bytes(), bytes = WHOLE / 8 + sizeof(uint64_t);
    char *memory = platform_map(2 * page, false);
    assert_true(platform_commit(memory, page));
    const uint64_t *map = (uint64_t *)(memory + page - bytes);
    assert_int_equal(dirty_next(map, 0, WHOLE), WHOLE);
    assert_int_equal(dirty_count(map, 0, WHOLE), 0);
    platform_release(memory, 2 * page);
}

static void whole_words_are_set_and_counted(void **state UNUSED) {
    memset(test_map, 0, sizeof test_map);
    dirty_mark(test_map, 64, 192, true);
    assert_int_equal(*dirty_word(test_map, 0), 0);
    assert_int_equal(*dirty_word(test_map, 1), UINT64_MAX);
    assert_int_equal(*dirty_word(test_map, 2), UINT64_MAX);
    assert_int_equal(*dirty_word(test_map, 3), 0);
    assert_int_equal(*dirty_summary(test_map, 0), 6);
    assert_int_equal(dirty_count(test_map, 0, UNITS), 128);
    assert_int_equal(dirty_next(test_map, 0, UNITS), 64);
    assert_int_equal(dirty_next_clean(test_map, 64, UNITS), 192);
    assert_int_equal(dirty_next_clean(test_map, 64, 100), 100);
}

/* Words that a summary calls empty are not read: or each block taken from 64 GiB of clean memory would cost a
 * walk over all its bits. So a word that belies its summary is not noticed. */
static void clean_words_are_skipped_by_their_summary(void **state UNUSED) {
    memset(test_map, 0, sizeof test_map);
    dirty_mark(test_map, UNITS - 1, UNITS, true);
    *dirty_word(test_map, 0) = *dirty_word(test_map, 30) = *dirty_word(test_map, 64) = UINT64_MAX;
    assert_int_equal(dirty_next(test_map, 0, UNITS), UNITS - 1);
    assert_int_equal(dirty_count(test_map, 0, UNITS), 1);
    assert_int_equal(dirty_next(test_map, 30 * 64, 31 * 64), 31 * 64);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(random_changes_agree_with_a_plain_array),  test(an_empty_range_is_left_alone),
        test(a_clean_map_is_read_up_to_its_end),        test(whole_words_are_set_and_counted),
        test(clean_words_are_skipped_by_their_summary),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
