/*
 * test_region.c - the range of the process heap, its tables and frontier; what is clean and what is
 * dirty; and what a purge gives back. On pages of the kernel's size, and of 16 and 64 KiB.
 */
#define HALLOC_FAKE_PLATFORM
#include "unit.h"

/* Each test in a child, where the heap has not started. */
struct fresh {
    void (*act)(void);
    const char *configuration;
    size_t page_bytes;
};

static void act_fresh(void *argument) {
    const struct fresh *fresh = argument;
    setenv("HALLOC_CONF", fresh->configuration, 1);
    fake.page_bytes = fresh->page_bytes;
    fresh->act();
    const char *broken = engine_check(&region.engine);
    if (broken)
        dprintf(2, "broken: %s\n", broken);
    child_assert(!broken);
}

static void in_fresh_heaps(void (*act)(void), const char *configuration) {
    static const size_t pages[] = {0, 16 * KIB, 64 * KIB};
    for (size_t index = 0; index < COUNT(pages); index++) {
        struct fresh fresh = {act, configuration, pages[index]};
        assert_child_fine(in_child(act_fresh, &fresh));
    }
}

static char *taken(size_t bytes, size_t alignment) {
    char *block = region_take(bytes, alignment);
    child_assert(block);
    return block;
}

/* --- The range ------------------------------------------------------------------------------------------ */

static void look_at_the_layout(void) {
    child_assert(process_is_ready());
    char *tables = (char *)region.engine.table;
    child_assert((char *)region.slabs < (char *)region.engine.dirty_map);
    child_assert((char *)region.engine.dirty_map < tables && tables < region.base);
    child_assert(region.base - (tables + region.limit_units * sizeof(MemoryBlock)) >= (ptrdiff_t)GUARD_BYTES);
    child_assert((uintptr_t)region.base % REGION_ALIGNMENT_BYTES == 0);
    child_assert(!region_contains(NULL) && !region_contains(region.base - 1));
    child_assert(!region_contains((void *)UINTPTR_MAX));
    child_assert(region_contains(region.base));
}

static void tables_lie_before_the_blocks(void **state UNUSED) {
    in_fresh_heaps(look_at_the_layout, "");
    in_fresh_heaps(look_at_the_layout, "reserve:100M");
}

static void grow_far(void) {
    child_assert(process_is_ready());
    char *first = taken(100 * KIB, 1), *tail = NULL;
    for (int step = 0; step < 40; step++) { /* past what the tables first cover */
        char *block = taken(20 * MIB, 1);
        block[0] = block[20 * MIB - 1] = 1;
        child_assert(unit_of(block)->kind == UNIT_NONE);
        tail = block;
    }
    child_assert(region.engine.top - region.base >= (ptrdiff_t)(800 * MIB));
    child_assert(region_contains(tail) && region_block_bytes(tail) == 20 * MIB);
    child_assert(region.bytes >= (size_t)(region.engine.top - region.base));
    region_give(first, 1);
}

static void the_frontier_moves_and_the_tables_with_it(void **state UNUSED) {
    in_fresh_heaps(grow_far, "");
}

static void use_it_up(void) {
    child_assert(process_is_ready());
    size_t count = 0;
    while (region_take(MIB, 1))
        count++;
    child_assert(count >= 30 && count <= 32);
    child_assert(region.engine.top <= region.engine.limit);
    child_assert(!region_take(MIB, 1));
    void *mapped = halloc_malloc(3 * MIB); /* does not fit: a mapping of its own */
    child_assert(mapped && !region_contains(mapped));
    memset(mapped, 1, 3 * MIB);
    halloc_free(mapped);
}

static void a_small_region_ends_where_it_should(void **state UNUSED) {
    in_fresh_heaps(use_it_up, "reserve:32M");
}

static void take_aligned(void) {
    child_assert(process_is_ready());
    for (size_t alignment = UNIT_BYTES; alignment <= 64 * MIB; alignment *= 2) {
        char *block = taken(40 * KIB, alignment);
        child_assert((uintptr_t)block % alignment == 0);
        child_assert(region_block_bytes(block) == 48 * KIB);
        region_give(block, 0);
    }
}

static void blocks_are_aligned_as_asked(void **state UNUSED) {
    in_fresh_heaps(take_aligned, "");
    in_fresh_heaps(take_aligned, "fit:best");
}

/* With one unit more than whole words of dirty bits, and than a whole guard's. */
static void use_an_odd_end(void) {
    child_assert(process_is_ready() && region.limit_units % 64 == 1);
    if (platform_page_bytes() > UNIT_BYTES)
        return; /* there the last unit is no whole page */
    size_t end = region.limit_units;
    char *all = taken(end * UNIT_BYTES, 1);
    region_give(all, end * UNIT_BYTES);
    child_assert(region.engine.dirty_units == end);
    child_assert(dirty_count(region.engine.dirty_map, end - 1, end) == 1);
    child_assert(halloc_process_check(NULL));
}

static void a_region_of_any_number_of_units_serves_to_its_end(void **state UNUSED) {
    in_fresh_heaps(use_an_odd_end, "reserve:8589950976");
}

/* --- Clean and dirty ------------------------------------------------------------------------------------- */

static bool all_zero(const char *at, size_t size) {
    for (size_t index = 0; index < size; index++)
        if (at[index])
            return false;
    return true;
}

static void look_at_dirt(void) {
    child_assert(process_is_ready());
    char *block = taken(160 * KIB, 1);
    size_t unit = region_unit(block);
    child_assert(dirty_count(region.engine.dirty_map, unit, unit + 10) == 0);
    memset(block, 7, 40 * KIB);
    region_give(block, 40 * KIB); /* three units of it */
    child_assert(region.engine.dirty_units == 3);
    char *again = taken(160 * KIB, 1);
    child_assert(again == block);
    block[50 * KIB] = 7; /* in a clean unit: region_clear must not touch it, for it trusts the map */
    region_clear(again, 160 * KIB);
    child_assert(all_zero(again, 48 * KIB) && block[50 * KIB] == 7);
    child_assert(region_resize(again, 16 * KIB, &(bool){false})); /* its tail is dirty, whatever it was */
    child_assert(region.engine.dirty_units == 9);
    region_give(again, 16 * KIB);
    child_assert(region.engine.dirty_units == 10);
}

static void a_unit_is_dirty_once_it_was_in_use(void **state UNUSED) {
    in_fresh_heaps(look_at_dirt, "");
}

static void prefer_the_dirty(void) {
    child_assert(process_is_ready());
    char *low = taken(64 * KIB, 1), *wall = taken(64 * KIB, 1), *high = taken(64 * KIB, 1);
    char *end = taken(64 * KIB, 1);
    region_give(low, 0);         /* clean */
    region_give(high, 64 * KIB); /* dirty, and resident */
    child_assert(taken(64 * KIB, 1) == high);
    child_assert(taken(64 * KIB, 1) == low);
    region_give(wall, 0);
    region_give(end, 0);
}

static void resident_memory_is_used_first(void **state UNUSED) {
    in_fresh_heaps(prefer_the_dirty, "fit:first");
    in_fresh_heaps(prefer_the_dirty, "fit:segregated");
}

/* --- Purging ----------------------------------------------------------------------------------------------- */

static char *dirty_block(size_t bytes) {
    char *block = taken(bytes, 1);
    memset(block, 9, bytes);
    return block;
}

static void purge_all(void) {
    child_assert(process_is_ready());
    char *blocks[40];
    for (size_t index = 0; index < COUNT(blocks); index++)
        blocks[index] = dirty_block((1 + index % 5) * 128 * KIB);
    for (size_t index = 0; index < COUNT(blocks); index += 2) /* walls stay between */
        region_give(blocks[index], region_block_bytes(blocks[index]));
    size_t dirty = region.engine.dirty_units * UNIT_BYTES;
    child_assert(dirty == (6 + 6 + 3) * 4 * 128 * KIB);
    child_assert(purge_to(0) == dirty);
    child_assert(region.engine.dirty_units == 0 && !region.purging);
    child_assert(purge_to(0) == 0);
    for (size_t index = 0; index < COUNT(blocks); index++)
        child_assert(index % 2 ? blocks[index][100] == 9 : all_zero(blocks[index], 128 * KIB));
}

static void a_purge_gives_back_what_is_free_and_no_more(void **state UNUSED) {
    in_fresh_heaps(purge_all, "purge:off");
}

static void purge_some(void) {
    child_assert(process_is_ready());
    char *blocks[12];
    for (size_t index = 0; index < COUNT(blocks); index++)
        blocks[index] = dirty_block(index == 4 ? 3 * MIB : 256 * KIB);
    for (size_t index = 0; index < COUNT(blocks); index += 2)
        region_give(blocks[index], region_block_bytes(blocks[index]));
    child_assert(purge_to(2 * MIB) == 3 * MIB); /* the largest first; the rest may stay */
    child_assert(region.engine.dirty_units * UNIT_BYTES == 5 * 256 * KIB);
    child_assert(all_zero(blocks[4], 3 * MIB));
}

static void the_largest_goes_first(void **state UNUSED) {
    in_fresh_heaps(purge_some, "purge:off");
}

static void purge_refused(void) {
    halloc_free(halloc_malloc(1)); /* what the thread needs for itself it has now */
    char *block = dirty_block(MIB);
    region_give(block, MIB);
    fake_refuse(1, UINT64_MAX);
    child_assert(purge_to(0) == 0);
    fake_refuse(0, 0);
    child_assert(region.engine.dirty_units == MIB / UNIT_BYTES && block[5] == 9);
    unsigned char *zeroed = halloc_calloc(1, MIB); /* so it must be cleared by hand */
    child_assert(all_zero((char *)zeroed, MIB));
    halloc_free(zeroed);
    child_assert(purge_to(0) >= MIB - 2 * platform_page_bytes());
}

static void what_the_kernel_did_not_take_stays_dirty(void **state UNUSED) {
    in_fresh_heaps(purge_refused, "purge:off");
}

static size_t free_and_dirty(void) {
    return region.engine.dirty_units * UNIT_BYTES;
}

static void let_time_pass(void) {
    halloc_free(halloc_malloc(1));
    void *block = region_take(20 * MIB, 1);
    child_assert(!region_give(block, 20 * MIB));
    child_assert(!region_look() && free_and_dirty() == 20 * MIB);
    region.peak_time -= 4 * PURGE_INTERVAL_MS;
    child_assert(region_look() == conf.purge);
    if (conf.purge)
        purge();
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
    bool due = region_give(pieces[1], MIB);
    child_assert(whole && due == conf.purge);
    if (due)
        purge();
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
    region.purging = true;
    engine_hold(&region.engine, region.engine.table + region_unit(block));
    for (int times = 0; times < 3; times++) {
        region.peak_time -= 100 * PURGE_INTERVAL_MS;
        child_assert(!region_look() && region.recent_peak_bytes == used);
    }
    engine_unhold(&region.engine, region.engine.table + region_unit(block));
    region.purging = false;
    child_assert(region_look() && region.engine.used_bytes == used);
}

static void a_block_held_for_purging_raises_no_peak(void **state UNUSED) {
    in_fresh_heaps(look_while_held, "");
}

#define MANY (2 * PURGE_BATCHES_MOST * PURGE_BATCH + 1000)

/* So many free dirty blocks of a page of any size; walls stay between. */
static void make_many_dirty(void) {
    static char *blocks[MANY];
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
    region.recent_peak_bytes = region.engine.used_bytes; /* time went by */
    size_t most = PURGE_BATCHES_MOST * PURGE_BATCH, calls;
    for (size_t left = MANY; left > most; left -= most) {
        calls = fake.calls;
        purge();
        child_assert(fake.calls - calls == most && free_and_dirty() == (left - most) * 64 * KIB);
    }
    purge();
    child_assert(free_and_dirty() <= PURGE_FLOOR_BYTES);
}

static void one_release_purges_so_much_and_the_next_goes_on(void **state UNUSED) {
    in_fresh_heaps(purge_by_and_by, "thp:system");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(tables_lie_before_the_blocks),
        test(the_frontier_moves_and_the_tables_with_it),
        test(a_small_region_ends_where_it_should),
        test(a_region_of_any_number_of_units_serves_to_its_end),
        test(blocks_are_aligned_as_asked),
        test(a_unit_is_dirty_once_it_was_in_use),
        test(resident_memory_is_used_first),
        test(a_purge_gives_back_what_is_free_and_no_more),
        test(the_largest_goes_first),
        test(what_the_kernel_did_not_take_stays_dirty),
        test(what_was_needed_a_moment_ago_stays_and_goes_with_time),
        test(past_the_recent_peak_free_memory_is_given_back),
        test(a_block_held_for_purging_raises_no_peak),
        test(many_blocks_are_all_purged_by_trim),
        test(one_release_purges_so_much_and_the_next_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
