/*
 * test_slab.c - slabs by themselves: carving, taking, the bookkeeping of `used`, remote frees, and
 * the pools of slabs without an owner. The owner here is a cache that no thread has.
 */
#include "unit.h"

static struct thread_cache owner, other_owner;

static int start(void **state UNUSED) {
    return !process_is_ready();
}

static struct slab *slab_for(size_t size) {
    unsigned size_class = size_class_of(size);
    struct slab *slab = slab_make(size_class, &owner);
    assert_non_null(slab);
    assert_null(slab_check(slab));
    slab_activate(slab, &owner.list[size_class]);
    assert_null(slab_check(slab));
    return slab;
}

/* Its owner allocates from another one now. */
static void leave(struct slab *slab) {
    slab_note_all(slab);
    slab->state = SLAB_PARTIAL;
}

static size_t length_of(void *list) {
    size_t length = 0;
    for (; list; list = slot_words(list)[0])
        length++;
    return length;
}

/* Takes every slot there is, and leaves the slab; returns how many. */
static size_t take_all_slots(struct slab *slab, void **slots) {
    size_t count = 0;
    for (void *list; (list = slab_take_all(slab));)
        for (; list; list = slot_words(list)[0])
            slots[count++] = list;
    leave(slab);
    return count;
}

/* A remote free of one slot, as another thread would do it. */
static void give_from_elsewhere(struct slab *slab, void *slot) {
    slot_set_free(slot, NULL);
    remote_publish(slab, slot, slot, 1);
}

static void *slots[5000];

static void a_new_slab_has_nothing_carved(void **state UNUSED) {
    struct slab *slab = slab_for(100);
    assert_int_equal(slab_carved(slab), 0);
    assert_int_equal(slab_used(slab, slab_carved_slots(slab)), 0);
    assert_ptr_equal(slab_at(slab_start(slab) + slab_bytes(slab) - 1), slab);
    assert_ptr_equal(slab_at(slab_start(slab) + UNIT_BYTES)->owner, &owner);
    slab_release(slab);
}

static void carving_touches_a_page_at_a_time(void **state UNUSED) {
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        struct slab *slab = slab_for(slot_bytes(size_class));
        size_t slot = slot_bytes(size_class), before = 0;
        void *list;
        while ((list = slab_take_all(slab))) {
            assert_true(slab_carved(slab) > before);
            /* The last slot begins in the page that was wanted; all before it are in it or earlier. */
            assert_true(slab_carved(slab) - slot < align_down(before, CARVE_BYTES) + CARVE_BYTES);
            assert_int_equal(length_of(list), (slab_carved(slab) - before) / slot);
            assert_int_equal(slab_used(slab, slab_carved_slots(slab)), slab_carved(slab) / slot);
            for (; list; list = slot_words(list)[0])
                assert_true(slot_is_marked(list));
            before = slab_carved(slab);
        }
        assert_int_equal(before, slab_slots(slab) * slot);
        slab_release(slab);
    }
}

/* Slabs that are made while so many threads have caches, and so many bytes are in use. */
static void make_all(uint32_t threads, size_t used, bool halved) {
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        size_t slot = slot_bytes(size_class), most = SLAB_BYTES_OF(slot);
        uint32_t before = live_caches;
        size_t used_before = counters->used_bytes, uncarved_before = counters->uncarved_bytes;
        counting = true;
        live_caches = threads;
        counters->used_bytes = used;
        struct slab *slab = slab_for(slot);
        live_caches = before;
        counters->used_bytes = used_before;
        assert_int_equal(slab_bytes(slab), halved && slot <= SLOT_CROWDED_BYTES ? most / 2 : most);
        assert_int_equal(counters->uncarved_bytes - uncarved_before, slab_bytes(slab));
        assert_ptr_equal(slab_at(slab_start(slab) + slab_bytes(slab) - 1), slab);
        assert_ptr_not_equal(slab_at(slab_start(slab) + slab_bytes(slab)), slab);
        size_t count = take_all_slots(slab, slots);
        assert_int_equal(count, slab_bytes(slab) / max_size(slot, 32));
        assert_true((char *)slots[count - 1] + slot <= slab_start(slab) + slab_bytes(slab));
        for (size_t index = 0; index < count; index++)
            slab_give(slab, slots[index], false);
        assert_null(slab_check(slab));
        slab_release(slab);
        assert_int_equal(counters->uncarved_bytes, uncarved_before);
        counting = false;
    }
}

static void where_threads_share_a_small_heap_slabs_of_small_slots_are_halved(void **state UNUSED) {
    make_all(1, 0, false);
    make_all(2, 2 * NOTES_FROM_BYTES - 1, true);
    make_all(2, 2 * NOTES_FROM_BYTES, false);
}

static void every_slot_is_given_once(void **state UNUSED) {
    struct slab *slab = slab_for(48);
    size_t count = take_all_slots(slab, slots);
    assert_int_equal(count, slab_bytes(slab) / 48);
    for (size_t index = 0; index < count; index++)
        assert_ptr_equal(slots[index], slab_start(slab) + 48 * index);
    assert_null(slab_take_all(slab));
    slab_release(slab);
}

static void what_is_given_back_can_be_taken_again(void **state UNUSED) {
    struct slab *slab = slab_for(700);
    size_t count = take_all_slots(slab, slots);
    for (size_t index = 0; index < count; index += 2)
        slab_give(slab, slots[index], true);
    assert_null(slab_check(slab));
    assert_int_equal(slab_used(slab, slab_carved_slots(slab)), count / 2);
    void *list = slab_take_all(slab);
    assert_int_equal(length_of(list), (count + 1) / 2);
    assert_null(slab_take_all(slab));
    slab_release(slab);
}

static void one_thread_claims_a_full_slab(void **state UNUSED) {
    static struct thread_cache other;
    struct slab *slab = slab_for(5000);
    size_t count = take_all_slots(slab, slots);
    slab_set_full(slab);
    assert_ptr_equal(slab->owner, OWNER_FULL);
    assert_int_equal(slab_used(slab, slab_carved_slots(slab)), count);
    assert_null(slab_check(slab));
    assert_true(slab_claim(slab, &other));
    assert_false(slab_claim(slab, &owner));
    assert_ptr_equal(slab->owner, &other);
    assert_int_equal(slab_used(slab, slab_carved_slots(slab)), count);
    assert_null(slab_check(slab));
    slab_give(slab, slots[0], true);
    assert_int_equal(slab_used(slab, slab_carved_slots(slab)), count - 1);
    assert_null(slab_check(slab));
    slab_release(slab);
}

static void the_check_finds_what_is_wrong(void **state UNUSED) {
    struct slab *slab = slab_for(64);
    take_all_slots(slab, slots);
    slab_give(slab, slots[5], true);
    slab_give(slab, slots[9], true);
    assert_null(slab_check(slab));
    slab->frees_left++;
    assert_non_null(strstr(slab_check(slab), "1:"));
    slab->frees_left--;
    slot_words(slots[9])[0] = (char *)slots[5] + 8;
    assert_non_null(strstr(slab_check(slab), "2:"));
    void *inside = (char *)slots[20] + 16; /* looks free, and is no slot */
    slot_set_free(inside, NULL);
    slot_words(slots[9])[0] = inside;
    assert_non_null(strstr(slab_check(slab), "2:"));
    slot_words(slots[9])[0] = slots[9]; /* a cycle */
    assert_non_null(strstr(slab_check(slab), "2:"));
    slot_words(slots[9])[0] = slots[5];
    slot_words(slots[5])[1] = NULL; /* written after it was freed */
    assert_non_null(strstr(slab_check(slab), "2:"));
    slot_set_free(slots[5], NULL);
    uint32_t *heads = &region.heads[region_unit(slab_start(slab))];
    heads[1] = 0;
    assert_non_null(strstr(slab_check(slab), "4:"));
    heads[1] = heads[0];
    slab->fast_owner = &other_owner;
    assert_non_null(strstr(slab_check(slab), "4:"));
    slab->fast_owner = &owner;
    slab->list = &owner.list[slab->size_class];
    assert_non_null(strstr(slab_check(slab), "5:"));
    slab_activate(slab, &owner.list[slab->size_class]);
    assert_null(slab_check(slab));
    slab_notes(slab)[0] = 2;
    assert_non_null(strstr(slab_check(slab), "2:"));
    slab_notes(slab)[0] = 0;
    slab->list = &slab->free; /* samples were taken when it became active */
    assert_null(slab_check(slab));
    slab->list = &owner.list[slab->size_class];
    assert_null(slab_check(slab));
    slab_release(slab);
}

/* Its slots are counted as used: so without this check a note there would not be told for what it is. */
static void a_full_slabs_notes_are_checked(void **state UNUSED) {
    struct slab *slab = slab_for(100);
    take_all_slots(slab, slots);
    slab_set_full(slab);
    assert_null(slab_check(slab));
    slab_notes(slab)[0] = 1;
    assert_non_null(strstr(slab_check(slab), "slab 2: a slot is noted"));
    slab_notes(slab)[0] = 0;
    slab_release(slab);
}

/* Whole slots lie between the two: so the place alone tells that a slot of the other one is foreign. */
static void a_list_that_leads_into_the_slab_before_is_not_sound(void **state UNUSED) {
    struct slab *one = slab_for(64), *other = slab_for(64);
    struct slab *before = one < other ? one : other, *slab = one < other ? other : one;
    uint32_t count;
    void *elsewhere = slab_take_all(before);
    slab->free = slab_take_all(slab);
    slot_set_free(elsewhere, NULL);
    slot_set_free(slab->free, elsewhere);
    assert_true(slab_is_slot(slab, elsewhere));
    assert_false(slab_list_is_sound(slab, &count));
    slab_release(one);
    slab_release(other);
}

/* --- Notes ---------------------------------------------------------------------------------------------- */

static void a_noted_slot_is_free_and_not_touched(void **state UNUSED) {
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        struct slab *slab = slab_for(slot_bytes(size_class));
        size_t count = take_all_slots(slab, slots);
        for (size_t index = 0; index < count; index++)
            memset(slots[index], 'x', 16);
        leave(slab);
        for (size_t index = 0; index < count; index++) {
            assert_false(slot_is_free(slab, slots[index]));
            slab_give(slab, slots[index], false);
            assert_true(slot_is_free(slab, slots[index]));
            assert_int_equal(slab_noted(slab), index + 1);
            assert_memory_equal(slots[index], "xxxxxxxxxxxxxxxx", 16);
        }
        assert_int_equal(slab_used(slab, slab_carved_slots(slab)), 0);
        assert_null(slab_check(slab));
        slab_release(slab);
    }
}

static void noted_slots_are_listed_in_the_order_of_addresses(void **state UNUSED) {
    struct slab *slab = slab_for(112);
    size_t count = take_all_slots(slab, slots);
    for (size_t index = count - count % 3; index > 0; index -= 3)
        slab_give(slab, slots[index - 3], false);
    uint64_t *behind = slab_notes(slab) + slab_note_words(slab); /* no note of this slab */
    *behind = 1;
    slab_activate(slab, &owner.list[slab->size_class]);
    assert_null(slab_check(slab));
    size_t index = 0;
    for (void *list = slab_take_all(slab); list; list = slot_words(list)[0], index += 3)
        assert_true(list == slots[index] && slot_is_marked(list));
    assert_int_equal(index, count - count % 3);
    assert_int_equal(*behind, 1);
    *behind = 0;
    slab_release(slab);
}

static void a_released_slab_leaves_no_notes(void **state UNUSED) {
    struct slab *slab = slab_for(32);
    size_t count = take_all_slots(slab, slots);
    for (size_t index = 0; index < count; index++)
        slab_give(slab, slots[index], false);
    const uint64_t *notes = slab_notes(slab);
    slab_release(slab);
    for (size_t word = 0; word < SLAB_SMALL_BYTES / UNIT_BYTES * NOTE_BYTES / sizeof *notes; word++)
        assert_int_equal(notes[word], 0);
}

/* The child of a fork finds a slab whose thread was just listing what was noted. */
static void a_slab_left_in_the_middle_is_counted_anew(void **state UNUSED) {
    struct slab *slab = slab_for(64);
    size_t count = take_all_slots(slab, slots);
    for (size_t index = 0; index < 10; index++)
        slab_give(slab, slots[index], false);
    slot_set_free(slots[3], NULL); /* listed, and still noted */
    slab->free = slots[3];
    slab->frees_left = 17; /* whatever */
    assert_true(slab_repair(slab));
    assert_null(slab_check(slab));
    assert_int_equal(slab_used(slab, slab_carved_slots(slab)), count - 10);
    assert_int_equal(slab_noted(slab), 9);
    slot_words(slots[3])[1] = NULL;
    assert_false(slab_repair(slab));
    slab->free = NULL;
    slab_release(slab);
}

static void a_slab_that_makes_no_sense_is_not_repaired(void **state UNUSED) {
    struct slab *slab = slab_for(64);
    take_all_slots(slab, slots);
    uint32_t *heads = &region.heads[region_unit(slab_start(slab))];
    heads[1] = 0;
    assert_false(slab_repair(slab));
    heads[1] = heads[0];
    store_relaxed(&slab->last, slab->last - 16);
    assert_false(slab_repair(slab));
    assert_non_null(strstr(slab_check(slab), "whole slots"));
    store_relaxed(&slab->last, slab->last + 16);
    assert_true(slab_repair(slab));
    assert_null(slab_check(slab));
    slab_release(slab);
}

static void of_an_active_slab_the_list_of_its_thread_is_lost(void **state UNUSED) {
    struct slab *slab = slab_for(64);
    void *list = slab_take_all(slab), *taken = list;
    owner.list[slab->size_class] = slot_words(list)[0];
    slot_words(taken)[1] = NULL;
    size_t carved = slab_carved_slots(slab);
    assert_true(slab_repair(slab));
    assert_null(slab_check(slab));
    assert_int_equal(slab_used(slab, slab_carved_slots(slab)), carved);
    assert_null(slab->free);
    owner.list[slab->size_class] = NULL;
    slab_release(slab);
}

/* --- Remote frees --------------------------------------------------------------------------------------- */

static void remote_frees_are_collected_with_their_count(void **state UNUSED) {
    struct slab *slab = slab_for(32);
    size_t count = take_all_slots(slab, slots);
    for (size_t index = 0; index < 100; index++) {
        assert_int_equal(remote_count(links_of(slab)->remote), index);
        give_from_elsewhere(slab, slots[index]);
    }
    assert_int_equal(remote_count(links_of(slab)->remote), 100);
    assert_int_equal(slab_used(slab, slab_carved_slots(slab)), count); /* not collected yet */
    assert_int_equal(remote_collect(slab), 100);
    assert_int_equal(slab_used(slab, slab_carved_slots(slab)), count - 100);
    assert_int_equal(links_of(slab)->remote, 0);
    assert_null(slab_check(slab));
    slab_release(slab);
}

static void what_was_free_before_stays_on_the_list(void **state UNUSED) {
    struct slab *slab = slab_for(32);
    size_t count = take_all_slots(slab, slots);
    for (size_t index = 0; index < 10; index++)
        slab_give(slab, slots[index], true);
    for (size_t index = 10; index < 30; index++)
        give_from_elsewhere(slab, slots[index]);
    assert_int_equal(remote_collect(slab), 20);
    assert_int_equal(length_of(slab->free), 30);
    assert_int_equal(slab_used(slab, slab_carved_slots(slab)), count - 30);
    assert_null(slab_check(slab));
    slab_release(slab);
}

static void a_batch_is_published_at_once(void **state UNUSED) {
    struct slab *slab = slab_for(16);
    take_all_slots(slab, slots); /* the smallest slots: the largest place that must fit the word */
    size_t last = slab_slots(slab) - 1;
    slot_set_free(slots[last], NULL);
    slot_set_free(slots[0], slots[last]);
    remote_publish(slab, slots[0], slots[last], 2);
    give_from_elsewhere(slab, slots[last - 1]);
    assert_int_equal(remote_collect(slab), 3);
    assert_int_equal(length_of(slab->free), 3);
    assert_null(slab_check(slab));
    slab_release(slab);
}

/* --- Under a limit ----------------------------------------------------------------------------------------- */

/* What is not carved counts, unless nobody ever wrote there. */
static void a_slab_in_memory_that_was_written_counts_as_a_whole(void **state UNUSED) {
    conf.limit_bytes = GIB;
    purge_to(0, SIZE_MAX);
    size_t before = region.unwritten_bytes;
    struct slab *slab = slab_for(64);
    assert_true(slab->is_unwritten);
    assert_int_equal(region.unwritten_bytes, before + slab_bytes(slab));
    slab_release(slab);
    assert_int_equal(region.unwritten_bytes, before);
    region_give(region_take(SLAB_SMALL_BYTES, UNIT_BYTES), SLAB_SMALL_BYTES);
    slab = slab_for(64);
    assert_false(slab->is_unwritten);
    assert_int_equal(region.unwritten_bytes, before);
    slab_release(slab);
    conf.limit_bytes = 0;
}

/* --- Without an owner -------------------------------------------------------------------------------------- */

static void a_shared_slab_is_adopted_whole(void **state UNUSED) {
    struct slab *slab = slab_for(900);
    size_t count = take_all_slots(slab, slots);
    slab_give(slab, slots[3], true);
    shared_give(slab);
    assert_ptr_equal(slab->owner, OWNER_SHARED);
    give_from_elsewhere(slab, slots[4]);
    shared_release_if_empty(slab);
    assert_ptr_equal(shared_adopt(size_class_of(900), &other_owner), slab);
    assert_null(shared_adopt(size_class_of(900), &other_owner));
    assert_ptr_equal(slab->owner, &other_owner);
    assert_int_equal(remote_collect(slab), 1);
    assert_int_equal(slab_used(slab, slab_carved_slots(slab)), count - 2);
    assert_null(slab_check(slab));
    slab_release(slab);
}

static void the_last_remote_free_releases_a_shared_slab(void **state UNUSED) {
    struct slab *slab = slab_for(900);
    size_t count = take_all_slots(slab, slots);
    shared_give(slab);
    for (size_t index = 0; index < count; index++) {
        assert_int_equal(slab->kind, UNIT_SLAB);
        give_from_elsewhere(slab, slots[index]);
        shared_release_if_empty(slab);
    }
    assert_int_equal(slab->kind, UNIT_NONE);
    assert_null(slab->owner);
    assert_null(shared_adopt(size_class_of(900), &other_owner));
}

static void an_empty_slab_is_not_shared_but_released(void **state UNUSED) {
    struct slab *slab = slab_for(900);
    size_t count = take_all_slots(slab, slots);
    for (size_t index = 0; index < count; index++)
        give_from_elsewhere(slab, slots[index]);
    shared_give(slab);
    assert_int_equal(slab->kind, UNIT_NONE);
    assert_null(shared_adopt(size_class_of(900), &other_owner));
}

static void lists_link_by_numbers(void **state UNUSED) {
    struct slab_list list = {0};
    struct slab *three[3];
    for (size_t index = 0; index < 3; index++)
        slab_list_append(&list, three[index] = slab_for(64));
    slab_list_remove(&list, three[1]);
    assert_ptr_equal(list.first, three[0]);
    assert_ptr_equal(list.last, three[2]);
    assert_ptr_equal(slab_numbered(links_of(three[0])->next), three[2]);
    assert_ptr_equal(slab_numbered(links_of(three[2])->prev), three[0]);
    slab_list_remove(&list, three[2]);
    assert_ptr_equal(list.last, three[0]);
    slab_list_remove(&list, three[0]);
    assert_null(list.first);
    assert_null(list.last);
    for (size_t index = 0; index < 3; index++)
        slab_release(three[index]);
}

static void the_heap_is_sound(void **state UNUSED) {
    assert_heap_sound();
    struct heap_totals totals;
    stats_totals(&totals);
    assert_int_equal(totals.slabs, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_new_slab_has_nothing_carved),
        test(carving_touches_a_page_at_a_time),
        test(where_threads_share_a_small_heap_slabs_of_small_slots_are_halved),
        test(every_slot_is_given_once),
        test(what_is_given_back_can_be_taken_again),
        test(one_thread_claims_a_full_slab),
        test(the_check_finds_what_is_wrong),
        test(a_full_slabs_notes_are_checked),
        test(a_list_that_leads_into_the_slab_before_is_not_sound),
        test(a_noted_slot_is_free_and_not_touched),
        test(noted_slots_are_listed_in_the_order_of_addresses),
        test(a_released_slab_leaves_no_notes),
        test(a_slab_left_in_the_middle_is_counted_anew),
        test(a_slab_that_makes_no_sense_is_not_repaired),
        test(of_an_active_slab_the_list_of_its_thread_is_lost),
        test(remote_frees_are_collected_with_their_count),
        test(what_was_free_before_stays_on_the_list),
        test(a_batch_is_published_at_once),
        test(a_slab_in_memory_that_was_written_counts_as_a_whole),
        test(a_shared_slab_is_adopted_whole),
        test(the_last_remote_free_releases_a_shared_slab),
        test(an_empty_slab_is_not_shared_but_released),
        test(lists_link_by_numbers),
        test(the_heap_is_sound),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
