/*
 * test_semantics.c - every entry point, and what glibc's manual promises of it. Once on the process
 * heap, and then, by starting itself anew, on a classic heap under each policy.
 */
#include "process.h"

/* The compiler knows what these calls must not be told, and that is what they are told here. */
#pragma GCC diagnostic ignored "-Wpragmas"
#pragma GCC diagnostic ignored "-Wunknown-warning-option"
#pragma GCC diagnostic ignored "-Walloc-size-larger-than="
#pragma GCC diagnostic ignored "-Wuse-after-free"

extern void free_sized(void *ptr, size_t size);
extern void free_aligned_sized(void *ptr, size_t alignment, size_t size);
extern void cfree(void *ptr);

#define TOO_MUCH ((size_t)PTRDIFF_MAX + 1)

static void *volatile last; /* keeps compilers from dropping a pair of calls */
static bool classic;

static void *kept(void *ptr) {
    last = ptr;
    return ptr;
}

#define assert_no_memory(call)                                                                               \
    do {                                                                                                     \
        errno = 0;                                                                                           \
        assert_null(kept(call));                                                                             \
        assert_int_equal(errno, ENOMEM);                                                                     \
    } while (0)

/* --- malloc and free -------------------------------------------------------------------------------- */

static void every_size_is_aligned_and_writable(void **state UNUSED) {
    for (size_t size = 0; size < 70 * KIB; size += 1 + size / 40) {
        unsigned char *ptr = kept(malloc(size));
        assert_non_null(ptr);
        assert_int_equal((uintptr_t)ptr % 16, 0);
        assert_true(malloc_usable_size(ptr) >= size);
        fill_bytes(ptr, malloc_usable_size(ptr), (unsigned)size);
        assert_true(is_filled(ptr, malloc_usable_size(ptr), (unsigned)size));
        free(ptr);
    }
}

static void no_bytes_have_an_address_of_their_own(void **state UNUSED) {
    void *ptrs[100];
    for (size_t index = 0; index < COUNT(ptrs); index++) {
        ptrs[index] = malloc(0);
        assert_non_null(ptrs[index]);
        for (size_t before = 0; before < index; before++)
            assert_ptr_not_equal(ptrs[index], ptrs[before]);
    }
    for (size_t index = 0; index < COUNT(ptrs); index++)
        free(ptrs[index]);
}

static void null_may_be_freed(void **state UNUSED) {
    free(NULL);
    cfree(NULL);
    free_sized(NULL, 7);
    free_aligned_sized(NULL, 16, 7);
    assert_int_equal(malloc_usable_size(NULL), 0);
}

static void too_much_is_null_and_enomem(void **state UNUSED) {
    static const size_t sizes[] = {TOO_MUCH,    SIZE_MAX,           SIZE_MAX - 15,  SIZE_MAX - 4096,
                                   PTRDIFF_MAX, PTRDIFF_MAX - 4096, (size_t)1 << 60};
    for (size_t index = 0; index < COUNT(sizes); index++) {
        void *old = malloc(10);
        assert_no_memory(malloc(sizes[index]));
        assert_no_memory(calloc(1, sizes[index]));
        assert_no_memory(calloc(sizes[index] / 8, 8));
        assert_no_memory(realloc(old, sizes[index]));
        assert_no_memory(realloc(NULL, sizes[index]));
        assert_no_memory(reallocarray(old, 1, sizes[index]));
        assert_no_memory(aligned_alloc(64, sizes[index]));
        assert_no_memory(memalign(4096, sizes[index]));
        assert_no_memory(valloc(sizes[index]));
        assert_no_memory(pvalloc(sizes[index]));
        assert_no_memory(halloc_zalloc(sizes[index]));
        assert_false(halloc_expand(old, sizes[index]));
        free(old);
    }
}

static void products_that_overflow_are_too_much(void **state UNUSED) {
    void *old = malloc(10);
    memcpy(old, "still here", 10);
    assert_no_memory(calloc(SIZE_MAX, 2));
    assert_no_memory(calloc(((size_t)1 << 32) + 1, (size_t)1 << 32)); /* 2^32 after wrapping */
    assert_no_memory(reallocarray(old, SIZE_MAX / 2, 3));
    assert_no_memory(reallocarray(NULL, ((size_t)1 << 33), (size_t)1 << 33));
    assert_memory_equal(old, "still here", 10);
    free(old);
}

static void errno_survives_free_and_success(void **state UNUSED) {
    void *ptrs[3000];
    for (size_t index = 0; index < COUNT(ptrs); index++)
        ptrs[index] = malloc(index % 2 ? 1000 : 40 * KIB);
    for (size_t index = 0; index < COUNT(ptrs); index++) {
        errno = 1234;
        free(ptrs[index]);
        assert_int_equal(errno, 1234);
    }
    errno = 1234;
    free(malloc(10 * MIB));
    free(calloc(1, 10 * MIB));
    free(realloc(malloc(100), 10 * MIB));
    assert_int_equal(errno, 1234);
}

/* --- calloc ------------------------------------------------------------------------------------------- */

static void calloc_clears_what_was_used_before(void **state UNUSED) {
    static const size_t sizes[] = {1, 24, 100, 1000, 1024, 1025, 3000, 20000, 33 * KIB, 300 * KIB, 9 * MIB};
    for (size_t index = 0; index < COUNT(sizes); index++) {
        for (int round = 0; round < 30; round++) {
            unsigned char *dirty = malloc(sizes[index]), *other = malloc(sizes[index]);
            memset(dirty, 0xee, malloc_usable_size(dirty));
            memset(other, 0xee, malloc_usable_size(other));
            free(dirty);
            unsigned char *ptr = calloc(1, sizes[index]);
            assert_true(is_zero(ptr, sizes[index]));
            memset(ptr, 0xdd, malloc_usable_size(ptr));
            free(other);
            free(ptr);
            round += sizes[index] > MIB ? 9 : 0;
        }
    }
}

/* What calloc believes to be clean must not be memory that a block held after it grew. */
static void calloc_clears_what_a_block_grew_into(void **state UNUSED) {
    for (int round = 0; round < 20; round++) {
        size_t size = 40 * KIB + (size_t)round * 16 * KIB;
        unsigned char *ptr = malloc(size);
        memset(ptr, 1, size);
        ptr = realloc(ptr, 3 * size);
        memset(ptr, 2, 3 * size);
        ptr = realloc(ptr, size); /* its tail goes back */
        unsigned char *zeroed = calloc(2, size), *more = calloc(1, size);
        assert_true(is_zero(zeroed, 2 * size) && is_zero(more, size));
        memset(zeroed, 3, 2 * size);
        free(ptr);
        free(zeroed);
        malloc_trim(0);
        zeroed = calloc(5, size);
        assert_true(is_zero(zeroed, 5 * size));
        free(zeroed);
        free(more);
    }
}

static void calloc_clears_after_pages_moved(void **state UNUSED) {
    for (int round = 0; round < 5; round++) {
        unsigned char *ptr = malloc(2 * MIB), *wall = malloc(64 * KIB);
        fill_bytes(ptr, 2 * MIB, 5);
        ptr = realloc(ptr, 4 * MIB); /* by page tables where it can't grow */
        assert_true(is_filled(ptr, 2 * MIB, 5));
        unsigned char *zeroed = calloc(1, 2 * MIB);
        assert_true(is_zero(zeroed, 2 * MIB));
        free(wall);
        free(ptr);
        free(zeroed);
    }
}

/* --- realloc ------------------------------------------------------------------------------------------- */

static void contents_survive_every_resize(void **state UNUSED) {
    uint64_t random = 4;
    size_t size = 100;
    unsigned char *ptr = malloc(size);
    fill_bytes(ptr, size, 1);
    for (unsigned round = 1; round < 2000; round++) {
        size_t other =
            random_below(&random, 20) ? random_size(&random, 90 * KIB) : random_size(&random, 3 * MIB);
        ptr = round % 2 ? realloc(ptr, other) : reallocarray(ptr, other, 1);
        assert_non_null(ptr);
        assert_true(is_filled(ptr, size < other ? size : other, round));
        size = other;
        fill_bytes(ptr, size, round + 1);
    }
    free(ptr);
}

static void realloc_of_null_allocates_and_to_nothing_frees(void **state UNUSED) {
    void *ptr = realloc(NULL, 50);
    assert_non_null(ptr);
    errno = 0;
    assert_null(realloc(ptr, 0));
    assert_int_equal(errno, 0);
    ptr = realloc(NULL, 0);
    assert_non_null(ptr);
    assert_null(reallocarray(ptr, 0, 5));
}

static void a_failed_realloc_leaves_the_old(void **state UNUSED) {
    static const size_t sizes[] = {10, 5000, 100 * KIB};
    for (size_t index = 0; index < COUNT(sizes); index++) {
        unsigned char *ptr = malloc(sizes[index]);
        fill_bytes(ptr, sizes[index], 6);
        assert_no_memory(realloc(ptr, PTRDIFF_MAX));
        assert_true(is_filled(ptr, sizes[index], 6));
        free(ptr);
    }
}

static void expanding_keeps_the_address(void **state UNUSED) {
    unsigned char *ptr = malloc(100 * KIB);
    fill_bytes(ptr, 100 * KIB, 7);
    assert_true(halloc_expand(ptr, malloc_usable_size(ptr)));
    assert_true(halloc_expand(ptr, 10));
    if (halloc_expand(ptr, 200 * KIB)) {
        assert_true(malloc_usable_size(ptr) >= 200 * KIB);
        memset(ptr + 100 * KIB, 1, 100 * KIB);
    }
    assert_true(is_filled(ptr, 100 * KIB, 7));
    free(ptr);
    assert_false(halloc_expand(NULL, 5));
}

/* --- Alignment -------------------------------------------------------------------------------------------- */

static void every_alignment_up_to_a_gib(void **state UNUSED) {
    static const size_t sizes[] = {0, 1, 100, 3000, 40000, 200000};
    size_t most = classic ? MIB : GIB; /* a buddy heap gives as much memory as alignment */
    for (size_t alignment = 1; alignment <= most; alignment *= 2) {
        for (size_t index = 0; index < COUNT(sizes); index++) {
            void *ptrs[3] = {memalign(alignment, sizes[index]), aligned_alloc(alignment, sizes[index]), NULL};
            if (alignment >= sizeof(void *))
                assert_int_equal(posix_memalign(&ptrs[2], alignment, sizes[index]), 0);
            for (int way = 0; way < 3; way++) {
                if (way == 2 && alignment < sizeof(void *))
                    continue;
                assert_non_null(ptrs[way]);
                assert_int_equal((uintptr_t)ptrs[way] % alignment, 0);
                fill_bytes(ptrs[way], sizes[index], (unsigned)way);
            }
            for (int way = 0; way < 3; way++) {
                assert_true(!ptrs[way] || is_filled(ptrs[way], sizes[index], (unsigned)way));
                free(ptrs[way]);
            }
        }
    }
}

static void absurd_alignments_are_refused(void **state UNUSED) {
    for (unsigned shift = 31; shift < 64; shift++)
        assert_no_memory(memalign((size_t)1 << shift, 100));
    assert_no_memory(memalign(MIB, PTRDIFF_MAX));
    assert_no_memory(aligned_alloc(GIB, SIZE_MAX - GIB + 1));
    errno = 0;
    assert_null(kept(memalign(SIZE_MAX, 100)));
    assert_int_equal(errno, EINVAL);
    errno = 0;
    assert_null(kept(aligned_alloc(48, 96)));
    assert_int_equal(errno, EINVAL);
    void *ptr = memalign(48, 96); /* rounded up, as in glibc */
    assert_int_equal((uintptr_t)ptr % 64, 0);
    free(ptr);
    free(memalign(0, 10));
}

static void posix_memalign_reports_by_its_result(void **state UNUSED) {
    void *ptr = (void *)77;
    errno = 55;
    assert_int_equal(posix_memalign(&ptr, 3, 10), EINVAL);
    assert_int_equal(posix_memalign(&ptr, 0, 10), EINVAL);
    assert_int_equal(posix_memalign(&ptr, 4, 10), EINVAL);
    assert_int_equal(posix_memalign(&ptr, 24, 10), EINVAL);
    assert_int_equal(errno, 55);
    assert_int_equal(posix_memalign(&ptr, 64, TOO_MUCH), ENOMEM);
    assert_int_equal(posix_memalign(&ptr, 64, SIZE_MAX), ENOMEM);
    assert_ptr_equal(ptr, (void *)77);
    assert_int_equal(errno, ENOMEM); /* glibc's sets it too, and programs read it */
}

static void whole_pages(void **state UNUSED) {
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    for (size_t size = 0; size < 3 * page; size += 1000) {
        void *ptr = valloc(size), *whole = pvalloc(size);
        assert_int_equal((uintptr_t)ptr % page, 0);
        assert_int_equal((uintptr_t)whole % page, 0);
        assert_true(malloc_usable_size(whole) >= page && malloc_usable_size(whole) >= size);
        free(ptr);
        free(whole);
    }
    assert_no_memory(pvalloc(SIZE_MAX - 10));
}

/* --- Sizes ------------------------------------------------------------------------------------------------------ */

static void the_usable_size_is_constant(void **state UNUSED) {
    uint64_t random = 12;
    enum { OBJECTS = 300 };
    static void *ptrs[OBJECTS];
    static size_t sizes[OBJECTS];
    for (int round = 0; round < 20000; round++) {
        size_t at = random_below(&random, OBJECTS);
        if (ptrs[at])
            assert_int_equal(malloc_usable_size(ptrs[at]), sizes[at]);
        free(ptrs[at]);
        ptrs[at] = malloc(random_size(&random, 100 * KIB));
        sizes[at] = malloc_usable_size(ptrs[at]);
    }
    for (size_t at = 0; at < OBJECTS; at++) {
        assert_true(!ptrs[at] || malloc_usable_size(ptrs[at]) == sizes[at]);
        free(ptrs[at]);
    }
}

static void a_good_size_is_what_malloc_gives(void **state UNUSED) {
    for (size_t size = 0; size < 200 * KIB; size += 1 + size / 30) {
        size_t good = halloc_good_size(size);
        assert_true(good >= size);
        assert_int_equal(halloc_good_size(good), good);
        void *ptr = malloc(size);
        if (classic) /* may give a little more rather than leave a crumb */
            assert_true(malloc_usable_size(ptr) >= good);
        else
            assert_int_equal(malloc_usable_size(ptr), good);
        free(ptr);
    }
    assert_int_equal(halloc_good_size(SIZE_MAX), SIZE_MAX);
}

static void sized_frees_believe_the_heap_not_the_caller(void **state UNUSED) {
    for (int round = 0; round < 200; round++) {
        free_sized(malloc(100), 100);
        free_sized(malloc(100), 90000); /* wrong, and harmless */
        free_sized(malloc(90000), 1);
        free_sized(realloc(malloc(100), 5000), 5000);
        free_aligned_sized(aligned_alloc(64, 128), 64, 128);
        free_aligned_sized(aligned_alloc(4096, 128), 16, 1);
        halloc_free_sized(halloc_malloc(33 * KIB), 5);
    }
    assert_heap_sound();
}

/* Offsets do not fit 32 bits here: a block of 5 GiB, and slots behind it. */
static void beyond_four_gib(void **state UNUSED) {
    if (classic)
        return; /* one block of that size is all a buddy heap could give */
    unsigned char *big = malloc(5 * GIB + 100);
    assert_non_null(big);
    big[0] = 1;
    big[4 * GIB + 5] = 2;
    big[5 * GIB + 99] = 3;
    void *ptrs[500];
    for (size_t index = 0; index < COUNT(ptrs); index++) {
        ptrs[index] = malloc(500);
        memset(ptrs[index], 4, 500);
    }
    assert_true(malloc_usable_size(big) >= 5 * GIB + 100);
    assert_true(big[0] == 1 && big[4 * GIB + 5] == 2 && big[5 * GIB + 99] == 3);
    void *after = malloc(100 * KIB);
    for (size_t index = 0; index < COUNT(ptrs); index++)
        free(ptrs[index]);
    assert_heap_sound();
    free(big);
    free(after);
    assert_heap_sound();
}

/* --- Random calls --------------------------------------------------------------------------------------------------- */

static void random_calls_never_overlap(void **state UNUSED) {
    enum { OBJECTS = 400 };
    static unsigned char *ptrs[OBJECTS];
    static size_t sizes[OBJECTS];
    uint64_t random = 99;
    for (unsigned round = 0; round < 30000; round++) {
        size_t at = random_below(&random, OBJECTS), size = random_size(&random, 60 * KIB);
        assert_true(!ptrs[at] || is_filled(ptrs[at], sizes[at] < 64 ? sizes[at] : 64, (unsigned)at));
        switch (ptrs[at] ? random_below(&random, 3) : 3 + random_below(&random, 3)) {
        case 0: ptrs[at] = realloc(ptrs[at], size); break;
        case 1:
        case 2:
            free(ptrs[at]);
            ptrs[at] = NULL;
            break;
        case 3:
            ptrs[at] = calloc(size, 1);
            assert_true(is_zero(ptrs[at], size));
            break;
        case 4: ptrs[at] = memalign((size_t)1 << random_below(&random, 14), size); break;
        case 5: ptrs[at] = malloc(size); break;
        }
        sizes[at] = size;
        if (ptrs[at])
            fill_bytes(ptrs[at], size < 64 ? size : 64, (unsigned)at);
        if (round % 3000 == 0)
            assert_heap_sound();
    }
    for (size_t at = 0; at < OBJECTS; at++) {
        free(ptrs[at]);
        ptrs[at] = NULL;
    }
    assert_heap_sound();
}

static int run_all(const char *name) {
    const struct CMUnitTest tests[] = {
        test(malloc_is_ours),
        test(every_size_is_aligned_and_writable),
        test(no_bytes_have_an_address_of_their_own),
        test(null_may_be_freed),
        test(too_much_is_null_and_enomem),
        test(products_that_overflow_are_too_much),
        test(errno_survives_free_and_success),
        test(calloc_clears_what_was_used_before),
        test(calloc_clears_what_a_block_grew_into),
        test(calloc_clears_after_pages_moved),
        test(contents_survive_every_resize),
        test(realloc_of_null_allocates_and_to_nothing_frees),
        test(a_failed_realloc_leaves_the_old),
        test(expanding_keeps_the_address),
        test(every_alignment_up_to_a_gib),
        test(absurd_alignments_are_refused),
        test(posix_memalign_reports_by_its_result),
        test(whole_pages),
        test(the_usable_size_is_constant),
        test(a_good_size_is_what_malloc_gives),
        test(sized_frees_believe_the_heap_not_the_caller),
        test(beyond_four_gib),
        test(random_calls_never_overlap),
    };
    return cmocka_run_group_tests_name(name, tests, NULL, NULL);
}

int main(int count, char **arguments) {
    static const char *const others[] = {
        "heap:classic,fit:first",
        "heap:classic,fit:next",
        "heap:classic,fit:best",
        "heap:classic,fit:worst",
        "heap:classic,fit:segregated",
        "heap:classic,fit:buddy",
        "heap:process,fit:best",
        "heap:process,fit:buddy",
        "stats_print:off,reserve:16G,purge:off",
        "thp:system",
    };
    classic = count > 1 && strstr(arguments[1], "classic");
    int failures = run_all(count > 1 ? arguments[1] : "heap:process");
    for (size_t index = 0; count == 1 && index < COUNT(others); index++) {
        struct again other = {others[index], others[index], 0};
        pid_t child = fork();
        if (child == 0)
            run_again(&other);
        int status = 1;
        waitpid(child, &status, 0);
        failures += status != 0;
    }
    return failures;
}
