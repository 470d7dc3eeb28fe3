/*
 * test_sample.c - the sampler: what its samples stand for sums up, by call site; sampled objects are objects like
 * all others; without the key nothing is sampled. Each test in a child, whose heap has not started.
 */
#include "unit.h"

static void in_fresh_process(void (*act)(void *), const char *configuration) {
    setenv("HALLOC_CONF", configuration, 1);
    assert_child_fine(in_child(act, NULL));
}

static uint64_t sampled_bytes(void) {
    uint64_t bytes = 0;
    for (size_t at = 0; sites && at < SAMPLE_SITES; at++)
        bytes += sites[at].bytes;
    return bytes;
}

static size_t live_samples(void) {
    size_t count = 0;
    for (size_t unit = 1; unit <= (size_t)(region.engine.top - region.base) >> UNIT_SHIFT; unit++)
        count += region.slabs[unit].kind == UNIT_SAMPLED;
    return count;
}

static bool is_near(uint64_t a, uint64_t b, unsigned percent) {
    return (a > b ? a - b : b - a) <= b * percent / 100;
}

/* --- Sums: six times their standard deviation is allowed ---------------------------------------- */

static void expect_sum(size_t size, size_t count, bool kept) {
    uint64_t before = sampled_bytes();
    size_t granted = halloc_good_size(size);
    for (size_t at = 0; at < count; at++) {
        void *ptr = halloc_malloc(size);
        child_assert(ptr);
        if (!kept)
            halloc_free(ptr);
    }
    child_assert(is_near(sampled_bytes() - before, granted * count, 15)); /* of some 1,600 points each */
}

static void take_and_keep(void *argument UNUSED) {
    expect_sum(48, 140000, true);
    expect_sum(1000, 6400, true);
    expect_sum(5000, 1300, true);
}

static void weights_of_what_is_kept_sum_up_to_its_bytes(void **state UNUSED) {
    in_fresh_process(take_and_keep, "sample:4K");
}

static void take_and_free(void *argument UNUSED) {
    expect_sum(48, 140000, false);
    expect_sum(1000, 6400, false);
    expect_sum(20000, 320, false);
    child_assert(live_samples() == 0);
}

static void weights_of_what_is_freed_at_once_sum_up_to_its_bytes(void **state UNUSED) {
    in_fresh_process(take_and_free, "sample:4K");
}

static void take_large(void *argument UNUSED) {
    expect_sum(100 * KIB, 16000, false); /* from the thread's cache of large blocks */
    expect_sum(300 * KIB, 6000, false);
}

static void weights_of_large_blocks_sum_up_to_their_bytes(void **state UNUSED) {
    in_fresh_process(take_large, "sample:1M");
}

static void *take_in_thread(void *argument UNUSED) {
    for (int at = 0; at < 35000; at++)
        halloc_free(halloc_malloc(48));
    return NULL;
}

static void take_in_threads(void *argument UNUSED) {
    pthread_t threads[8];
    for (size_t at = 0; at < COUNT(threads); at++)
        threads[at] = started(take_in_thread, NULL);
    for (size_t at = 0; at < COUNT(threads); at++)
        pthread_join(threads[at], NULL);
    child_assert(is_near(sampled_bytes(), COUNT(threads) * 35000 * 48, 12));
}

static void weights_of_threads_sum_up(void **state UNUSED) {
    in_fresh_process(take_in_threads, "sample:4K");
}

/* --- Lists that end at a point ---------------------------------------------------------------------- */

/* Twelve slots of 16 bytes, of which the first two were carved before; `list` is the thread's. */
static char slots[12][16] __attribute__((aligned(16)));
static void *list;

static struct slab list_slots(void) {
    unsigned size_class = size_class_of(16);
    for (size_t slot = 0; slot < COUNT(slots); slot++)
        slot_set_free(slots[slot], slot + 1 < COUNT(slots) ? slots[slot + 1] : NULL);
    list = slots[2];
    return (struct slab){.size_class = (uint8_t)size_class,
                         .reciprocal = SLOT_RECIPROCAL(16),
                         .last = slots[11],
                         .frees_left = ACTIVE_FREES};
}

static void a_list_ends_at_the_next_point(void **state UNUSED) {
    static const struct {
        uint64_t until, slots, left;
    } cases[] = {{1, 1, 0},  {16, 1, 0},   {17, 1, 1},   {32, 1, 16},    {33, 2, 1}, {48, 2, 16},
                 {49, 3, 1}, {161, 10, 1}, {160, 9, 16}, {500, 10, 340}, {0, 10, 0}};
    for (size_t index = 0; index < 2 * COUNT(cases); index++) {
        struct slab slab = list_slots();
        uint64_t until = cases[index / 2].until, taken = cases[index / 2].slots;
        sample_cut(&until, &slab, &list, index % 2 ? slots[1] : slots[11]); /* carved just now, or not */
        assert_true(list == slots[2] && !slot_next(slots[2 + taken - 1]));
        assert_true(slab.free == (taken < 10 ? slots[2 + taken] : NULL) && until == cases[index / 2].left);
        assert_true(slab.list == &slab.free && slab.frees_left == ACTIVE_FREES);
    }
    struct slab slab = list_slots();
    slot_set_free(slots[7], NULL);
    uint64_t until = 3000;
    sample_cut(&until, &slab, &list, slots[11]);
    assert_true(until == 3000 - 6 * 16 && !slab.free && slab.list == &list); /* as many as there are */
}

/* Which serve again, so they count; while the point lies behind the next ACTIVE_FREES. */
static void freed_slots_count_where_they_go_on_the_threads_list(void **state UNUSED) {
    struct slab slab = list_slots();
    uint64_t batch = (uint64_t)ACTIVE_FREES * 16, until = 0;
    slab.list = &list; /* nothing was sampled before */
    slab.frees_left = 1;
    sample_frees(&until, &slab, &list);
    assert_true(until == 0 && slab.list == &slab.free && slab.frees_left == ACTIVE_FREES);
    until = batch;
    slab.frees_left = 1;
    sample_frees(&until, &slab, &list);
    assert_true(until == batch && slab.list == &slab.free && slab.frees_left == ACTIVE_FREES);
    until = batch + 1;
    slab.frees_left = 1;
    sample_frees(&until, &slab, &list); /* these lie on the slab, and count when they are taken */
    assert_true(until == batch + 1 && slab.list == &list && slab.frees_left == ACTIVE_FREES);
    until = 2 * batch + 1;
    slab.frees_left = 0;
    sample_frees(&until, &slab, &list);
    assert_true(until == batch + 1 && slab.list == &list && slab.frees_left == ACTIVE_FREES);
    slab.frees_left = ACTIVE_FREES - 1;
    sample_frees(&until, &slab, &list);
    assert_true(until == batch - 15 && slab.list == &slab.free);
}

/* Near a point the list is filled each time with what came back meanwhile. */
static void take_and_free_far_from_points(void *argument UNUSED) {
    uint64_t before = counters->refills;
    expect_sum(48, 2240000, false); /* a list of a page has 86 slots */
    child_assert(counters->refills - before < 2240000 / 86 / 5);
}

static void far_from_a_point_freed_slots_serve_again(void **state UNUSED) {
    in_fresh_process(take_and_free_far_from_points, "sample:64K");
}

/* Slabs of which some slots come back become active and full in turn. */
static void take_and_keep_some(void *argument UNUSED) {
    static void *kept[4096];
    uint64_t before = sampled_bytes(), random = 1;
    for (size_t at = 0; at < 7000000; at++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        void **place = &kept[random >> 52];
        halloc_free(*place);
        *place = halloc_malloc(16);
    }
    child_assert(is_near(sampled_bytes() - before, 7000000 * 16, 15));
}

static void weights_sum_up_where_slabs_become_full(void **state UNUSED) {
    in_fresh_process(take_and_keep_some, "sample:64K");
}

/* --- Sites -------------------------------------------------------------------------------------- */

static volatile int calls; /* so that a caller is no jump */

static __attribute__((noinline)) void *one_caller(void) {
    void *ptr = halloc_malloc(64);
    calls += 1;
    return ptr;
}

static __attribute__((noinline)) void *other_caller(void) {
    void *ptr = halloc_malloc(64);
    calls += 2;
    return ptr;
}

/* How far behind a function's start the nearest address of a stack lies: that is its own, or another's. */
static uintptr_t distance_from(const struct site *site, void *(*function)(void)) {
    uintptr_t nearest = UINTPTR_MAX;
    for (size_t at = 0; at < site->depth; at++)
        nearest = min_size(nearest, site->frame[at] - (uintptr_t)function);
    return nearest;
}

static uint64_t bytes_of(void *(*caller)(void), void *(*other)(void)) {
    uint64_t bytes = 0;
    for (size_t site = 0; site < SAMPLE_SITES; site++)
        if (distance_from(&sites[site], caller) < distance_from(&sites[site], other))
            bytes += sites[site].bytes;
    return bytes;
}

/* In turn: a sample at a fixed place of each refill would see one of them only. */
static void call_in_turn(void *argument UNUSED) {
    for (int at = 0; at < 100000; at++) {
        void *one = one_caller(), *other = other_caller();
        child_assert(one && other);
        if (at % 2 == 0) {
            halloc_free(other);
            halloc_free(one);
        }
    }
    child_assert(is_near(bytes_of(one_caller, other_caller), 6400000, 15));
    child_assert(is_near(bytes_of(other_caller, one_caller), 6400000, 15));
}

static void each_call_site_gets_its_share(void **state UNUSED) {
    if (!&_Unwind_Backtrace) /* musl's compiler has none for glibc's host */
        return;
    in_fresh_process(call_in_turn, "sample:4K");
}

static void call_from_everywhere(void *argument UNUSED) {
    for (size_t at = 1; make_table() && at < SAMPLE_SITES; at++)
        sites[at].hash = at; /* all places are taken by others */
    for (int at = 0; at < 140000; at++)
        halloc_free(one_caller());
    child_assert(is_near(sites[0].bytes, 140000 * 64, 15) && sites[0].depth == 0);
}

static void a_full_table_still_counts(void **state UNUSED) {
    in_fresh_process(call_from_everywhere, "sample:4K");
}

/* --- Objects ------------------------------------------------------------------------------------ */

static void live_as_large_sample(void *argument UNUSED) {
    char *block = halloc_malloc(100 * KIB);
    struct sample *sample = (struct sample *)unit_of(block);
    child_assert(unit_of(block)->kind == UNIT_SAMPLED && sample->object == block &&
                 sample->size == 100 * KIB);
    child_assert(sample->weight == halloc_malloc_usable_size(block));
    block = halloc_realloc(block, 3 * MIB);
    sample = (struct sample *)unit_of(block);
    child_assert(unit_of(block)->kind == UNIT_SAMPLED && sample->weight == halloc_malloc_usable_size(block));
    halloc_free(block);
    child_assert(live_samples() == 0);
}

static void an_object_as_large_as_the_mean_stands_for_itself_also_after_it_grew(void **state UNUSED) {
    in_fresh_process(live_as_large_sample, "sample:64K");
}

/* What it had before is counted already. */
static void grow_in_place(void *argument UNUSED) {
    char *block = halloc_malloc(100 * KIB);
    size_t had = halloc_malloc_usable_size(block);
    uint64_t before = sampled_bytes();
    child_assert(halloc_expand(block, 300 * KIB));
    size_t whole = halloc_malloc_usable_size(block);
    child_assert(sample_of(block)->size == 300 * KIB && sample_of(block)->weight == whole);
    child_assert(sampled_bytes() - before == whole - had);
    store_relaxed(&conf.sample_bytes, MIB); /* now it contains a point, which stands for so many */
    uint64_t until = 1;
    before = sampled_bytes();
    sample_large(&until, block, whole, had);
    child_assert(sample_of(block)->weight % MIB == 0 && sample_of(block)->weight > 0);
    child_assert(sampled_bytes() - before == sample_of(block)->weight);
    store_relaxed(&conf.sample_bytes, whole); /* and now it is as large as the mean */
    until = 2 * whole;
    sample_large(&until, block, whole, had);
    child_assert(sample_of(block)->weight == whole && until == 2 * whole);
}

/* It moves with room for more, and is known by the size that the program asked for. */
static void grow_elsewhere(void *argument UNUSED) {
    char *block = halloc_malloc(100 * KIB), *wall = halloc_malloc(100 * KIB);
    char *moved = halloc_realloc(block, 300 * KIB);
    child_assert(wall && moved != block && unit_of(moved)->kind == UNIT_SAMPLED);
    child_assert(sample_of(moved)->size == 300 * KIB && halloc_malloc_usable_size(moved) > 320 * KIB);
}

static void a_block_that_grows_is_sampled_for_what_it_gets(void **state UNUSED) {
    in_fresh_process(grow_in_place, "sample:64K");
    in_fresh_process(grow_elsewhere, "sample:64K");
}

static void *sampled_object(size_t size) {
    for (;;) {
        void *ptr = halloc_malloc(size);
        if (guard_is_object(ptr) || ((uintptr_t)ptr % UNIT_BYTES == 0 && unit_of(ptr)->kind == UNIT_SAMPLED))
            return ptr;
    }
}

static void free_sample_twice(void *argument UNUSED) {
    void *ptr = sampled_object(100);
    child_assert(halloc_malloc_usable_size(ptr) == 112);
    halloc_free(ptr);
    halloc_free(ptr);
}

static void a_sampled_object_that_is_freed_twice_ends_the_program(void **state UNUSED) {
    setenv("HALLOC_CONF", "sample:1K", 1);
    struct ending ending = in_child(free_sample_twice, NULL);
    assert_non_null(strstr(ending.text, FAULT_FREED));
    assert_true(WIFSIGNALED(ending.status) && WTERMSIG(ending.status) == SIGABRT);
}

static void never_sample(void *argument UNUSED) {
    for (int at = 0; at < 100000; at++)
        child_assert(halloc_malloc(100));
    child_assert(halloc_malloc(10 * MIB) && !sites && live_samples() == 0);
}

static void without_the_key_nothing_is_sampled(void **state UNUSED) {
    in_fresh_process(never_sample, "");
}

/* As `halloc profile` does from outside; a loop of pairs then needs no new slots. */
static void switch_on_and_off(void *argument UNUSED) {
    never_sample(NULL);
    store_relaxed(&conf.sample_bytes, 4 * KIB);
    expect_sum(48, 140000, false);
    store_relaxed(&conf.sample_bytes, 0);
    uint64_t before = sampled_bytes();
    for (int at = 0; at < 100000; at++)
        halloc_free(halloc_malloc(48));
    child_assert(sampled_bytes() == before);
}

static void it_can_be_switched_on_and_off_while_the_program_works(void **state UNUSED) {
    in_fresh_process(switch_on_and_off, "");
}

/* It was switched off after the caller had seen that it is on: a reader of the key would now draw no distances. */
static void switch_off_in_a_draw(void *argument UNUSED) {
    uint64_t until = 0;
    child_assert(!conf.sample_bytes);
    child_assert(sample_weight(&until, 100000, 200000) % 200000 == 0 && until);
    until = 1;
    child_assert(sample_weight(&until, 100000, 200000) >= 200000 && until);
}

static void switching_it_off_in_the_middle_of_a_draw_ends_the_draw(void **state UNUSED) {
    in_fresh_process(switch_off_in_a_draw, "");
}

/* Who samples the parent does not know of its children: nobody would switch theirs off. */
static void fork_while_sampled(void *wanted) {
    halloc_free(halloc_malloc(100));
    store_relaxed(&conf.sample_bytes, 4 * KIB);
    pid_t child = fork();
    if (!child)
        _exit(load_relaxed(&conf.sample_bytes) == *(size_t *)wanted ? 0 : 1);
    int status;
    child_assert(child > 0 && waitpid(child, &status, 0) == child && status == 0);
    child_assert(load_relaxed(&conf.sample_bytes) == 4 * KIB);
}

static void a_child_samples_as_its_program_does_not_as_its_parent_is_sampled(void **state UNUSED) {
    setenv("HALLOC_CONF", "", 1);
    assert_child_fine(in_child(fork_while_sampled, &(size_t){0}));
    setenv("HALLOC_CONF", "sample:1M", 1);
    assert_child_fine(in_child(fork_while_sampled, &(size_t){MIB}));
}

static void fork_and_go_on(void *argument UNUSED) {
    char *ptr = sampled_object(100);
    fill_bytes(ptr, 100, 1);
    pid_t child = fork();
    child_assert(is_filled(ptr, 100, 1));
    halloc_free(ptr);
    expect_sum(48, 140000, false);
    int status = 0;
    child_assert(child == 0 || (waitpid(child, &status, 0) == child && status == 0));
}

static void a_child_goes_on_to_sample(void **state UNUSED) {
    in_fresh_process(fork_and_go_on, "sample:4K");
}

/* --- Figures --------------------------------------------------------------------------------------- */

static void count_what_is_sampled(void *argument UNUSED) {
    struct heap_totals totals;
    void *large = halloc_malloc(10 * MIB), *small[200];
    for (size_t at = 0; at < COUNT(small); at++)
        small[at] = halloc_malloc(3000);
    child_assert(live_samples() > 1);
    stats_totals(&totals);
    child_assert(stats_used_bytes(&totals) >= 10 * MIB + COUNT(small) * 3000);
    for (size_t at = 0; at < COUNT(small); at++)
        halloc_free(small[at]);
    halloc_free(large);
    stats_totals(&totals);
    child_assert(stats_used_bytes(&totals) == 0);
}

/* The sampler may be switched on at any time (`halloc profile`). */
static void begin_to_sample(void *argument UNUSED) {
    void *objects[500];
    for (size_t at = 0; at < COUNT(objects); at++)
        objects[at] = halloc_malloc(100);
    store_relaxed(&conf.sample_bytes, 4096);
    assert_heap_sound();
    for (size_t at = 0; at < COUNT(objects); at++)
        halloc_free(objects[at]);
    objects[0] = halloc_malloc(200);
    store_relaxed(&conf.sample_bytes, 0);
    assert_heap_sound();
}

static void what_is_in_use_is_counted_with_samples(void **state UNUSED) {
    in_fresh_process(count_what_is_sampled, "sample:4K");
}

static void the_heap_is_sound_whenever_sampling_begins(void **state UNUSED) {
    in_fresh_process(begin_to_sample, "");
}

/* The same call site with this many frames above it. */
static __attribute__((noinline)) uint16_t site_under(volatile size_t depth) {
    uint16_t site = depth ? site_under(depth - 1) : site_here();
    depth = 0;
    return site;
}

static void write_sites(void *argument UNUSED) {
    uint16_t number = 0;
    for (int round = 0; round < 4; round++) {
        uint16_t again = site_under(2 * SAMPLE_FRAMES);
        child_assert(again && again != SAMPLE_SITES - 1 && (!round || again == number));
        number = again;
        struct site *site = &sites[number];
        if (round == 1) { /* as if nobody had been here */
            memset(site, 0, sizeof *site);
            site[1].hash = 12345;
        } else if (round == 2) {
            child_assert(site->depth == SAMPLE_FRAMES && site->frame[SAMPLE_FRAMES - 1]);
            child_assert(site[1].hash == 12345); /* the last frame is the last that is written */
            site->frame[0] = 1;
        }
    }
    child_assert(sites[number].frame[0] == 1); /* a stack that others may read is not written again */
}

static void a_stack_is_written_once_and_ends_with_its_last_frame(void **state UNUSED) {
    if (&_Unwind_Backtrace && _DYNAMIC)
        in_fresh_process(write_sites, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(what_is_in_use_is_counted_with_samples),
        test(the_heap_is_sound_whenever_sampling_begins),
        test(weights_of_what_is_kept_sum_up_to_its_bytes),
        test(weights_of_what_is_freed_at_once_sum_up_to_its_bytes),
        test(weights_of_large_blocks_sum_up_to_their_bytes),
        test(weights_of_threads_sum_up),
        test(a_list_ends_at_the_next_point),
        test(freed_slots_count_where_they_go_on_the_threads_list),
        test(far_from_a_point_freed_slots_serve_again),
        test(weights_sum_up_where_slabs_become_full),
        test(each_call_site_gets_its_share),
        test(a_full_table_still_counts),
        test(a_stack_is_written_once_and_ends_with_its_last_frame),
        test(an_object_as_large_as_the_mean_stands_for_itself_also_after_it_grew),
        test(a_block_that_grows_is_sampled_for_what_it_gets),
        test(a_sampled_object_that_is_freed_twice_ends_the_program),
        test(without_the_key_nothing_is_sampled),
        test(it_can_be_switched_on_and_off_while_the_program_works),
        test(switching_it_off_in_the_middle_of_a_draw_ends_the_draw),
        test(a_child_samples_as_its_program_does_not_as_its_parent_is_sampled),
        test(a_child_goes_on_to_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
