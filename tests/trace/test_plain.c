/* Foreign names keep their whole characters, and lose what a terminal would obey. In JSON they are strings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../tools/base/json.h"

static void shown(const char *name, const char *wanted) {
    char room[100];
    snprintf(room, sizeof room, "%s", name);
    assert_string_equal(plain(room), wanted);
}

static void test_whole_characters_stay(void **state) {
    (void)state;
    shown("", "");
    shown("std::vector<int>", "std::vector<int>");
    shown("n\u00e4me \u20ac \U0001f600", "n\u00e4me \u20ac \U0001f600");
    shown("\u00a0", "\u00a0");
}

static void test_control_characters_do_not(void **state) {
    (void)state;
    shown("\033[31mred", "?[31mred");
    shown("a\nb\tc\rd\177", "a?b?c?d?");
    shown("\302\233"
          "31m",
          "??31m"); /* U+009B begins a sequence as ESC [ does */
    shown("\302\237", "??");
}

static void test_what_is_no_utf8_does_not(void **state) {
    (void)state;
    shown("\377", "?");
    shown("caf\303", "caf?");               /* cut off */
    shown("\303(", "?(");                   /* no second byte */
    shown("\300\257", "??");                /* "/" in two bytes */
    shown("\340\202\251", "???");           /* in three what has two */
    shown("\355\240\200", "???");           /* a surrogate */
    shown("\357\277\276", "???");           /* U+FFFE */
    shown("\364\220\200\200", "????");      /* above U+10FFFF */
    shown("\370\210\200\200\200", "?????"); /* five bytes */
}

static void quoted(const char *text, const char *wanted) {
    char *words = NULL;
    size_t bytes;
    FILE *out = open_memstream(&words, &bytes);
    json_print(out, text);
    fclose(out);
    assert_string_equal(words, wanted);
    free(words);
}

static void test_json_is_a_string_of_characters(void **state) {
    (void)state;
    quoted("", "\"\"");
    quoted("a\"b\\c", "\"a\\\"b\\\\c\"");
    quoted("\033\n\177", "\"\\u001b\\u000a\\u007f\"");
    quoted("\u00e4\377\302\233", "\"\u00e4\\ufffd\\ufffd\\ufffd\"");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole_characters_stay),
        cmocka_unit_test(test_control_characters_do_not),
        cmocka_unit_test(test_what_is_no_utf8_does_not),
        cmocka_unit_test(test_json_is_a_string_of_characters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
