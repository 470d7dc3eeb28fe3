/*
 * test_fatal.c - lines built without allocating, and what is written of them.
 */
#include "unit.h"

static void numbers_are_spelt_out_in_decimal_and_in_hexadecimal(void **state UNUSED) {
    struct text text = {.length = 0};
    text_add_digits(&text, 0, 10);
    text_add(&text, " ");
    text_add_digits(&text, UINT64_MAX, 10);
    text_add(&text, " 0x");
    text_add_digits(&text, 0, 16);
    text_add(&text, " 0x");
    text_add_digits(&text, 0x7fffdeadbeef0123u, 16);
    text.bytes[text.length] = 0;
    assert_string_equal(text.bytes, "0 18446744073709551615 0x0 0x7fffdeadbeef0123");
}

static void print_too_long(void *argument UNUSED) {
    struct text text = {.length = 0};
    for (int times = 0; times < 100; times++)
        text_add(&text, "0123456789");
    text_print(&text);
    text_add(&text, "and again");
    text_print(&text);
}

static void what_does_not_fit_is_cut_off_but_the_line_ends(void **state UNUSED) {
    struct ending ending = in_child(print_too_long, NULL);
    char *end = strchr(ending.text, '\n');
    assert_non_null(end);
    assert_int_equal(end - ending.text, sizeof((struct text *)0)->bytes - 1);
    assert_string_equal(end, "\nand again\n");
}

static void fail_by(void *pointer) {
    fatal("some_call", "some fault", pointer);
}

static void fail_softly(void *pointer) {
    misuse_warns = true;
    fatal("some_call", "some fault", pointer);
    warn("some_call", "some reason");
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
