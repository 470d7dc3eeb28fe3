/*
 * test_platform.c - the contract of platform.h on the real kernel, and the environment read before
 * libc has one.
 */
#include "unit.h"

#include <fcntl.h>

static size_t page_of_test;

static bool is_zero(const char *at, size_t size) {
    while (size && !*at)
        at++, size--;
    return size == 0;
}

static void the_page_is_the_systems(void **state UNUSED) {
    assert_int_equal(platform_page_bytes(), sysconf(_SC_PAGESIZE));
}

static void a_mapping_may_be_usable_at_once(void **state UNUSED) {
    char *place = platform_map(3 * page_of_test, true);
    assert_non_null(place);
    assert_int_equal((uintptr_t)place % page_of_test, 0);
    assert_true(is_zero(place, 3 * page_of_test));
    memset(place, 1, 3 * page_of_test);
    assert_true(platform_release(place, 3 * page_of_test));
}

static void an_impossible_reservation_is_refused_and_errno_kept(void **state UNUSED) {
    errno = 77;
    assert_null(platform_map((size_t)1 << 60, false));
    assert_null(platform_map(SIZE_MAX - page_of_test + 1, true));
    assert_int_equal(errno, 77);
}

static void write_at(void *place) {
    signal(SIGSEGV, SIG_DFL);
    *(volatile char *)place = 1;
}

static void memory_is_inaccessible_until_committed_then_zero(void **state UNUSED) {
    char *place = platform_map(4 * page_of_test, false);
    assert_false(WIFEXITED(in_child(write_at, place).status));
    assert_true(platform_commit(place + page_of_test, page_of_test));
    assert_true(is_zero(place + page_of_test, page_of_test));
    assert_child_fine(in_child(write_at, place + page_of_test));
    assert_false(WIFEXITED(in_child(write_at, place).status));
    assert_false(WIFEXITED(in_child(write_at, place + 2 * page_of_test).status));
    assert_true(platform_release(place, 4 * page_of_test));
    assert_false(platform_commit(place, page_of_test));
}

static void purged_memory_reads_as_zero_and_stays_usable(void **state UNUSED) {
    char *place = platform_map(4 * page_of_test, false);
    assert_true(platform_commit(place, 4 * page_of_test));
    memset(place, 1, 4 * page_of_test);
    assert_true(platform_purge(place + page_of_test, 2 * page_of_test));
    assert_int_equal(place[page_of_test - 1], 1);
    assert_true(is_zero(place + page_of_test, 2 * page_of_test));
    assert_int_equal(place[3 * page_of_test], 1);
    memset(place, 2, 4 * page_of_test);
    platform_release(place, 4 * page_of_test);
}

static void what_is_given_back_is_told(void **state UNUSED) {
    void *memory = platform_map(page_of_test, false);
    errno = 5;
    assert_true(platform_unmap(memory, page_of_test));
    assert_false(platform_unmap((char *)memory + 1, page_of_test)); /* no page begins there */
    assert_int_equal(errno, 5);
}

static void time_goes_forward(void **state UNUSED) {
    uint64_t before = platform_milliseconds();
    assert_true(before > 0);
    assert_true(platform_milliseconds() >= before);
}

static void a_file_is_shared(void **state UNUSED) {
    char path[] = "/tmp/halloc-test-XXXXXX";
    int fd = mkstemp(path);
    assert_int_equal(ftruncate(fd, (off_t)page_of_test), 0);
    bool too_short;
    char *seen = platform_share_file(path, page_of_test, &too_short);
    assert_non_null(seen);
    assert_int_equal(pwrite(fd, "hello", 5, 100), 5);
    assert_memory_equal(seen + 100, "hello", 5);
    platform_release(seen, page_of_test);
    assert_false(too_short);
    assert_null(platform_share_file(path, page_of_test + 1, &too_short)); /* reading behind its end kills */
    assert_true(too_short);
    close(fd);
    unlink(path);
    assert_null(platform_share_file(path, page_of_test, &too_short));
    assert_false(too_short);
}

/* --- The environment ---------------------------------------------------------------------------------- */

/* A child is started with what is wanted. Before libc has set environ, what the kernel left on the stack is read. */
static void before_libc_has_it_the_kernels_copy_is_read(void **state UNUSED) {
    static const char *const pairs[][2] = {{"HALLOC_FIRST", "one"},    {"HALLOC_LAST", "four=4"},
                                           {"HALLOC_EMPTY", ""},       {"HALLOC_AFTER", "three"},
                                           {"HALLOC_NONE", NULL},      {"HALLOC_FIRS", NULL},
                                           {"HALLOC_FIRST=one", NULL}, {"HALLOC_HIDDEN", NULL}};
    setenv("HALLOC_LATE", "late", 1);
    char **saved = environ;
    environ = NULL;
    const char *found[COUNT(pairs)], *late = platform_environment("HALLOC_LATE");
    for (size_t index = 0; index < COUNT(pairs); index++)
        found[index] = platform_environment(pairs[index][0]);
    environ = saved;
    assert_null(late);
    for (size_t index = 0; index < COUNT(pairs); index++)
        if (pairs[index][1])
            assert_string_equal(found[index], pairs[index][1]);
        else
            assert_null(found[index]);
}

static void libcs_copy_is_read_once_there_is_one(void **state UNUSED) {
    setenv("HALLOC_LATE", "late", 1);
    assert_string_equal(platform_environment("HALLOC_LATE"), "late");
    assert_null(platform_environment("HALLOC_LAT"));
}

int main(int argc, char **argv) {
    char long_entry[400] = "HALLOC_LONG=";
    memset(long_entry + strlen(long_entry), 'x', 300);
    memcpy(long_entry + 100, "HALLOC_HIDDEN=found", 19);
    char *environment[] = {"HALLOC_FIRST=one",
                           "HALLOC_EMPTY=",
                           long_entry,
                           "HALLOC_AFTER=three",
                           "HALLOC_LAST=four=4",
                           NULL,
                           NULL};
    for (char **each = environ; *each;
         each++) /* a run of tests/mutants says so where this test notes what it meets */
        if (strncmp(*each, "MUTANTS_MET=", strlen("MUTANTS_MET=")) == 0)
            environment[COUNT(environment) - 2] = *each;
    if (argc == 1) { /* begin again, with an environment that is known */
        execve("/proc/self/exe", (char *[]){argv[0], "known", NULL}, environment);
        return 1;
    }
    page_of_test = platform_page_bytes();
    const struct CMUnitTest tests[] = {
        test(the_page_is_the_systems),
        test(a_mapping_may_be_usable_at_once),
        test(an_impossible_reservation_is_refused_and_errno_kept),
        test(memory_is_inaccessible_until_committed_then_zero),
        test(purged_memory_reads_as_zero_and_stays_usable),
        test(what_is_given_back_is_told),
        test(time_goes_forward),
        test(a_file_is_shared),
        test(before_libc_has_it_the_kernels_copy_is_read),
        test(libcs_copy_is_read_once_there_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
