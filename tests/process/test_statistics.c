/*
 * test_statistics.c - the figures that the heap tells are real: known amounts are allocated, and must
 * appear; trimming brings the resident size down, as the kernel counts it.
 */
#include "process.h"

#include <sys/prctl.h>

static char *info(void) {
    static char text[65536];
    memset(text, 0, sizeof text);
    FILE *stream = fmemopen(text, sizeof text, "w");
    assert_non_null(stream);
    assert_int_equal(malloc_info(0, stream), 0);
    fclose(stream);
    return text;
}

static size_t number_after(const char *text, const char *words) {
    const char *at = strstr(text, words);
    if (!at)
        fail_msg("no \"%s\" in: %s", words, text);
    return strtoul(at + strlen(words), NULL, 10);
}

#define OBJECTS 10000

static void *objects[OBJECTS];

static size_t take_objects(size_t size) {
    size_t granted = 0;
    for (size_t index = 0; index < OBJECTS; index++) {
        objects[index] = memset(malloc(size), 1, size);
        granted += malloc_usable_size(objects[index]);
    }
    return granted;
}

static void free_objects(void) {
    for (size_t index = 0; index < OBJECTS; index++)
        free(objects[index]);
}

static void mallinfo2_counts_slots_to_the_byte(void **state UNUSED) {
    static const size_t sizes[] = {16, 100, 1000, 5000};
    for (size_t index = 0; index < COUNT(sizes); index++) {
        struct mallinfo2 before = mallinfo2();
        size_t granted = take_objects(sizes[index]);
        struct mallinfo2 during = mallinfo2();
        assert_int_equal(during.uordblks - before.uordblks, granted);
        assert_int_equal(during.uordblks + during.fordblks, during.arena);
        free_objects();
        assert_int_equal(mallinfo2().uordblks, before.uordblks);
    }
}

static void mallinfo2_counts_large_blocks(void **state UNUSED) {
    struct mallinfo2 before = mallinfo2();
    void *large = malloc(10 * MIB);
    struct mallinfo2 during = mallinfo2();
    assert_int_equal(during.uordblks - before.uordblks, malloc_usable_size(large));
    assert_true(during.arena >= 10 * MIB);
    free(large);
    assert_int_equal(mallinfo2().uordblks, before.uordblks);
    assert_true(mallinfo2().ordblks >= 1);
}

static void the_old_mallinfo_agrees(void **state UNUSED) {
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    struct mallinfo old = mallinfo();
    struct mallinfo2 new = mallinfo2();
    assert_int_equal(old.uordblks, new.uordblks);
    assert_int_equal(old.arena, new.arena);
    void *huge = malloc(5 * GIB); /* more than an int holds */
    assert_int_equal(mallinfo().uordblks, INT32_MAX);
    assert_true(mallinfo2().uordblks > 5 * GIB);
    free(huge);
}

static void malloc_info_agrees_with_mallinfo2(void **state UNUSED) {
    size_t used = mallinfo2().uordblks;
    void *large = malloc(3 * MIB);
    char *text = info();
    assert_non_null(strstr(text, "<malloc version=\"halloc-"));
    assert_non_null(strstr(text, "</malloc>\n"));
    size_t told = number_after(text, "<total type=\"used\" size=\"");
    assert_true(told >= used + 3 * MIB && told <= used + 3 * MIB + 64 * KIB); /* a stream is open as well */
    assert_true(number_after(text, "<total type=\"large\" count=\"") >= 1);
    free(large);
    size_t granted = take_objects(777);
    text = info();
    char words[100];
    snprintf(words, sizeof words, "<size slot=\"%zu\" slabs=\"", granted / OBJECTS);
    assert_true(number_after(text, words) >= granted / (64 * KIB));
    free_objects();
}

static void malloc_info_refuses_options(void **state UNUSED) {
    assert_int_equal(malloc_info(1, stdout), EINVAL); /* as glibc's says it */
    assert_int_equal(malloc_info(0, NULL), EINVAL);
}

static void print_stats(void *argument UNUSED) {
    for (size_t index = 0; index < OBJECTS; index++)
        objects[index] = malloc(100);
    malloc_stats();
}

static void malloc_stats_prints_to_stderr(void **state UNUSED) {
    struct ending ending = in_child(print_stats, NULL);
    assert_child_fine(ending);
    assert_non_null(strstr(ending.text, "halloc: heap process"));
    const char *line = strstr(ending.text, "slots in use");
    assert_non_null(line);
    assert_true(strtoul(line + strlen("slots in use"), NULL, 10) >= OBJECTS);
}

/* --- What goes back to the kernel ------------------------------------------------------------------------- */

static void trimming_returns_all_that_is_free(void **state UNUSED) {
    malloc_trim(0);
    size_t before = resident_bytes();
    take_objects(5000);
    assert_true(resident_bytes() > before + 40 * MIB);
    free_objects();
    assert_int_equal(malloc_trim(0), 1);
    assert_int_equal(malloc_trim(0), 0); /* there was no more */
    assert_true(resident_bytes() < before + 2 * MIB);
    malloc_trim(0);
    assert_int_equal(mallinfo2().keepcost, 0);
}

static void trimming_keeps_what_it_is_told_to(void **state UNUSED) {
    take_objects(500); /* 5 MiB: below the line from which on memory goes back by itself */
    free_objects();
    malloc_trim(2 * MIB);
    assert_true(mallinfo2().keepcost <= 2 * MIB + 256 * KIB);
    malloc_trim(0);
    assert_int_equal(mallinfo2().keepcost, 0);
}

static void freed_memory_goes_back_by_itself(void **state UNUSED) {
    size_t before = resident_bytes();
    static void *large[200];
    for (size_t index = 0; index < COUNT(large); index++)
        large[index] = memset(malloc(500 * KIB), 1, 500 * KIB);
    for (size_t index = 0; index < COUNT(large); index++)
        free(large[index]);
    assert_true(settles_below(before + 12 * MIB));
    take_objects(8000);
    free_objects();
    assert_true(settles_below(before + 14 * MIB));
}

static void untouched_memory_costs_nothing(void **state UNUSED) {
    malloc_trim(0);
    size_t before = resident_bytes();
    void *large = malloc(500 * MIB), *zeroed = calloc(1, 500 * MIB);
    assert_true(resident_bytes() < before + MIB);
    free(large);
    free(zeroed);
    assert_true(resident_bytes() < before + MIB);
}

static void mallopt_switches_purging_off(void **state UNUSED) {
    static void *large[60];
    malloc_trim(0);
    size_t before = resident_bytes();
    assert_int_equal(mallopt(M_TRIM_THRESHOLD, -1), 1);
    assert_int_equal(mallopt(M_MMAP_THRESHOLD, 1000000), 1); /* another option leaves it so */
    for (size_t index = 0; index < COUNT(large); index++)
        large[index] = memset(malloc(MIB), 1, MIB);
    for (size_t index = 0; index < COUNT(large); index++)
        free(large[index]);
    assert_true(resident_bytes() > before + 50 * MIB);
    assert_int_equal(mallopt(M_TRIM_THRESHOLD, 128 * 1024), 1);
    assert_int_equal(mallopt(M_MMAP_THRESHOLD, -1), 1);
    assert_true(settles_below(before + 20 * MIB));
}

int main(void) {
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0); /* or systems that give huge pages unasked make more resident */
    const struct CMUnitTest tests[] = {
        test(malloc_is_ours),
        test(mallinfo2_counts_slots_to_the_byte),
        test(mallinfo2_counts_large_blocks),
        test(the_old_mallinfo_agrees),
        test(malloc_info_agrees_with_mallinfo2),
        test(malloc_info_refuses_options),
        test(malloc_stats_prints_to_stderr),
        test(trimming_returns_all_that_is_free),
        test(trimming_keeps_what_it_is_told_to),
        test(freed_memory_goes_back_by_itself),
        test(untouched_memory_costs_nothing),
        test(mallopt_switches_purging_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
