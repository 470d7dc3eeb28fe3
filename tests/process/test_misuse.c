/*
 * test_misuse.c - every pointer that must not be freed, resized or asked about: exactly one line on
 * stderr, that names the call, the pointer and the fault; then SIGABRT. And under misuse:warn the
 * same line, and a heap that is as it was.
 */
#include "process.h"

#define FOREIGN "not a pointer of this heap"
#define NO_BLOCK "no block starts here"
#define FREED "freed already"
#define WRITTEN "written to after it was freed"

/* --- What the calls are ------------------------------------------------------------------------------- */

static void *volatile result; /* keeps the compiler from dropping a call */

static void do_free(void *ptr) {
    free(ptr);
}

static void do_realloc(void *ptr) {
    result = realloc(ptr, 100);
}

static void do_realloc_to_nothing(void *ptr) {
    result = realloc(ptr, 0);
}

static void do_usable_size(void *ptr) {
    result = (void *)malloc_usable_size(ptr);
}

static void do_free_sized(void *ptr) {
    halloc_free_sized(ptr, 100);
}

static void do_free_aligned_sized(void *ptr) {
    halloc_free_aligned_sized(ptr, 16, 100);
}

static void do_expand(void *ptr) {
    result = (void *)(uintptr_t)halloc_expand(ptr, 1000000);
}

static const struct call {
    void (*act)(void *);
    const char *name;
} calls[] = {
    {do_free, "free"},
    {do_realloc, "realloc"},
    {do_realloc_to_nothing, "realloc"},
    {do_usable_size, "malloc_usable_size"},
    {do_free_sized, "free_sized"},
    {do_free_aligned_sized, "free_aligned_sized"},
    {do_expand, "halloc_expand"},
};

/* --- What must come of them --------------------------------------------------------------------------- */

static void expected_line(char line[300], const char *call, const void *ptr, const char *fault) {
    snprintf(line, 300, "halloc: %s(0x%lx): %s\n", call, (unsigned long)ptr, fault);
}

static bool warns; /* this process is one that misuse does not end */

static void assert_misuse(const struct call *call, void *ptr, const char *fault) {
    char line[300];
    expected_line(line, call->name, ptr, fault);
    struct ending ending = in_child(call->act, ptr);
    assert_string_equal(ending.text, line);
    if (warns) {
        assert_true(WIFEXITED(ending.status) && WEXITSTATUS(ending.status) == 0);
    } else {
        assert_true(WIFSIGNALED(ending.status));
        assert_int_equal(WTERMSIG(ending.status), SIGABRT);
    }
}

static void assert_misuse_by_all(void *ptr, const char *fault) {
    for (size_t index = 0; index < COUNT(calls); index++)
        assert_misuse(&calls[index], ptr, fault);
}

/* --- Foreign pointers ------------------------------------------------------------------------------------ */

static int a_global = 5;

static void the_stack(void **state UNUSED) {
    int local = 5;
    assert_misuse_by_all(&local, FOREIGN);
}

static void a_global_variable(void **state UNUSED) {
    assert_misuse_by_all(&a_global, FOREIGN);
}

static void code(void **state UNUSED) {
    assert_misuse_by_all((void *)(uintptr_t)the_stack, FOREIGN);
}

static void a_mapping_of_the_program(void **state UNUSED) {
    char *map = mmap(NULL, MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_misuse_by_all(map, FOREIGN);
    assert_misuse_by_all(map + 4096, FOREIGN);
    munmap(map, MIB);
    assert_misuse_by_all(map, FOREIGN);
}

static void just_above_null(void **state UNUSED) {
    assert_misuse_by_all((void *)1, FOREIGN);
    assert_misuse_by_all((void *)16, FOREIGN);
}

static void no_address_at_all(void **state UNUSED) {
    assert_misuse_by_all((void *)0x8000000000000000u, FOREIGN);
    assert_misuse_by_all((void *)0xfffffffffffffff0u, FOREIGN);
    assert_misuse_by_all((void *)0x00dead0000000000u, FOREIGN);
}

/* Beyond the frontier, yet inside the range that malloc's pointers come from. */
static void addresses_not_in_use_yet(void **state UNUSED) {
    char *ptr = malloc(100);
    assert_misuse_by_all((void *)(((uintptr_t)ptr & ~(GIB - 1)) + 64 * GIB), FOREIGN);
    free(ptr);
}

/* --- Interior pointers -------------------------------------------------------------------------------------- */

static void the_inside_of_small_objects(void **state UNUSED) {
    static const size_t sizes[] = {32, 48, 100, 1000, 5000, 30000};
    for (size_t index = 0; index < COUNT(sizes); index++) {
        char *ptr = calloc(1, sizes[index]);
        assert_misuse_by_all(ptr + 1, NO_BLOCK);
        assert_misuse_by_all(ptr + 8, NO_BLOCK);
        assert_misuse_by_all(ptr + 16, NO_BLOCK);
        assert_misuse(&calls[0], ptr + sizes[index] - 1, NO_BLOCK);
        free(ptr);
    }
}

/* A slab has several units; each knows where it begins. */
static void the_inside_of_small_objects_beyond_the_first_unit(void **state UNUSED) {
    char *ptrs[200];
    for (size_t index = 0; index < COUNT(ptrs); index++)
        ptrs[index] = malloc(1024);
    for (size_t index = 0; index < COUNT(ptrs); index += 20) {
        assert_misuse(&calls[0], ptrs[index] + 512, NO_BLOCK);
        assert_misuse(&calls[3], ptrs[index] + 16, NO_BLOCK);
    }
    for (size_t index = 0; index < COUNT(ptrs); index++)
        free(ptrs[index]);
}

static void the_inside_of_large_blocks(void **state UNUSED) {
    static const size_t distances[] = {1, 8, 16, 4096, 16 * KIB, 32 * KIB, 256 * KIB, MIB - 16};
    char *ptr = malloc(MIB);
    memset(ptr, 0, MIB);
    for (size_t index = 0; index < COUNT(distances); index++)
        assert_misuse_by_all(ptr + distances[index], NO_BLOCK);
    free(ptr);
}

/* Slots are carved as they are needed: those further on were never given out. */
static void slots_not_carved_yet(void **state UNUSED) {
    char *ptr = malloc(10000); /* the first of its class in this program, so at its slab's start */
    size_t slot_bytes = malloc_usable_size(ptr);
    assert_misuse_by_all(ptr + 4 * slot_bytes, NO_BLOCK);
    assert_misuse_by_all(ptr + 9 * slot_bytes, NO_BLOCK);
    free(ptr);
}

static void the_heaps_own_memory(void **state UNUSED) {
    char *ptr = malloc(100);
    struct ending ending = in_child(do_free, (void *)((uintptr_t)ptr - 64 * GIB));
    assert_true(WIFSIGNALED(ending.status) || warns);
    assert_non_null(strstr(ending.text, "halloc: free("));
    free(ptr);
}

/* --- Freed twice ------------------------------------------------------------------------------------------------ */

static void twice_at_once(void **state UNUSED) {
    static const size_t sizes[] = {0, 16, 24, 100, 1000, 30000};
    for (size_t index = 0; index < COUNT(sizes); index++) {
        void *ptr = malloc(sizes[index]);
        free(ptr);
        assert_misuse_by_all(ptr, FREED);
    }
}

static void twice_with_other_frees_between(void **state UNUSED) {
    void *ptrs[50];
    for (size_t index = 0; index < COUNT(ptrs); index++)
        ptrs[index] = malloc(200);
    for (size_t index = 0; index < COUNT(ptrs); index++)
        free(ptrs[index]);
    for (size_t index = 0; index < COUNT(ptrs); index += 7)
        assert_misuse_by_all(ptrs[index], FREED);
}

/* Refilling takes all free slots of a slab into the thread's list; there they are as free. */
static void twice_while_it_sits_in_the_threads_list(void **state UNUSED) {
    void *ptrs[600], *more[3];
    for (size_t index = 0; index < COUNT(ptrs); index++)
        ptrs[index] = malloc(320);
    for (size_t index = 0; index < COUNT(ptrs); index++)
        free(ptrs[index]);
    for (size_t index = 0; index < COUNT(more); index++)
        more[index] = malloc(320);
    size_t seen = 0;
    for (size_t index = 0; index < COUNT(ptrs); index++) {
        bool again = ptrs[index] == more[0] || ptrs[index] == more[1] || ptrs[index] == more[2];
        if (!again && index % 50 == 0 && ++seen)
            assert_misuse(&calls[0], ptrs[index], FREED);
    }
    assert_true(seen > 5);
    for (size_t index = 0; index < COUNT(more); index++)
        free(more[index]);
}

/* In a large heap what is freed is noted, and not marked: also what the program writes there afterwards
 * hides nothing. */
static void twice_in_a_large_heap(void **state UNUSED) {
    static char *ptrs[150000];
    for (size_t index = 0; index < COUNT(ptrs); index++)
        ptrs[index] = malloc(200);
    for (size_t index = 0; index < COUNT(ptrs); index += 3)
        free(ptrs[index]);
    for (size_t index = 0; index < COUNT(ptrs); index += 15000) {
        if (index > COUNT(ptrs) * 3 / 4)
            memset(ptrs[index], 0, 200);
        assert_misuse_by_all(ptrs[index], FREED);
    }
    for (size_t index = 0; index < COUNT(ptrs); index++)
        if (index % 3)
            free(ptrs[index]);
}

static void twice_after_its_slab_was_given_back(void **state UNUSED) {
    static void *ptrs[4000];
    for (size_t index = 0; index < COUNT(ptrs); index++)
        ptrs[index] = malloc(1000);
    for (size_t index = 0; index < COUNT(ptrs); index++)
        free(ptrs[index]);
    malloc_trim(0);
    for (size_t index = 0; index < COUNT(ptrs); index += 500)
        assert_misuse_by_all(ptrs[index], FREED);
}

/* --- Written to after a free ---------------------------------------------------------------------------------- */

static int a_victim[4];

static size_t spoiled_bytes; /* that the children below write, from the slot's start; 0: a bit */
static const void *spoiler[2] = {a_victim, a_victim};

/* malloc gives the freed slot next, or the program's end. It must never give what a link leads to. */
static void spoil_and_take(void *ptr) {
    free(ptr);
    memcpy(ptr, spoiler, spoiled_bytes);
    *(char *)ptr ^= spoiled_bytes ? 0 : 1;
    for (int more = 0; more < 3; more++) {
        result = malloc(120);
        child_assert(result != a_victim);
    }
}

static void a_write_into_a_freed_object_is_found_by_the_next_malloc(void **state UNUSED) {
    static const size_t written[] = {0, 8, 16};
    for (size_t index = 0; index < COUNT(written); index++) {
        char line[300], *ptr = malloc(120);
        spoiled_bytes = written[index];
        expected_line(line, "malloc", ptr, WRITTEN);
        struct ending ending = in_child(spoil_and_take, ptr);
        assert_string_equal(ending.text, line);
        assert_true(warns ? WIFEXITED(ending.status) && WEXITSTATUS(ending.status) == 0
                          : WIFSIGNALED(ending.status) && WTERMSIG(ending.status) == SIGABRT);
        free(ptr);
    }
}

/* --- Beyond the heap, and where nothing may be touched ---------------------------------------------------- */

static void read_it(void *ptr) {
    result = (void *)(uintptr_t) * (volatile char *)ptr;
}

static void write_on(void *ptr) {
    for (size_t at = 0; at < MIB + 512 * KIB; at++)
        ((volatile char *)ptr)[at] = 'x';
}

static void assert_fault(void (*act)(void *), void *ptr) {
    struct ending ending = in_child(act, ptr);
    assert_true(WIFSIGNALED(ending.status));
    assert_int_equal(WTERMSIG(ending.status), SIGSEGV);
}

static void objects_of_size_0_have_addresses_that_cannot_be_touched(void **state UNUSED) {
    char *first = malloc(0), *second = calloc(0, 8), *third = realloc(NULL, 0);
    assert_true(first && second && third && first != second && second != third && first != third);
    assert_int_equal(malloc_usable_size(first), 0);
    assert_fault(read_it, first);
    assert_fault(read_it, second);
    assert_misuse_by_all(first + 1, FREED);
    free(first);
    assert_misuse_by_all(first, FREED);
    second = realloc(second, 100);
    assert_true(malloc_usable_size(second) >= 100);
    memset(second, 1, 100);
    assert_false(halloc_expand(third, 1));
    free(second);
    free(third);
}

static void overflow_a_fresh_heap(void) {
    write_on(malloc(100));
}

/* In a process that has allocated little: this one's heap has grown by now. */
static void an_overflow_of_megabytes_leaves_a_small_heap(void **state UNUSED) {
    struct ending ending = again("", "overflow", 0);
    assert_true(WIFSIGNALED(ending.status));
    assert_int_equal(WTERMSIG(ending.status), SIGSEGV);
}

static void *free_it(void *ptr) {
    free(ptr);
    return NULL;
}

static void *free_it_and_wait(void *argument) {
    void **ptr_and_barrier = argument;
    free(ptr_and_barrier[0]);
    pthread_barrier_wait(ptr_and_barrier[1]);
    pthread_barrier_wait(ptr_and_barrier[1]);
    return NULL;
}

static void twice_once_by_a_thread_that_ended(void **state UNUSED) {
    void *ptr = malloc(120);
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, free_it, ptr), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_misuse_by_all(ptr, FREED);
}

/* The other thread has not even handed it over yet. */
static void twice_once_by_a_thread_that_keeps_it_pending(void **state UNUSED) {
    pthread_barrier_t barrier;
    pthread_barrier_init(&barrier, NULL, 2);
    void *ptr_and_barrier[2] = {malloc(120), &barrier};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, free_it_and_wait, ptr_and_barrier), 0);
    pthread_barrier_wait(&barrier);
    assert_misuse_by_all(ptr_and_barrier[0], FREED);
    pthread_barrier_wait(&barrier);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

static void twice_a_large_block(void **state UNUSED) {
    void *ptr = malloc(100 * KIB), *wall = malloc(100 * KIB);
    free(ptr);
    assert_misuse_by_all(ptr, FREED);
    free(wall);
}

static void twice_a_block_since_merged(void **state UNUSED) {
    char *ptrs[6];
    for (size_t index = 0; index < COUNT(ptrs); index++)
        ptrs[index] = malloc(48 * KIB);
    for (size_t index = 0; index < COUNT(ptrs); index++)
        free(ptrs[index]);
    for (size_t index = 0; index < COUNT(ptrs); index++)
        assert_misuse_by_all(ptrs[index], FREED);
}

static void a_block_since_taken_into_a_larger_one(void **state UNUSED) {
    char *first = malloc(MIB), *second = malloc(MIB);
    char *low = first < second ? first : second, *high = first < second ? second : first;
    assert_true(high - low == (ptrdiff_t)MIB); /* or this test tests nothing */
    free(high);
    assert_true(halloc_expand(low, 2 * MIB));
    assert_misuse_by_all(high, NO_BLOCK);
    free(low);
}

static void a_pointer_into_what_was_a_slab_of_another_class(void **state UNUSED) {
    static void *old[3000], *young[3000];
    for (size_t index = 0; index < COUNT(old); index++)
        old[index] = malloc(48);
    for (size_t index = 0; index < COUNT(old); index++)
        free(old[index]);
    malloc_trim(0);
    for (size_t index = 0; index < COUNT(young); index++)
        young[index] = memset(malloc(1000), 0, 1000);
    size_t inside = 0;
    for (size_t index = 0; index < COUNT(old); index++) {
        char *in = NULL;
        for (size_t other = 0; !in && other < COUNT(young); other++)
            if ((char *)old[index] > (char *)young[other] && (char *)old[index] < (char *)young[other] + 1000)
                in = young[other];
        if (in && ++inside % 200 == 1)
            assert_misuse(&calls[0], old[index], NO_BLOCK);
    }
    assert_true(inside > 100);
    for (size_t index = 0; index < COUNT(young); index++)
        free(young[index]);
}

/* --- misuse:warn ---------------------------------------------------------------------------------------------------- */

/* All of the above in one process that goes on: what is alive stays so, and the heap is sound. */
static void a_warned_heap_is_as_it_was(void **state UNUSED) {
    char *small = malloc(100), *freed = malloc(100), *large = malloc(MIB);
    fill_bytes(small, 100, 1);
    fill_bytes(large, MIB, 2);
    free(freed);
    int silent = dup(2);
    assert_non_null(freopen("/dev/null", "w", stderr));
    void *bad[] = {small + 1, small + 16, freed, large + 4096, large + 16 * KIB, &a_global, (void *)8};
    for (size_t index = 0; index < COUNT(bad); index++) {
        for (size_t call = 0; call < COUNT(calls); call++) {
            result = (void *)7;
            calls[call].act(bad[index]);
            assert_true(result == NULL || result == (void *)7);
        }
    }
    dup2(silent, 2);
    close(silent);
    assert_heap_sound();
    assert_true(is_filled(small, 100, 1) && is_filled(large, MIB, 2));
    free(small);
    free(large);
    assert_heap_sound();
}

#define MISUSES                                                                                              \
    test(malloc_is_ours), test(the_stack), test(a_global_variable), test(code),                              \
        test(a_mapping_of_the_program), test(just_above_null), test(no_address_at_all),                      \
        test(addresses_not_in_use_yet), test(the_inside_of_small_objects),                                   \
        test(the_inside_of_small_objects_beyond_the_first_unit), test(the_inside_of_large_blocks),           \
        test(slots_not_carved_yet), test(the_heaps_own_memory), test(twice_at_once),                         \
        test(twice_with_other_frees_between), test(twice_while_it_sits_in_the_threads_list),                 \
        test(twice_in_a_large_heap), test(twice_after_its_slab_was_given_back),                              \
        test(twice_once_by_a_thread_that_ended), test(twice_once_by_a_thread_that_keeps_it_pending),         \
        test(twice_a_large_block), test(twice_a_block_since_merged),                                         \
        test(a_block_since_taken_into_a_larger_one), test(a_pointer_into_what_was_a_slab_of_another_class),  \
        test(a_write_into_a_freed_object_is_found_by_the_next_malloc),                                       \
        test(objects_of_size_0_have_addresses_that_cannot_be_touched),                                       \
        test(an_overflow_of_megabytes_leaves_a_small_heap)

int main(int count, char **arguments) {
    const struct CMUnitTest aborting[] = {MISUSES};
    const struct CMUnitTest warning[] = {MISUSES, test(a_warned_heap_is_as_it_was)};
    if (count > 1 && strcmp(arguments[1], "overflow") == 0) {
        overflow_a_fresh_heap();
        return 0;
    }
    warns = count > 1;
    if (warns)
        return cmocka_run_group_tests_name("misuse:warn", warning, NULL, NULL) + atoi(arguments[1]);
    int failures = cmocka_run_group_tests_name("misuse:abort", aborting, NULL, NULL);
    fflush(NULL);
    setenv("HALLOC_CONF", "misuse:warn", 1);
    execl("/proc/self/exe", "test_misuse", failures ? "1" : "0", (char *)NULL);
    return 1;
}
