/*
 * test_compact.c - the example without headers, examples/compact.c: its two bitmaps and its lists say the same
 * of every granule, holes are merged, and what it gives is the caller's alone.
 */
#define _GNU_SOURCE 1
#include "replay.h"

#include <malloc.h>
#include <sys/mman.h>

#define COMPACT_NO_MAIN 1
#define malloc compact_malloc
#define free compact_free
#define calloc compact_calloc
#define realloc compact_realloc
#define memalign compact_memalign
#define aligned_alloc compact_aligned_alloc
#define posix_memalign compact_posix_memalign
#define malloc_usable_size compact_usable_size
#include "examples/compact.c"

#define LIVE 400

static struct {
    unsigned char *ptr;
    size_t size;
    unsigned char seed;
} live[LIVE];

static uint64_t dice = 5;

static size_t draw_size(void) {
    size_t most = random_below(&dice, 10) ? 200 : 20000;
    return random_below(&dice, most);
}

/* --- What must hold ---------------------------------------------------------------------------------- */

static size_t count_listed(void) {
    size_t count = 0;
    for (unsigned list = 0; list < LISTS; list++) {
        assert_true(has(used_lists, list) == (lists[list] != 0));
        place before = 0;
        for (place at = lists[list]; at; at = hole_at(at)->next) {
            assert_int_equal(list_of(hole_at(at)->granules), list);
            assert_int_equal(hole_at(at)->prev, before);
            assert_true(has(begins, at) && has(holes, at));
            before = at;
            count++;
        }
    }
    return count;
}

static void assert_sound(void) {
    size_t found = 0, blocks = 0;
    bool after_hole = false;
    for (place at = 1, end; at < top; at = end) {
        end = block_end(at);
        bool hole = has(holes, at);
        assert_false(hole && after_hole); /* they would be one */
        assert_true(has(holes, end - 1) == hole);
        for (place inside = at + 1; inside + 1 < end; inside++)
            assert_false(has(holes, inside));
        assert_true(!hole || (hole_at(at)->granules == end - at && *tail_before(end) == end - at));
        found += hole;
        blocks += !hole;
        after_hole = hole;
    }
    assert_true(has(begins, 1) && has(begins, top) && !has(holes, top) && top <= high);
    assert_int_equal(count_listed(), found);
    for (size_t index = 0; index < LIVE; index++)
        blocks -= live[index].ptr != NULL;
    assert_int_equal(blocks, 0);
}

static void check(size_t index, size_t size) {
    for (size_t at = 0; at < size; at++)
        assert_int_equal(live[index].ptr[at], (unsigned char)(live[index].seed + at));
}

static void fill(size_t index, void *ptr, size_t size) {
    assert_non_null(ptr);
    assert_true((uintptr_t)ptr % GRANULE == 0);
    assert_in_range(malloc_usable_size(ptr), size, size + GRANULE);
    live[index].ptr = ptr;
    live[index].size = size;
    live[index].seed = (unsigned char)random_next(&dice);
    for (size_t at = 0; at < size; at++)
        live[index].ptr[at] = (unsigned char)(live[index].seed + at);
}

static void begin(size_t index) {
    size_t size = draw_size(), alignment = (size_t)16 << random_below(&dice, 9);
    void *ptr = NULL;
    switch (random_below(&dice, 5)) {
    case 0: assert_int_equal(posix_memalign(&ptr, alignment, size), 0); break;
    case 1:
        ptr = calloc(1, size);
        for (size_t at = 0; at < size; at++)
            assert_int_equal(((char *)ptr)[at], 0);
        alignment = 16;
        break;
    default: ptr = malloc(size), alignment = 16;
    }
    assert_true((uintptr_t)ptr % alignment == 0);
    fill(index, ptr, size);
}

static void whatever_is_called_every_granule_is_accounted_for(void **state) {
    (void)state;
    for (int step = 0; step < 40000; step++) {
        size_t index = random_below(&dice, LIVE);
        if (!live[index].ptr) {
            begin(index);
        } else if (random_below(&dice, 3) == 0) {
            size_t size = draw_size(), kept = size < live[index].size ? size : live[index].size;
            live[index].ptr = realloc(live[index].ptr, size);
            check(index, kept);
            fill(index, live[index].ptr, size);
        } else {
            check(index, live[index].size);
            free(live[index].ptr);
            live[index].ptr = NULL;
        }
        if (step % 50 == 0)
            assert_sound();
    }
    for (size_t index = 0; index < LIVE; index++) {
        if (live[index].ptr)
            check(index, live[index].size);
        free(live[index].ptr);
        live[index].ptr = NULL;
    }
    assert_sound();
    assert_int_equal(top, 1); /* all of it is the frontier's again */
}

static void what_cannot_be_had_is_refused(void **state) {
    (void)state;
    void *ptr = malloc(100), *out = &dice;
    errno = 0;
    assert_null(malloc(SIZE_MAX));
    assert_int_equal(errno, ENOMEM);
    assert_null(malloc(RESERVE_BYTES));
    assert_null(calloc(SIZE_MAX / 2, 3));
    assert_null(realloc(ptr, SIZE_MAX));
    assert_int_equal(posix_memalign(&out, 24, 10), EINVAL);
    assert_int_equal(posix_memalign(&out, 64, SIZE_MAX), ENOMEM);
    assert_ptr_equal(out, &dice);
    assert_in_range(malloc_usable_size(ptr), 100, 112); /* it is as it was */
    free(ptr);
    free(NULL);
    assert_sound();
}

static void small_blocks_lie_apart_from_others_in_a_step(void **state) {
    (void)state;
    char *small[8], *large[8];
    assert_non_null(malloc(100000)); /* so that the heap steps by 3 KiB, enough for all these */
    for (int index = 0; index < 8; index++) {
        small[index] = malloc(64);
        large[index] = malloc(65);
    }
    size_t beside = 0;
    for (int index = 0; index < 8; index++)
        beside += small[index] + 64 == large[index] || large[index] + 80 == small[index];
    assert_int_equal(beside, 0);
    assert_true(small[7] == small[0] + 7 * 64 && large[0] == large[7] + 7 * 80);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(whatever_is_called_every_granule_is_accounted_for),
        test(what_cannot_be_had_is_refused),
        test(small_blocks_lie_apart_from_others_in_a_step),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
