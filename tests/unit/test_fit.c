/*
 * test_fit.c - each policy alone, on a set of records without a heap: which block it chooses.
 *
 * First the worked examples that stand atop the policies' files, then random sets, where a
 * plain search over an array says which block must be found.
 */
#include "unit.h"

#define BLOCKS 64

static MemoryBlock fit_records[BLOCKS];
static halloc_free_set fit_set;

static void begin_fit(const halloc_policy *policy) {
    memset(fit_records, 0, sizeof fit_records);
    memset(&fit_set, 0, sizeof fit_set);
    free_set_init(&fit_set, policy, HEADER_BYTES, ALIGNMENT_BYTES);
}

static MemoryBlock *fit_add(size_t index, size_t size) {
    fit_records[index].size = size;
    fit_records[index].isFree = 1;
    free_set_insert(&fit_set, &fit_records[index]);
    return &fit_records[index];
}

/* A list that reads 48, 16, 96, 64 from its head, as in the pictures; next fit starts there. */
static void start_with_picture(const halloc_policy *policy) {
    static const size_t sizes[] = {48, 16, 96, 64};
    begin_fit(policy);
    for (size_t index = COUNT(sizes); index-- > 0;) {
        fit_records[index] = (MemoryBlock){.size = sizes[index], .isFree = 1};
        halloc_list_push(&fit_set, ONE_LIST, &fit_records[index]);
        fit_set.count++;
    }
}

static size_t found_size(size_t size) {
    MemoryBlock *block = free_set_find(&fit_set, size);
    return block ? block->size : 0;
}

/* --- Worked examples ------------------------------------------------------------------------ */

static void first_fit_takes_the_first_that_is_large_enough(void **state UNUSED) {
    start_with_picture(&fit_first);
    assert_int_equal(found_size(50), 96);
    assert_int_equal(found_size(48), 48);
    assert_int_equal(found_size(1), 48);
    assert_int_equal(found_size(96), 96);
    assert_int_equal(found_size(97), 0);
}

static void first_fit_looks_at_the_last_freed_first(void **state UNUSED) {
    start_with_picture(&fit_first);
    fit_add(10, 80);
    assert_int_equal(found_size(50), 80);
}

static void best_fit_takes_the_smallest_that_is_large_enough(void **state UNUSED) {
    start_with_picture(&fit_best);
    assert_int_equal(found_size(50), 64);
    assert_int_equal(found_size(1), 16);
    assert_int_equal(found_size(17), 48);
    assert_int_equal(found_size(65), 96);
    assert_int_equal(found_size(97), 0);
}

static void worst_fit_takes_the_largest(void **state UNUSED) {
    start_with_picture(&fit_worst);
    assert_int_equal(found_size(40), 96);
    assert_int_equal(found_size(1), 96);
    assert_int_equal(found_size(97), 0);
}

static void take_for(size_t size) {
    free_set_take(&fit_set, free_set_find(&fit_set, size));
}

static void next_fit_goes_on_where_it_took_a_block(void **state UNUSED) {
    start_with_picture(&fit_next); /* 48, 16, 96, 64 */
    take_for(16);                  /* 48; the rover stands at 16 */
    assert_ptr_equal(fit_set.cursor, &fit_records[1]);
    assert_int_equal(found_size(50), 96);
    assert_int_equal(found_size(16), 16);
    take_for(50); /* 96; the rover stands at 64 */
    assert_int_equal(found_size(1), 64);
    take_for(1); /* 64: the last. The search begins anew */
    assert_int_equal(found_size(1), 16);
}

static void next_fit_wraps_around_to_what_lies_before_the_rover(void **state UNUSED) {
    start_with_picture(&fit_next);
    take_for(96); /* the rover stands at 64 */
    assert_int_equal(found_size(40), 64);
    free_set_remove(&fit_set, &fit_records[3]); /* merged away: the rover leaves it */
    assert_int_equal(found_size(40), 48);
    assert_int_equal(found_size(49), 0);
}

static void next_fit_moves_its_rover_when_taking_not_when_looking(void **state UNUSED) {
    start_with_picture(&fit_next);
    for (int look = 0; look < 5; look++)
        assert_int_equal(found_size(50), 96);
    assert_null(fit_set.cursor);
}

static void next_fit_steps_off_a_block_that_is_merged_away(void **state UNUSED) {
    start_with_picture(&fit_next);
    take_for(16); /* 48 */
    assert_ptr_equal(fit_set.cursor, &fit_records[1]);
    free_set_remove(&fit_set, &fit_records[1]);
    assert_ptr_equal(fit_set.cursor, &fit_records[2]);
}

static void next_fit_looks_at_what_was_just_freed_last(void **state UNUSED) {
    start_with_picture(&fit_next);
    take_for(16);   /* 48; the rover stands at 16 */
    fit_add(0, 48); /* and comes back, in front of the rover */
    assert_int_equal(found_size(48), 96);
    take_for(96); /* the rover stands at 64 */
    fit_add(2, 96);
    take_for(64);   /* the last: the search would begin anew, at 48 */
    fit_add(3, 64); /* so this one stands after all others */
    assert_int_equal(found_size(64), 96);
    free_set_remove(&fit_set, &fit_records[2]);
    assert_int_equal(found_size(64), 64);
}

static void next_fit_takes_blocks_in_the_order_in_which_they_were_freed(void **state UNUSED) {
    begin_fit(&fit_next);
    for (size_t index = 0; index < 10; index++)
        fit_add(index, 64);
    for (size_t index = 0; index < 10; index++) {
        MemoryBlock *found = free_set_find(&fit_set, 64);
        assert_ptr_equal(found, &fit_records[index]);
        free_set_take(&fit_set, found);
    }
}

static void segregated_fits_keep_a_list_for_each_small_size(void **state UNUSED) {
    begin_fit(&fit_segregated);
    for (size_t index = 0; index < 13; index++)
        fit_add(index, 16 * (index + 1)); /* 3 to 15 granules with the header */
    for (size_t index = 0; index < 13; index++)
        assert_int_equal(found_size(16 * (index + 1)), 16 * (index + 1));
    free_set_remove(&fit_set, &fit_records[4]);
    assert_int_equal(found_size(80), 96); /* the next list that holds any */
}

static void segregated_fits_take_from_the_own_list_what_fits_there(void **state UNUSED) {
    begin_fit(&fit_segregated);
    fit_add(0, 16 * 34 - 32); /* lists of four granules: 32 to 35 */
    fit_add(1, 16 * 33 - 32);
    fit_add(2, 16 * 40 - 32);
    assert_int_equal(found_size(16 * 32 - 32), 16 * 33 - 32); /* last freed, fits */
    assert_int_equal(found_size(16 * 34 - 32), 16 * 34 - 32); /* second in the list */
    assert_int_equal(found_size(16 * 35 - 32), 16 * 40 - 32); /* none there: next list */
    assert_int_equal(found_size(16 * 41 - 32), 0);
}

static void segregated_fits_hold_blocks_of_any_size(void **state UNUSED) {
    begin_fit(&fit_segregated);
    fit_add(0, ((size_t)1 << 46) - 32);
    fit_add(1, ((size_t)1 << 40) - 32);
    assert_int_equal(found_size((size_t)1 << 45), ((size_t)1 << 46) - 32);
    assert_int_equal(found_size(((size_t)1 << 40) - 32), ((size_t)1 << 40) - 32);
    assert_int_equal(found_size((size_t)1 << 46), 0);
}

static void buddies_are_powers_of_two(void **state UNUSED) {
    begin_fit(&fit_buddy);
    assert_int_equal(free_set_round(&fit_set, 1), 64 - HEADER_BYTES);
    assert_int_equal(free_set_round(&fit_set, 32), 64 - HEADER_BYTES);
    assert_int_equal(free_set_round(&fit_set, 33), 128 - HEADER_BYTES);
    assert_int_equal(free_set_round(&fit_set, 4096), 8192 - HEADER_BYTES);
    assert_int_equal(free_set_round(&fit_set, (size_t)1 << 63), 0);
    assert_int_equal(free_set_round(&fit_set, PTRDIFF_MAX), 0);
}

static void a_buddy_request_takes_the_least_power_that_holds_it(void **state UNUSED) {
    begin_fit(&fit_buddy);
    fit_add(0, 256 - 32);
    fit_add(1, 64 - 32);
    fit_add(2, 1024 - 32);
    assert_int_equal(found_size(32), 64 - 32);
    assert_int_equal(found_size(33), 256 - 32);
    assert_int_equal(found_size(225), 1024 - 32);
    assert_int_equal(found_size(993), 0);
}

static void a_buddy_piece_divides_its_place(void **state UNUSED) {
    begin_fit(&fit_buddy);
    assert_int_equal(free_set_piece(&fit_set, 1024, 4096), 1024);
    assert_int_equal(free_set_piece(&fit_set, 4096 + 64, 4096), 64);
    assert_int_equal(free_set_piece(&fit_set, 4096, 4095), 2048);
    assert_int_equal(free_set_piece(&fit_set, 0, 5000), 4096);
}

static void only_true_buddies_may_merge(void **state UNUSED) {
    begin_fit(&fit_buddy);
    assert_true(free_set_may_merge(&fit_set, 1024, 64, 64));
    assert_false(free_set_may_merge(&fit_set, 1024 + 64, 64, 64)); /* neighbours, not buddies */
    assert_false(free_set_may_merge(&fit_set, 1024, 64, 128));
    begin_fit(&fit_first);
    assert_true(free_set_may_merge(&fit_set, 1024 + 64, 48, 4096));
}

/* --- Sizes ------------------------------------------------------------------------------------ */

static void sizes_are_rounded_to_granules_less_the_header(void **state UNUSED) {
    begin_fit(&fit_first);
    for (size_t size = 1; size < 200; size++) {
        size_t rounded = free_set_round(&fit_set, size);
        assert_int_equal(rounded % 16, 0);
        assert_true(rounded >= size && rounded < size + 16);
    }
    assert_int_equal(free_set_round(&fit_set, PTRDIFF_MAX),
                     (size_t)1 << 63); /* the last that may be asked for */
    assert_int_equal(free_set_round(&fit_set, (size_t)1 << 63), 0);
    free_set_init(&fit_set, &fit_first, 0, UNIT_BYTES);
    assert_int_equal(free_set_round(&fit_set, 1), UNIT_BYTES);
    assert_int_equal(free_set_round(&fit_set, UNIT_BYTES + 1), 2 * UNIT_BYTES);
}

static void sizes_beyond_ptrdiff_max_are_too_large_for_every_policy(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++) {
        begin_fit(halloc_policy_find(policy_names[index]));
        assert_int_equal(free_set_round(&fit_set, (size_t)PTRDIFF_MAX + 1), 0);
        assert_int_equal(free_set_round(&fit_set, SIZE_MAX), 0);
    }
}

/* --- Random sets ------------------------------------------------------------------------------- */

static uint64_t fit_ages[BLOCKS]; /* when each was inserted; 0: it is not in the set */

static bool is_right_choice(const halloc_policy *policy, const MemoryBlock *chosen, size_t size) {
    if (policy == &fit_bump || policy == &fit_tlsf) /* test_fit_constant.c */
        return !chosen || chosen->size >= size;
    const MemoryBlock *smallest = NULL, *largest = NULL, *youngest = NULL;
    for (size_t index = 0; index < BLOCKS; index++) {
        const MemoryBlock *block = &fit_records[index];
        if (!fit_ages[index] || block->size < size)
            continue;
        smallest = !smallest || block->size < smallest->size ? block : smallest;
        largest = !largest || block->size > largest->size ? block : largest;
        youngest = !youngest || fit_ages[index] > fit_ages[youngest - fit_records] ? block : youngest;
    }
    if (policy == &fit_segregated && !chosen) /* a block hidden in its own list is not promised */
        return !largest || largest->size + 32 < (size + 32) + (size + 32) / 8;
    if (!chosen || !smallest)
        return !chosen && !smallest;
    if (chosen->size < size)
        return false;
    if (policy == &fit_first)
        return chosen == youngest;
    if (policy == &fit_best)
        return chosen->size == smallest->size;
    if (policy == &fit_worst)
        return chosen->size == largest->size;
    if (policy == &fit_buddy)
        return floor_log2(chosen->size + 32) == floor_log2(smallest->size + 32);
    return true;
}

static void choices_are_right_in_random_sets(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++) {
        const halloc_policy *policy = halloc_policy_find(policy_names[index]);
        uint64_t random = 7, now = 0;
        begin_fit(policy);
        memset(fit_ages, 0, sizeof fit_ages);
        for (int step = 0; step < 20000; step++) {
            size_t at = random_below(&random, BLOCKS);
            if (!fit_ages[at]) {
                fit_ages[at] = ++now;
                fit_add(at, free_set_round(&fit_set, random_size(&random, 4000)));
            } else {
                fit_ages[at] = 0;
                (random_below(&random, 2) ? free_set_take : free_set_remove)(&fit_set, &fit_records[at]);
            }
            size_t size = free_set_round(&fit_set, random_size(&random, 4500));
            halloc_free_set before = fit_set;
            MemoryBlock *chosen = policy->find(&fit_set, size);
            before.probes = fit_set.probes; /* finding is counted, and changes nothing */
            assert_memory_equal(&before, &fit_set, sizeof fit_set);
            if (!is_right_choice(policy, chosen, size))
                fail_msg("%s chose %zu for %zu at step %d", policy->name, chosen ? chosen->size : 0, size,
                         step);
            if (chosen)
                assert_true(fit_ages[chosen - fit_records] != 0);
        }
    }
}

/* --- The table of policies ------------------------------------------------------------------------ */

static size_t policies_known(void) {
    size_t count = 0;
    while (halloc_policy_at(count))
        count++;
    return count;
}

static void the_shipped_policies_are_known_by_name_in_the_order_of_learning(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++) {
        const halloc_policy *policy = halloc_policy_find(policy_names[index]);
        assert_non_null(policy);
        assert_ptr_equal(policy, halloc_policy_at(index));
        assert_string_equal(policy->name, policy_names[index]);
        assert_true(strlen(policy->summary) > 10);
    }
    assert_int_equal(policies_known(), POLICIES);
    assert_null(halloc_policy_find("worse"));
    assert_null(halloc_policy_find(""));
    assert_null(halloc_policy_find(NULL));
}

static void assert_refused(const halloc_policy *policy, int error) {
    errno = 0;
    assert_false(halloc_policy_register(policy));
    assert_int_equal(errno, error);
}

static void a_policy_without_a_hook_is_refused(void **state UNUSED) {
    halloc_policy whole = fit_first, broken;
    whole.name = "broken";
    assert_refused(NULL, EINVAL);
    broken = whole, broken.name = NULL;
    assert_refused(&broken, EINVAL);
    broken = whole, broken.find = NULL;
    assert_refused(&broken, EINVAL);
    broken = whole, broken.insert = NULL;
    assert_refused(&broken, EINVAL);
    broken = whole, broken.remove = NULL;
    assert_refused(&broken, EINVAL);
    assert_null(halloc_policy_find("broken"));
}

static void sixteen_policies_can_be_registered_and_a_seventeenth_not(void **state UNUSED) {
    static halloc_policy own[17];
    static char names[17][8];
    assert_refused(&fit_first, EEXIST);
    for (size_t index = 0; index < 17; index++) {
        snprintf(names[index], sizeof names[index], "own%zu", index);
        own[index] = fit_best;
        own[index].name = names[index];
        if (index == 16) {
            assert_refused(&own[index], ENOMEM);
            continue;
        }
        assert_true(halloc_policy_register(&own[index]));
        assert_ptr_equal(halloc_policy_find(names[index]), &own[index]);
        assert_ptr_equal(halloc_policy_at(POLICIES + index), &own[index]);
        assert_refused(&own[index], EEXIST);
    }
    assert_int_equal(policies_known(), POLICIES + 16);
    halloc_heap *heap = fixed_heap("own15", 1);
    assert_string_equal(stats_of(heap).fit, "own15");
    halloc_heap_destroy(heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(first_fit_takes_the_first_that_is_large_enough),
        test(first_fit_looks_at_the_last_freed_first),
        test(best_fit_takes_the_smallest_that_is_large_enough),
        test(worst_fit_takes_the_largest),
        test(next_fit_goes_on_where_it_took_a_block),
        test(next_fit_wraps_around_to_what_lies_before_the_rover),
        test(next_fit_moves_its_rover_when_taking_not_when_looking),
        test(next_fit_steps_off_a_block_that_is_merged_away),
        test(next_fit_looks_at_what_was_just_freed_last),
        test(next_fit_takes_blocks_in_the_order_in_which_they_were_freed),
        test(segregated_fits_keep_a_list_for_each_small_size),
        test(segregated_fits_take_from_the_own_list_what_fits_there),
        test(segregated_fits_hold_blocks_of_any_size),
        test(buddies_are_powers_of_two),
        test(a_buddy_request_takes_the_least_power_that_holds_it),
        test(a_buddy_piece_divides_its_place),
        test(only_true_buddies_may_merge),
        test(sizes_are_rounded_to_granules_less_the_header),
        test(sizes_beyond_ptrdiff_max_are_too_large_for_every_policy),
        test(choices_are_right_in_random_sets),
        test(the_shipped_policies_are_known_by_name_in_the_order_of_learning),
        test(a_policy_without_a_hook_is_refused),
        test(sixteen_policies_can_be_registered_and_a_seventeenth_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
