/*
 * test_large.c - requests above the largest slot: blocks, zeroing, growth in place and
 * by a copy.
 */
#define HALLOC_FAKE_PLATFORM
#include "unit.h"

static int start(void **state UNUSED) {
    return !process_is_ready();
}

static bool all_zero(const unsigned char *at, size_t size) {
    for (size_t index = 0; index < size; index++)
        if (at[index])
            return false;
    return true;
}

/* --- Blocks ------------------------------------------------------------------------------------------------ */

static void a_block_is_whole_units(void **state UNUSED) {
    void *ptr = large_take(33 * KIB, 1, false);
    assert_int_equal(large_bytes(ptr), 48 * KIB);
    assert_int_equal((uintptr_t)ptr % UNIT_BYTES, 0);
    assert_int_equal(large_bytes((char *)ptr + 16), 0);
    assert_int_equal(large_bytes((char *)ptr + UNIT_BYTES), 0);
    large_give(ptr);
    assert_int_equal(large_bytes(ptr), 0);
}

static void a_block_begins_at_a_multiple_of_an_eighth_of_its_size(void **state UNUSED) {
    static const size_t kib[][2] = {{130, 32}, {250, 32}, {260, 64}, {600, 64}, {5000, 64}};
    for (size_t index = 0; index < sizeof kib / sizeof *kib; index++) {
        void *uneven = large_take(33 * KIB, 1, false), *blocks[4];
        for (unsigned i = 0; i < 4; i++) {
            blocks[i] = large_take(kib[index][0] * KIB, 1, false);
            assert_int_equal((uintptr_t)blocks[i] % (kib[index][1] * KIB), 0);
        }
        for (unsigned i = 0; i < 4; i++)
            large_give(blocks[i]);
        large_give(uneven);
    }
}

static void zeroing_clears_only_what_is_dirty_but_all_of_that(void **state UNUSED) {
    unsigned char *ptr = large_take(MIB, 1, false);
    memset(ptr, 1, MIB);
    large_give(ptr);
    assert_ptr_equal(large_take(MIB, 1, true), ptr);
    assert_true(all_zero(ptr, MIB));
    large_give(ptr);
}

static void a_block_grows_into_a_free_neighbour(void **state UNUSED) {
    unsigned char *first = large_take(64 * KIB, 1, false), *second = large_take(64 * KIB, 1, false);
    unsigned char *low = first < second ? first : second, *high = first < second ? second : first;
    assert_ptr_equal(low + 64 * KIB, high);
    fill_bytes(low, 64 * KIB, 1);
    assert_false(large_expand(low, 80 * KIB));
    assert_int_equal(large_bytes(low), 64 * KIB);
    large_give(high);
    assert_true(large_expand(low, 80 * KIB));
    assert_int_equal(large_bytes(low), 80 * KIB);
    assert_true(is_filled(low, 64 * KIB, 1));
    assert_true(large_expand(low, 64 * KIB)); /* and back */
    assert_int_equal(large_bytes(low), 64 * KIB);
    large_give(low);
}

static void a_move_keeps_the_contents_and_both_places_stay_usable(void **state UNUSED) {
    for (size_t bytes = 256 * KIB; bytes <= 4 * MIB; bytes *= 4) {
        unsigned char *ptr = large_take(bytes, 1, false);
        fill_bytes(ptr, bytes, 2);
        unsigned char *moved = move(ptr, large_bytes(ptr), 2 * bytes, "realloc");
        assert_ptr_not_equal(moved, ptr);
        assert_true(is_filled(moved, bytes, 2));
        assert_int_equal(large_bytes(ptr), 0);
        memset(moved + bytes, 3, bytes);
        unsigned char *zeroed = large_take(bytes, 1, true);
        assert_true(all_zero(zeroed, bytes));
        memset(zeroed, 4, bytes);
        large_give(zeroed);
        large_give(moved);
    }
}

/* Once a block was moved by page tables, and where the kernel gave up halfway, its contents were lost. */
static void no_failing_system_call_loses_what_a_block_holds(void **state UNUSED) {
    for (uint64_t call = 1; call <= 8; call++) {
        unsigned char *ptr = large_take(2 * MIB, 1, false);
        fill_bytes(ptr, 2 * MIB, 5);
        purge_to(0, SIZE_MAX);
        fake_refuse(call, UINT64_MAX);
        unsigned char *moved = move(ptr, large_bytes(ptr), 4 * MIB, "realloc");
        fake_refuse(0, 0);
        assert_true(is_filled(moved ? moved : ptr, 2 * MIB, 5));
        large_give(moved ? moved : ptr);
    }
}

static void blocks_are_aligned_as_asked_and_refused_where_no_machine_has_so_much(void **state UNUSED) {
    for (size_t alignment = 1; alignment <= GIB; alignment *= 8) {
        unsigned char *ptr = large_take(100000, alignment, true);
        assert_int_equal((uintptr_t)ptr % alignment, 0);
        assert_true(all_zero(ptr, 100000));
        large_give(ptr);
    }
    assert_null(large_take(PTRDIFF_MAX, 1, false));
    assert_null(large_take((size_t)PTRDIFF_MAX + 1, 1, false));
    assert_null(large_take(region.limit_units * UNIT_BYTES, 1, false));
}

/* --- What is refused -------------------------------------------------------------------------------------- */

static size_t searches(void) {
    return region.engine.set[0].finds;
}

/* A second search for the same would find as little. */
static void a_block_is_looked_for_again_only_at_other_places(void **state UNUSED) {
    size_t bytes = region.limit_units * UNIT_BYTES;
    for (size_t alignment = LARGE_ALIGNMENT_BYTES; alignment <= 4 * LARGE_ALIGNMENT_BYTES; alignment *= 2) {
        size_t before = searches();
        assert_null(region_take(bytes, alignment));
        size_t once = searches() - before;
        assert_true(once > 0);
        assert_null(large_take(bytes, alignment, false));
        assert_int_equal(searches() - before, 2 * once);
    }
}

static void a_slot_that_can_not_move_is_refused_at_once(void **state UNUSED) {
    size_t bytes = region.limit_units * UNIT_BYTES, before;
    void *slot = halloc_malloc(100);
    before = searches();
    assert_null(large_take(bytes, ALIGNMENT_BYTES, false));
    size_t once = searches() - before;
    assert_null(move(slot, halloc_malloc_usable_size(slot), bytes, "realloc"));
    assert_int_equal(searches() - before, 2 * once);
    halloc_free(slot);
}

/* Not even of its units is one marked as written. */
static void a_block_that_should_be_larger_than_any_is_left_alone(void **state UNUSED) {
    purge_to(0, SIZE_MAX);
    void *ptr = large_take(8 * MIB, 1, false);
    size_t first = region_unit(ptr), end = first + (8 * MIB >> UNIT_SHIFT);
    dirty_mark(region.dirt, first, end, false);
    assert_false(halloc_expand(ptr, SIZE_MAX));
    assert_int_equal(dirty_count(region.dirt, first, end), 0);
    large_give(ptr);
}

/* The only room has the size that was asked for: nothing is left for an eighth more. */
static void move_into_the_only_room(void *argument UNUSED) {
    char *block = large_take(8 * UNIT_BYTES, 1, false), *room = large_take(10 * UNIT_BYTES, 1, false);
    region.engine.limit = region.engine.top;
    while (region_take(UNIT_BYTES, 1))
        ;
    fill_bytes(block, 8 * UNIT_BYTES, 1);
    large_give(room);
    child_assert(move(block, 8 * UNIT_BYTES, 10 * UNIT_BYTES, "realloc") == room);
    child_assert(is_filled(room, 8 * UNIT_BYTES, 1));
}

static void a_block_moves_also_where_no_room_is_left_to_grow(void **state UNUSED) {
    assert_child_fine(in_child(move_into_the_only_room, NULL));
}

static void the_heap_is_sound(void **state UNUSED) {
    assert_heap_sound();
    struct heap_totals totals;
    stats_totals(&totals);
    assert_int_equal(totals.large_bytes, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_block_is_whole_units),
        test(a_block_begins_at_a_multiple_of_an_eighth_of_its_size),
        test(zeroing_clears_only_what_is_dirty_but_all_of_that),
        test(a_block_grows_into_a_free_neighbour),
        test(a_move_keeps_the_contents_and_both_places_stay_usable),
        test(no_failing_system_call_loses_what_a_block_holds),
        test(blocks_are_aligned_as_asked_and_refused_where_no_machine_has_so_much),
        test(a_block_is_looked_for_again_only_at_other_places),
        test(a_slot_that_can_not_move_is_refused_at_once),
        test(a_block_that_should_be_larger_than_any_is_left_alone),
        test(a_block_moves_also_where_no_room_is_left_to_grow),
        test(the_heap_is_sound),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
