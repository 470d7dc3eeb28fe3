/*
 * test_fatal.c - lines on stderr, and what is written of them.
 */
#include "unit.h"

static void print_numbers(void *argument UNUSED) {
    print_line("%zu %zu 0x%zx 0x%zx", (size_t)0, SIZE_MAX, (size_t)0, (size_t)0x7fffdeadbeef0123u);
}

static void numbers_are_spelt_out_in_decimal_and_in_hexadecimal(void **state UNUSED) {
    assert_string_equal(in_child(print_numbers, NULL).text,
                        "0 18446744073709551615 0x0 0x7fffdeadbeef0123\n");
}

static void print_too_long(void *argument UNUSED) {
    char text[1001];
    memset(text, 'x', sizeof text - 1);
    text[1000] = 0;
    print_line("%s", text);
    print_line("and again");
}

static void what_does_not_fit_is_cut_off_but_the_line_ends(void **state UNUSED) {
    struct ending ending = in_child(print_too_long, NULL);
    char *end = strchr(ending.text, '\n');
    assert_non_null(end);
    assert_int_equal(end - ending.text, LINE_MOST_BYTES - 1);
    assert_string_equal(end, "\nand again\n");
}

static void fail_by(void *pointer) {
    fatal("some_call", "some fault", pointer);
}

static void fail_softly(void *pointer) {
    misuse_warns = true;
    fatal("some_call", "some fault", pointer);
    print_line("halloc: %s: %s", "some_call", "some reason");
}

static void a_fault_is_one_line_and_an_abort(void **state UNUSED) {
    assert_misuse(fail_by, (void *)0x1234, "some_call", "some fault");
}

static void under_misuse_warn_it_goes_on(void **state UNUSED) {
    struct ending ending = in_child(fail_softly, (void *)0x1234);
    assert_string_equal(ending.text,
                        "halloc: some_call(0x1234): some fault\nhalloc: some_call: some reason\n");
    assert_int_equal(ending.status, 0);
}

static void fail_without_stderr(void *pointer) {
    close(2);
    fatal("some_call", "some fault", pointer);
}

static void without_stderr_it_still_aborts(void **state UNUSED) {
    struct ending ending = in_child(fail_without_stderr, NULL);
    assert_true(WIFSIGNALED(ending.status));
    assert_int_equal(WTERMSIG(ending.status), SIGABRT);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(numbers_are_spelt_out_in_decimal_and_in_hexadecimal),
        test(what_does_not_fit_is_cut_off_but_the_line_ends),
        test(a_fault_is_one_line_and_an_abort),
        test(under_misuse_warn_it_goes_on),
        test(without_stderr_it_still_aborts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
