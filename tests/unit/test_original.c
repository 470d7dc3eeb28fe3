/*
 * test_original.c - the five functions of halloc.h, section 1.
 *
 * They work on one heap for the whole process; each test starts without one. What fails on stderr
 * or ends the process is tried in a child.
 */
#include "unit.h"

static int forget_heap(void **state UNUSED) {
    halloc_heap_destroy(default_heap);
    default_heap = NULL;
    conf.fit = NULL;
    misuse_warns = false;
    return 0;
}

#define fresh(name) cmocka_unit_test_setup_teardown(name, forget_heap, forget_heap)

static size_t page;

static MemoryBlock *first_block(void) {
    return halloc_default_heap()->engine.first;
}

/* --- halloc_initializeHeap ---------------------------------------------------------------------- */

static void a_heap_has_the_pages_asked_for(void **state UNUSED) {
    errno = 77;
    halloc_initializeHeap(16);
    assert_int_equal(errno, 0);
    halloc_heap_stats stats = stats_of(halloc_default_heap());
    assert_int_equal(stats.heap_bytes, 16 * page);
    assert_int_equal(stats.free_blocks, 1);
    assert_int_equal(stats.used_blocks, 0);
    assert_string_equal(stats.fit, "first");
    MemoryBlock *block = findFreeBlock(1);
    assert_int_equal(block->size, 16 * page - HEADER_BYTES);
    assert_int_equal(block->isFree, 1);
    assert_null(block->next);
    assert_null(block->prev);
}

struct refusal {
    size_t pages;
    int error;
    bool has_heap;
};

/* In a child: stderr is compared by the parent. */
static void initialize_in_vain(void *argument) {
    const struct refusal *refusal = argument;
    char *text = NULL;
    if (refusal->has_heap) {
        halloc_initializeHeap(4);
        text = halloc_allocate(100);
        fill_bytes(text, 100, 5);
    }
    halloc_heap *before = halloc_default_heap();
    errno = 0;
    halloc_initializeHeap(refusal->pages);
    child_assert(errno == refusal->error);
    child_assert(halloc_default_heap() == before);
    if (text) {
        child_assert(is_filled(text, 100, 5));
        child_assert(halloc_heap_check(before, NULL));
        child_assert(before->engine.used_blocks == 1);
        child_assert((size_t)(before->engine.top - before->engine.base) == 4 * page);
    }
}

static void assert_initialize_fails(struct refusal refusal, const char *why) {
    char line[200];
    snprintf(line, sizeof line, "halloc: halloc_initializeHeap: %s\n", why);
    for (int has_heap = refusal.has_heap; has_heap < 2; has_heap++) {
        if (has_heap && refusal.error != EEXIST && refusal.error != EINVAL)
            continue; /* with a heap there, it is the heap that is in the way */
        refusal.has_heap = has_heap;
        struct ending ending = in_child(initialize_in_vain, &refusal);
        assert_string_equal(ending.text, line);
        assert_child_fine((struct ending){.status = ending.status});
    }
}

static void no_pages_are_refused_with_einval(void **state UNUSED) {
    assert_initialize_fails((struct refusal){0, EINVAL, false},
                            "a heap needs at least one page; nothing was changed");
}

static void a_second_heap_is_refused_with_eexist(void **state UNUSED) {
    assert_initialize_fails((struct refusal){4, EEXIST, true},
                            "there is a heap already; it was left as it is");
    assert_initialize_fails((struct refusal){SIZE_MAX, EEXIST, true},
                            "there is a heap already; it was left as it is");
}

static void more_bytes_than_can_be_counted_are_refused_with_eoverflow(void **state UNUSED) {
    const char *why = "so many pages are more bytes than an address can count";
    assert_initialize_fails((struct refusal){SIZE_MAX, EOVERFLOW, false}, why);
    assert_initialize_fails((struct refusal){SIZE_MAX / page + 1, EOVERFLOW, false}, why);
}

static void more_memory_than_there_is_is_refused_with_enomem(void **state UNUSED) {
    const char *why = "the system has not so much memory to give";
    assert_initialize_fails((struct refusal){SIZE_MAX / page, ENOMEM, false}, why);
    assert_initialize_fails((struct refusal){(size_t)1 << 48 >> 12, ENOMEM, false}, why);
}

static void initialize_after_failure(void *argument UNUSED) {
    halloc_initializeHeap(0);
    halloc_initializeHeap(SIZE_MAX);
    halloc_initializeHeap(2);
    child_assert(errno == 0);
    child_assert(halloc_allocate(100));
}

static void a_heap_can_be_made_after_a_refusal(void **state UNUSED) {
    assert_child_fine(in_child(initialize_after_failure, NULL));
}

static void conf_names_the_policy(void *argument) {
    setenv("HALLOC_CONF", argument, 1);
    halloc_initializeHeap(4);
    dprintf(2, "%s", stats_of(halloc_default_heap()).fit);
}

static void the_environment_chooses_the_policy(void **state UNUSED) {
    assert_string_equal(in_child(conf_names_the_policy, "fit:buddy").text, "buddy");
    assert_string_equal(in_child(conf_names_the_policy, "purge:off,fit:worst").text, "worst");
}

/* --- halloc_allocate ------------------------------------------------------------------------------ */

static void without_a_heap_the_first_request_makes_one_that_grows(void **state UNUSED) {
    assert_null(halloc_default_heap());
    assert_null(findFreeBlock(1));
    char *small = halloc_allocate(10);
    assert_non_null(small);
    size_t before = stats_of(halloc_default_heap()).heap_bytes;
    char *large = halloc_allocate(8 * MIB);
    assert_non_null(large);
    memset(large, 1, 8 * MIB);
    assert_true(stats_of(halloc_default_heap()).heap_bytes >= before + 8 * MIB - 64 * KIB);
    assert_sound(halloc_default_heap());
}

static void blocks_hold_what_was_asked_and_are_aligned(void **state UNUSED) {
    halloc_initializeHeap(64);
    for (size_t size = 1; size < 600; size++) {
        char *ptr = halloc_allocate(size);
        assert_non_null(ptr);
        assert_int_equal((uintptr_t)ptr % 16, 0);
        assert_true(record_before(ptr)->size >= size);
        assert_true(record_before(ptr)->size < size + 16 + HALLOC_SPLIT_BYTES);
        memset(ptr, 0xff, size);
        if (size % 3)
            halloc_deallocate(ptr);
    }
    assert_sound(halloc_default_heap());
}

static void zero_bytes_are_refused_with_einval(void **state UNUSED) {
    errno = 0;
    assert_null(halloc_allocate(0));
    assert_int_equal(errno, EINVAL);
    assert_null(halloc_default_heap());
    assert_null(findFreeBlock(0));
    halloc_initializeHeap(1);
    assert_null(findFreeBlock(0));
    assert_non_null(findFreeBlock(1));
}

static void a_full_heap_says_enomem_and_serves_again_after_a_deallocation(void **state UNUSED) {
    halloc_initializeHeap(4);
    void *all[200], *more;
    size_t count = 0;
    while ((more = halloc_allocate(500)))
        all[count++] = more;
    assert_int_equal(errno, ENOMEM);
    assert_in_range(count, 4 * page / 700, 4 * page / 500);
    errno = 0;
    assert_null(halloc_allocate(500));
    assert_int_equal(errno, ENOMEM);
    assert_null(findFreeBlock(500));
    halloc_deallocate(all[3]);
    assert_ptr_equal(findFreeBlock(500), record_before(all[3]));
    assert_ptr_equal(halloc_allocate(500), all[3]);
    assert_null(halloc_allocate(500));
}

static void absurd_sizes_are_refused_with_enomem(void **state UNUSED) {
    static const size_t sizes[] = {PTRDIFF_MAX,    (size_t)PTRDIFF_MAX + 1, SIZE_MAX, SIZE_MAX - 15,
                                   SIZE_MAX - 100, (size_t)1 << 48,         100 * GIB};
    for (size_t index = 0; index < COUNT(sizes); index++) {
        errno = 0;
        assert_null(halloc_allocate(sizes[index]));
        assert_int_equal(errno, ENOMEM);
        assert_null(findFreeBlock(sizes[index]));
    }
    assert_sound(halloc_default_heap());
}

static void a_tiny_remainder_is_not_split_off(void **state UNUSED) {
    halloc_initializeHeap(1);
    size_t all = first_block()->size;
    char *ptr = halloc_allocate(all - HALLOC_SPLIT_BYTES + 16);
    assert_int_equal(record_before(ptr)->size, all);
    halloc_deallocate(ptr);
    ptr = halloc_allocate(all - HALLOC_SPLIT_BYTES);
    assert_int_equal(record_before(ptr)->size, all - HALLOC_SPLIT_BYTES);
    assert_int_equal(record_before(ptr)->next->size, HALLOC_SPLIT_BYTES - HEADER_BYTES);
}

/* --- halloc_deallocate ------------------------------------------------------------------------------ */

static void null_may_be_deallocated(void **state UNUSED) {
    halloc_deallocate(NULL);
    assert_null(halloc_default_heap());
}

static void deallocation_keeps_errno(void **state UNUSED) {
    char *ptr = halloc_allocate(10);
    errno = 77;
    halloc_deallocate(ptr);
    assert_int_equal(errno, 77);
}

/* Five blocks in a row, of which the middle three are freed in any order: each order ends in one
 * free block between the outer two. */
static void deallocation_merges_on_both_sides_in_any_order(void **state UNUSED) {
    static const int orders[6][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3}, {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    halloc_initializeHeap(4);
    for (int order = 0; order < 6; order++) {
        char *ptrs[5];
        for (int index = 0; index < 5; index++)
            ptrs[index] = halloc_allocate(200);
        for (int index = 0; index < 3; index++)
            halloc_deallocate(ptrs[orders[order][index]]);
        MemoryBlock *left = record_before(ptrs[0]), *right = record_before(ptrs[4]);
        assert_ptr_equal(left->next, record_before(ptrs[1]));
        assert_ptr_equal(left->next->next, right);
        assert_ptr_equal(right->prev, left->next);
        assert_int_equal(left->next->isFree, 1);
        assert_int_equal(left->next->size, 3 * 208 + 2 * HEADER_BYTES);
        assert_sound(halloc_default_heap());
        halloc_deallocate(ptrs[0]);
        halloc_deallocate(ptrs[4]);
        assert_null(first_block()->next);
    }
}

/* --- findFreeBlock ------------------------------------------------------------------------------------ */

static void find_shows_the_block_that_the_next_request_takes(void **state UNUSED) {
    for (size_t policy = 0; policy < POLICIES; policy++) {
        forget_heap(NULL);
        conf.fit = halloc_policy_find(policy_names[policy]);
        halloc_initializeHeap(8);
        uint64_t random = 3;
        void *live[60] = {0};
        for (int step = 0; step < 2000; step++) {
            size_t slot = random_below(&random, COUNT(live)), size = random_size(&random, 2000);
            if (live[slot]) {
                halloc_deallocate(live[slot]);
                live[slot] = NULL;
                continue;
            }
            MemoryBlock *promised = findFreeBlock(size);
            assert_ptr_equal(findFreeBlock(size), promised);
            live[slot] = halloc_allocate(size);
            assert_ptr_equal(live[slot], promised ? payload_behind(promised) : NULL);
        }
        assert_sound(halloc_default_heap());
    }
}

static void find_changes_nothing_under_any_policy(void **state UNUSED) {
    for (size_t policy = 0; policy < POLICIES; policy++) {
        forget_heap(NULL);
        conf.fit = halloc_policy_find(policy_names[policy]);
        halloc_initializeHeap(4);
        void *ptrs[20];
        for (size_t index = 0; index < COUNT(ptrs); index++)
            ptrs[index] = halloc_allocate(100 + 20 * index);
        for (size_t index = 0; index < COUNT(ptrs); index += 3)
            halloc_deallocate(ptrs[index]);
        halloc_heap *heap = halloc_default_heap();
        size_t bytes = (size_t)(heap->engine.top - (char *)heap);
        char *before = malloc(bytes);
        memcpy(before, heap, bytes);
        for (size_t size = 1; size < 3 * page; size += 7)
            findFreeBlock(size);
        assert_memory_equal(before, heap, bytes);
        free(before);
    }
}

int main(void) {
    page = platform_page_bytes();
    const struct CMUnitTest tests[] = {
        fresh(the_environment_chooses_the_policy), /* first, for it is read only once */
        fresh(a_heap_has_the_pages_asked_for),
        fresh(no_pages_are_refused_with_einval),
        fresh(a_second_heap_is_refused_with_eexist),
        fresh(more_bytes_than_can_be_counted_are_refused_with_eoverflow),
        fresh(more_memory_than_there_is_is_refused_with_enomem),
        fresh(a_heap_can_be_made_after_a_refusal),
        fresh(without_a_heap_the_first_request_makes_one_that_grows),
        fresh(blocks_hold_what_was_asked_and_are_aligned),
        fresh(zero_bytes_are_refused_with_einval),
        fresh(a_full_heap_says_enomem_and_serves_again_after_a_deallocation),
        fresh(absurd_sizes_are_refused_with_enomem),
        fresh(a_tiny_remainder_is_not_split_off),
        fresh(null_may_be_deallocated),
        fresh(deallocation_keeps_errno),
        fresh(deallocation_merges_on_both_sides_in_any_order),
        fresh(find_shows_the_block_that_the_next_request_takes),
        fresh(find_changes_nothing_under_any_policy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
