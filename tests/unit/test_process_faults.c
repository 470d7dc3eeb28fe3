/*
 * test_process_faults.c - every system call of the process heap refused in turn.
 *
 * One scenario uses all that the heap does with the kernel: its start, slabs, large and aligned
 * blocks, growth in place and by a copy, a thread, purging. It runs in
 * a child for each k: with the k-th call refused, with the k-th and the next (for many a call is
 * tried again with less), and with all from the k-th on, until the scenario makes fewer calls. Whatever is refused: an allocation works or gives NULL and
 * ENOMEM, free keeps errno, contents stay, and once the system gives again all is well and nothing
 * is lost.
 */
#define HALLOC_FAKE_PLATFORM
#include "unit.h"

#include <pthread.h>
#include <sys/mman.h>

/* --- Objects that remember what they should contain ------------------------------------------------ */

#define OBJECTS 700

static struct object {
    unsigned char *ptr;
    size_t size;
    unsigned seed;
} objects[OBJECTS];

static size_t object_count;

/* What the parent learns from a child. */
static struct outcome { uint64_t calls, refused, nulls; } * outcome;

static void *noted(void *ptr, size_t size) {
    if (!ptr) {
        child_assert(errno == ENOMEM);
        __atomic_fetch_add(&outcome->nulls, 1, __ATOMIC_RELAXED);
        halloc_free(NULL); /* also where the heap could not start */
        child_assert(halloc_malloc_usable_size(NULL) == 0);
        return NULL;
    }
    child_assert(object_count < OBJECTS);
    objects[object_count] = (struct object){ptr, size, (unsigned)object_count};
    fill_bytes(ptr, min_size(size, 5000), (unsigned)object_count);
    object_count++;
    errno = 0;
    return ptr;
}

static void check_object(const struct object *object) {
    child_assert(is_filled(object->ptr, min_size(object->size, 5000), object->seed));
}

static void drop(struct object *object) {
    check_object(object);
    errno = 77;
    halloc_free(object->ptr);
    child_assert(errno == 77);
    *object = objects[--object_count];
}

static void drop_all(void) {
    while (object_count)
        drop(&objects[object_count - 1]);
}

static void all_zero(const unsigned char *ptr, size_t size) {
    for (size_t index = 0; index < size; index++)
        child_assert(ptr[index] == 0);
}

/* --- The scenario ------------------------------------------------------------------------------------ */

static void small_ones(void) {
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        size_t size = slot_bytes(size_class);
        for (int again = 0; again < 4; again++)
            noted(halloc_malloc(size), size);
    }
}

static void large_and_aligned_ones(void) {
    noted(halloc_malloc(33 * KIB), 33 * KIB);
    noted(halloc_malloc(6 * MIB), 6 * MIB);
    for (size_t alignment = 32; alignment <= 4 * MIB; alignment *= 4) {
        unsigned char *ptr = noted(halloc_aligned_alloc(alignment, 3000), 3000);
        child_assert((uintptr_t)ptr % alignment == 0);
    }
    unsigned char *zeroed = halloc_calloc(5, 100 * KIB);
    if (zeroed)
        all_zero(zeroed, 500 * KIB);
    noted(zeroed, 500 * KIB);
}

/* Grows in place, is moved by page tables, and shrinks into a slot: contents stay, or all stays. */
static void resized_ones(void) {
    static const size_t sizes[] = {50 * KIB, 700 * KIB, 2 * MIB, 12 * MIB, 40 * KIB, 500, 20 * KIB};
    unsigned char *ptr = noted(halloc_malloc(100), 100);
    for (size_t step = 0; ptr && step < COUNT(sizes); step++) {
        struct object *object = &objects[object_count - 1];
        unsigned char *moved = halloc_realloc(ptr, sizes[step]);
        if (!moved) {
            child_assert(errno == ENOMEM && sizes[step] > object->size);
            check_object(object);
            continue;
        }
        child_assert(is_filled(moved, min_size(object->size, min_size(sizes[step], 5000)), object->seed));
        object->ptr = ptr = moved;
        object->size = sizes[step];
        fill_bytes(ptr, min_size(object->size, 5000), object->seed);
        void *wall = halloc_malloc(64 * KIB); /* keeps the next step from growing in place */
        if (wall)
            child_assert(halloc_malloc_usable_size(wall) >= 64 * KIB);
        halloc_free(wall);
    }
}

static void *thread_work(void *keep) {
    void **kept = keep;
    for (size_t index = 0; index < 60; index++) {
        void *ptr = halloc_malloc(200 + 100 * index);
        if (index % 2)
            kept[index / 2] = ptr;
        else
            halloc_free(ptr);
    }
    return NULL;
}

static void a_thread(void) {
    void *kept[30] = {0};
    pthread_t thread;
    child_assert(pthread_create(&thread, NULL, thread_work, kept) == 0);
    pthread_join(thread, NULL);
    for (size_t index = 0; index < COUNT(kept); index++)
        halloc_free(kept[index]);
}

static void memory_given_back(void) {
    void *big[5]; /* together past the line from which on memory is given back */
    for (size_t index = 0; index < COUNT(big); index++)
        if ((big[index] = halloc_malloc(2 * MIB)))
            for (size_t at = 0; at < 2 * MIB; at += UNIT_BYTES) /* the kernel clears a page in each */
                ((char *)big[index])[at] = 1;
    for (size_t index = 0; index < COUNT(big); index++) {
        errno = 78;
        halloc_free(big[index]);
        child_assert(errno == 78);
    }
    halloc_malloc_trim(0);
}

static void scenario(void) {
    small_ones();
    large_and_aligned_ones();
    resized_ones();
    a_thread();
    noted(halloc_malloc(64 * MIB), 64 * MIB);
    memory_given_back();
    while (object_count > OBJECTS / 4)
        drop(&objects[object_count / 2]);
    small_ones();
    drop_all();
    a_thread();
}

/* --- What must hold afterwards ------------------------------------------------------------------------ */

static void all_is_well(void) {
    const char *broken = NULL;
    child_assert(halloc_process_check(&broken));
    uint64_t nulls = outcome->nulls;
    scenario();
    child_assert(outcome->nulls == nulls);
    halloc_malloc_trim(0);
    if (!halloc_process_check(&broken)) {
        dprintf(2, "broken: %s\n", broken);
        _exit(98);
    }
    struct heap_totals totals;
    stats_totals(&totals);
    child_assert(totals.slots_used == 0);
    child_assert(totals.large_bytes == 0);
    child_assert(totals.slabs == 0);
    child_assert(totals.free_dirty_bytes == 0 || platform_page_bytes() > UNIT_BYTES);
}

struct refusal {
    uint64_t first, last;
};

static void refuse_and_see(void *argument) {
    const struct refusal *refusal = argument;
    fake_refuse(refusal->first, refusal->last);
    scenario();
    outcome->calls = fake.calls;
    outcome->refused = fake.refused;
    drop_all();
    fake_refuse(0, 0);
    all_is_well();
}

#define ALL UINT64_MAX

/* Each call as the library ships. What watches it closely forks slowly, and looks at some. */
#ifdef __SANITIZE_THREAD__
#define STEP 9
#elif defined(__SANITIZE_ADDRESS__) || defined(__clang__)
#define STEP 3
#else
#define STEP 1
#endif

/* Every k from 1 on, until the scenario makes fewer calls. Where several are refused together, every other k. */
static void each_call_in_turn(const char *configuration, uint64_t in_a_row) {
    setenv("HALLOC_CONF", configuration, 1);
    outcome = mmap(NULL, sizeof *outcome, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(outcome, MAP_FAILED);
    uint64_t first = 1, nulls = 0;
    do {
        memset(outcome, 0, sizeof *outcome);
        struct refusal refusal = {first, in_a_row == ALL ? ALL : first + in_a_row - 1};
        struct ending ending = in_child(refuse_and_see, &refusal);
        if (!WIFEXITED(ending.status) || WEXITSTATUS(ending.status) != 0)
            fail_msg("\"%s\", calls refused from %lu to %lu: status %x, stderr: %s", configuration,
                     refusal.first, refusal.last, (unsigned)ending.status, ending.text);
        nulls += outcome->nulls;
        first += in_a_row == 1 ? STEP : 2 * STEP;
    } while (outcome->refused);
    assert_true(first > 10);
    assert_true(nulls > 0 || in_a_row != ALL);
    munmap(outcome, sizeof *outcome);
}

static void one_call_is_refused(void **state UNUSED) {
    each_call_in_turn("", 1);
}

static void two_calls_in_a_row_are_refused(void **state UNUSED) {
    each_call_in_turn("", 2);
}

static void all_calls_are_refused_from_one_on(void **state UNUSED) {
    each_call_in_turn("", ALL);
}

static void calls_are_refused_where_the_region_is_small(void **state UNUSED) {
    each_call_in_turn("reserve:512M", 1);
    each_call_in_turn("reserve:512M", 2);
    each_call_in_turn("reserve:512M", ALL);
}

static void calls_are_refused_that_forbid_huge_pages(void **state UNUSED) {
    each_call_in_turn("thp:never", 1);
}

static void calls_are_refused_with_pages_of_64_kib(void **state UNUSED) {
    fake.page_bytes = 64 * KIB;
    each_call_in_turn("", 1);
    each_call_in_turn("", ALL);
    each_call_in_turn("reserve:512M", ALL);
    fake.page_bytes = 0;
}

/* "only NAMES" or "not NAMES": some of the tests (tests/CMakeLists.txt runs them in two halves). */
int main(int argc, char **argv) {
    if (argc > 2)
        (strcmp(argv[1], "not") == 0 ? cmocka_set_skip_filter : cmocka_set_test_filter)(argv[2]);
    const struct CMUnitTest tests[] = {
        test(one_call_is_refused),
        test(two_calls_in_a_row_are_refused),
        test(all_calls_are_refused_from_one_on),
        test(calls_are_refused_where_the_region_is_small),
        test(calls_are_refused_that_forbid_huge_pages),
        test(calls_are_refused_with_pages_of_64_kib),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
