/* What a search costs is counted in blocks looked at, the same on every machine; and a heap whose growth is
 * to be exact grows by exact steps. */
#include "unit.h"

/* A fixed heap with free blocks of 48, 512, 96 and 256 bytes of payload, freed in this order, with walls of
 * blocks in use between, and the rest in use as well. */
static halloc_heap *heap_with_holes(const char *fit) {
    static const size_t sizes[] = {48, 512, 96, 256};
    halloc_heap *heap = fixed_heap(fit, 1);
    void *holes[COUNT(sizes)];
    for (size_t index = 0; index < COUNT(sizes); index++) {
        holes[index] = halloc_heap_allocate(heap, sizes[index]);
        assert_non_null(halloc_heap_allocate(heap, 16));
    }
    assert_non_null(halloc_heap_allocate(heap, stats_of(heap).largest_free_bytes));
    for (size_t index = 0; index < COUNT(sizes); index++)
        halloc_heap_deallocate(heap, holes[index]);
    assert_int_equal(stats_of(heap).free_blocks, COUNT(sizes));
    return heap;
}

static size_t probes_for(const char *fit, size_t size, bool found) {
    halloc_heap *heap = heap_with_holes(fit);
    size_t before = stats_of(heap).probes;
    void *ptr = halloc_heap_allocate(heap, size);
    assert_int_equal(ptr != NULL, found);
    size_t probes = stats_of(heap).probes - before;
    halloc_heap_destroy(heap);
    return probes;
}

static void a_list_search_probes_as_far_as_it_looks(void **state) {
    (void)state; /* the list, last freed first: 256, 96, 512, 48 */
    assert_int_equal(probes_for("first", 200, true), 1);
    assert_int_equal(probes_for("first", 300, true), 3);
    assert_int_equal(probes_for("first", 1000, false), 4);
    assert_int_equal(probes_for("best", 96, true), 2); /* exact: looks no further */
    assert_int_equal(probes_for("best", 80, true), 4);
    assert_int_equal(probes_for("worst", 16, true), 4);
    assert_int_equal(probes_for("next", 1000, false), 4);
}

static void a_bounded_search_probes_one_block_or_few(void **state) {
    (void)state;
    assert_int_equal(probes_for("segregated", 96, true), 1);  /* the head of its own list */
    assert_int_equal(probes_for("segregated", 100, true), 1); /* the head of the next that holds any */
    assert_int_equal(probes_for("segregated", 1000, false), 0);
    halloc_heap *heap = fixed_heap("buddy", 16);
    assert_non_null(halloc_heap_allocate(heap, 100));
    assert_int_equal(stats_of(heap).probes, 1);
    halloc_heap_destroy(heap);
}

static void looking_at_the_default_heap_does_not_count_as_a_find(void **state) {
    (void)state;
    halloc_heap *heap = heap_with_holes("first");
    size_t finds = stats_of(heap).finds;
    assert_non_null(engine_find(&heap->engine, 300));
    assert_int_equal(stats_of(heap).finds, finds);
    halloc_heap_destroy(heap);
}

static void a_heap_with_a_step_grows_by_multiples_of_it(void **state) {
    (void)state;
    size_t page = platform_page_bytes();
    halloc_heap *heap = halloc_heap_create(
        &(halloc_heap_options){.fit = "first", .pages = 1, .growing = true, .step_bytes = 2 * page});
    assert_int_equal(stats_of(heap).heap_bytes, page);
    assert_non_null(halloc_heap_allocate(heap, page));
    assert_int_equal(stats_of(heap).heap_bytes, 3 * page);
    assert_non_null(halloc_heap_allocate(heap, 5 * page));
    assert_true(stats_of(heap).heap_bytes <= 9 * page);
    assert_int_equal(stats_of(heap).heap_bytes % (2 * page), page);
    assert_sound(heap);
    halloc_heap_destroy(heap);
    errno = 0;
    assert_null(halloc_heap_create(&(halloc_heap_options){.growing = true, .step_bytes = 3000}));
    assert_int_equal(errno, EINVAL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_list_search_probes_as_far_as_it_looks),
        test(a_bounded_search_probes_one_block_or_few),
        test(looking_at_the_default_heap_does_not_count_as_a_find),
        test(a_heap_with_a_step_grows_by_multiples_of_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
