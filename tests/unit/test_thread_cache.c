/*
 * test_thread_cache.c - what a thread keeps, what it gives back, and when: empty slabs, slots of
 * other threads' slabs, full slabs.
 */
#include "unit.h"

#include <pthread.h>

#define SLOTS 5000

static void *slots[SLOTS];

static int start(void **state UNUSED) {
    halloc_free(halloc_malloc(1));
    return !cache_own;
}

/* How often the region was asked for a block: for each slab that is made. */
static size_t slabs_wanted(void) {
    return region.engine.set[0].finds;
}

static void take_slots(size_t count, size_t size) {
    for (size_t index = 0; index < count; index++) {
        slots[index] = halloc_malloc(size);
        assert_non_null(slots[index]);
    }
}

static void free_slots(size_t count) {
    for (size_t index = 0; index < count; index++)
        halloc_free(slots[index]);
}

/* --- The thread's own ------------------------------------------------------------------------------------ */

static void a_free_slot_is_the_next_to_be_given(void **state UNUSED) {
    void *first = halloc_malloc(200);
    halloc_free(first);
    for (int round = 0; round < 2000; round++)
        halloc_free(halloc_malloc(200));
    size_t wanted = slabs_wanted();
    for (int round = 0; round < 20000; round++)
        halloc_free(halloc_malloc(200));
    assert_int_equal(slabs_wanted(), wanted); /* a pair of calls never cycles a slab */
}

static void empty_slabs_are_kept_up_to_a_bound(void **state UNUSED) {
    const struct pool *pool = &pools[size_class_of(1000)];
    take_slots(SLOTS, 1000);
    free_slots(SLOTS);
    assert_true(pool->count > 0 && pool->count * SLAB_SMALL_BYTES <= KEPT_LEAST_BYTES * live_caches);
    assert_null(cache_own->partial[size_class_of(1000)].first);
    assert_heap_sound();
    size_t wanted = slabs_wanted();
    take_slots(50, 1000);
    assert_int_equal(slabs_wanted(), wanted);
    free_slots(50);
}

static void trimming_leaves_nothing(void **state UNUSED) {
    take_slots(SLOTS, 300);
    free_slots(SLOTS);
    halloc_malloc_trim(0);
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        assert_null(cache_own->list[size_class]);
        assert_null(cache_own->active[size_class]);
        assert_null(cache_own->partial[size_class].first);
        assert_int_equal(pools[size_class].count, 0);
    }
    struct heap_totals totals;
    stats_totals(&totals);
    assert_int_equal(totals.slabs, 0);
    assert_heap_sound();
}

static void what_was_freed_last_is_taken_first(void **state UNUSED) {
    take_slots(100, 64);
    void *first = slots[70], *second = slots[20];
    halloc_free(second);
    halloc_free(first);
    slots[70] = halloc_malloc(64);
    slots[20] = halloc_malloc(64);
    assert_ptr_equal(slots[70], first);
    assert_ptr_equal(slots[20], second);
    free_slots(100);
}

/* Or the memory that a program freed would stay until it needs more. */
static void a_thread_that_needs_no_refill_has_ticks(void **state UNUSED) {
    halloc_free(halloc_malloc(64));
    size_t ticks = cache_own->ticks;
    void *list = cache_own->list[size_class_of(64)];
    for (size_t index = 0; index < (size_t)3 * ACTIVE_FREES; index++)
        halloc_free(halloc_malloc(64));
    assert_ptr_equal(cache_own->list[size_class_of(64)], list);
    assert_int_equal(cache_own->ticks, ticks + 3);
}

/* A tick gives memory back. A program's own madvise may then call malloc, which fills the list meanwhile. */
static void a_refill_keeps_what_its_tick_put_on_the_list(void **state UNUSED) {
    size_t size_class = size_class_of(64);
    halloc_free(halloc_malloc(64));
    void *first = cache_own->list[size_class];
    assert_non_null(first);
    void *ptr = cache_refill(cache_own, (unsigned)size_class);
    assert_ptr_equal(ptr, first);
    halloc_free(ptr);
    assert_heap_sound();
}

/* Or a thread that lives on other threads' slots would keep its memory. */
static void a_refill_with_foreign_slots_is_a_tick(void **state UNUSED) {
    unsigned size_class = size_class_of(512);
    take_slots(SLAB_SMALL_BYTES / 512 * 2, 512);
    void *rest = cache_own->list[size_class];
    cache_own->list[size_class] = NULL;
    slot_set_free(slots[0], NULL);
    cache_own->foreign[size_class] = (struct foreign){slots[0], 512};
    size_t ticks = cache_own->ticks;
    assert_ptr_equal(halloc_malloc(512), slots[0]);
    assert_int_equal(cache_own->ticks, ticks + 1);
    cache_own->list[size_class] = rest;
    free_slots(SLAB_SMALL_BYTES / 512 * 2);
    assert_heap_sound();
}

static void a_full_slab_comes_back_with_its_first_free(void **state UNUSED) {
    size_t in_slab = SLAB_SMALL_BYTES / 64;
    take_slots(3 * in_slab, 64);
    struct slab *full = slab_at(slots[in_slab + 5]);
    assert_int_equal(full->state, SLAB_FULL);
    assert_ptr_equal(full->owner, OWNER_FULL);
    halloc_free(slots[in_slab + 5]);
    assert_int_equal(full->state, SLAB_PARTIAL);
    assert_ptr_equal(full->owner, cache_own);
    assert_int_equal(slab_used(full, slab_carved_slots(full)), in_slab - 1);
    for (size_t index = 0; index < 3 * in_slab; index++)
        if (index != in_slab + 5)
            halloc_free(slots[index]);
    assert_heap_sound();
}

/* --- Between threads -------------------------------------------------------------------------------------- */

static void *act_elsewhere(void *act) {
    ((void (*)(void))act)();
    return NULL;
}

static void elsewhere(void (*act)(void)) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, act_elsewhere, (void *)act), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static size_t most_foreign, batches, ticks_passed;

static void free_all_here(void) {
    uint64_t before = counters->remote_batches;
    halloc_free(halloc_malloc(16));
    ticks_passed = cache_own->ticks;
    for (size_t index = 0; index < SLOTS; index++) {
        halloc_free(slots[index]);
        most_foreign = max_size(most_foreign, cache_own->foreign[size_class_of(100)].bytes);
    }
    batches = counters->remote_batches - before;
    ticks_passed = cache_own->ticks - ticks_passed;
}

static void frees_for_others_go_in_batches(void **state UNUSED) {
    take_slots(SLOTS, 100);
    counting = true;
    most_foreign = 0;
    elsewhere(free_all_here);
    assert_true(most_foreign > FOREIGN_FEW_BYTES / 2 && most_foreign <= FOREIGN_FEW_BYTES);
    assert_true(batches > 0 && batches < SLOTS / 50);
    assert_true(ticks_passed > 0 &&
                ticks_passed <= batches); /* or a thread that only frees would give nothing back */
    counting = false;
    halloc_malloc_trim(0);
    struct heap_totals totals;
    stats_totals(&totals);
    assert_int_equal(totals.slots_used, 0);
    assert_heap_sound();
}

static void slots_that_a_thread_gives_up_are_no_remote_frees(void **state UNUSED) {
    take_slots(100, 100);
    counting = true;
    uint64_t frees = counters->remote_frees, handed = counters->remote_batches;
    free_slots(100);
    halloc_malloc_trim(0);
    counting = false;
    assert_int_equal(counters->remote_frees, frees);
    assert_int_equal(counters->remote_batches, handed);
}

#define IN_FULL ((size_t)SLAB_SMALL_BYTES / 112)

/* Of two full slabs it takes over the first, and the other stays foreign. */
static void take_foreign_slots_again(void) {
    void **foreign = slots + IN_FULL;
    halloc_free(slots[0]);
    cache_own->foreign_most = 100 * 112;
    assert_ptr_equal(slab_at(slots[0])->owner, cache_own);
    for (size_t index = 0; index < 100; index++)
        halloc_free(foreign[index]);
    for (size_t index = 0; index < 100; index++) {
        void *again = halloc_malloc(100);
        assert_ptr_equal(slab_at(again), slab_at(foreign[0]));
        assert_true(slab_slot_number(slab_at(again), again) >= IN_FULL - 100);
    }
    assert_int_equal(cache_own->foreign[size_class_of(100)].bytes, 0);
    assert_heap_sound();
    halloc_free(foreign[0]);
    void *own = halloc_malloc(100);
    assert_ptr_not_equal(own, foreign[0]); /* one alone may share its line with what others write */
    halloc_free(own);
    halloc_malloc_trim(0); /* a list has foreign slots and own ones */
    assert_heap_sound();
}

static void foreign_slots_are_taken_again(void **state UNUSED) {
    halloc_malloc_trim(0);
    take_slots(3 * IN_FULL, 100);
    assert_true(slab_at(slots[0])->state == SLAB_FULL && slab_at(slots[IN_FULL])->state == SLAB_FULL);
    elsewhere(take_foreign_slots_again);
    assert_true(slot_is_free(slab_at(slots[IN_FULL]), slots[IN_FULL]));
}

static void free_200(void) {
    free_slots(200);
}

/* What others free is no tick of ours. */
static void frees_by_others_leave_the_clock_of_an_active_slab_alone(void **state UNUSED) {
    halloc_malloc_trim(0);
    take_slots(200, 100);
    struct slab *slab = slab_at(slots[0]);
    assert_true(slab->state == SLAB_ACTIVE && slab_at(slots[199]) == slab);
    uint32_t clock = slab->frees_left;
    elsewhere(free_200);
    assert_int_equal(remote_count(links_of(slab)->remote), 200);
    size_t taken = 0;
    while (remote_count(links_of(slab)->remote)) /* what is listed first, then what others freed */
        slots[taken++] = halloc_malloc(100);
    assert_int_equal(slab->state, SLAB_ACTIVE);
    assert_int_equal(slab->frees_left, clock);
    free_slots(taken);
    halloc_malloc_trim(0);
}

#define IN_SLAB (SLAB_LARGE_BYTES / 32768)

static void free_two(void) {
    free_slots(2);
    cache_flush_foreign(cache_own);
}

static void a_full_slab_that_another_thread_frees_into_is_for_all(void **state UNUSED) {
    halloc_malloc_trim(0);
    take_slots(2 * IN_SLAB + 1, 32768);
    struct slab *full = slab_at(slots[0]);
    assert_int_equal(full->state, SLAB_FULL);
    elsewhere(free_two);
    assert_true(full->state == SLAB_SHARED && full->owner == OWNER_SHARED);
    for (size_t left = IN_SLAB - 1; left > 0; left--)
        slots[1 + left] = halloc_malloc(32768); /* the rest of the active slab */
    void *adopted = halloc_malloc(32768);
    assert_true(slab_at(adopted) == full && full->owner == cache_own);
    assert_heap_sound();
}

/* Another thread may have published a slot just before: then nobody else looks. The slab may be of any class by
 * then, so a thread that retired it must not take it back. */
static void a_full_slab_with_a_published_slot_goes_to_the_pool_of_its_own_class(void **state UNUSED) {
    halloc_malloc_trim(0);
    take_slots(2 * IN_SLAB + 1, 32768);
    struct slab *full = slab_at(slots[0]);
    const struct thread_cache before = *cache_own;
    shared_give_full(full);
    assert_true(full->state == SLAB_FULL && full->owner == OWNER_FULL); /* nothing was published */
    slot_set_free(slots[0], NULL);
    remote_publish(full, slots[0], slots[0], 1);
    shared_give_full(full);
    assert_true(full->state == SLAB_SHARED && full->owner == OWNER_SHARED);
    assert_ptr_equal(pools[size_class_of(32768)].list.first, full);
    assert_memory_equal(&before, cache_own, sizeof before);
    for (size_t index = 1; index < 2 * IN_SLAB + 1; index++)
        halloc_free(slots[index]);
    assert_heap_sound();
}

/* One goes to a slab that the thread takes over, the other to the pool, when nothing else is left. */
static void free_two_and_take_two(void *argument UNUSED) {
    region.engine.limit = region.engine.top;
    child_assert(cache_borrow());
    void *first = halloc_malloc(128);
    while (halloc_malloc(128))
        ;
    struct slab *full = slab_at(first);
    child_assert(full->owner == OWNER_FULL);
    void *other = slab_start(full) + SLAB_SMALL_BYTES;
    child_assert(slab_at(other)->owner == OWNER_FULL && slab_at(other)->size_class == full->size_class);
    halloc_free(first);
    halloc_free(other);
    child_assert(halloc_malloc(128) && halloc_malloc(128));
}

static void in_a_full_region_each_freed_slot_can_be_taken_again(void **state UNUSED) {
    assert_child_fine(in_child(free_two_and_take_two, NULL));
}

static void free_a_slab(void) {
    free_slots(IN_SLAB);
}

static void the_last_free_shares_a_full_slab_of_a_thread_that_sleeps(void **state UNUSED) {
    halloc_malloc_trim(0);
    do /* begins with a new slab */
        slots[0] = halloc_malloc(32768);
    while (slab_slot_number(slab_at(slots[0]), slots[0]) || slab_carved_slots(slab_at(slots[0])) > 1);
    for (size_t index = 1; index <= IN_SLAB; index++)
        slots[index] = halloc_malloc(32768);
    struct slab *full = slab_at(slots[0]);
    assert_int_equal(full->state, SLAB_FULL);
    elsewhere(free_a_slab);
    assert_int_equal(full->owner, OWNER_SHARED); /* a pool keeps a few, and periodic work releases them */
    halloc_malloc_trim(0);
    assert_int_equal(full->kind, UNIT_NONE);
    halloc_free(slots[IN_SLAB]);
    assert_heap_sound();
}

/* Free slots in it would be of no use to others. */
static void a_thread_that_is_not_alone_keeps_one_partial_slab_of_a_class(void **state UNUSED) {
    halloc_malloc_trim(0);
    struct thread_cache *other = cache_borrow();
    size_t in_slab = SLAB_SMALL_BYTES / 1024, slabs = 6;
    take_slots(slabs * in_slab, 1024);
    for (size_t index = 0; index < slabs * in_slab; index += in_slab)
        halloc_free(slots[index]);
    cache_flush_foreign(cache_own);
    const struct slab_list *partial = &cache_own->partial[size_class_of(1024)];
    assert_non_null(partial->first);
    assert_ptr_equal(partial->first, partial->last);
    assert_true(pools[size_class_of(1024)].count >= slabs - 3);
    assert_heap_sound();
    cache_return(other);
    for (size_t index = 0; index < slabs * in_slab; index++)
        if (index % in_slab)
            halloc_free(slots[index]);
    halloc_malloc_trim(0);
    assert_int_equal(pools[size_class_of(1024)].count, 0);
    assert_heap_sound();
}

static void leave_some(void) {
    take_slots(500, 2000);
}

static void a_thread_that_ends_leaves_its_slabs_to_others(void **state UNUSED) {
    elsewhere(leave_some);
    assert_ptr_not_equal(slab_at(slots[499])->owner, cache_own);
    size_t wanted = slabs_wanted();
    void *ptr = halloc_malloc(2000);
    assert_int_equal(slabs_wanted(), wanted);
    bool is_adopted = false;
    for (size_t index = 0; index < 500; index++)
        is_adopted |= slab_at(ptr) == slab_at(slots[index]);
    assert_true(is_adopted);
    halloc_free(ptr);
    free_slots(500);
    halloc_malloc_trim(0);
    struct heap_totals totals;
    stats_totals(&totals);
    assert_int_equal(totals.class_slabs[size_class_of(2000)], 0);
    assert_heap_sound();
}

static void leave_many(void) {
    take_slots(SLOTS, 256);
}

/* Two threads share the heap while they are made. */
#define SLAB_CROWDED_BYTES (SLAB_SMALL_BYTES / 2)

static size_t resident_in_slabs(void) {
    size_t resident = 0;
    for (size_t index = 0; index < SLOTS; index += SLAB_CROWDED_BYTES / 256)
        resident += platform_resident(slab_start(slab_at(slots[index])), SLAB_CROWDED_BYTES);
    return resident;
}

/* One slot of each slab stays in use, and no thread owns the slabs. */
static void pages_of_slabs_in_the_pool_go_back_too(void **state UNUSED) {
    halloc_malloc_trim(0);
    elsewhere(leave_many);
    struct thread_cache *other = cache_borrow(); /* alone, this thread would own all */
    for (size_t index = 0; index < SLOTS; index++)
        if (index % (SLAB_CROWDED_BYTES / 256))
            halloc_free(slots[index]);
    cache_flush_foreign(cache_own);
    cache_return(other);
    size_t before = resident_in_slabs();
    assert_true(slab_at(slots[SLOTS / 2])->owner == OWNER_SHARED);
    halloc_malloc_trim(0);
    assert_true(slab_at(slots[SLOTS / 2])->owner == OWNER_SHARED);
    assert_true(resident_in_slabs() <= before / 4);
    for (size_t index = 0; index < SLOTS; index += SLAB_CROWDED_BYTES / 256)
        halloc_free(slots[index]);
    halloc_malloc_trim(0);
    assert_int_equal(pools[size_class_of(256)].count, 0);
    assert_heap_sound();
}

static void the_check_finds_what_is_wrong(void **state UNUSED) {
    const char *broken;
    void *ptr = halloc_malloc(100), *next = halloc_malloc(100);
    unsigned size_class = size_class_of(100);
    halloc_free(next);
    void *list = cache_own->list[size_class];
    assert_non_null(list);
    slot_words(list)[1] = ptr;
    assert_false(halloc_process_check(&broken));
    assert_non_null(strstr(broken, "cache 1"));
    slot_set_free(list, slot_words(list)[0]);
    assert_heap_sound();
    halloc_free(ptr);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_free_slot_is_the_next_to_be_given),
        test(empty_slabs_are_kept_up_to_a_bound),
        test(trimming_leaves_nothing),
        test(what_was_freed_last_is_taken_first),
        test(a_thread_that_needs_no_refill_has_ticks),
        test(a_refill_keeps_what_its_tick_put_on_the_list),
        test(a_refill_with_foreign_slots_is_a_tick),
        test(a_full_slab_comes_back_with_its_first_free),
        test(frees_for_others_go_in_batches),
        test(frees_by_others_leave_the_clock_of_an_active_slab_alone),
        test(slots_that_a_thread_gives_up_are_no_remote_frees),
        test(foreign_slots_are_taken_again),
        test(a_full_slab_that_another_thread_frees_into_is_for_all),
        test(in_a_full_region_each_freed_slot_can_be_taken_again),
        test(a_full_slab_with_a_published_slot_goes_to_the_pool_of_its_own_class),
        test(the_last_free_shares_a_full_slab_of_a_thread_that_sleeps),
        test(a_thread_that_is_not_alone_keeps_one_partial_slab_of_a_class),
        test(a_thread_that_ends_leaves_its_slabs_to_others),
        test(pages_of_slabs_in_the_pool_go_back_too),
        test(the_check_finds_what_is_wrong),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
