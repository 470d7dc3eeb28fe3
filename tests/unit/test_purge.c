/*
 * test_purge.c - when memory is given back, how much of it at a time, and what is held meanwhile.
 */
#include "fresh.h"

#include <pthread.h>

static void let_time_pass(void) {
    halloc_free(halloc_malloc(1));
    void *block = region_take(20 * MIB, 1);
    region_give(block, 20 * MIB);
    purge_if_due();
    child_assert(free_and_dirty() == 20 * MIB);
    purges.forgot_at -= 4 * PURGE_INTERVAL_MS;
    purge_if_due();
    child_assert(conf.purge ? free_and_dirty() <= PURGE_FLOOR_BYTES : free_and_dirty() == 20 * MIB);
}

static void what_was_needed_a_moment_ago_stays_and_goes_with_time(void **state UNUSED) {
    in_fresh_heaps(let_time_pass, "");
    in_fresh_heaps(let_time_pass, "purge:off");
}

/* Resident memory that the next request can't use, because it lies in pieces, while in use is as much
 * as at the peak. */
static void fragment(void) {
    enum { PIECES = 40 };
    char *pieces[PIECES];
    halloc_free(halloc_malloc(1));
    for (size_t index = 0; index < PIECES; index++)
        pieces[index] = region_take(MIB, 1);
    for (size_t index = 0; index < PIECES; index += 2)
        region_give(pieces[index], MIB);
    child_assert(free_and_dirty() == PIECES / 2 * MIB);
    void *whole = region_take(PIECES / 2 * MIB, 1); /* as much is in use as before */
    region_give(pieces[1], MIB);
    child_assert(whole);
    child_assert(conf.purge ? free_and_dirty() <= PURGE_FLOOR_BYTES : free_and_dirty() > PIECES / 2 * MIB);
}

static void past_the_recent_peak_free_memory_is_given_back(void **state UNUSED) {
    in_fresh_heaps(fragment, "");
    in_fresh_heaps(fragment, "purge:off");
}

/* A purge by another thread holds a block while this one looks. */
static void look_while_held(void) {
    halloc_free(halloc_malloc(1));
    char *block = taken(64 * MIB, 1);
    region_give(block, 64 * MIB);
    size_t used = region.engine.used_bytes;
    purges.purger = "another thread";
    engine_isolate(&region.engine, region.engine.table + region_unit(block));
    for (int times = 0; times < 3; times++) {
        purges.forgot_at -= 100 * PURGE_INTERVAL_MS;
        purge_if_due();
        child_assert(purges.recent_peak_bytes == used && free_and_dirty() == 64 * MIB);
    }
    engine_putback(&region.engine, region.engine.table + region_unit(block));
    purges.purger = NULL;
    purge_if_due();
    child_assert(free_and_dirty() <= PURGE_FLOOR_BYTES && region.engine.used_bytes == used);
}

static void a_block_held_for_purging_raises_no_peak(void **state UNUSED) {
    in_fresh_heaps(look_while_held, "");
}

#define MANY (2 * PURGE_BATCHES_MOST * PURGE_BATCH + 1000)

/* So many free dirty blocks of a page of any size; walls stay between. No time goes by, however slow the machine is. */
static void make_many_dirty(void) {
    static char *blocks[MANY];
    fake.milliseconds = 1;
    halloc_free(halloc_malloc(1));
    for (size_t index = 0; index < MANY; index++) {
        blocks[index] = taken(64 * KIB, 64 * KIB);
        taken(64 * KIB, 64 * KIB);
    }
    for (size_t index = 0; index < MANY; index++)
        region_give(blocks[index], 64 * KIB);
    child_assert(free_and_dirty() == MANY * 64 * KIB);
}

static void purge_many(void) {
    make_many_dirty();
    child_assert(halloc_malloc_trim(0) == 1);
    child_assert(free_and_dirty() < platform_page_bytes());
}

static void many_blocks_are_all_purged_by_trim(void **state UNUSED) {
    in_fresh_heaps(purge_many, "thp:system");
}

/* A call for each block of a batch. */
static void purge_by_and_by(void) {
    make_many_dirty();
    purges.recent_peak_bytes = region.engine.used_bytes; /* time went by */
    size_t most = PURGE_BATCHES_MOST * PURGE_BATCH, calls;
    for (size_t left = MANY; left > most; left -= most) {
        calls = fake.calls;
        purge_if_due();
        child_assert(fake.calls - calls == most && free_and_dirty() == (left - most) * 64 * KIB);
    }
    purge_to(PURGE_FLOOR_BYTES / 2, PURGE_BATCHES_MOST);
    child_assert(free_and_dirty() <= PURGE_FLOOR_BYTES);
}

static void one_release_purges_so_much_and_the_next_goes_on(void **state UNUSED) {
    in_fresh_heaps(purge_by_and_by, "thp:system");
}

/* The first two batches are refused. */
static void purge_past_the_refused(void) {
    make_many_dirty();
    fake_refuse(1, 2 * PURGE_BATCH);
    size_t purged = purge_to(0, SIZE_MAX);
    fake_refuse(0, 0);
    size_t refused = 2 * PURGE_BATCH;
    child_assert(purged == (MANY - refused) * 64 * KIB && free_and_dirty() == refused * 64 * KIB);
    child_assert(purge_to(0, SIZE_MAX) == refused * 64 * KIB &&
                 free_and_dirty() == 0); /* the next purge tries them again */
}

/* Each batch walks past the blocks before it that gave nothing. */
static void purge_none_for_ever(void) {
    make_many_dirty();
    fake.only = SYS_madvise;
    fake_refuse(1, UINT64_MAX);
    child_assert(purge_to(0, SIZE_MAX) == 0 && fake.refused >= PURGE_FRUITLESS_MOST &&
                 fake.refused < PURGE_FRUITLESS_MOST + PURGE_BATCH);
    fake_refuse(0, 0);
    fake.only = 0;
}

static void a_purge_of_locked_pages_ends(void **state UNUSED) {
    in_fresh_heaps(purge_none_for_ever, "thp:system");
}

static void blocks_that_can_not_be_purged_do_not_keep_others(void **state UNUSED) {
    in_fresh_heaps(purge_past_the_refused, "thp:system");
}

static void purge_in_vain(void) {
    make_many_dirty();
    purges.recent_peak_bytes = region.engine.used_bytes;
    fake_refuse(1, UINT64_MAX);
    purge_if_due();
    child_assert(fake.refused == PURGE_BATCHES_MOST * PURGE_BATCH);
    purge_if_due();
    child_assert(fake.refused == PURGE_BATCHES_MOST * PURGE_BATCH);
}

static void memory_that_can_not_be_purged_is_not_tried_at_each_release(void **state UNUSED) {
    in_fresh_heaps(purge_in_vain, "thp:system");
}

static void assert_nothing_is_held(void *block) {
    const char *broken;
    child_assert(!purges.purger && !purges.count && halloc_process_check(&broken));
    child_assert(free_and_dirty() == 8 * MIB);
    child_assert(region_take(8 * MIB, 1) == block);
}

/* The child has no thread that would give back what its parent's was purging. */
static void fork_while_one_is_held(void) {
    halloc_free(halloc_malloc(1));
    char *block = taken(8 * MIB, 1);
    region_give(block, 8 * MIB);
    purges.purger = "another thread";
    purges.isolated[purges.count++] = region.engine.table + region_unit(block);
    engine_isolate(&region.engine, purges.isolated[0]);
    child_assert(in_child(assert_nothing_is_held, block).status == 0);
    child_assert(purges.count == 1);
}

static void a_child_gets_what_was_held_for_purging(void **state UNUSED) {
    in_fresh_heaps(fork_while_one_is_held, "thp:system");
}

/* What the line leaves beyond what is in use. */
static size_t slack(void) {
    return purges.recent_peak_bytes - region.engine.used_bytes;
}

static void purge_and_take_again(void) {
    halloc_free(halloc_malloc(1));
    char *block = taken(40 * MIB, 1);
    taken(UNIT_BYTES, 1);
    region_give(block, 40 * MIB);
    child_assert(purge_to(0, SIZE_MAX) >= 39 * MIB);
    purge_if_due();
    purges.recent_peak_bytes = region.engine.used_bytes + 60 * MIB;
    taken(10 * MIB, 1);
    child_assert(slack() >=
                 60 * MIB - platform_page_bytes()); /* it should have stayed: the line goes up with it */
    purges.forgot_at -= 2 * PURGE_INTERVAL_MS;
    purge_if_due();
    size_t before = slack();
    taken(10 * MIB, 1);
    child_assert(slack() < before); /* that was purged long ago */
}

static void what_was_purged_a_moment_ago_and_is_taken_again_raises_the_line(void **state UNUSED) {
    in_fresh_heaps(purge_and_take_again, "");
}

static void *take_all_there_is(void *size) {
    return region_take(*(size_t *)size, 1);
}

/* The region is used up but for what another thread purges: who needs it waits, however long that takes. */
static void wait_for_what_is_held(void) {
    halloc_free(halloc_malloc(1));
    while (region_take(MIB, 1))
        ;
    size_t size = 16 * KIB;
    while (region_take(size, 1))
        ;
    char *block = region.base;
    region_give(block, region_block_bytes(block));
    size = region.engine.table[0].size;
    MemoryBlock *held = purges.isolated[purges.count++] = region.engine.table;
    purges.purger = thread_mark();
    engine_isolate(&region.engine, held);
    child_assert(!region_take(size, 1)); /* the purging thread itself, in a handler, does not wait */
    pthread_t thread;
    void *got = NULL;
    child_assert(pthread_create(&thread, NULL, take_all_there_is, &size) == 0);
    usleep(100000);
    lock_acquire(&region.lock);
    put_back_all();
    purges.purger = NULL;
    lock_release(&region.lock);
    pthread_join(thread, &got);
    child_assert(got == block);
}

static void who_needs_what_is_held_for_purging_waits_for_it(void **state UNUSED) {
    in_fresh_heaps(wait_for_what_is_held, "reserve:16M");
}

/* --- The frontier comes down -------------------------------------------------------------------- */

static void give_the_top_back(void) {
    halloc_free(halloc_malloc(1));
    char *low = taken(8 * MIB, 1), *top = region.engine.top;
    for (int round = 0; round < 3; round++) {
        char *block = taken(200 * MIB + 5 * UNIT_BYTES, 1);
        for (size_t at = 0; at < 200 * MIB; at += UNIT_BYTES)
            block[at] = 1;
        region_give(block, 200 * MIB);
        child_assert(region.engine.top >= top + 190 * MIB);
        purge_to(0, SIZE_MAX);
        child_assert(region.engine.top <= top + 100 * MIB && region.engine.last->isFree);
    }
    low[8 * MIB - 1] = 1;
    child_assert(platform_purge(region.base, (size_t)(region.engine.top - region.base)));
}

static void where_the_top_is_free_the_frontier_comes_down(void **state UNUSED) {
    in_fresh_heaps(give_the_top_back, "");
    in_fresh_heaps(give_the_top_back, "thp:system,fit:first");
}

/* Half of a huge page given back leaves small ones: so it waits for the next batch, but at the top, where the frontier
 * comes down. */
static void purge_up_to_a_neighbour(void) {
    halloc_free(halloc_malloc(1));
    char *block = taken(8 * MIB + 8 * UNIT_BYTES, 2 * MIB), *neighbour = taken(UNIT_BYTES, 1);
    child_assert(neighbour == block + 8 * MIB + 8 * UNIT_BYTES);
    region_give(block, 8 * MIB + 8 * UNIT_BYTES);
    purge_to(0, 1);
    child_assert(free_and_dirty() == 8 * UNIT_BYTES);
    purge_to(0, 1);
    child_assert(free_and_dirty() == 0);
}

/* The shortest stretch of which a huge page stays whole: one lies in its midst. */
static void purge_around_a_huge_page(void) {
    halloc_free(halloc_malloc(1));
    char *before = taken(MIB, 2 * MIB), *block = taken(HUGE_LEAST_BYTES, 1), *behind = taken(UNIT_BYTES, 1);
    child_assert(block == before + MIB && behind == block + HUGE_LEAST_BYTES);
    region_give(block, HUGE_LEAST_BYTES);
    purge_to(0, 1);
    child_assert(free_and_dirty() == HUGE_LEAST_BYTES - 2 * MIB);
    purge_to(0, 1);
    child_assert(free_and_dirty() == 0);
}

static void a_huge_page_is_given_back_as_a_whole(void **state UNUSED) {
    in_fresh_heap(purge_around_a_huge_page, "purge:off");
    in_fresh_heap(purge_up_to_a_neighbour, "purge:off");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(what_was_needed_a_moment_ago_stays_and_goes_with_time),
        test(past_the_recent_peak_free_memory_is_given_back),
        test(a_block_held_for_purging_raises_no_peak),
        test(many_blocks_are_all_purged_by_trim),
        test(one_release_purges_so_much_and_the_next_goes_on),
        test(blocks_that_can_not_be_purged_do_not_keep_others),
        test(a_purge_of_locked_pages_ends),
        test(memory_that_can_not_be_purged_is_not_tried_at_each_release),
        test(a_child_gets_what_was_held_for_purging),
        test(what_was_purged_a_moment_ago_and_is_taken_again_raises_the_line),
        test(who_needs_what_is_held_for_purging_waits_for_it),
        test(where_the_top_is_free_the_frontier_comes_down),
        test(a_huge_page_is_given_back_as_a_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
