/*
 * test_process_model.c - the process heap on every policy, under random calls, with the validator
 * after each few, and the statistics against what the model knows.
 */
#include "unit.h"

#define OBJECTS 200
#define ROUNDS 6000

static struct {
    unsigned char *ptr;
    size_t size;
} objects[OBJECTS];

static void check_all(void) {
    const char *broken = NULL;
    if (!halloc_process_check(&broken))
        dprintf(2, "broken: %s\n", broken);
    child_assert(!broken);
    struct heap_totals totals;
    size_t granted = 0;
    stats_totals(&totals);
    for (size_t at = 0; at < OBJECTS; at++)
        granted += halloc_malloc_usable_size(objects[at].ptr);
    if (!conf.sample_bytes) /* a sample takes a block where its slot would be smaller */
        child_assert(stats_used_bytes(&totals) == granted);
}

static size_t some_size(uint64_t *random) {
    switch (random_below(random, 8)) {
    case 0: return random_size(random, 2 * MIB);
    case 1: return random_below(random, 200 * KIB);
    default: return random_size(random, 20 * KIB);
    }
}

static void step(uint64_t *random) {
    size_t at = random_below(random, OBJECTS), size = some_size(random);
    unsigned seed = (unsigned)at;
    size_t kept = min_size(objects[at].size, 200);
    unsigned char *old = objects[at].ptr, *ptr = NULL;
    child_assert(!old || is_filled(old, kept, seed));
    if (!old)
        ptr = random_below(random, 4) ? halloc_malloc(size)
                                      : halloc_memalign((size_t)1 << random_below(random, 20), size);
    else if (random_below(random, 3) == 0 && size)
        ptr = halloc_realloc(old, size);
    else
        halloc_free(old);
    child_assert(!ptr || !old || is_filled(ptr, min_size(kept, size), seed));
    objects[at].ptr = ptr;
    objects[at].size = ptr ? size : 0;
    if (ptr)
        fill_bytes(ptr, min_size(size, 200), seed);
}

static void live_on_a_policy(void *configuration) {
    setenv("HALLOC_CONF", configuration, 1);
    uint64_t random = 1;
    for (int round = 0; round < ROUNDS; round++) {
        step(&random);
        if (round % 50 == 0)
            check_all();
        if (round % 1000 == 0)
            halloc_malloc_trim(0);
    }
    child_assert(conf.sample_bytes || strstr(configuration, region.engine.set[0].policy->name));
    child_assert(region.engine.set[0].finds > 100);
    for (size_t at = 0; at < OBJECTS; at++) {
        halloc_free(objects[at].ptr);
        objects[at].ptr = NULL;
    }
    halloc_malloc_trim(0);
    check_all();
    child_assert(region.engine.used_blocks <= 2); /* the caches' own */
}

static void every_policy_serves_the_process_heap(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++) {
        char configuration[64];
        snprintf(configuration, sizeof configuration, "fit:%s", policy_names[index]);
        assert_child_fine(in_child(live_on_a_policy, configuration));
    }
}

static void small_regions_and_pages_that_stay(void **state UNUSED) {
    assert_child_fine(in_child(live_on_a_policy, "reserve:32M,fit:segregated"));
    assert_child_fine(in_child(live_on_a_policy, "purge:off,fit:best"));
    assert_child_fine(in_child(live_on_a_policy, "thp:system,fit:first"));
    assert_child_fine(in_child(live_on_a_policy, "thp:never,fit:segregated"));
}

static void samples_and_guards(void **state UNUSED) {
    assert_child_fine(in_child(live_on_a_policy, "sample:3K"));
    assert_child_fine(in_child(live_on_a_policy, "guard:3K"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(samples_and_guards),
        test(every_policy_serves_the_process_heap),
        test(small_regions_and_pages_that_stay),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
