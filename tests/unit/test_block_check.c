/*
 * test_block_check.c - the validator, by planting each kind of damage that it can name.
 *
 * Every test makes a sound heap, spoils one thing, and reads what the validator says. So each
 * message is seen at least once, and none is given for a sound heap.
 */
#include "unit.h"

/* --- A classic heap of four blocks: in use, free, in use, free ----------------------------------- */

static halloc_heap *victim;
static MemoryBlock *taken, *hole, *guard, *rest;

static int set_up(void **state UNUSED) {
    victim = fixed_heap("first", 1);
    taken = record_before(halloc_heap_allocate(victim, 200));
    hole = record_before(halloc_heap_allocate(victim, 300));
    guard = record_before(halloc_heap_allocate(victim, 200));
    rest = guard->next;
    halloc_heap_deallocate(victim, payload_behind(hole));
    assert_true(hole->isFree && rest->isFree && !rest->next);
    assert_sound(victim);
    return 0;
}

static int tear_down(void **state UNUSED) {
    halloc_heap_destroy(victim);
    return 0;
}

static void assert_broken(const char *words) {
    const char *broken = NULL;
    assert_false(halloc_heap_check(victim, &broken));
    assert_non_null(broken);
    assert_string_equal(broken, words);
    assert_false(halloc_heap_check(victim, NULL));
}

#define damaged(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* 1: the tiling */

static void a_size_too_small_leaves_a_gap_before_the_next_block(void **state UNUSED) {
    taken->size -= 16;
    assert_broken("1: a block does not begin where its predecessor ends");
}

static void a_size_too_large_reaches_into_the_next_block(void **state UNUSED) {
    taken->size += 16;
    assert_broken("1: a block does not begin where its predecessor ends");
}

static void a_block_that_ends_beyond_the_heap(void **state UNUSED) {
    rest->size += 4096;
    assert_broken("1: a block ends beyond the heap");
}

static void a_last_block_that_ends_too_early(void **state UNUSED) {
    rest->size -= 16;
    assert_broken("1: the last block does not end at the top");
}

static void a_wrong_count_of_blocks(void **state UNUSED) {
    victim->engine.block_count++;
    assert_broken("1: block_count is not the number of blocks");
    victim->engine.used_bytes++; /* of two faults the first is told */
    assert_broken("7: used_bytes or used_blocks is not the sum over blocks in use");
}

/* 2: the links */

static void a_next_link_out_of_the_heap(void **state UNUSED) {
    taken->next = (MemoryBlock *)0x10;
    assert_broken("2: a next link leads out of the heap");
    taken->next = (MemoryBlock *)0xdead00000000beefu; /* no address at all */
    assert_broken("2: a next link leads out of the heap");
    taken->next = (MemoryBlock *)(UINTPTR_MAX - 15); /* its end would wrap */
    assert_broken("2: a next link leads out of the heap");
    taken->next = (MemoryBlock *)((char *)hole + 8); /* in the heap, but no place for a record */
    assert_broken("2: a next link leads out of the heap");
}

static void a_next_link_that_skips_a_block(void **state UNUSED) {
    taken->next = guard;
    assert_broken("1: a block does not begin where its predecessor ends");
}

static void a_next_link_that_ends_the_list_early(void **state UNUSED) {
    hole->next = NULL;
    assert_broken("1: the last block does not end at the top");
}

static void a_prev_link_elsewhere(void **state UNUSED) {
    guard->prev = taken;
    assert_broken("2: a prev link does not lead to the predecessor");
    guard->prev = NULL;
    assert_broken("2: a prev link does not lead to the predecessor");
}

static void a_last_link_elsewhere(void **state UNUSED) {
    victim->engine.last = guard;
    assert_broken("2: the last link does not lead to the last block");
}

/* 3: merging */

static void free_neighbours_that_were_not_merged(void **state UNUSED) {
    assert_true(engine_split(&victim->engine, rest, 500));
    assert_sound(victim); /* split by hand: allowed until the next deallocation */
    victim->engine.split_by_hand = false;
    assert_broken("3: two neighbouring free blocks were not merged");
}

/* 4: the policy's set */

static void a_block_in_use_on_a_free_list(void **state UNUSED) {
    hole->isFree = 0;
    assert_broken("a block in use is on a free list");
}

static void a_free_block_on_no_list(void **state UNUSED) {
    victim->engine.set[0].root[ONE_LIST] = NULL;
    assert_broken("a free block is on no free list");
}

static void a_block_marked_free_that_the_set_does_not_know(void **state UNUSED) {
    free_set_remove(&victim->engine.set[0], hole);
    assert_broken("4: the sets and the heap disagree on the number of free blocks");
}

static void a_list_that_is_longer_than_the_set(void **state UNUSED) {
    victim->engine.set[0].count--;
    assert_broken("the free lists hold more blocks than the set");
}

static void a_free_list_that_runs_in_a_circle(void **state UNUSED) {
    MemoryBlock *head = victim->engine.set[0].root[ONE_LIST];
    head->nextFree->nextFree = head;
    assert_broken("a free list's links disagree");
}

static void free_links_that_disagree(void **state UNUSED) {
    MemoryBlock *head = victim->engine.set[0].root[ONE_LIST];
    head->nextFree->prevFree = NULL;
    assert_broken("a free list's links disagree");
}

static void a_write_into_a_freed_payload_is_reported_and_not_followed(void **state UNUSED) {
    static const uintptr_t wild[] = {1, 0x4141414141414141u, 0x7fffffffe000u, UINTPTR_MAX};
    MemoryBlock *head = victim->engine.set[0].root[ONE_LIST];
    for (size_t index = 0; index < COUNT(wild); index++) {
        head->nextFree = (MemoryBlock *)wild[index];
        assert_broken("a free list leads out of the heap");
    }
    head->nextFree = (MemoryBlock *)((char *)hole + 1); /* where no record begins */
    assert_broken("a free list leads out of the heap");
    head->nextFree = (MemoryBlock *)(victim->engine.top - 16); /* the end of a record would not fit */
    assert_broken("a free list leads out of the heap");
}

/* 5: genuine records */

static void a_tag_that_was_overwritten(void **state UNUSED) {
    guard->tag ^= 0x100;
    assert_broken("5: a record's tag is wrong: it was overwritten");
}

static void an_overflow_from_the_block_before(void **state UNUSED) {
    memset(payload_behind(taken), 'A', taken->size + HEADER_BYTES);
    assert_broken("5: a record's tag is wrong: it was overwritten");
}

static void an_is_free_that_is_neither(void **state UNUSED) {
    guard->isFree = 2;
    assert_broken("5: isFree is neither 0 nor 1: it was overwritten");
}

/* 6: sizes */

static void a_size_that_is_no_multiple_of_the_granule(void **state UNUSED) {
    taken->size += 8;
    assert_broken("6: a size is not a multiple of the granule");
    taken->size = SIZE_MAX - 15; /* with its header it wraps to something small */
    assert_broken("6: a size is not a multiple of the granule");
}

static void a_size_that_the_policy_does_not_allow(void **state UNUSED) {
    halloc_heap_destroy(victim);
    victim = fixed_heap("buddy", 1);
    MemoryBlock *block = record_before(halloc_heap_allocate(victim, 1024 - 32));
    assert_sound(victim);
    MemoryBlock *next = block->next; /* both still multiples of the granule, and without a gap */
    MemoryBlock copy = *next;
    block->size += 64;
    block->next = (MemoryBlock *)((char *)next + 64);
    *block->next = copy;
    block->next->size -= 64;
    assert_broken("6: the policy does not allow a block of this size here");
}

/* 7: sums */

static void wrong_sums(void **state UNUSED) {
    victim->engine.used_bytes += 16;
    assert_broken("7: used_bytes or used_blocks is not the sum over blocks in use");
    victim->engine.used_bytes -= 16;
    victim->engine.used_blocks--;
    assert_broken("7: used_bytes or used_blocks is not the sum over blocks in use");
}

/* --- A heap with its records in a table, as the process heap has it ------------------------------- */

#define TABLE_UNITS 64

static MemoryBlock unit_table[TABLE_UNITS];
static struct engine tabled;

static MemoryBlock *begin_table(void) {
    memset(unit_table, 0, sizeof unit_table);
    tabled = (struct engine){.granule = UNIT_BYTES, .split_bytes = UNIT_BYTES, .table = unit_table};
    char *base = (char *)(16 * GIB); /* never touched: the records lie elsewhere */
    engine_init(&tabled, &fit_segregated, base, base + TABLE_UNITS * UNIT_BYTES,
                base + TABLE_UNITS * UNIT_BYTES);
    MemoryBlock *first = engine_take(&tabled, 4 * UNIT_BYTES, 16);
    engine_take(&tabled, UNIT_BYTES, 16);
    engine_give(&tabled, first);
    assert_null(engine_check(&tabled));
    return first;
}

static void links_out_of_the_table(void **state UNUSED) {
    MemoryBlock *block = begin_table();
    block->next = unit_table + TABLE_UNITS;
    assert_string_equal(engine_check(&tabled), "2: a next link leads out of the heap");
    block = begin_table();
    block->nextFree = (MemoryBlock *)((uintptr_t)unit_table - sizeof *unit_table);
    assert_string_equal(engine_check(&tabled), "a free list leads out of the heap");
    block->nextFree = unit_table + TABLE_UNITS;
    assert_string_equal(engine_check(&tabled), "a free list leads out of the heap");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        damaged(a_size_too_small_leaves_a_gap_before_the_next_block),
        damaged(a_size_too_large_reaches_into_the_next_block),
        damaged(a_block_that_ends_beyond_the_heap),
        damaged(a_last_block_that_ends_too_early),
        damaged(a_wrong_count_of_blocks),
        damaged(a_next_link_out_of_the_heap),
        damaged(a_next_link_that_skips_a_block),
        damaged(a_next_link_that_ends_the_list_early),
        damaged(a_prev_link_elsewhere),
        damaged(a_last_link_elsewhere),
        damaged(free_neighbours_that_were_not_merged),
        damaged(a_block_in_use_on_a_free_list),
        damaged(a_free_block_on_no_list),
        damaged(a_block_marked_free_that_the_set_does_not_know),
        damaged(a_list_that_is_longer_than_the_set),
        damaged(a_free_list_that_runs_in_a_circle),
        damaged(free_links_that_disagree),
        damaged(a_write_into_a_freed_payload_is_reported_and_not_followed),
        damaged(a_tag_that_was_overwritten),
        damaged(an_overflow_from_the_block_before),
        damaged(an_is_free_that_is_neither),
        damaged(a_size_that_is_no_multiple_of_the_granule),
        damaged(a_size_that_the_policy_does_not_allow),
        damaged(wrong_sums),
        test(links_out_of_the_table),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
