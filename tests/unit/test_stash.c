/*
 * test_stash.c - the large blocks that a thread keeps for a moment.
 */
#define HALLOC_FAKE_PLATFORM
#include "unit.h"

static int start(void **state UNUSED) {
    halloc_free(halloc_malloc(1));
    return !cache_own;
}

/* --- The stash -------------------------------------------------------------------------------- */

static void a_freed_block_serves_the_next_request_of_its_size(void **state UNUSED) {
    void *block = halloc_malloc(100000);
    size_t used = region.engine.used_blocks;
    halloc_free(block);
    assert_int_equal(region.engine.used_blocks, used); /* to the region nothing happened */
    assert_ptr_equal(halloc_malloc(100000), block);
    halloc_free(block);
}

static void and_wastes_an_eighth_at_most(void **state UNUSED) {
    void *block = halloc_malloc(128 * KIB);
    halloc_free(block);
    void *smaller = halloc_malloc(100 * KIB);
    assert_ptr_not_equal(smaller, block);
    void *nearly = halloc_malloc(115 * KIB);
    assert_ptr_equal(nearly, block);
    halloc_free(smaller);
    halloc_free(nearly);
}

static void zeroed_blocks_are_cleared_whole(void **state UNUSED) {
    unsigned char *block = halloc_malloc(100000);
    memset(block, 7, 100000);
    halloc_free(block);
    unsigned char *zeroed = halloc_calloc(1, 100000);
    assert_ptr_equal(zeroed, block);
    for (size_t index = 0; index < 100000; index++)
        assert_int_equal(zeroed[index], 0);
    halloc_free(zeroed);
}

static void the_stash_holds_only_so_much(void **state UNUSED) {
    void *blocks[20];
    for (size_t round = 40 * KIB; round <= 200 * KIB; round += 20 * KIB) {
        for (size_t index = 0; index < COUNT(blocks); index++)
            assert_non_null(blocks[index] = halloc_malloc(round));
        for (size_t index = 0; index < COUNT(blocks); index++) {
            halloc_free(blocks[index]);
            size_t sum = 0;
            for (size_t place = 0; place < cache_own->large.count; place++)
                sum += cache_own->large.place[place].bytes;
            assert_int_equal(sum, cache_own->large.bytes);
            assert_true(sum <= LARGE_CACHE_BYTES);
        }
    }
}

static void freed_twice(void *block) {
    halloc_free(block);
    halloc_free(block);
}

static void a_stashed_block_is_freed_already(void **state UNUSED) {
    void *block = halloc_malloc(100000);
    struct ending ending = in_child(freed_twice, block);
    assert_true(WIFSIGNALED(ending.status));
    assert_string_equal(ending.text, misuse_line("free", block, FAULT_FREED));
    halloc_free(block);
}

static void trim_empties_it(void **state UNUSED) {
    halloc_free(halloc_malloc(100000));
    assert_true(cache_own->large.bytes > 0);
    halloc_malloc_trim(0);
    assert_int_equal(cache_own->large.bytes, 0);
    assert_int_equal(region.dirty_units, 0);
}

static void the_heap_is_sound(void **state UNUSED) {
    assert_heap_sound();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_freed_block_serves_the_next_request_of_its_size),
        test(and_wastes_an_eighth_at_most),
        test(zeroed_blocks_are_cleared_whole),
        test(the_stash_holds_only_so_much),
        test(a_stashed_block_is_freed_already),
        test(trim_empties_it),
        test(the_heap_is_sound),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
