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
        test(each_call_site_gets_its_share),
        test(a_full_table_still_counts),
        test(a_stack_is_written_once_and_ends_with_its_last_frame),
        test(an_object_as_large_as_the_mean_stands_for_itself_also_after_it_grew),
        test(a_sampled_object_that_is_freed_twice_ends_the_program),
        test(without_the_key_nothing_is_sampled),
        test(it_can_be_switched_on_and_off_while_the_program_works),
        test(a_child_goes_on_to_sample),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
