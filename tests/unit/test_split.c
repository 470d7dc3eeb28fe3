/*
 * test_split.c - splitBlock of halloc.h, section 1: cutting by hand, and how the halves merge again.
 */
#include "unit.h"

static int forget_heap(void **state UNUSED) {
    halloc_heap_destroy(default_heap);
    default_heap = NULL;
    conf.fit = NULL;
    return 0;
}

#define fresh(name) cmocka_unit_test_setup_teardown(name, forget_heap, forget_heap)

static MemoryBlock *first_block(void) {
    return halloc_default_heap()->engine.first;
}

static void split_cuts_a_block_exactly_from_the_threshold_on(void **state UNUSED) {
    halloc_initializeHeap(4);
    for (size_t over = 0; over <= 300; over++) {
        char *ptr = halloc_allocate(608);
        MemoryBlock *block = record_before(ptr);
        MemoryBlock *next = block->next;
        splitBlock(block, 608 - over);
        if (over < HALLOC_SPLIT_BYTES) {
            assert_int_equal(block->size, 608);
            assert_ptr_equal(block->next, next);
        } else {
            assert_int_equal(block->size, align_up(608 - over, 16));
            assert_int_equal(block->isFree, 0);
            assert_false(halloc_default_heap()->engine.split_by_hand); /* no free blocks lie side by side */
            assert_int_equal(block->next->isFree, 1);
            assert_ptr_equal((char *)block->next, ptr + block->size);
        }
        assert_sound(halloc_default_heap());
        halloc_deallocate(ptr);
        assert_null(first_block()->next);
    }
}

static void split_of_a_free_block_leaves_two_free_halves_apart(void **state UNUSED) {
    halloc_initializeHeap(1);
    MemoryBlock *block = findFreeBlock(1);
    size_t whole = block->size;
    splitBlock(block, 1000);
    assert_int_equal(block->size, 1008);
    assert_int_equal(block->isFree, 1);
    assert_int_equal(block->next->isFree, 1);
    assert_int_equal(block->next->size, whole - 1008 - HEADER_BYTES);
    assert_ptr_equal(block->next->prev, block);
    assert_null(block->next->next);
    assert_sound(halloc_default_heap());
}

static void halves_are_merged_by_the_next_deallocation_wherever_it_is(void **state UNUSED) {
    halloc_initializeHeap(4);
    char *elsewhere = halloc_allocate(100), *near = halloc_allocate(1000), *wall = halloc_allocate(100);
    MemoryBlock *half = record_before(near);
    halloc_deallocate(near);
    splitBlock(half, 300);
    splitBlock(half, 100); /* and once more: three pieces */
    assert_true(half->isFree && half->next->isFree && half->next->next->isFree);
    halloc_deallocate(elsewhere); /* its block is beside half, but the others are not beside it */
    assert_ptr_equal(first_block()->next, record_before(wall));
    halloc_deallocate(wall);
    assert_null(first_block()->next);

    char *first = halloc_allocate(100), *second = halloc_allocate(100);
    char *third = halloc_allocate(1000);
    halloc_allocate(100);
    half = record_before(third);
    halloc_deallocate(third);
    splitBlock(half, 300);
    halloc_deallocate(first); /* second lies between */
    assert_ptr_equal(half->next->prev, half);
    assert_int_equal(half->next->isFree, 0);
    assert_int_equal(half->size, 1008);
    assert_false(halloc_default_heap()->engine.split_by_hand);
    halloc_deallocate(second);
    assert_sound(halloc_default_heap());
}

static void halves_can_be_taken_one_by_one(void **state UNUSED) {
    halloc_initializeHeap(1);
    MemoryBlock *left = findFreeBlock(1);
    splitBlock(left, 1000);
    MemoryBlock *right = left->next;
    size_t rest = right->size;
    char *a = halloc_allocate(rest), *b = halloc_allocate(1000);
    assert_ptr_equal(a, payload_behind(right));
    assert_ptr_equal(b, payload_behind(left));
    assert_null(halloc_allocate(1));
    assert_sound(halloc_default_heap());
}

static void split_leaves_small_blocks_and_null_alone(void **state UNUSED) {
    splitBlock(NULL, 10);
    halloc_initializeHeap(1);
    MemoryBlock *block = first_block();
    size_t size = block->size;
    splitBlock(block, size);
    splitBlock(block, size + 1);
    splitBlock(block, SIZE_MAX);
    splitBlock(block, 0);
    splitBlock(NULL, 10);
    assert_int_equal(block->size, size);
    assert_null(block->next);
}

static void a_split_without_room_for_a_header_leaves_nothing_to_merge(void **state UNUSED) {
    halloc_heap *heap = halloc_heap_create(&(halloc_heap_options){.pages = 1, .split_bytes = 1});
    MemoryBlock *block = heap->engine.first;
    size_t size = block->size;
    assert_false(engine_split(&heap->engine, block, size - 16));
    assert_int_equal(block->size, size);
    assert_false(heap->engine.split_by_hand);
    halloc_heap_destroy(heap);
}

static void a_split_that_is_refused_leaves_the_lists_alone(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("first", 1);
    MemoryBlock *block = heap->engine.first;
    const halloc_free_set *set = &heap->engine.set[0];
    size_t inserts = set->inserts, removes = set->removes;
    assert_false(engine_split(&heap->engine, block, block->size - heap->engine.split_bytes + 16));
    assert_int_equal(set->inserts, inserts);
    assert_int_equal(set->removes, removes);
    halloc_heap_destroy(heap);
}

static void split_of_a_buddy_leaves_buddies(void **state UNUSED) {
    conf.fit = &fit_buddy;
    halloc_initializeHeap(1);
    MemoryBlock *block = findFreeBlock(1);
    splitBlock(block, 480);
    assert_int_equal(block->size, 512 - HEADER_BYTES);
    assert_int_equal(block->next->size, 512 - HEADER_BYTES);
    assert_int_equal(block->next->next->size, 1024 - HEADER_BYTES);
    assert_sound(halloc_default_heap());
    void *ptr = halloc_allocate(1);
    halloc_deallocate(ptr);
    assert_int_equal(first_block()->size, platform_page_bytes() - HEADER_BYTES);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        fresh(split_cuts_a_block_exactly_from_the_threshold_on),
        fresh(split_of_a_free_block_leaves_two_free_halves_apart),
        fresh(halves_are_merged_by_the_next_deallocation_wherever_it_is),
        fresh(halves_can_be_taken_one_by_one),
        fresh(split_leaves_small_blocks_and_null_alone),
        fresh(a_split_without_room_for_a_header_leaves_nothing_to_merge),
        fresh(a_split_that_is_refused_leaves_the_lists_alone),
        fresh(split_of_a_buddy_leaves_buddies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
