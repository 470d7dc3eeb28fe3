/*
 * test_block_table.c - the engine as the process heap uses it: records in a table by unit, blocks
 * of whole units without headers, and a map of what is dirty. No memory is behind the addresses:
 * the engine must never touch a payload here, or the test would crash.
 */
#include "unit.h"

#include <sys/mman.h>

#define MOST_UNITS 512
#define START_UNITS 32
#define BASE ((char *)(64 * GIB))

static MemoryBlock table_records[MOST_UNITS];
static uint64_t table_dirt[MOST_UNITS / 64 + 1];
static struct engine units;

static size_t asked_units; /* by the last growth */

static bool grow_units(struct engine *engine, size_t bytes) {
    asked_units = bytes >> UNIT_SHIFT;
    size_t wanted = align_up(max_size(bytes, 8 * UNIT_BYTES), UNIT_BYTES);
    if (wanted > (size_t)(engine->limit - engine->top))
        return false;
    engine->top += wanted;
    return true;
}

/* As the region does it: blocks with a dirty unit come first. */
static halloc_free_set *dirty_first(struct engine *engine, const MemoryBlock *block) {
    size_t unit = block_unit(engine, block), end = unit + (block->size >> UNIT_SHIFT);
    return &engine->set[dirty_next(table_dirt, unit, end) == end];
}

/* Of one free block, and of all. */
static size_t dirty_of(const MemoryBlock *block) {
    size_t unit = block_unit(&units, block);
    return dirty_count(table_dirt, unit, unit + (block->size >> UNIT_SHIFT));
}

static size_t dirty_free_units(void) {
    size_t count = 0;
    for (const MemoryBlock *block = units.first; block; block = block->next)
        count += block->isFree ? dirty_of(block) : 0;
    return count;
}

static void begin_units(const halloc_policy *policy, size_t start, size_t most) {
    memset(table_records, 0, sizeof table_records);
    memset(table_dirt, 0, sizeof table_dirt);
    units = (struct engine){.granule = UNIT_BYTES,
                            .split_bytes = UNIT_BYTES,
                            .table = table_records,
                            .set_of = dirty_first,
                            .grow = grow_units};
    engine_init(&units, policy, BASE, BASE + start * UNIT_BYTES, BASE + most * UNIT_BYTES);
    assert_null(engine_check(&units));
}

static MemoryBlock *take_units(size_t count) {
    return engine_take(&units, count * UNIT_BYTES, 16);
}

static size_t first_unit(const MemoryBlock *block) {
    return block_unit(&units, block);
}

static size_t unit_count(const MemoryBlock *block) {
    return block->size >> UNIT_SHIFT;
}

/* As the region does it: what was written is marked, then the block is given. */
static void give_units(MemoryBlock *block, size_t written) {
    dirty_mark(table_dirt, first_unit(block), first_unit(block) + written, true);
    engine_give(&units, block);
}

#define assert_units_sound()                                                                                 \
    do {                                                                                                     \
        const char *broken_ = engine_check(&units);                                                          \
        if (broken_)                                                                                         \
            fail_msg("broken: %s", broken_);                                                                 \
    } while (0)

/* --- Worked examples -------------------------------------------------------------------------------- */

static void warm_memory_is_asked_before_cold(void **state UNUSED) {
    begin_units(&fit_segregated, START_UNITS, START_UNITS);
    MemoryBlock *a = take_units(4), *wall = take_units(1);
    assert_int_equal(first_unit(a), 0);
    assert_int_equal(first_unit(wall), 4);
    give_units(a, 4); /* 4 warm units; cold ones behind the wall */
    assert_int_equal(units.set[0].count, 1);
    assert_int_equal(units.set[1].count, 1);
    assert_int_equal(dirty_free_units(), 4);
    MemoryBlock *large = take_units(5); /* does not fit in the warm block */
    assert_int_equal(first_unit(large), 5);
    MemoryBlock *small = take_units(1);
    assert_int_equal(first_unit(small), 0);
    assert_int_equal(dirty_free_units(), 3);
    assert_units_sound();
}

static void a_block_given_back_unwritten_stays_cold(void **state UNUSED) {
    begin_units(&fit_segregated, START_UNITS, START_UNITS);
    MemoryBlock *a = take_units(4);
    take_units(1);
    give_units(a, 0);
    assert_int_equal(units.set[0].count, 0);
    assert_int_equal(units.set[1].count, 2);
    assert_int_equal(dirty_free_units(), 0);
    assert_units_sound();
}

static void merging_adds_dirt_and_splitting_counts_it_again(void **state UNUSED) {
    begin_units(&fit_segregated, START_UNITS, START_UNITS);
    MemoryBlock *a = take_units(4), *b = take_units(4), *c = take_units(START_UNITS - 8);
    give_units(a, 1);
    give_units(c, 2);
    give_units(b, 3);
    assert_int_equal(units.block_count, 1);
    assert_int_equal(dirty_of(units.first), 6);
    assert_int_equal(dirty_free_units(), 6);
    MemoryBlock *d = take_units(5); /* units 0 and 4 are dirty in it; 5, 6, 8 and 9 stay free */
    assert_int_equal(first_unit(d), 0);
    assert_int_equal(dirty_free_units(), 4);
    assert_int_equal(dirty_of(d->next), 4);
    assert_units_sound();
}

static void splitting_a_free_block_counts_both_halves_again(void **state UNUSED) {
    begin_units(&fit_segregated, START_UNITS, START_UNITS);
    MemoryBlock *all = take_units(START_UNITS);
    give_units(all, 5);
    assert_true(engine_split(&units, all, 8 * UNIT_BYTES));
    assert_int_equal(dirty_of(all), 5);
    assert_int_equal(dirty_of(all->next), 0);
    assert_int_equal(units.set[0].count, 1);
    assert_int_equal(units.set[1].count, 1);
    assert_true(engine_split(&units, all, 2 * UNIT_BYTES));
    assert_int_equal(dirty_of(all), 2);
    assert_int_equal(dirty_of(all->next), 3);
    assert_units_sound();
}

static void a_held_block_is_found_by_nobody(void **state UNUSED) {
    begin_units(&fit_first, 16, 16);
    MemoryBlock *all = take_units(16);
    give_units(all, 16);
    engine_isolate(&units, all);
    assert_null(engine_find(&units, 1));
    assert_null(take_units(1));
    assert_int_equal(dirty_free_units(), 0);
    assert_units_sound();
    dirty_mark(table_dirt, 0, 16, false); /* purged */
    engine_putback(&units, all);
    assert_int_equal(dirty_free_units(), 0);
    assert_int_equal(units.set[1].count, 1);
    assert_int_equal(units.used_bytes, 0);
    assert_int_equal(units.peak_used_bytes, 16 * UNIT_BYTES); /* holding is no request */
    assert_int_equal(first_unit(take_units(16)), 0);
    assert_units_sound();
}

static void a_held_block_counts_neither_as_used_nor_in_peaks(void **state UNUSED) {
    begin_units(&fit_first, 16, 16);
    MemoryBlock *a = take_units(10), *b = take_units(6);
    give_units(a, 10);
    engine_isolate(&units, a);
    assert_int_equal(units.used_bytes, 6 * UNIT_BYTES);
    assert_int_equal(units.used_blocks, 1);
    give_units(b, 6);
    units.peak_used_bytes = 0;
    take_units(6);
    assert_int_equal(units.peak_used_bytes, 6 * UNIT_BYTES);
    assert_units_sound();
    engine_putback(&units, a);
    assert_int_equal(units.used_bytes, 6 * UNIT_BYTES);
    assert_int_equal(units.used_blocks, 1);
    assert_units_sound();
}

static void a_held_block_is_merged_when_it_comes_back(void **state UNUSED) {
    begin_units(&fit_first, 16, 16);
    MemoryBlock *a = take_units(4), *b = take_units(4), *c = take_units(8);
    give_units(a, 4);
    engine_isolate(&units, a);
    give_units(b, 4); /* its neighbour is held: no merge yet */
    assert_int_equal(units.block_count, 3);
    engine_putback(&units, a);
    assert_int_equal(units.block_count, 2);
    assert_int_equal(unit_count(units.first), 8);
    give_units(c, 0);
    assert_int_equal(units.block_count, 1);
    assert_units_sound();
}

static void aligned_blocks_lie_at_multiples_of_their_alignment(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++)
        for (size_t alignment = 1; alignment <= 64; alignment *= 2) {
            begin_units(halloc_policy_find(policy_names[index]), START_UNITS, MOST_UNITS);
            take_units(1);
            for (size_t count = 1; count < 20; count += 6) {
                MemoryBlock *block = engine_take(&units, count * UNIT_BYTES, alignment * UNIT_BYTES);
                assert_non_null(block);
                assert_int_equal(first_unit(block) % alignment, 0);
                assert_true(unit_count(block) >= count);
            }
            assert_units_sound();
        }
}

static void an_empty_engine_grows_on_the_first_request(void **state UNUSED) {
    begin_units(&fit_segregated, 0, MOST_UNITS);
    assert_null(units.first);
    assert_int_equal(first_unit(take_units(1)), 0);
    assert_int_equal(units.top - units.base, 8 * UNIT_BYTES);
    assert_non_null(take_units(MOST_UNITS - 8));
    assert_units_sound();
}

static void growth_uses_the_free_block_at_the_top(void **state UNUSED) {
    begin_units(&fit_segregated, 10, MOST_UNITS);
    take_units(1);
    MemoryBlock *large = take_units(30); /* 9 are free at the top: 21 more are needed */
    assert_int_equal(first_unit(large), 1);
    assert_int_equal(units.top - units.base, 31 * UNIT_BYTES);
    assert_units_sound();
}

static bool never_merges(const halloc_free_set *set UNUSED, size_t payload UNUSED, size_t left UNUSED,
                         size_t right UNUSED) {
    return false;
}

/* It overlooks what fits in less than nine units. */
static MemoryBlock *finds_nine_and_more(const halloc_free_set *set, size_t size) {
    return fit_first.find(set, max_size(size, 9 * UNIT_BYTES));
}

static void grows_by(const halloc_policy *policy, size_t in_use, size_t wanted, size_t asked) {
    begin_units(policy, 8, MOST_UNITS);
    asked_units = 0;
    assert_true(!in_use || take_units(in_use));
    assert_int_equal(unit_count(take_units(wanted)), wanted);
    assert_int_equal(asked_units, asked);
}

/* Of what is at the top, growth counts on nothing that is in use, can't merge, or was overlooked. */
static void growth_counts_on_one_free_block_at_most(void **state UNUSED) {
    halloc_policy apart = fit_first, blind = fit_first;
    apart.may_merge = never_merges;
    blind.find = finds_nine_and_more;
    grows_by(&fit_first, 0, 30, 22);
    grows_by(&fit_first, 8, 30, 30);
    grows_by(&apart, 0, 30, 30);
    grows_by(&blind, 0, 8, 8);
    grows_by(&blind, 0, 7, 7);
}

/* What can't merge with new memory does not grow into it; what can't be split stays where it is in its set. */
static void what_a_policy_forbids_changes_nothing(void **state UNUSED) {
    halloc_policy apart = fit_first;
    apart.may_merge = never_merges;
    begin_units(&apart, 8, MOST_UNITS);
    MemoryBlock *block = take_units(8);
    assert_false(engine_resize(&units, block, 9 * UNIT_BYTES));
    assert_int_equal(unit_count(block), 8);
    assert_units_sound();

    begin_units(&fit_first, 8, MOST_UNITS);
    units.split_bytes = 4 * UNIT_BYTES;
    size_t inserts = units.set[0].inserts + units.set[1].inserts;
    assert_false(engine_split(&units, units.first, 5 * UNIT_BYTES));
    assert_int_equal(units.set[0].inserts + units.set[1].inserts, inserts);
    assert_units_sound();
}

static void only_the_first_unit_of_a_block_has_a_record(void **state UNUSED) {
    begin_units(&fit_segregated, START_UNITS, START_UNITS);
    MemoryBlock *a = take_units(4), *b = take_units(4);
    for (size_t unit = 0; unit < 9; unit++) {
        MemoryBlock *expected = unit == 0 ? a : unit == 4 ? b : unit == 8 ? b->next : NULL;
        assert_ptr_equal(engine_block_at(&units, BASE + unit * UNIT_BYTES), expected);
        assert_null(engine_block_at(&units, BASE + unit * UNIT_BYTES + 16));
    }
    give_units(b, 0);
    give_units(a, 0);
    assert_null(engine_block_at(&units, BASE + 4 * UNIT_BYTES)); /* merged away */
}

/* --- Random calls against a model of units ------------------------------------------------------------- */

#define HOLDERS 40

struct holder {
    MemoryBlock *block;
    bool held; /* not in use, but out of the set for a purge */
};

static struct holder holders[HOLDERS];
static int owner[MOST_UNITS]; /* by unit: the holder, counted from 1; 0: free */
static bool soiled[MOST_UNITS];
static uint64_t chance;

static void model_own(const MemoryBlock *block, int who) {
    for (size_t unit = first_unit(block); unit < first_unit(block) + unit_count(block); unit++) {
        if (who)
            assert_true(owner[unit] == 0 || owner[unit] == who);
        owner[unit] = who;
    }
}

static void assert_units_as_in_model(void) {
    size_t dirty_free = 0, taken = 0, top = (size_t)(units.top - units.base) >> UNIT_SHIFT;
    for (size_t unit = 0; unit < MOST_UNITS; unit++) {
        if (owner[unit])
            assert_true(unit < top);
        taken += owner[unit] != 0;
        dirty_free += !owner[unit] && soiled[unit];
        assert_int_equal(dirty_count(table_dirt, unit, unit + 1), soiled[unit]);
    }
    assert_int_equal(dirty_free_units(), dirty_free);
    assert_int_equal(units.used_bytes + units.isolated_bytes, taken * UNIT_BYTES);
    assert_units_sound();
}

static void random_take(struct holder *holder, int who) {
    size_t size = random_size(&chance, 30) * UNIT_BYTES - random_below(&chance, UNIT_BYTES);
    size_t alignment = UNIT_BYTES << (random_below(&chance, 4) ? 0 : random_below(&chance, 5));
    size_t rounded = free_set_round(&units.set[0], size);
    MemoryBlock *warm = units.set[0].policy->find(&units.set[0], rounded);
    MemoryBlock *promised = engine_find(&units, size);
    MemoryBlock *block = engine_take(&units, size, alignment);
    if (alignment == UNIT_BYTES && promised)
        assert_ptr_equal(block, promised);
    if (alignment == UNIT_BYTES && warm)
        assert_ptr_equal(block, warm);
    if (!block)
        return;
    assert_true(block->size >= size);
    assert_int_equal((uintptr_t)block_payload(&units, block) % alignment, 0);
    model_own(block, who);
    *holder = (struct holder){block, false};
}

static void random_give(struct holder *holder) {
    size_t from = first_unit(holder->block), count = unit_count(holder->block);
    size_t written = random_below(&chance, count + 1);
    model_own(holder->block, 0);
    memset(soiled + from, true, written);
    give_units(holder->block, written);
    holder->block = NULL;
}

static void random_resize(struct holder *holder, int who) {
    size_t from = first_unit(holder->block), old = unit_count(holder->block);
    size_t wanted = random_size(&chance, 30), top = (size_t)(units.top - units.base) >> UNIT_SHIFT;
    size_t blocks = units.block_count;
    size_t rounded = free_set_round(&units.set[0], wanted * UNIT_BYTES) >> UNIT_SHIFT;
    dirty_mark(table_dirt, from + rounded, from + old, true); /* a tail that is cut off */
    bool done = engine_resize(&units, holder->block, wanted * UNIT_BYTES);
    assert_int_equal(first_unit(holder->block), from);
    if (!done) {
        assert_true(wanted > old);
        assert_int_equal(unit_count(holder->block), old);
        if ((size_t)(units.top - units.base) >> UNIT_SHIFT == top)
            assert_int_equal(units.block_count, blocks);
        return;
    }
    size_t now = unit_count(holder->block);
    assert_true(now >= wanted);
    for (size_t unit = from + now; unit < from + old; unit++) {
        owner[unit] = 0;
        soiled[unit] = true;
    }
    model_own(holder->block, who);
}

/* Takes some free block out of the set, as purging does. */
static void random_hold(struct holder *holder, int who) {
    size_t skip = random_below(&chance, units.block_count);
    for (MemoryBlock *block = units.first; block; block = block->next)
        if (block->isFree && (skip == 0 || skip-- == 1)) {
            size_t peak = units.peak_used_bytes;
            engine_isolate(&units, block);
            assert_int_equal(units.peak_used_bytes, peak);
            model_own(block, who);
            *holder = (struct holder){block, true};
            return;
        }
}

static void random_unhold(struct holder *holder) {
    size_t from = first_unit(holder->block), to = from + unit_count(holder->block);
    if (random_below(&chance, 2)) {
        dirty_mark(table_dirt, from, to, false);
        memset(soiled + from, false, to - from);
    }
    model_own(holder->block, 0);
    engine_putback(&units, holder->block);
    holder->block = NULL;
}

static void random_calls_agree_with_a_model_of_units_under_every_policy(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++)
        for (uint64_t seed = 1; seed <= 3; seed++) {
            begin_units(halloc_policy_find(policy_names[index]), START_UNITS, seed == 1 ? 128 : MOST_UNITS);
            memset(holders, 0, sizeof holders);
            memset(owner, 0, sizeof owner);
            memset(soiled, 0, sizeof soiled);
            chance = seed;
            for (int step = 0; step < 8000; step++) {
                int at = (int)random_below(&chance, HOLDERS);
                struct holder *holder = &holders[at];
                size_t what = random_below(&chance, 10);
                if (!holder->block)
                    (what ? random_take : random_hold)(holder, at + 1);
                else if (holder->held)
                    random_unhold(holder);
                else if (what < 4)
                    random_resize(holder, at + 1);
                else
                    random_give(holder);
                assert_units_as_in_model();
            }
            for (int at = 0; at < HOLDERS; at++)
                if (holders[at].block)
                    (holders[at].held ? random_unhold : random_give)(&holders[at]);
            assert_units_as_in_model();
            assert_int_equal(units.used_bytes, 0);
            if (strcmp(policy_names[index], "buddy") != 0)
                assert_int_equal(units.block_count, 1);
        }
}

/* The bits behind the first page can't be read here: whoever counts what stays free crashes. Once a pair of
 * 3 MiB took 300 microseconds where 64 GiB were free. */
static uint64_t *far_map;

static halloc_free_set *far_dirty_first(struct engine *engine, const MemoryBlock *block) {
    size_t unit = block_unit(engine, block), end = unit + (block->size >> UNIT_SHIFT);
    return &engine->set[dirty_next(far_map, unit, end) == end];
}

static void only_the_first_dirty_unit_of_a_free_block_is_looked_for(void **state UNUSED) {
    size_t count = (size_t)1 << 20, page = 4096, bytes = count / 4;
    far_map = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    MemoryBlock *records = mmap(NULL, count * sizeof *records, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(far_map != MAP_FAILED && records != MAP_FAILED);
    units = (struct engine){
        .granule = UNIT_BYTES, .split_bytes = UNIT_BYTES, .table = records, .set_of = far_dirty_first};
    engine_init(&units, &fit_segregated, BASE, BASE + count * UNIT_BYTES, BASE + count * UNIT_BYTES);
    MemoryBlock *all = take_units(count);
    dirty_mark(far_map, 0, count - 100, true);
    engine_give(&units, all);
    assert_int_equal(mprotect((char *)far_map + page, bytes - page, PROT_NONE), 0);
    MemoryBlock *block = take_units(192), *aligned = engine_take(&units, UNIT_BYTES, MIB);
    engine_give(&units, aligned);
    assert_true(engine_resize(&units, block, 300 * UNIT_BYTES));
    assert_true(engine_resize(&units, block, 100 * UNIT_BYTES));
    engine_give(&units, block);
    assert_int_equal(mprotect(far_map, bytes, PROT_READ), 0);
    assert_units_sound();
    munmap(far_map, bytes);
    munmap(records, count * sizeof *records);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(warm_memory_is_asked_before_cold),
        test(a_block_given_back_unwritten_stays_cold),
        test(merging_adds_dirt_and_splitting_counts_it_again),
        test(splitting_a_free_block_counts_both_halves_again),
        test(only_the_first_dirty_unit_of_a_free_block_is_looked_for),
        test(a_held_block_is_found_by_nobody),
        test(a_held_block_counts_neither_as_used_nor_in_peaks),
        test(a_held_block_is_merged_when_it_comes_back),
        test(aligned_blocks_lie_at_multiples_of_their_alignment),
        test(an_empty_engine_grows_on_the_first_request),
        test(growth_uses_the_free_block_at_the_top),
        test(growth_counts_on_one_free_block_at_most),
        test(what_a_policy_forbids_changes_nothing),
        test(only_the_first_unit_of_a_block_has_a_record),
        test(random_calls_agree_with_a_model_of_units_under_every_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
