/*
 * test_stash.c - the large blocks that a thread keeps for a moment, and the wish for huge pages.
 */
#define HALLOC_FAKE_PLATFORM
#define HUGE_EDGES_MOST 40
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
            for (size_t place = 0; place < cache_own->stash.count; place++)
                sum += cache_own->stash.place[place].bytes;
            assert_int_equal(sum, cache_own->stash.bytes);
            assert_true(sum <= STASH_BYTES);
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
    assert_true(cache_own->stash.bytes > 0);
    halloc_malloc_trim(0);
    assert_int_equal(cache_own->stash.bytes, 0);
    assert_int_equal(region.engine.dirty_units, 0);
}

/* --- Huge pages --------------------------------------------------------------------------------- */

/* Takes the region past HUGE_FROM_BYTES; the block is the caller's. */
static char *grow_the_heap(void) {
    char *block = large_take(HUGE_FROM_BYTES, 1, false);
    assert_non_null(block);
    return block;
}

static void a_small_heap_does_not_ask(void **state UNUSED) {
    assert_true((size_t)(region.engine.top - region.base) < HUGE_FROM_BYTES);
    size_t calls = fake.calls;
    char *block = large_take(8 * MIB, 2 * MIB, false);
    huge_ask(block, 8 * MIB);
    huge_refuse(block, 8 * MIB);
    assert_true(fake.calls - calls <= 2); /* the frontier at most: blocks' and tables' */
    memset(block, 1, 8 * MIB);            /* an empty one would speak against huge pages: see below */
    large_give(block);
}

static void beyond_a_size_each_step_is_asked_for_once(void **state UNUSED) {
    char *first = grow_the_heap();
    char *block = large_take(8 * MIB, 2 * MIB, false);
    assert_true(block >= region.base + HUGE_FROM_BYTES);
    size_t calls = fake.calls;
    huge_ask(block, 8 * MIB); /* the frontier passed it, and asked */
    assert_int_equal(fake.calls, calls);
    huge_refuse(block + 2 * MIB + 5, 10);
    assert_int_equal(fake.calls, calls + 1);
    huge_refuse(block + 2 * MIB, 2 * MIB);
    assert_int_equal(fake.calls, calls + 1);
    huge_ask(block, 8 * MIB); /* for that step alone */
    assert_int_equal(fake.calls, calls + 2);
    large_give(block);
    large_give(first);
}

static void a_large_zeroed_block_takes_the_wish_back(void **state UNUSED) {
    char *first = grow_the_heap();
    char *block = large_take(8 * MIB, 2 * MIB, false);
    large_give(block);
    size_t calls = fake.calls;
    assert_ptr_equal(large_take(8 * MIB, 2 * MIB, true), block);
    assert_int_equal(fake.calls, calls + 1);
    huge_refuse(block, 8 * MIB);
    assert_int_equal(fake.calls, calls + 1);
    memset(block, 1, 8 * MIB);
    large_give(block);
    calls = fake.calls;
    assert_ptr_equal(large_take(8 * MIB, 2 * MIB, false), block);
    assert_int_equal(fake.calls, calls + 1);
    large_give(block);
    large_give(first);
}

static void never_and_system_do_not_ask(void **state UNUSED) {
    char *first = grow_the_heap();
    size_t calls = fake.calls;
    for (conf.thp = CONF_THP_SYSTEM; conf.thp <= CONF_THP_NEVER; conf.thp++)
        huge_refuse(first, HUGE_FROM_BYTES + 4 * MIB);
    assert_int_equal(fake.calls, calls);
    conf.thp = CONF_THP_GROWN;
    large_give(first);
}

/* A block of small pages comes back, filled or not; then a step is asked for. Returns the calls made for that. */
static size_t calls_after_a_block(bool full, char *step) {
    char *block = large_take(8 * MIB, 1, false);
    assert_true(block + 8 * MIB <= region.base + HUGE_FROM_BYTES);
    if (full)
        memset(block, 1, 8 * MIB);
    else
        platform_purge(block, 8 * MIB);
    large_give(block);
    huge_refuse(step, 2 * MIB);
    size_t calls = fake.calls;
    huge_ask(step, 2 * MIB);
    return fake.calls - calls;
}

static void nobody_asks_while_blocks_come_back_empty(void **state UNUSED) {
    char *first = grow_the_heap(), *step = large_take(8 * MIB, 2 * MIB, false);
    assert_true(step >= region.base + HUGE_FROM_BYTES);
    large_give(first);
    assert_int_equal(calls_after_a_block(true, step), 1);
    size_t looks = 1; /* one in so many is looked at later: until the empty ones are more than half */
    for (; looks < 100 * HUGE_LOOKS && calls_after_a_block(false, step); looks++)
        ;
    assert_true(looks < 100 * HUGE_LOOKS);
    for (looks = 0; looks < 100 * HUGE_LOOKS && !calls_after_a_block(true, step); looks++)
        ;
    assert_true(looks < 100 * HUGE_LOOKS);
    large_give(step);
}

static size_t edges_of_the_wish(void) {
    size_t found = 0;
    for (size_t step = 1; step < sizeof wished * 8; step++)
        found += is_wished(step) != is_wished(step - 1);
    return found;
}

/* Each edge is a mapping more to the kernel, and threads and mmap need some as well. */
static void wishes_that_alternate_stop_at_so_many_edges(void **state UNUSED) {
    enum { PAIRS = HUGE_EDGES_MOST };
    static char *asked[PAIRS], *refused[PAIRS];
    char *first = grow_the_heap();
    for (size_t index = 0; index < PAIRS; index++) {
        asked[index] = halloc_malloc(4 * MIB);
        refused[index] = halloc_calloc(1, 4 * MIB);
        assert_int_equal(edges_of_the_wish(), edges);
        assert_true(edges <= HUGE_EDGES_MOST);
    }
    assert_true(edges > HUGE_EDGES_MOST - 2);
    size_t calls = fake.calls;
    huge_ask(asked[PAIRS - 2], 4 * MIB); /* in the midst of what is not wished */
    assert_int_equal(fake.calls, calls);
    huge_refuse(asked[0], HUGE_FROM_BYTES); /* but what makes fewer goes on */
    assert_true(fake.calls > calls);
    assert_int_equal(edges_of_the_wish(), edges);
    assert_true(edges < HUGE_EDGES_MOST - 2);
    for (size_t index = 0; index < PAIRS; index++) {
        halloc_free(asked[index]);
        halloc_free(refused[index]);
    }
    large_give(first);
}

static void the_heap_is_sound(void **state UNUSED) {
    const char *broken;
    if (!halloc_process_check(&broken))
        fail_msg("broken: %s", broken);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_freed_block_serves_the_next_request_of_its_size),
        test(and_wastes_an_eighth_at_most),
        test(zeroed_blocks_are_cleared_whole),
        test(the_stash_holds_only_so_much),
        test(a_stashed_block_is_freed_already),
        test(trim_empties_it),
        test(a_small_heap_does_not_ask),
        test(beyond_a_size_each_step_is_asked_for_once),
        test(a_large_zeroed_block_takes_the_wish_back),
        test(never_and_system_do_not_ask),
        test(nobody_asks_while_blocks_come_back_empty),
        test(wishes_that_alternate_stop_at_so_many_edges),
        test(the_heap_is_sound),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
