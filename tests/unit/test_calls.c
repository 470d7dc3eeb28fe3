/*
 * test_calls.c - calls with values that ask for nothing, too much, or what is not theirs, under each heap; and samples,
 * guards and their tables, each at its bound.
 */
#include "fresh.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* --- What a call refuses, and what it leaves alone --------------------------------------------------------- */

static void ask_for_nothing_and_too_much(void) {
    halloc_free(NULL);
    process_free(halloc_malloc(10), "free", SIZE_UNSAID, 1);
    free_as(NULL, "free", SIZE_UNSAID, 1);
    free_as(NULL, "delete", 10, 1);
    free_as(NULL, "delete", SIZE_UNSAID, 64);
    child_assert(halloc_malloc_usable_size(NULL) == 0 && !halloc_expand(NULL, 0));
    static const size_t alignments[] = {0, 1, 2, 4, 12, 24, 48, 4097};
    for (size_t index = 0; index < COUNT(alignments); index++) {
        void *none = (void *)16;
        child_assert(halloc_posix_memalign(&none, alignments[index], 10) == EINVAL && none == (void *)16);
    }
    void *object = NULL;
    child_assert(halloc_posix_memalign(&object, 8, 10) == 0 && object);
    child_assert(halloc_posix_memalign(&object, 16, SIZE_MAX) == ENOMEM && object);
    for (size_t alignment = 1; alignment <= 4 * MIB; alignment *= 2)
        for (size_t size = 0; size <= 40000; size = size * 5 + 1)
            for (int times = 0; times < 3; times++) {
                char *aligned = halloc_memalign(alignment, size);
                child_assert(aligned && (uintptr_t)aligned % alignment == 0);
                memset(aligned, 1, size);
                child_assert(halloc_malloc_usable_size(aligned) >= size);
                if (times)
                    halloc_free(aligned);
            }
    child_assert(!halloc_reallocarray(object, SIZE_MAX / 2, 3) &&
                 (object = halloc_reallocarray(object, 5, 7)));
    errno = 0;
    child_assert(!halloc_malloc(PTRDIFF_MAX) && errno == ENOMEM);
    child_assert(!halloc_calloc(1, PTRDIFF_MAX) && !halloc_memalign(64, PTRDIFF_MAX));
    char *largest_slot = halloc_malloc(SLOT_MOST_BYTES);
    child_assert(process.classic || !halloc_expand(largest_slot, 40000));
    child_assert(!halloc_calloc(1, (size_t)PTRDIFF_MAX + 1) && !halloc_realloc(object, SIZE_MAX));
    char *kept = halloc_malloc(50);
    memset(kept, 5, 50);
    child_assert(!halloc_realloc(kept, (size_t)PTRDIFF_MAX + 1) && kept[49] == 5 &&
                 !halloc_expand(kept, SIZE_MAX));
    child_assert(!halloc_realloc(kept, (size_t)1 << 50) && kept[49] == 5); /* more than any heap has */
    child_assert((kept = halloc_realloc(kept, 70000)) && kept[0] == 5 && kept[49] == 5);
    child_assert((kept = halloc_realloc(kept, 20)) && kept[0] == 5 && kept[19] == 5);
    halloc_free(kept);
    child_assert(!halloc_is_overriding()); /* here malloc is libc's */
    child_assert(halloc_good_size(SIZE_MAX) == SIZE_MAX && halloc_good_size(100) >= 100);
    child_assert(halloc_good_size((size_t)PTRDIFF_MAX + 2) == (size_t)PTRDIFF_MAX + 2);
    child_assert(!slab_of(halloc_memalign(2 * UNIT_BYTES, 100))); /* slabs begin at any unit */
    halloc_malloc_trim(0);
    child_assert(halloc_malloc_trim(0) == 0); /* nothing is left to give */
}

static void ask_for_alignments_that_are_too_large(void) {
    child_assert(halloc_memalign(ALIGNMENT_MOST_BYTES, 100));
    for (size_t alignment = 2 * ALIGNMENT_MOST_BYTES; alignment; alignment *= 2)
        child_assert(!halloc_memalign(alignment, 100) && !halloc_memalign(alignment, 0));
}

const char *halloc_conf = "reserve:512G"; /* of the program itself */

static void load_again(void) {
    child_assert(conf.reserve_bytes == 512 * GIB && conf.purge);
    conf.reserve_bytes = GIB;
    conf_load();
    child_assert(conf.reserve_bytes == GIB); /* it was read, once */
}

static void each_heap_refuses_what_can_not_be(void **state UNUSED) {
    static const char *const heaps_of_malloc[] = {
        "",          "stats_print:on", "heap:classic", "heap:classic,stats_print:on",
        "harden:on", "sample:4K",      "guard:4K"};
    for (size_t index = 0; index < COUNT(heaps_of_malloc); index++)
        in_fresh_heap(ask_for_nothing_and_too_much, heaps_of_malloc[index]);
    in_fresh_heap(ask_for_alignments_that_are_too_large, "");
    in_fresh_heap(ask_for_alignments_that_are_too_large, "harden:on");
    in_fresh_heap(load_again, "");
}

/* A policy that gives each block a unit more: slots know nothing of it. */
static size_t round_up_by_a_unit(const halloc_free_set *set UNUSED, size_t size) {
    return size + UNIT_BYTES;
}

static void ask_what_sizes_are_good(void) {
    const halloc_policy *fit = region.engine.set[0].policy;
    halloc_policy generous = *fit;
    generous.round_size = round_up_by_a_unit;
    region.engine.set[0].policy = &generous;
    child_assert(halloc_good_size(SLOT_MOST_BYTES) == SLOT_MOST_BYTES);
    child_assert(halloc_good_size(SLOT_MOST_BYTES + 1) == 4 * UNIT_BYTES);
    region.engine.set[0].policy = fit;
}

/* Of so many bytes there is no block: that is known without a heap. */
static void ask_first_for_too_much(void *argument UNUSED) {
    child_assert(halloc_good_size(SIZE_MAX) == SIZE_MAX && !process.ready);
    child_assert(halloc_good_size(100) == 112 && process.ready);
}

static void a_good_size_is_what_a_request_would_get(void **state UNUSED) {
    in_fresh_heap(ask_what_sizes_are_good, "");
    assert_child_fine(in_child(ask_first_for_too_much, NULL));
}

static void look_at_classic(void) {
    struct heap_totals totals;
    char *object = halloc_malloc(100);
    child_assert(process.classic && heap_contains(process.classic, object));
    for (size_t size = 1; size < 40000; size += 7)
        child_assert(halloc_good_size(size) == free_set_round(&process.classic->engine.set[0], size));
    child_assert(halloc_expand(object, 100) && halloc_process_check(NULL));
    stats_totals(&totals);
    child_assert(totals.large_blocks == totals.blocks.used_blocks && totals.large_blocks >= 1 &&
                 !totals.slabs);
    halloc_heed_limits();
    child_assert(!counting || (counters->used_bytes == process.classic->engine.used_bytes &&
                               counters->peak_occupied_bytes == counters->peak_used_bytes));
    char *moved = halloc_realloc(object, 100000);
    child_assert(moved && heap_contains(process.classic, moved) && halloc_realloc(moved, 100) == moved);
    child_assert(halloc_malloc_trim(0) == 0);
}

static void the_classic_heap_serves_alone(void **state UNUSED) {
    in_fresh_heap(look_at_classic, "heap:classic");
    in_fresh_heap(look_at_classic, "heap:classic,stats_print:on");
}

/* Each figure after each kind of call, and after each kind of failure. */
static void count_calls(void) {
    const struct counters *c = counters;
    uint64_t made = c->allocations, freed = c->frees, failures = c->failures;
    uint64_t blocks = c->live_blocks, bytes = c->live_bytes;
    char *slot = halloc_malloc(100), *large = halloc_malloc(100000), *wall = halloc_malloc(100000);
    uint64_t granted = 112 + 2 * 7 * UNIT_BYTES;
    child_assert(c->allocations == made + 3 && c->live_blocks == blocks + 3 &&
                 c->live_bytes == bytes + granted);
    child_assert(!halloc_malloc(SIZE_MAX) && !halloc_malloc(PTRDIFF_MAX) && !halloc_realloc(slot, SIZE_MAX));
    child_assert(c->failures == failures + 3 && c->allocations == made + 3 && c->resizes == 0);
    child_assert(!halloc_expand(slot, 113) && !halloc_expand(large, PTRDIFF_MAX) && halloc_expand(slot, 112));
    child_assert(c->live_blocks == blocks + 3 && c->live_bytes == bytes + granted &&
                 c->failures == failures + 3);
    child_assert(halloc_realloc(slot, 112) == slot && c->resizes == 1 && c->live_bytes == bytes + granted);
    child_assert(halloc_expand(wall, 120000) && c->live_bytes == bytes + granted + UNIT_BYTES);
    child_assert((slot = halloc_realloc(slot, 10)) && c->live_bytes == bytes + granted + UNIT_BYTES - 96);
    child_assert(c->resizes == 2 && c->live_blocks == blocks + 3);
    halloc_free(slot);
    halloc_free(large);
    halloc_free(wall);
    child_assert(c->frees == freed + 3 && c->live_blocks == blocks && c->live_bytes == bytes);
    child_assert(c->peak_live_bytes == bytes + granted + UNIT_BYTES);
    char *objects[100];
    for (size_t index = 0; index < COUNT(objects); index++)
        objects[index] = halloc_malloc(500);
    for (size_t index = 0; index < COUNT(objects); index++)
        halloc_free(objects[index]);
    halloc_malloc_trim(0);
    struct heap_totals totals;
    stats_totals(&totals);
    child_assert(totals.slots_used == 0 && totals.slabs == 0); /* no slot was lost on the way */
}

static void calls_and_failures_are_counted(void **state UNUSED) {
    in_fresh_heap(count_calls, "stats_print:on");
}

static void lose_no_slot(void) {
    char *objects[2000];
    for (size_t index = 0; index < COUNT(objects); index++)
        objects[index] = halloc_malloc(64);
    for (size_t index = 0; index < COUNT(objects); index++)
        halloc_free(objects[index]);
    halloc_malloc_trim(0);
    struct heap_totals totals;
    stats_totals(&totals);
    child_assert(totals.slots_used == 0 && totals.slabs == 0 && region.engine.used_blocks == 0);
}

static void sample_without_a_cache(void) {
    halloc_free(halloc_malloc(1));
    struct thread_cache *own = cache_bar_own();
    char *large = halloc_malloc(100000);
    child_assert(large && (large = halloc_realloc(large, 200000)));
    halloc_free(large);
    let_in(own);
}

static void no_slot_is_lost_where_objects_are_sampled(void **state UNUSED) {
    in_fresh_heap(lose_no_slot, "sample:1K");
    in_fresh_heap(lose_no_slot, "sample:1K,stats_print:on");
    in_fresh_heap(lose_no_slot, "sample:100K,stats_print:on");
    in_fresh_heap(sample_without_a_cache, "sample:1M");
}

/* --- What a pointer is that nobody got ------------------------------------------------------------------------ */

static void look_at(void *ptr) {
    child_assert(process_usable(ptr, "free") == MISUSED);
}

static void free_what_nobody_got(void *index) {
    setenv("HALLOC_CONF", "misuse:warn", 1);
    char *zero = halloc_malloc(0), *other_zero = halloc_malloc(0), *slot = halloc_malloc(100);
    char *large = halloc_malloc(500000), *wall = halloc_malloc(500000), *short_one = halloc_malloc(100000);
    size_t room = halloc_malloc_usable_size(large);
    char *full = slot; /* of a slab that no thread owns */
    while (slab_at(full)->state != SLAB_FULL)
        halloc_malloc(100);
    halloc_free(zero);
    halloc_free(short_one); /* its thread keeps it */
    switch (*(int *)index) {
    case 0: look_at(zero); break;             /* freed */
    case 1: look_at(other_zero + 1); break;   /* freed: nobody got that one */
    case 2: look_at(large + 16); break;       /* no block */
    case 3: look_at(large + room - 1); break; /* no block */
    case 4:
        halloc_free(large);
        look_at(large);
        break; /* freed */
    case 5:
        halloc_free(large);
        look_at(large + room - 1);
        break;
    case 6: look_at(short_one); break;
    case 7: halloc_free(slot + 16); break;
    case 8: look_at((char *)&index); break; /* not ours */
    case 9: look_at(region.engine.top); break;
    case 10: look_at(region.base - 1); break;
    case 11:
        halloc_free(slot);
        look_at(slot);
        break;
    case 12:
        halloc_free(wall);
        halloc_free(large);
        look_at(wall);
        break;
    case 13: halloc_free((char *)halloc_malloc(100) + 16); break; /* of the slab that it allocates from */
    }
    child_assert(halloc_process_check(NULL));
}

static void a_pointer_that_nobody_got_is_told_by_what_lies_there(void **state UNUSED) {
    static const char *const faults[] = {FAULT_FREED,   FAULT_FREED,   FAULT_NO_BLOCK, FAULT_NO_BLOCK,
                                         FAULT_FREED,   FAULT_FREED,   FAULT_FREED,    FAULT_NO_BLOCK,
                                         FAULT_FOREIGN, FAULT_FOREIGN, FAULT_FOREIGN,  FAULT_FREED,
                                         FAULT_FREED,   FAULT_NO_BLOCK};
    for (size_t index = 0; index < COUNT(faults); index++) {
        int number = (int)index;
        struct ending ending = in_child(free_what_nobody_got, &number);
        const char *line = strstr(ending.text, "halloc: free(");
        if (!line || !strstr(line, faults[index]) || strstr(line, "in a slot"))
            fail_msg("case %d: %s", number, ending.text);
        assert_true(WIFEXITED(ending.status) && WEXITSTATUS(ending.status) == 0);
    }
}

static void expand_what_nobody_got(void *argument UNUSED) {
    setenv("HALLOC_CONF", "misuse:warn", 1);
    char *large = halloc_malloc(100000);
    child_assert(!halloc_expand(large + 16, 10) && !halloc_realloc(large + 16, 10));
    child_assert(halloc_malloc_usable_size(large + 16) == 0);
    halloc_free(large + 16);
    child_assert(large_is_block(large) && halloc_process_check(NULL));
}

static void after_a_warning_a_call_does_nothing(void **state UNUSED) {
    assert_child_fine(in_child(expand_what_nobody_got, NULL));
}

static void write_after_free(void *argument UNUSED) {
    setenv("HALLOC_CONF", "misuse:warn", 1);
    char *slot = halloc_malloc(100), *other = halloc_malloc(100);
    halloc_free(other);
    halloc_free(slot);
    void *list = slot;
    drop_damaged(&list);
    child_assert(list == slot); /* nothing was written */
    memset(slot, 7, 16);
    char *next = halloc_malloc(100);
    child_assert(next && next != slot && next != other); /* all of that list is lost */
    list = NULL;
    drop_damaged(&list);
    child_assert(!list);
    list = slot;
    drop_damaged(&list);
    child_assert(!list);
}

static void a_slot_that_was_written_after_its_free_is_told(void **state UNUSED) {
    struct ending ending = in_child(write_after_free, NULL);
    assert_child_fine(ending);
    const char *line = strstr(ending.text, FAULT_WRITTEN);
    assert_true(line && strstr(line + 1, FAULT_WRITTEN)); /* by malloc, and by what stands above */
}

/* --- Samples --------------------------------------------------------------------------------------------------- */

static void look_at_points(void) {
    uint64_t until = 100;
    child_assert(sample_is_due(&until, 100, 1000) && !sample_is_due(&until, 99, 1000) && until == 100);
    child_assert(sample_is_due(&until, 1000, 1000) && sample_is_due(&until, 2000, 1000));
    until = 1200;
    child_assert(!sample_is_due(&until, 999, 1000) &&
                 sample_is_due(&until, 1000, 1000)); /* as large as the mean */
    child_assert(sample_weight(&until, 1000, 1000) == 1000 && sample_weight(&until, 5000, 1000) == 5000 &&
                 until == 1200);
    child_assert(sample_weight(&until, 900, 1000) == 0 && until == 300);
    child_assert(sample_weight(&until, 299, 1000) == 0 && until == 1);
    child_assert(sample_weight(&until, 1, 1000) >= 1000 && until >= 1);
    until = 0;
    child_assert(sample_weight(&until, 1, 1000) % 1000 == 0 && until);
    until = 0;
    sample_is_due(&until, 1, 1000);
    child_assert(until); /* drawn */
}

static __attribute__((noinline)) uint16_t site_at_depth(volatile int depth) {
    uint16_t site = depth ? site_at_depth(depth - 1) : site_here();
    depth = 0;
    return site;
}

static void look_at_sites(void) {
    fake_refuse(1, UINT64_MAX);
    child_assert(site_here() == 0 && !sites);
    fake_refuse(1, 1);
    child_assert(site_here() == 0 && fake.calls == 1); /* nothing to give back */
    fake_refuse(0, 0);
    uint16_t site = 0;
    for (int times = 0; times < 3; times++) {
        uint16_t again = site_at_depth(3);
        child_assert(!times || again == site);
        site = again;
    }
    if (&_Unwind_Backtrace) {
        child_assert(site && sites[site].depth > 3 && sites[site].depth < SAMPLE_FRAMES &&
                     sites[site].frame[0]);
        child_assert(!sites[site].frame[sites[site].depth] && sites[site].frame[sites[site].depth - 1]);
        site = site_at_depth(2 * SAMPLE_FRAMES);
        child_assert(site && sites[site].depth == SAMPLE_FRAMES);
    }
    fake_refuse(0, 0);
    site_here();
    child_assert(fake.calls == 0); /* one table is enough */
    struct site *table = sites;
    memset(table, 0, SAMPLE_SITES * sizeof *table);
    for (size_t tries = 0; tries < SAMPLE_TRIES; tries++) {
        struct site *place = site_of_hash(table, SAMPLE_SITES * (tries + 1));
        child_assert(place == &table[1 + tries] && site_of_hash(table, SAMPLE_SITES * (tries + 1)) == place);
    }
    child_assert(site_of_hash(table, SAMPLE_SITES * (SAMPLE_TRIES + 1)) == table && !table->hash);
    child_assert(site_of_hash(table, SAMPLE_SITES - 2) == &table[SAMPLE_SITES - 1]);
    child_assert(site_of_hash(table, 2 * SAMPLE_SITES - 2) == table); /* around the end all are taken */
    table[SAMPLE_TRIES - 1].hash = 0;
    child_assert(site_of_hash(table, 2 * SAMPLE_SITES - 2) == &table[SAMPLE_TRIES - 1]);
    for (size_t index = 1; index < SAMPLE_SITES; index++)
        table[index].hash = 2 * index;
    child_assert(site_here() == 0 && table->depth == 0 && !table->frame[0]);
}

static void *made_by_another;
static size_t mapped_bytes;

/* Another thread makes the table, or the places, while this one asks for memory. */
static void come_first(long number, long a UNUSED, long bytes, long c UNUSED, bool refused UNUSED) {
    if (number != SYS_mmap)
        return;
    mapped_bytes = (size_t)bytes;
    if (made_by_another) {
        sites = made_by_another;
        guard_places = made_by_another;
    }
}

static void make_what_another_makes(void) {
    static struct site table[SAMPLE_SITES];
    fake.watch = come_first;
    for (int refused = 0; refused < 2; refused++) {
        made_by_another = table;
        sites = NULL;
        fake_refuse((uint64_t)refused, (uint64_t)refused);
        site_here();
        child_assert(sites == table &&
                     fake.calls == (refused ? 1 : 2)); /* its own goes back, if it got any */
        guard_places = NULL;
        fake_refuse((uint64_t)refused, (uint64_t)refused);
        child_assert(make_places() && guard_places == (char *)table && fake.calls == (refused ? 1 : 2));
        child_assert(make_places() && fake.calls == (refused ? 1 : 2));
    }
    made_by_another = guard_places = NULL;
    fake_refuse(0, 0);
    child_assert(make_places() && mapped_bytes == (GUARD_PLACES + 1) * place_bytes());
    fake.watch = NULL;
}

static void of_two_that_make_the_same_one_gives_it_back(void **state UNUSED) {
    in_fresh_heap(make_what_another_makes, "");
}

static void take_samples(void) {
    halloc_free(halloc_malloc(1));
    char *block = sample_take(100, 112, 5000);
    child_assert(block && unit_of(block)->kind == UNIT_SAMPLED && sample_of(block)->weight == 5000);
    child_assert(halloc_malloc_usable_size(block) == 112);
    halloc_free(block);
    child_assert(unit_of(block)->kind == UNIT_NONE); /* no thread keeps it: it stood for a slot */
    block = sample_take(20000, 20480, 5000);         /* in a block as large as the largest slot */
    child_assert(halloc_malloc_usable_size(block) == 20480 && region_block_bytes(block) == SLOT_MOST_BYTES);
    halloc_free(block);
    region.engine.limit = region.engine.top;
    while (region_take(UNIT_BYTES, 1))
        ;
    child_assert(!sample_take(100, 112, 5000));
}

static void samples_are_taken_at_their_points(void **state UNUSED) {
    in_fresh_heap(look_at_points, "");
    in_fresh_heap(look_at_sites, "");
    in_fresh_heap(take_samples, "");
}

/* --- Guards ------------------------------------------------------------------------------------------------------ */

static void look_at_places(void) {
    size_t page = platform_page_bytes();
    fake_refuse(1, 1);
    child_assert(!guard_take(100, 112) && !guard_places && !guard_tell(&page) && !guarded_at(NULL));
    fake_refuse(0, 0);
    child_assert(make_places() && guard_places && !guard_tell(guard_places) && !guard_tell(&page));
    child_assert(guarded_at(guard_places) == guarded && !guarded_at(guard_places - 1));
    child_assert(guarded_at(guard_places + GUARD_PLACES * place_bytes() - 1) == &guarded[GUARD_PLACES - 1]);
    child_assert(!guarded_at(guard_places + GUARD_PLACES * place_bytes()));
    child_assert(!guard_take(page + 1, 16) && !guard_take(100, 2 * page));
    struct sample *whole = guard_take(page, page);
    child_assert(whole && (uintptr_t)whole->object % page == 0 && whole->size == page);
    whole->object[page - 1] = 1;
    struct sample *samples[GUARD_PLACES];
    for (size_t index = 1; index < GUARD_PLACES; index++) {
        child_assert((samples[index] = guard_take(100, 112)) && guard_is_object(samples[index]->object));
        child_assert((uintptr_t)samples[index]->object % 16 == 0 && samples[index]->size == 100);
        child_assert((uintptr_t)(samples[index]->object + 112) % page == 0);
        child_assert(!guard_is_object(samples[index]->object + 1));
    }
    child_assert(!guard_take(100, 112)); /* the next in turn is in use */
    guard_give(samples[1]->object, "free");
    child_assert(!guard_is_object(samples[1]->object));
    child_assert(guard_take(100, 112) == samples[1]);
    guard_give(samples[2]->object, "free");
    fake_refuse(1, 1);
    child_assert(!guard_take(100, 112)); /* its page can't be had */
    fake_refuse(0, 0);
    for (size_t index = 3; index < GUARD_PLACES + 2; index++)
        guard_take(100, 112);
    child_assert(guard_take(100, 112) == samples[2]);
}

static void guarded_places_are_taken_in_turn(void **state UNUSED) {
    in_fresh_heap(look_at_places, "");
}

static void each_byte_behind(void *at) {
    setenv("HALLOC_CONF", "misuse:warn,guard:4K", 1);
    halloc_free(halloc_malloc(1));
    fake.only = SYS_mprotect; /* there is no room for stacks: the fault is told all the same */
    struct sample *sample = guard_take(90, 112);
    fake_refuse(1, UINT64_MAX);
    sample->object[*(int *)at]++;
    guard_give(sample->object, "free");
}

static void each_byte_between_a_guarded_object_and_its_guard_is_looked_at(void **state UNUSED) {
    for (int at = 89; at < 96; at++) {
        struct ending ending = in_child(each_byte_behind, &at);
        assert_null(strstr(ending.text, "allocated at")); /* not even a frame at 0 */
        if ((strstr(ending.text, FAULT_OVERFLOW) != NULL) != (at >= 90) || !WIFEXITED(ending.status))
            fail_msg("byte %d: status %x, stderr: %s", at, (unsigned)ending.status, ending.text);
    }
}

static void settings_of_samples(void) {
    static const struct {
        size_t sample, guard, wanted;
    } cases[] = {{0, 0, 0}, {0, 4096, 4096}, {1000, 4096, 1000}, {8000, 4096, 4096}, {8000, 0, 8000}};
    size_t number = strtoul(getenv("NUMBER"), NULL, 10);
    child_assert(conf.sample_bytes == cases[number].wanted && conf.guard_bytes == cases[number].guard);
}

static void every_guarded_object_is_sampled(void **state UNUSED) {
    static const char *const settings[] = {"", "guard:4K", "sample:1000,guard:4K", "guard:4K,sample:8000",
                                           "sample:8000"};
    for (size_t index = 0; index < COUNT(settings); index++) {
        char number[4];
        snprintf(number, sizeof number, "%zu", index);
        setenv("NUMBER", number, 1);
        in_fresh_heap(settings_of_samples, settings[index]);
    }
}

static bool is_asked_for(const char *setting) {
    return strstr(getenv("HALLOC_CONF"), setting);
}

static void settings_of_hardening(void) {
    bool hardened = is_asked_for("harden:on") && !is_asked_for("heap:classic");
    child_assert(conf.harden == hardened && counting == is_asked_for("stats_print:on"));
    child_assert(harden_serves == (hardened && !counting)); /* else each call takes the way that counts */
}

static void the_process_heap_alone_is_hardened(void **state UNUSED) {
    static const char *const settings[] = {"",
                                           "harden:on",
                                           "stats_print:on",
                                           "harden:on,stats_print:on",
                                           "heap:classic",
                                           "heap:classic,harden:on",
                                           "heap:classic,harden:on,stats_print:on"};
    for (size_t index = 0; index < COUNT(settings); index++)
        in_fresh_heap(settings_of_hardening, settings[index]);
}

/* --- Totals, and what is told of them ------------------------------------------------------------------------------ */

static size_t times_in(const char *text, const char *words) {
    size_t times = 0;
    while ((text = strstr(text, words))) {
        times++;
        text++;
    }
    return times;
}

static void sum_up(void) {
    struct heap_totals totals;
    char *hole = halloc_malloc(5 * UNIT_BYTES), *large = halloc_malloc(100000);
    memset(hole, 1, 5 * UNIT_BYTES);
    char *first = halloc_malloc(64);
    size_t count = 1;
    for (; slab_at(first)->state != SLAB_FULL; count++)
        child_assert(halloc_malloc(64));
    for (int times = 0; times < 3; times++)
        halloc_malloc(16);
    halloc_malloc_trim(0);
    large_give(hole); /* in no thread's cache: a free block */
    halloc_free(halloc_malloc(110000));
    child_assert(cache_own->large.count == 1); /* its thread keeps it: it is not in use */
    stats_totals(&totals);
    child_assert(totals.class_slots_used[size_class_of(64)] == count);
    child_assert(totals.class_slots_used[size_class_of(16)] == 3 && totals.slots_used == count + 3);
    child_assert(totals.large_blocks == 1 && totals.large_bytes == region_block_bytes(large));
    large_take(UNIT_BYTES, 1, false); /* another one counts */
    stats_totals(&totals);
    child_assert(totals.large_blocks == 2);
    child_assert(halloc_malloc_info(1, stderr) == EINVAL && halloc_malloc_info(0, NULL) == EINVAL);
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    child_assert(halloc_malloc_info(0, stream) == 0 && fclose(stream) == 0);
    child_assert(times_in(text, "<size slot=") == 2 && times_in(text, "<size slot=\"16\"") == 1);
    halloc_free(large);
    child_assert(halloc_malloc_trim(0) == 1 && halloc_malloc_trim(0) == 0);
}

static void totals_are_what_is_in_use(void **state UNUSED) {
    in_fresh_heap(sum_up, "purge:off");
}

static void look_before_the_start(void *argument UNUSED) {
    struct heap_totals totals;
    const char *broken = "nobody looked";
    setenv("HALLOC_CONF", "heap:process", 1);
    fake_refuse(0, 0);
    halloc_heed_limits();
    child_assert(fake.calls == 0);
    stats_totals(&totals); /* it starts the heap */
    child_assert(!totals.slabs && !totals.large_blocks && strcmp(totals.blocks.fit, PROCESS_POLICY) == 0);
    child_assert(!cache_own && halloc_process_check(&broken) && !broken && halloc_process_check(NULL));
}

static size_t releases;

static void *heed_in_a_thread(void *argument UNUSED) {
    halloc_heed_limits();
    return NULL;
}

/* Its tables are laid out, and it has no addresses yet. */
static void heed_once(long number, long a UNUSED, long b UNUSED, long c UNUSED, bool refused UNUSED) {
    static bool is_done;
    pthread_t thread;
    releases += number == SYS_munmap;
    if (number != SYS_mmap || is_done)
        return;
    is_done = true;
    child_assert(pthread_create(&thread, NULL, heed_in_a_thread, NULL) == 0);
    child_assert(pthread_join(thread, NULL) == 0 && !releases && !region.is_open[PART_HEADS]);
}

static void heed_during_the_start(void *argument UNUSED) {
    static const struct rlimit limit = {64 * 1024 * GIB, RLIM_INFINITY};
    setenv("HALLOC_CONF", "heap:process", 1);
    child_assert(setrlimit(RLIMIT_AS, &limit) == 0);
    fake.watch = heed_once;
    child_assert(halloc_malloc(1));
    fake.watch = NULL;
}

static void start_under_a_limit(void *argument UNUSED) {
    static const struct rlimit limit = {GIB, RLIM_INFINITY};
    setenv("HALLOC_CONF", "heap:process", 1);
    child_assert(setrlimit(RLIMIT_AS, &limit) == 0);
    if (platform_address_limit() != GIB)
        return; /* an emulator passes no limit on */
    char *nothing = halloc_malloc(0);
    child_assert(nothing && region.is_open[PART_BLOCKS] && !region.zeros); /* they may be others' */
}

static void free_what_nobody_got_before_the_start(void *argument UNUSED) {
    setenv("HALLOC_CONF", "misuse:warn", 1);
    halloc_free(&argument); /* the first call of all reads what is to be done then */
}

static void heed_nothing(void) {
    static const struct rlimit limit = {GIB, RLIM_INFINITY};
    child_assert(setrlimit(RLIMIT_AS, &limit) == 0);
    fake_refuse(0, 0);
    halloc_heed_limits(); /* a classic heap reserved what it reserved */
    child_assert(fake.calls == 0 && !region.base);
}

static void check_a_damaged_region(void) {
    const char *broken = NULL;
    halloc_malloc(100);
    region.engine.used_bytes++;
    bool sound = halloc_process_check(&broken);
    region.engine.used_bytes--;
    child_assert(!sound && broken && halloc_process_check(&broken) && !broken);
}

static void who_looks_finds_what_is_there(void **state UNUSED) {
    assert_child_fine(in_child(look_before_the_start, NULL));
    assert_child_fine(in_child(free_what_nobody_got_before_the_start, NULL));
    in_fresh_heap(check_a_damaged_region, "");
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
    in_fresh_heap(heed_nothing, "heap:classic");
    assert_child_fine(in_child(heed_during_the_start, NULL));
    assert_child_fine(in_child(start_under_a_limit, NULL));
#endif
}

/* As under `halloc run`: the child has a record of its own, and its parent's peaks and calls are not its own. */
static void fork_in_a_report(void) {
    halloc_free(halloc_malloc(5 * MIB));
    shared_file = mmap(NULL, sizeof *shared_file, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    child_assert(shared_file != MAP_FAILED);
    counters = take_counters();
    const struct engine *engine = process.classic ? &process.classic->engine : &region.engine;
    child_assert(engine->peak_used_bytes > engine->used_bytes && engine->set[0].finds);
    before_fork();
    after_fork_in_child();
    child_assert(counters == &shared_file->records[1] && engine->peak_used_bytes == engine->used_bytes);
    child_assert(!engine->set[0].finds && !engine->set[1].inserts && !engine->set[0].removes);
}

static void a_forked_childs_figures_begin_anew(void **state UNUSED) {
    in_fresh_heap(fork_in_a_report, "");
    in_fresh_heap(fork_in_a_report, "heap:classic");
}

struct end {
    bool ready, counts, prints;
};

static void end_the_process(void *argument) {
    const struct end *end = argument;
    setenv("HALLOC_CONF", "heap:process", 1);
    halloc_free(halloc_malloc(1));
    process.ready = end->ready;
    counting = end->counts;
    conf.stats_print = end->prints;
    counters->ended = counters->peak_rss_bytes = 0;
    process_end();
    bool is_noted = end->ready && end->counts;
    child_assert(counters->ended == is_noted && !!counters->peak_rss_bytes == is_noted);
    process.ready = true;
    counting = false; /* at the end in earnest */
}

static void the_end_is_noted_where_somebody_counts_and_told_where_somebody_asked(void **state UNUSED) {
    for (int bits = 0; bits < 8; bits++) {
        struct end end = {.ready = bits & 1, .counts = bits & 2, .prints = bits & 4};
        struct ending ending = in_child(end_the_process, &end);
        assert_child_fine(ending);
        assert_int_equal(times_in(ending.text, "halloc: heap process"), bits == 7);
    }
}

static void tell_statistics(void *counts) {
    setenv("HALLOC_CONF", "heap:process", 1);
    halloc_free(halloc_malloc(1));
    counting = *(bool *)counts;
    halloc_malloc_stats();
    counting = false;
}

static void requests_are_told_where_they_were_counted(void **state UNUSED) {
    for (int counts = 0; counts < 2; counts++) {
        struct ending ending = in_child(tell_statistics, &(bool){counts});
        assert_int_equal(times_in(ending.text, "  allocations "), counts);
        assert_int_equal(times_in(ending.text, "  memory system calls "), 1);
    }
}

/* --- A system that lies, and its limits ---------------------------------------------------------------------------- */

static void purge_in_vain(void) {
    size_t page = platform_page_bytes();
    char *memory = platform_map(page, false);
    child_assert(platform_commit(memory, page));
    fake.error = 0; /* it says yes, and does nothing */
    fake_refuse(1, 2);
    child_assert(!platform_purge(memory, page) && memory[0] == 0);
    memory[0] = 3;
    child_assert(!platform_purge(memory, page) && memory[0] == 3);
    fake.error = ENOMEM;
    child_assert(platform_purge(memory, page) && memory[0] == 0);
}

static void a_system_that_only_says_yes_is_not_believed(void **state UNUSED) {
    in_fresh_heap(purge_in_vain, "");
}

static void choose_places(void) {
    struct rlimit limit = {GIB, RLIM_INFINITY};
    child_assert(setrlimit(RLIMIT_AS, &limit) == 0);
    if (platform_address_limit() != GIB)
        return; /* an emulator passes no limit on */
    child_assert(choose_place(GIB) && region.is_open[PART_BLOCKS] && region.is_open[0]);
    child_assert(!region.was_refused); /* what lies behind them */
    memset(region.is_open, 0, sizeof region.is_open);
    child_assert(!choose_place((size_t)1 << 60) && !region.is_open[PART_BLOCKS]); /* no room below */
    fake_refuse(1, 1);
    child_assert(!choose_place(GIB - 4096) && fake.calls == 1); /* no limit forbade that */
    fake_refuse(1, 2);
    child_assert(!choose_place(GIB) && fake.calls == 2 && !region.is_open[0]);
    fake_refuse(0, 0);
}

static void places_are_chosen_only_under_a_limit(void **state UNUSED) {
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
    in_fresh_heap(choose_places, "reserve:16M");
#endif
}

static void the_program_has_its_name(void **state UNUSED) {
    assert_true(*platform_program() && !strchr(platform_program(), '/'));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(each_heap_refuses_what_can_not_be),
        test(a_good_size_is_what_a_request_would_get),
        test(the_classic_heap_serves_alone),
        test(calls_and_failures_are_counted),
        test(no_slot_is_lost_where_objects_are_sampled),
        test(a_pointer_that_nobody_got_is_told_by_what_lies_there),
        test(after_a_warning_a_call_does_nothing),
        test(a_slot_that_was_written_after_its_free_is_told),
        test(samples_are_taken_at_their_points),
        test(of_two_that_make_the_same_one_gives_it_back),
        test(guarded_places_are_taken_in_turn),
        test(each_byte_between_a_guarded_object_and_its_guard_is_looked_at),
        test(every_guarded_object_is_sampled),
        test(the_process_heap_alone_is_hardened),
        test(totals_are_what_is_in_use),
        test(who_looks_finds_what_is_there),
        test(a_forked_childs_figures_begin_anew),
        test(the_end_is_noted_where_somebody_counts_and_told_where_somebody_asked),
        test(requests_are_told_where_they_were_counted),
        test(a_system_that_only_says_yes_is_not_believed),
        test(places_are_chosen_only_under_a_limit),
        test(the_program_has_its_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
