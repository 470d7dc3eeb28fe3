/*
 * test_block.c - the engine with headers in front of payloads: where each policy places blocks in
 * a real heap, and what splitting and merging leave behind.
 */
#include "unit.h"

/* --- A heap that is full but for three holes, freed in this order: 208, 512 and 304 bytes ---------- */

static halloc_heap *holed;
static char *hole_208, *hole_512, *hole_304;

static void make_holes(const char *fit) {
    holed = fixed_heap(fit, 1);
    hole_304 = halloc_heap_allocate(holed, 304);
    halloc_heap_allocate(holed, 16);
    hole_208 = halloc_heap_allocate(holed, 208);
    halloc_heap_allocate(holed, 16);
    hole_512 = halloc_heap_allocate(holed, 512);
    halloc_heap_allocate(holed, 16);
    assert_non_null(halloc_heap_allocate(holed, stats_of(holed).largest_free_bytes));
    halloc_heap_deallocate(holed, hole_208);
    halloc_heap_deallocate(holed, hole_512);
    halloc_heap_deallocate(holed, hole_304);
    assert_int_equal(stats_of(holed).free_blocks, 3);
    assert_sound(holed);
}

static void first_fit_places_in_the_hole_freed_last(void **state UNUSED) {
    make_holes("first");
    assert_ptr_equal(halloc_heap_allocate(holed, 208), hole_304);
    assert_ptr_equal(halloc_heap_allocate(holed, 208), hole_512);
    assert_ptr_equal(halloc_heap_allocate(holed, 208), hole_512 + 208 + 32); /* freed just now */
    assert_ptr_equal(halloc_heap_allocate(holed, 208), hole_208);
    assert_null(halloc_heap_allocate(holed, 208));
    halloc_heap_destroy(holed);
}

static void best_fit_places_in_the_tightest_hole(void **state UNUSED) {
    make_holes("best");
    assert_ptr_equal(halloc_heap_allocate(holed, 200), hole_208);
    assert_ptr_equal(halloc_heap_allocate(holed, 200), hole_304);
    assert_ptr_equal(halloc_heap_allocate(holed, 200), hole_512);
    assert_ptr_equal(halloc_heap_allocate(holed, 200), hole_512 + 208 + 32); /* what was left of it */
    assert_null(halloc_heap_allocate(holed, 200));
    halloc_heap_destroy(holed);
}

static void worst_fit_places_in_the_largest_hole(void **state UNUSED) {
    make_holes("worst");
    assert_ptr_equal(halloc_heap_allocate(holed, 100), hole_512);
    assert_ptr_equal(halloc_heap_allocate(holed, 100), hole_512 + 112 + 32); /* 368 are left: still */
    assert_ptr_equal(halloc_heap_allocate(holed, 100), hole_304);
    assert_null(halloc_heap_allocate(holed, 500)); /* and so no large hole is left */
    halloc_heap_destroy(holed);
}

static void next_fit_places_in_one_hole_after_the_other(void **state UNUSED) {
    make_holes("next");
    assert_ptr_equal(halloc_heap_allocate(holed, 64), hole_208);
    assert_ptr_equal(halloc_heap_allocate(holed, 64), hole_512);
    assert_ptr_equal(halloc_heap_allocate(holed, 64), hole_304);
    assert_ptr_equal(halloc_heap_allocate(holed, 64), hole_208 + 64 + 32); /* once around */
    halloc_heap_destroy(holed);
}

static void segregated_fits_place_in_the_hole_of_their_size(void **state UNUSED) {
    make_holes("segregated");
    assert_ptr_equal(halloc_heap_allocate(holed, 208), hole_208);
    assert_ptr_equal(halloc_heap_allocate(holed, 208), hole_304);
    assert_ptr_equal(halloc_heap_allocate(holed, 300), hole_512);
    halloc_heap_destroy(holed);
}

static void buddies_halve_until_the_size_is_right_and_double_again(void **state UNUSED) {
    halloc_heap_options options = {.fit = "buddy", .pages = 1, .split_bytes = 1};
    halloc_heap *heap = halloc_heap_create(&options);
    size_t whole = stats_of(heap).largest_free_bytes;
    char *ptr = halloc_heap_allocate(heap, 28); /* 60 with its header */
    assert_int_equal(halloc_heap_usable_size(heap, ptr), 64 - 32);
    size_t expected = 64;
    for (MemoryBlock *block = record_before(ptr)->next; block; block = block->next, expected *= 2)
        assert_int_equal(block->size + 32, expected);
    assert_int_equal(expected, whole + 32);
    char *other = halloc_heap_allocate(heap, 28);
    assert_int_equal((uintptr_t)ptr ^ (uintptr_t)other, 64); /* its buddy */
    halloc_heap_deallocate(heap, ptr);
    assert_int_equal(record_before(ptr)->size, 32); /* the buddy is in use: no merge */
    halloc_heap_deallocate(heap, other);
    assert_int_equal(stats_of(heap).largest_free_bytes, whole);
    assert_int_equal(stats_of(heap).free_blocks, 1);
    halloc_heap_destroy(heap);
}

static void buddies_are_aligned_to_their_size(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("buddy", 64);
    uint64_t random = 3;
    for (int count = 0; count < 200; count++) {
        char *ptr = halloc_heap_allocate(heap, random_size(&random, 3000));
        if (ptr)
            assert_int_equal((uintptr_t)ptr % (halloc_heap_usable_size(heap, ptr) + 32), 0);
    }
    assert_sound(heap);
    halloc_heap_destroy(heap);
}

static void the_same_calls_are_placed_differently_by_first_and_worst_fit(void **state UNUSED) {
    make_holes("first");
    ptrdiff_t first = (char *)halloc_heap_allocate(holed, 100) - (char *)holed;
    halloc_heap_destroy(holed);
    make_holes("worst");
    ptrdiff_t worst = (char *)halloc_heap_allocate(holed, 100) - (char *)holed;
    halloc_heap_destroy(holed);
    assert_int_not_equal(first, worst);
}

/* --- Figures ------------------------------------------------------------------------------------------ */

static void statistics_tell_what_happened(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("first", 1);
    char *a = halloc_heap_allocate(heap, 500), *b = halloc_heap_allocate(heap, 300);
    halloc_heap_stats stats = stats_of(heap);
    assert_int_equal(stats.heap_bytes, platform_page_bytes());
    assert_int_equal(stats.used_blocks, 2);
    assert_int_equal(stats.used_bytes, 512 + 304);
    assert_int_equal(stats.peak_used_bytes, 512 + 304);
    assert_int_equal(stats.finds, 2);
    assert_int_equal(stats.splits, 2);
    assert_int_equal(stats.merges, 0);
    assert_int_equal(stats.free_blocks, 1);
    assert_int_equal(stats.free_bytes, platform_page_bytes() - 512 - 304 - 3 * 32);
    assert_int_equal(stats.largest_free_bytes, stats.free_bytes);
    halloc_heap_deallocate(heap, a); /* alone */
    assert_int_equal(stats_of(heap).merges, 0);
    assert_int_equal(stats_of(heap).free_blocks, 2);
    halloc_heap_deallocate(heap, b); /* between two free blocks */
    stats = stats_of(heap);
    assert_int_equal(stats.merges, 2);
    assert_int_equal(stats.used_bytes, 0);
    assert_int_equal(stats.peak_used_bytes, 512 + 304);
    assert_int_equal(stats.free_bytes, platform_page_bytes() - 32);
    halloc_heap_destroy(heap);
}

static void the_largest_free_block_can_be_had_in_full(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++) {
        if (strcmp(policy_names[index], "bump") == 0)
            continue; /* it gives no hole at all */
        make_holes(policy_names[index]);
        size_t largest = stats_of(holed).largest_free_bytes;
        assert_null(halloc_heap_allocate(holed, largest + 1));
        assert_non_null(halloc_heap_allocate(holed, largest));
        halloc_heap_destroy(holed);
    }
}

static void the_split_threshold_is_the_heaps_own(void **state UNUSED) {
    static const size_t thresholds[] = {48, 64, 128, 1024};
    for (size_t index = 0; index < COUNT(thresholds); index++)
        for (size_t spare = 0; spare <= 1200; spare += 16) {
            halloc_heap_options options = {.pages = 1, .split_bytes = thresholds[index]};
            halloc_heap *heap = halloc_heap_create(&options);
            size_t whole = stats_of(heap).largest_free_bytes;
            char *ptr = halloc_heap_allocate(heap, whole - spare);
            bool split = spare >= thresholds[index];
            assert_int_equal(halloc_heap_usable_size(heap, ptr), split ? whole - spare : whole);
            assert_int_equal(stats_of(heap).free_blocks, split);
            halloc_heap_destroy(heap);
        }
}

/* --- A learner's policy ---------------------------------------------------------------------------------- */

static size_t own_finds;

static MemoryBlock *last_find(const halloc_free_set *set, size_t size) {
    MemoryBlock *found = NULL; /* the highest address that fits */
    own_finds++;
    for (MemoryBlock *block = set->root[5]; block; block = block->nextFree)
        if (block->size >= size && block > found)
            found = block;
    return found;
}

static void last_insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, 5, block);
}

static void last_remove(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, 5, block);
}

static void a_policy_of_ones_own_is_asked_and_obeyed(void **state UNUSED) {
    static const halloc_policy last = {.name = "last",
                                       .summary = "the last in the heap",
                                       .find = last_find,
                                       .insert = last_insert,
                                       .remove = last_remove};
    assert_true(halloc_policy_register(&last));
    make_holes("last");
    own_finds = 0;
    assert_ptr_equal(halloc_heap_allocate(holed, 100), hole_512);
    assert_ptr_equal(halloc_heap_allocate(holed, 300), hole_512 + 112 + 32);
    assert_ptr_equal(halloc_heap_allocate(holed, 100), hole_208);
    assert_ptr_equal(halloc_heap_allocate(holed, 100), hole_304);
    assert_int_equal(own_finds, 4);
    assert_sound(holed);
    halloc_heap_destroy(holed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(first_fit_places_in_the_hole_freed_last),
        test(best_fit_places_in_the_tightest_hole),
        test(worst_fit_places_in_the_largest_hole),
        test(next_fit_places_in_one_hole_after_the_other),
        test(segregated_fits_place_in_the_hole_of_their_size),
        test(buddies_halve_until_the_size_is_right_and_double_again),
        test(buddies_are_aligned_to_their_size),
        test(the_same_calls_are_placed_differently_by_first_and_worst_fit),
        test(statistics_tell_what_happened),
        test(the_largest_free_block_can_be_had_in_full),
        test(the_split_threshold_is_the_heaps_own),
        test(a_policy_of_ones_own_is_asked_and_obeyed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
