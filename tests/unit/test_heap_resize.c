/*
 * test_heap_resize.c - blocks of a classic heap made larger and smaller, in place and by a move.
 */
#include "unit.h"

static void a_block_grows_in_place_into_a_free_neighbour(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("first", 4);
    char *ptr = halloc_heap_allocate(heap, 400), *next = halloc_heap_allocate(heap, 1000);
    char *wall = halloc_heap_allocate(heap, 16);
    fill_bytes(ptr, 400, 1);
    halloc_heap_deallocate(heap, next);
    assert_ptr_equal(halloc_heap_resize(heap, ptr, 900), ptr);
    assert_true(is_filled(ptr, 400, 1));
    assert_in_range(halloc_heap_usable_size(heap, ptr), 900, 912);
    assert_int_equal(record_before(ptr)->next->isFree, 1); /* what is left of the neighbour */
    assert_ptr_equal(halloc_heap_resize(heap, ptr, 400 + 32 + 1000), ptr);
    assert_ptr_equal(record_before(ptr)->next, record_before(wall));
    assert_sound(heap);
    halloc_heap_destroy(heap);
}

static void a_block_without_room_moves_and_keeps_its_contents(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("first", 4);
    char *ptr = halloc_heap_allocate(heap, 400);
    halloc_heap_allocate(heap, 16);
    fill_bytes(ptr, 400, 1);
    char *moved = halloc_heap_resize(heap, ptr, 1000);
    assert_ptr_not_equal(moved, ptr);
    assert_true(is_filled(moved, 400, 1));
    assert_int_equal(record_before(ptr)->isFree, 1);
    assert_int_equal(stats_of(heap).used_blocks, 2);
    assert_sound(heap);
    halloc_heap_destroy(heap);
}

static void a_block_that_cannot_grow_stays_as_it_is(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("first", 1);
    char *ptr = halloc_heap_allocate(heap, 1500);
    halloc_heap_allocate(heap, 1000);
    fill_bytes(ptr, 1500, 1);
    halloc_heap_stats stats = stats_of(heap);
    errno = 0;
    assert_null(halloc_heap_resize(heap, ptr, 3000));
    assert_int_equal(errno, ENOMEM);
    assert_true(is_filled(ptr, 1500, 1));
    assert_int_equal(stats_of(heap).used_bytes, stats.used_bytes);
    assert_sound(heap);
    halloc_heap_destroy(heap);
}

static void a_block_shrinks_in_place_and_gives_its_tail_back(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("first", 4);
    char *ptr = halloc_heap_allocate(heap, 2000);
    halloc_heap_allocate(heap, 16);
    fill_bytes(ptr, 2000, 1);
    size_t used = stats_of(heap).used_bytes;
    assert_ptr_equal(halloc_heap_resize(heap, ptr, 1900), ptr); /* too little to be worth a block */
    assert_int_equal(halloc_heap_usable_size(heap, ptr), 2000);
    assert_ptr_equal(halloc_heap_resize(heap, ptr, 500), ptr);
    assert_int_equal(halloc_heap_usable_size(heap, ptr), 512);
    assert_int_equal(stats_of(heap).used_bytes, used - 2000 + 512);
    assert_true(is_filled(ptr, 500, 1));
    assert_sound(heap);
    halloc_heap_destroy(heap);
}

static void the_last_block_grows_with_the_heap(void **state UNUSED) {
    halloc_heap *heap = growing_heap("first");
    char *ptr = halloc_heap_allocate(heap, 1000);
    fill_bytes(ptr, 1000, 1);
    assert_ptr_equal(halloc_heap_resize(heap, ptr, 5 * MIB), ptr);
    assert_true(is_filled(ptr, 1000, 1));
    memset(ptr, 1, 5 * MIB);
    assert_sound(heap);
    halloc_heap_destroy(heap);
}

static void a_resize_of_null_allocates(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("first", 4);
    char *ptr = halloc_heap_resize(heap, NULL, 100);
    assert_non_null(ptr);
    assert_int_equal(halloc_heap_usable_size(heap, ptr), 112);
    halloc_heap_destroy(heap);
}

static void a_buddy_grows_into_its_buddy_and_no_other(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("buddy", 1);
    char *left = halloc_heap_allocate(heap, 480), *right = halloc_heap_allocate(heap, 480);
    assert_ptr_equal(right, left + 512);
    assert_ptr_not_equal(halloc_heap_resize(heap, right, 900), right); /* its buddy lies before it */
    assert_sound(heap);
    assert_ptr_equal(halloc_heap_resize(heap, left, 900), left);
    assert_int_equal(halloc_heap_usable_size(heap, left), 1024 - 32);
    assert_ptr_equal(halloc_heap_resize(heap, left, 200), left);
    assert_int_equal(halloc_heap_usable_size(heap, left), 256 - 32);
    assert_sound(heap);
    halloc_heap_destroy(heap);
}

static void a_buddy_that_has_room_looks_no_further(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("buddy", 1);
    char *before = halloc_heap_allocate(heap, 480), *ptr = halloc_heap_allocate(heap, 224);
    assert_ptr_equal(ptr, before + 512);
    assert_ptr_equal(halloc_heap_resize(heap, ptr, 480),
                     ptr); /* what is free behind it is no buddy of both */
    assert_sound(heap);
    halloc_heap_destroy(heap);
}

static void a_block_amid_others_does_not_grow_the_heap_in_vain(void **state UNUSED) {
    halloc_heap *heap = growing_heap("first");
    char *ptr = halloc_heap_allocate(heap, 400), *wall = halloc_heap_allocate(heap, 400);
    size_t bytes = stats_of(heap).heap_bytes;
    assert_false(heap_expand(heap, ptr, 5 * MIB, "test"));
    assert_int_equal(stats_of(heap).heap_bytes, bytes);
    assert_true(heap_expand(heap, wall, 5 * MIB, "test")); /* the last can */
    assert_true(heap_expand(heap, wall, 10, "test"));      /* and never makes it smaller */
    assert_true(halloc_heap_usable_size(heap, wall) >= 5 * MIB);
    assert_sound(heap);
    halloc_heap_destroy(heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_block_grows_in_place_into_a_free_neighbour),
        test(a_block_without_room_moves_and_keeps_its_contents),
        test(a_block_that_cannot_grow_stays_as_it_is),
        test(a_block_shrinks_in_place_and_gives_its_tail_back),
        test(the_last_block_grows_with_the_heap),
        test(a_resize_of_null_allocates),
        test(a_buddy_grows_into_its_buddy_and_no_other),
        test(a_buddy_that_has_room_looks_no_further),
        test(a_block_amid_others_does_not_grow_the_heap_in_vain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
