/*
 * test_heap_faults.c - classic heaps on a system that refuses, and on systems with larger pages.
 *
 * A scenario makes heaps, grows, aligns and resizes. It is played once for each system call that
 * it makes, with that call refused; then again with all calls from that one on refused. Nothing
 * may crash, contents stay, NULL comes with ENOMEM; once the system gives again so do the heaps;
 * and at the end no address is still mapped but for what the kernel itself refused to take back.
 */
#define HALLOC_FAKE_PLATFORM
#include "unit.h"

#include <fcntl.h>

/* --- What the process has mapped ------------------------------------------------------------------- */

static size_t mapped_bytes(void) {
    char text[128] = {0};
    int fd = open("/proc/self/statm", O_RDONLY);
    assert_true(fd >= 0 && read(fd, text, sizeof text - 1) > 0);
    close(fd);
    return strtoul(text, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE);
}

/* Warnings of halloc_initializeHeap are expected here and would only clutter the log. */
static int quiet_stderr(void) {
    int saved = dup(2), null = open("/dev/null", O_WRONLY);
    dup2(null, 2);
    close(null);
    return saved;
}

static void restore_stderr(int saved) {
    dup2(saved, 2);
    close(saved);
}

/* --- The scenario ------------------------------------------------------------------------------------ */

static const char *scene_fit;

/* Fills what was given; a refusal must say ENOMEM. */
static void *got(void *ptr, size_t size) {
    if (ptr)
        fill_bytes(ptr, size, 9);
    else
        assert_int_equal(errno, ENOMEM);
    return ptr;
}

static void use_own_heap(void) {
    halloc_heap_options options = {.fit = scene_fit, .pages = 1, .growing = true};
    errno = 0;
    halloc_heap *heap = halloc_heap_create(&options);
    if (!heap) {
        assert_int_equal(errno, ENOMEM);
        fake.first = 0; /* what was refused can be had now */
        heap = halloc_heap_create(&options);
        assert_non_null(heap);
    }
    char *small = got(halloc_heap_allocate(heap, 500), 500);
    char *large = got(halloc_heap_allocate(heap, 300 * KIB), 300 * KIB);
    char *even = got(halloc_heap_aligned(heap, 256 * KIB, 1000), 1000);
    char *zero = got(halloc_heap_zeroed(heap, 1000, 100), 100000);
    assert_sound(heap);
    char *grown = small ? halloc_heap_resize(heap, small, 2 * MIB) : NULL;
    assert_true(!small || grown || errno == ENOMEM);
    small = grown ? grown : small;
    assert_true(!small || is_filled(small, 500, 9));
    assert_true(!large || is_filled(large, 300 * KIB, 9));
    assert_true(!even || ((uintptr_t)even % (256 * KIB) == 0 && is_filled(even, 1000, 9)));
    halloc_heap_deallocate(heap, large);
    halloc_heap_deallocate(heap, zero);
    assert_sound(heap);

    uint64_t first = fake.first, calls = fake.calls;
    fake.first = 0; /* the system gives again: so must the heap */
    char *after = halloc_heap_allocate(heap, 4 * MIB);
    assert_non_null(after);
    memset(after, 1, 4 * MIB);
    assert_sound(heap);
    fake.first = first;
    fake.calls = calls;
    halloc_heap_destroy(heap);
}

static void use_original_functions(void) {
    errno = 0;
    halloc_initializeHeap(4);
    assert_int_equal(errno, default_heap ? 0 : ENOMEM);
    char *ptr = got(halloc_allocate(5000), 5000); /* makes a growing heap where there is none */
    if (default_heap)
        assert_sound(default_heap);
    halloc_deallocate(ptr);
    fake.first = 0;
    ptr = halloc_allocate(5000);
    assert_non_null(ptr);
    halloc_deallocate(ptr);
    halloc_heap_destroy(default_heap);
    default_heap = NULL;
}

/* Plays a part with the calls [first, last] refused: true if a call was. */
static bool play(void (*part)(void), uint64_t first, uint64_t last) {
    int saved = quiet_stderr();
    size_t before = mapped_bytes();
    fake_refuse(first, last);
    part();
    size_t after = mapped_bytes();
    restore_stderr(saved);
    assert_int_equal(after, before + fake.kept_bytes);
    assert_null(heaps);
    return fake.refused > 0;
}

static size_t play_all(void (*part)(void), bool all_from) {
    uint64_t call = 1;
    while (play(part, call, all_from ? UINT64_MAX : call))
        call++;
    return call - 1;
}

static void each_call_refused_once_does_no_harm(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++) {
        scene_fit = policy_names[index];
        assert_in_range(play_all(use_own_heap, false), 6, 100);
    }
}

static void all_calls_refused_from_each_on_do_no_harm(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++) {
        scene_fit = policy_names[index];
        assert_in_range(play_all(use_own_heap, true), 6, 100);
    }
}

static void the_original_functions_survive_each_refusal(void **state UNUSED) {
    assert_in_range(play_all(use_original_functions, false), 3, 100);
    assert_in_range(play_all(use_original_functions, true), 3, 100);
}

static void a_refused_step_is_tried_again_with_just_what_is_needed(void **state UNUSED) {
    halloc_heap *heap = growing_heap("first");
    fake_refuse(1, 1); /* the generous step of growth; the second call asks for less */
    assert_non_null(halloc_heap_allocate(heap, 100 * KIB));
    assert_int_equal(fake.refused, 1);
    assert_int_equal(fake.calls, 2);
    fake_refuse(0, 0);
    assert_sound(heap);
    halloc_heap_destroy(heap);
}

static void deallocation_keeps_errno_and_asks_the_system_nothing(void **state UNUSED) {
    halloc_heap *heap = growing_heap("first");
    void *ptr = halloc_heap_allocate(heap, MIB);
    fake_refuse(1, UINT64_MAX);
    errno = 77;
    halloc_heap_deallocate(heap, ptr);
    assert_int_equal(errno, 77);
    assert_int_equal(fake.calls, 0);
    fake_refuse(0, 0);
    halloc_heap_destroy(heap);
}

/* --- Larger pages ------------------------------------------------------------------------------------ */

static void use_pages_of(size_t page_bytes) {
    fake.page_bytes = page_bytes;
    fake_refuse(0, 0);
    assert_int_equal(platform_page_bytes(), page_bytes);
}

static void heaps_on_larger_pages_are_whole_pages(void **state UNUSED) {
    static const size_t pages[] = {4 * KIB, 16 * KIB, 64 * KIB};
    for (size_t at = 0; at < COUNT(pages); at++) {
        use_pages_of(pages[at]);
        size_t before = mapped_bytes();
        for (size_t index = 0; index < POLICIES; index++) {
            halloc_heap *heap = halloc_heap_create(
                &(halloc_heap_options){.fit = policy_names[index], .pages = 3, .growing = true});
            assert_int_equal(stats_of(heap).heap_bytes, 3 * pages[at]);
            assert_int_equal((uintptr_t)heap % pages[at], 0);
            uint64_t random = 1;
            void *ptrs[50] = {0};
            for (int step = 0; step < 3000; step++) {
                size_t slot = random_below(&random, COUNT(ptrs)), size = random_size(&random, 50000);
                halloc_heap_deallocate(heap, ptrs[slot]);
                ptrs[slot] = halloc_heap_aligned(heap, step % 50 ? 16 : pages[at], size);
                assert_non_null(ptrs[slot]);
                memset(ptrs[slot], 1, size);
                assert_int_equal(stats_of(heap).heap_bytes % pages[at], 0);
            }
            assert_sound(heap);
            halloc_heap_destroy(heap);
        }
        assert_int_equal(mapped_bytes(), before);
        scene_fit = "segregated";
        play_all(use_own_heap, false);
        play_all(use_own_heap, true);
    }
    use_pages_of(4 * KIB);
}

static void the_fake_kernel_refuses_addresses_that_are_no_pages_of_its_own(void **state UNUSED) {
    use_pages_of(64 * KIB);
    char *place = platform_map(256 * KIB, false);
    assert_non_null(place);
    assert_int_equal((uintptr_t)place % (64 * KIB), 0);
    assert_false(platform_commit(place + 4 * KIB, 64 * KIB));
    assert_true(platform_commit(place, 64 * KIB));
    assert_false(platform_purge(place + 32 * KIB, 32 * KIB));
    assert_false(platform_release(place + 16 * KIB, 64 * KIB));
    assert_true(platform_commit(place + 64 * KIB, 1)); /* a length is rounded up, as Linux does */
    memset(place + 64 * KIB, 1, 64 * KIB);
    assert_true(platform_release(place, 256 * KIB));
    use_pages_of(4 * KIB);
}

int main(void) {
    fake.page_bytes = 4 * KIB;
    const struct CMUnitTest tests[] = {
        test(each_call_refused_once_does_no_harm),
        test(all_calls_refused_from_each_on_do_no_harm),
        test(the_original_functions_survive_each_refusal),
        test(a_refused_step_is_tried_again_with_just_what_is_needed),
        test(deallocation_keeps_errno_and_asks_the_system_nothing),
        test(heaps_on_larger_pages_are_whole_pages),
        test(the_fake_kernel_refuses_addresses_that_are_no_pages_of_its_own),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
