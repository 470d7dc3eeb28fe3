/*
 * test_thin.c - pages of slabs that only free slots reach into go back to the system, and nothing else does.
 */
#define HALLOC_FAKE_PLATFORM
#include "unit.h"

#include <pthread.h>
#include <sys/mman.h>

static struct thread_cache owner;
static char *slots[5000];

static int start(void **state UNUSED) {
    return !process_is_ready() ||
           !platform_purge(region_take(MIB, 1), MIB); /* the first must be seen to go */
}

/* A slab with all its slots taken and written; its owner allocates from another one now. */
static struct slab *full_slab(size_t size, size_t *count) {
    struct slab *slab = slab_make(size_class_of(size), &owner);
    assert_non_null(slab);
    *count = 0;
    for (void *list; (list = slab_take_all(slab));)
        for (void *next; list; list = next) {
            next = slot_words(list)[0];
            slots[(*count)++] = memset(list, 7, slot_bytes(slab->size_class));
        }
    slab_note_all(slab);
    slab->state = SLAB_PARTIAL;
    return slab;
}

static size_t resident_bytes(const struct slab *slab) {
    unsigned char pages[SLAB_LARGE_BYTES / 4096];
    size_t bytes = slab_bytes(slab), resident = 0, page = platform_page_bytes();
    assert_int_equal(mincore(slab_start(slab), bytes, pages), 0);
    for (size_t index = 0; index < bytes / page; index++)
        resident += pages[index] & 1 ? page : 0;
    return resident;
}

/* Pages that a slot in use reaches into. */
static size_t needed_bytes(const struct slab *slab, size_t count, size_t every) {
    size_t page = platform_page_bytes(), needed = 0, bytes = slot_bytes(slab->size_class);
    for (char *at = slab_start(slab); at < slab_start(slab) + slab_bytes(slab); at += page) {
        bool is_needed = false;
        for (size_t index = 0; index < count; index += every)
            is_needed |= slots[index] < at + page && slots[index] + bytes > at;
        needed += is_needed ? page : 0;
    }
    return needed;
}

static void assert_untouched(const char *slot, size_t bytes) {
    for (size_t index = 0; index < bytes; index++)
        assert_int_equal(slot[index], 7);
}

static void what_stays_is_what_slots_in_use_reach_into(void **state UNUSED) {
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        size_t count, every = size_class % 2 ? 3 : 70, bytes = slot_bytes(size_class);
        struct slab *slab = full_slab(bytes, &count);
        for (size_t index = 0; index < count; index++)
            if (index % every)
                slab_give(slab, slots[index], false);
        size_t before = resident_bytes(slab), given = slab_thin(slab, true);
        assert_int_equal(resident_bytes(slab), needed_bytes(slab, count, every));
        assert_true(given >= before - resident_bytes(slab)); /* some of it was not resident */
        for (size_t index = 0; index < count; index += every)
            assert_untouched(slots[index], bytes);
        assert_null(slab_check(slab));
        slab_activate(slab, &owner.list[slab->size_class]); /* and all can be used again */
        assert_null(slab_check(slab));
        slab_release(slab);
    }
}

/* A slab of eight slots of 16 KiB, of which the first lives on, at each place in a page of 64 KiB:
 *
 *      slots    | used | free | free | free | free | free | free | free |
 *      pages                  |        given back         |
 */
static void thin_in_large_pages(void *argument UNUSED) {
    fake.page_bytes = 64 * KIB;
    for (size_t place = 0; place < 64 * KIB; place += UNIT_BYTES) {
        char *wall = region_take(64 * KIB + place, 64 * KIB); /* what comes next begins behind it */
        char *next = region_take(UNIT_BYTES, UNIT_BYTES);
        for (int tries = 0; next != wall + 64 * KIB + place; tries++) {
            child_assert(tries < 1000);
            next = region_take(UNIT_BYTES, UNIT_BYTES);
        }
        region_give(next, 0);
        size_t count;
        struct slab *slab = full_slab(16 * KIB, &count);
        child_assert(count == 8 && (uintptr_t)slab_start(slab) % (64 * KIB) == place);
        for (size_t index = 1; index < count; index++)
            slab_give(slab, slots[index], false);
        child_assert(slab_thin(slab, true) == 64 * KIB);
        const char *page = (char *)align_up((uintptr_t)slots[1], 64 * KIB);
        child_assert(page[0] == 0 && page[64 * KIB - 1] == 0 && slots[0][16 * KIB - 1] == 7);
    }
}

static void large_pages_are_given_back_also_where_the_slab_begins_in_the_middle_of_one(void **state UNUSED) {
    assert_child_fine(in_child(thin_in_large_pages, NULL));
}

static void only_what_rested_between_two_looks_is_thinned(void **state UNUSED) {
    size_t count;
    struct slab *slab = full_slab(512, &count);
    for (size_t index = 0; index < count - 2; index++)
        slab_give(slab, slots[index], false);
    assert_int_equal(slab_thin(slab, false), 0);
    slab_give(slab, slots[count - 2], false);
    assert_int_equal(slab_thin(slab, false), 0); /* it changed */
    assert_true(slab_thin(slab, false) > 0);
    assert_int_equal(slab_thin(slab, false), 0); /* it was done */
    assert_int_equal(slab_thin(slab, true), 0);
    slab_give(slab, slots[count - 1], false);
    assert_true(slab_thin(slab, true) > 0); /* what came since */
    slab_activate(slab, &owner.list[slab->size_class]);
    slab_release(slab);
}

/* Their links lie in the slots, until they are noted. */
static void listed_slots_are_noted_first(void **state UNUSED) {
    size_t count;
    struct slab *slab = full_slab(2048, &count);
    for (size_t index = 0; index < count; index++) {
        slot_set_free(slots[index], NULL);
        remote_publish(slab, slots[index], slots[index], 1);
    }
    assert_int_equal(remote_collect(slab), count);
    slab->fast_owner = &owner; /* as in a small heap */
    assert_null(slab_check(slab));
    assert_true(slab_thin(slab, true) > 0);
    assert_int_equal(resident_bytes(slab), 0);
    assert_int_equal(slab_noted(slab), count);
    assert_null(slab->free);
    assert_null(slab->fast_owner); /* or a second free of a slot whose page is away would not be seen */
    assert_null(slab_check(slab));
    slab_activate(slab, &owner.list[slab->size_class]);
    slab_release(slab);
}

static void a_slab_of_which_others_freed_the_last_slots_goes(void **state UNUSED) {
    size_t count;
    struct slab *slab = full_slab(2048, &count);
    slab_list_append(&owner.partial[slab->size_class], slab);
    for (size_t index = 0; index < count; index++) {
        slot_set_free(slots[index], NULL);
        remote_publish(slab, slots[index], slots[index], 1);
    }
    cache_thin(&owner, true);
    assert_null(owner.partial[size_class_of(2048)].first);
    assert_int_equal(pools[size_class_of(2048)].count, 0);
    assert_int_equal(slab->kind, UNIT_NONE);
    assert_null(cache_check(&owner));
}

static size_t resident_kib(void) {
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
    fclose(file);
    return (size_t)pages * platform_page_bytes() / KIB;
}

#define IN_SLABS ((size_t)640) /* objects of 4 KiB: twenty slabs */

static void *free_most(void *objects) {
    for (size_t index = 0; index < IN_SLABS; index++)
        if (index % 8)
            halloc_free(((char **)objects)[index]);
    return NULL;
}

/* Their owner allocates from other slabs, and would not look at these again. */
static void what_others_freed_in_resting_slabs_is_found(void **state UNUSED) {
    static char *objects[IN_SLABS];
    for (size_t index = 0; index < IN_SLABS; index++)
        objects[index] = memset(halloc_malloc(4096), 7, 4096);
    for (size_t index = 0; index < IN_SLABS; index += 16)
        halloc_free(objects[index]); /* none of the slabs is full any more */
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, free_most, objects), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    cache_thin(cache_own, false);
    assert_true(cache_thin(cache_own, false) >= IN_SLABS / 2 * 4096);
    for (size_t index = 8; index < IN_SLABS; index += 16) {
        assert_untouched(objects[index], 4096);
        halloc_free(objects[index]);
    }
}

/* Forty MiB of objects of 1 KiB, of which one in forty lives on. */
static void trim_gives_back_what_scattered_survivors_leave(void **state UNUSED) {
    static char *objects[40 * KIB];
    for (size_t index = 0; index < COUNT(objects); index++)
        objects[index] = memset(halloc_malloc(1000), 7, 1000);
    size_t full = resident_kib();
    for (size_t index = 0; index < COUNT(objects); index++)
        if (index % 40)
            halloc_free(objects[index]);
    halloc_malloc_trim(0);
    assert_true(resident_kib() < full - 30 * KIB);
    for (size_t index = 0; index < COUNT(objects); index += 40) {
        assert_untouched(objects[index], 1000);
        halloc_free(objects[index]);
    }
    assert_heap_sound();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(what_stays_is_what_slots_in_use_reach_into),
        test(large_pages_are_given_back_also_where_the_slab_begins_in_the_middle_of_one),
        test(only_what_rested_between_two_looks_is_thinned),
        test(listed_slots_are_noted_first),
        test(a_slab_of_which_others_freed_the_last_slots_goes),
        test(what_others_freed_in_resting_slabs_is_found),
        test(trim_gives_back_what_scattered_survivors_leave),
    };
    return cmocka_run_group_tests(tests, start, NULL);
}
