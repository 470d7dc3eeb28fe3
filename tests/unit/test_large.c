/*
 * test_large.c - requests above the largest slot: blocks and mappings, zeroing, growth in place and
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
        unsigned char *moved = large_move(ptr, 2 * bytes);
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
        purge_to(0);
        fake_refuse(call, UINT64_MAX);
        unsigned char *moved = large_move(ptr, 4 * MIB);
        fake_refuse(0, 0);
        assert_true(is_filled(moved ? moved : ptr, 2 * MIB, 5));
        large_give(moved ? moved : ptr);
    }
}

/* --- Mappings -------------------------------------------------------------------------------------------------- */

static void mappings_are_found_by_their_start_only(void **state UNUSED) {
    enum { MAPPINGS = 300 };
    static char *ptrs[MAPPINGS];
    for (size_t index = 0; index < MAPPINGS; index++) {
        ptrs[index] = mapping_take(5000 + index * 4096, 1);
        assert_non_null(ptrs[index]);
        assert_false(region_contains(ptrs[index]));
        memset(ptrs[index], (int)index, 5000);
    }
    size_t count, bytes;
    mapping_totals(&count, &bytes);
    assert_int_equal(count, MAPPINGS);
    for (size_t index = 0; index < MAPPINGS; index++) {
        assert_int_equal(mapping_bytes(ptrs[index]), 8192 + index * 4096);
        assert_int_equal(mapping_bytes(ptrs[index] + 4096), 0);
        assert_int_equal(mapping_bytes(ptrs[index] - 1), 0);
        assert_int_equal(ptrs[index][4999], (char)index);
    }
    for (size_t index = 0; index < MAPPINGS; index += 2)
        assert_true(mapping_give(ptrs[index]));
    for (size_t index = 0; index < MAPPINGS; index++)
        assert_int_equal(mapping_give(ptrs[index]), index % 2 == 1);
    mapping_totals(&count, &bytes);
    assert_int_equal(count, 0);
    assert_int_equal(bytes, 0);
}

static void mappings_are_zero_and_aligned(void **state UNUSED) {
    for (size_t alignment = 1; alignment <= GIB; alignment *= 8) {
        unsigned char *ptr = mapping_take(10000, alignment);
        assert_int_equal((uintptr_t)ptr % alignment, 0);
        assert_true(all_zero(ptr, 10000));
        assert_true(mapping_give(ptr));
    }
    assert_null(mapping_take(SIZE_MAX, 1));
    assert_null(mapping_take(PTRDIFF_MAX, 1));
    assert_null(mapping_take((size_t)PTRDIFF_MAX + 1, 1));
}

static void a_mapping_moves_into_a_block_and_back(void **state UNUSED) {
    unsigned char *mapped = mapping_take(MIB, 1);
    fill_bytes(mapped, MIB, 6);
    assert_int_equal(large_bytes(mapped), MIB);
    assert_true(large_expand(mapped, MIB));
    assert_false(large_expand(mapped, MIB + 1));
    unsigned char *block = large_move(mapped, 2 * MIB);
    assert_true(region_contains(block) && is_filled(block, MIB, 6));
    assert_int_equal(mapping_bytes(mapped), 0);
    large_give(block);
}

static void a_mapping_made_less_than_half_gives_its_memory_back(void **state UNUSED) {
    unsigned char *mapped = mapping_take(MIB, 1);
    fill_bytes(mapped, MIB, 7);
    assert_ptr_equal(halloc_realloc(mapped, 600 * KIB), mapped);
    unsigned char *smaller = halloc_realloc(mapped, 500 * KIB);
    assert_ptr_not_equal(smaller, mapped);
    assert_int_equal(mapping_bytes(mapped), 0);
    assert_in_range(halloc_malloc_usable_size(smaller), 500 * KIB, 600 * KIB);
    assert_true(is_filled(smaller, 500 * KIB, 7));
    halloc_free(smaller);
}

/* At the limit of mappings munmap may fail; then the memory at least goes back, and errno stays. */
static void a_mapping_that_can_not_be_unmapped_is_emptied(void **state UNUSED) {
    unsigned char *ptr = mapping_take(MIB, 1);
    memset(ptr, 1, MIB);
    errno = 88;
    fake_refuse(1, 1);
    assert_true(mapping_give(ptr));
    assert_int_equal(fake.refused, 1);
    fake_refuse(0, 0);
    assert_int_equal(errno, 88);
    assert_true(all_zero(ptr, MIB)); /* still mapped, no longer resident */
    assert_int_equal(mapping_bytes(ptr), 0);
    platform_release(ptr, MIB);
}

static void the_heap_is_sound(void **state UNUSED) {
    const char *broken;
    if (!halloc_process_check(&broken))
        fail_msg("%s", broken);
    struct heap_totals totals;
    stats_totals(&totals);
    assert_int_equal(totals.large_bytes + totals.mapping_bytes, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_block_is_whole_units),
        test(zeroing_clears_only_what_is_dirty_but_all_of_that),
        test(a_block_grows_into_a_free_neighbour),
        test(a_move_keeps_the_contents_and_both_places_stay_usable),
        test(no_failing_system_call_loses_what_a_block_holds),
        test(mappings_are_found_by_their_start_only),
        test(mappings_are_zero_and_aligned),
        test(a_mapping_moves_into_a_block_and_back),
        test(a_mapping_made_less_than_half_gives_its_memory_back),
        test(a_mapping_that_can_not_be_unmapped_is_emptied),
        test(a_block_begins_at_a_multiple_of_an_eighth_of_its_size),
        test(the_heap_is_sound),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
