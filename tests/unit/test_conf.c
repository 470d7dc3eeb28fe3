/*
 * test_conf.c - HALLOC_CONF: each key, bad values, and lists. Read once a process, so each reading
 * happens in a child; this process itself never reads it.
 */
#include "unit.h"

struct reading {
    const char *text;
    void (*look)(void); /* asserts, in the child */
};

static void read_conf(void *argument) {
    const struct reading *reading = argument;
    setenv("HALLOC_CONF", reading->text, 1);
    conf_load();
    reading->look();
}

/* Reads `text`, which says nothing on stderr. */
static void assert_reads(const char *text, void (*look)(void)) {
    struct ending ending = in_child(read_conf, &(struct reading){text, look});
    assert_string_equal(ending.text, "");
    assert_child_fine(ending);
}

/* Reads `text`, which says exactly `complaint`. */
static void assert_complains(const char *text, const char *complaint, void (*look)(void)) {
    struct ending ending = in_child(read_conf, &(struct reading){text, look});
    assert_string_equal(ending.text, complaint);
    assert_child_fine((struct ending){.status = ending.status});
}

#define BAD(item) "halloc: HALLOC_CONF: " item ": bad value, ignored (HALLOC_CONF=help lists the keys)\n"
#define UNKNOWN(item)                                                                                        \
    "halloc: HALLOC_CONF: " item ": unknown key, ignored (HALLOC_CONF=help lists the keys)\n"

/* --- What may be found ------------------------------------------------------------------------------ */

static void look_defaults(void) {
    child_assert(conf.heap == CONF_HEAP_PROCESS && !conf.fit && !conf.stats_print && conf.purge);
    child_assert(conf.thp == CONF_THP_GROWN && conf.reserve_bytes == 1024 * GIB);
    child_assert(!misuse_warns && !conf.harden && !conf.sample_bytes && !conf.guard_bytes);
    child_assert(!conf.limit_bytes && !conf.limit_is_cgroups && !conf.purge_thread && conf.live);
}
static void look_classic(void) {
    child_assert(conf.heap == CONF_HEAP_CLASSIC);
}
static void look_process(void) {
    child_assert(conf.heap == CONF_HEAP_PROCESS);
}
static void look_best(void) {
    child_assert(conf.fit == &fit_best);
}
static void look_stats(void) {
    child_assert(conf.stats_print);
}
static void look_no_purge(void) {
    child_assert(!conf.purge);
}
static void look_harden(void) {
    child_assert(conf.harden);
}
static void look_thp_never(void) {
    child_assert(conf.thp == CONF_THP_NEVER);
}
static void look_thp_all(void) {
    child_assert(conf.thp == CONF_THP_ALL);
}
static void look_thp_system(void) {
    child_assert(conf.thp == CONF_THP_SYSTEM);
}
static void look_64m(void) {
    child_assert(conf.reserve_bytes == 64 * MIB);
}
static void look_2t(void) {
    child_assert(conf.reserve_bytes == 2048 * GIB);
}
static void look_most(void) {
    child_assert(conf.reserve_bytes == SIZE_MAX >> 40 << 40);
}
static void look_all_addresses(void) {
    child_assert(conf.reserve_bytes == SIZE_MAX);
}
static void look_4097(void) {
    child_assert(conf.reserve_bytes == 4097);
}
static void look_warns(void) {
    child_assert(misuse_warns);
}
static void look_limit(void) {
    child_assert(conf.limit_bytes == 64 * MIB && !conf.limit_is_cgroups);
}
static void look_cgroup(void) {
    child_assert(conf.limit_bytes == MIB && conf.limit_is_cgroups);
}
static void look_purge_thread(void) {
    child_assert(conf.purge_thread && conf.purge);
}
static void look_many(void) {
    look_classic();
    look_best();
    look_no_purge();
    look_64m();
}

/* --- Keys --------------------------------------------------------------------------------------------- */

static void nothing_said_means_the_defaults(void **state UNUSED) {
    assert_reads("", look_defaults);
    assert_reads(",,,", look_defaults);
}

static void each_key_sets_its_value(void **state UNUSED) {
    assert_reads("heap:classic", look_classic);
    assert_reads("heap:process", look_process);
    assert_reads("fit:best", look_best);
    assert_reads("stats_print:on", look_stats);
    assert_reads("purge:off", look_no_purge);
    assert_reads("harden:on", look_harden);
    assert_reads("harden:on,harden:off", look_defaults);
    assert_reads("thp:never", look_thp_never);
    assert_reads("thp:system", look_thp_system);
    assert_reads("thp:all", look_thp_all);
    assert_reads("thp:never,thp:grown", look_defaults);
    assert_reads("reserve:64M", look_64m);
    assert_reads("limit:64M", look_limit);
    assert_reads("limit:cgroup,limit:64M", look_limit);
    assert_reads("limit:64M,limit:cgroup", look_cgroup);
    assert_complains("limit:64M,limit:cgroups", BAD("limit:cgroups"), look_limit);
    assert_complains("limit:cgroup,limit:0", BAD("limit:0"), look_cgroup);
    assert_reads("purge_thread:on", look_purge_thread);
    assert_reads("misuse:warn", look_warns);
}

static void flags_are_off_or_on(void **state UNUSED) {
    assert_reads("stats_print:off,purge:on", look_defaults);
    assert_reads("stats_print:off,stats_print:on", look_stats);
    assert_reads("purge:on,purge:off", look_no_purge);
}

static void sizes_take_a_unit(void **state UNUSED) {
    assert_reads("reserve:65536K", look_64m);
    assert_reads("reserve:67108864", look_64m);
    assert_reads("reserve:2T", look_2t);
    assert_reads("reserve:2048G", look_2t);
    assert_reads("reserve:4097", look_4097);
    assert_reads("reserve:16777215T", look_most);
    assert_reads("reserve:18446744073709551615", look_all_addresses);
}

static void keys_are_separated_by_commas_and_the_last_one_wins(void **state UNUSED) {
    assert_reads("heap:classic,fit:best,purge:off,reserve:64M", look_many);
    assert_reads("fit:worst,,reserve:1G,reserve:64M,heap:classic,purge:off,fit:best,", look_many);
    assert_reads("heap:classic,heap:process", look_process);
}

static void a_registered_policy_can_be_named(void **state UNUSED) {
    static halloc_policy mine;
    mine = fit_best;
    mine.name = "mine";
    assert_true(halloc_policy_register(&mine));
    struct ending ending = in_child(read_conf, &(struct reading){"fit:mine", look_defaults});
    assert_non_null(strstr(ending.text, "conf.fit")); /* it is set, so these are not the defaults */
}

/* --- What is not understood ------------------------------------------------------------------------------ */

static void a_bad_value_warns_once_and_changes_nothing(void **state UNUSED) {
    static const char *const items[] = {
        "heap:wood",         "heap:",
        "heap:classical",    "purge:only",
        "fit:tight",         "fit:bes",
        "fit:bestt",         "purge:maybe",
        "stats_print:1",     "purge:false",
        "thp:always",        "misuse:",
        "misuse:abor",       "reserve:",
        "reserve:0",         "reserve:M",
        "reserve:12X",       "reserve:1MM",
        "reserve:-1",        "reserve:1.5G",
        "reserve: 1",        "heap",
        "stats_print",       "reserve:99999999999999999999",
        "reserve:16777216T", "reserve:18446744073709551616",
    };
    for (size_t index = 0; index < COUNT(items); index++) {
        char complaint[200];
        snprintf(complaint, sizeof complaint, BAD("%s"), items[index]);
        assert_complains(items[index], complaint, look_defaults);
    }
}

static void a_bad_value_does_not_undo_a_good_one(void **state UNUSED) {
    assert_complains("misuse:warn,misuse:no", BAD("misuse:no"), look_warns);
    assert_complains("fit:best,fit:no", BAD("fit:no"), look_best);
    assert_complains("heap:classic,heap:no", BAD("heap:no"), look_classic);
    assert_complains("purge:off,purge:no", BAD("purge:no"), look_no_purge);
    assert_complains("thp:never,thp:no", BAD("thp:no"), look_thp_never);
    assert_complains("reserve:64M,reserve:no", BAD("reserve:no"), look_64m);
}

static void an_unknown_key_warns_once_and_the_rest_is_read(void **state UNUSED) {
    assert_complains("colour:red", UNKNOWN("colour:red"), look_defaults);
    assert_complains("fi:best", UNKNOWN("fi:best"), look_defaults);
    assert_complains("fitt:best", UNKNOWN("fitt:best"), look_defaults);
    assert_complains(":best", UNKNOWN(":best"), look_defaults);
    assert_complains("colour:red,fit:best", UNKNOWN("colour:red"), look_best);
    assert_complains("a,b:c", UNKNOWN("a") UNKNOWN("b:c"), look_defaults);
}

static void a_very_long_item_is_cut_in_the_warning(void **state UNUSED) {
    char text[3000], complaint[400] = "halloc: HALLOC_CONF: ";
    memset(text, 'x', sizeof text);
    strcpy(text + sizeof text - 10, ",fit:best");
    size_t length = strlen(complaint);
    memset(complaint + length, 'x', 99);
    strcpy(complaint + length + 99, ": too long, ignored (HALLOC_CONF=help lists the keys)\n");
    assert_complains(text, complaint, look_best);
}

/* A number with zeros before it: one character more, and the cut item would be another number. */
static void an_item_is_read_whole_or_not_at_all(void **state UNUSED) {
    char item[101] = "reserve:", complaint[400];
    memset(item + 8, '0', sizeof item - 8);
    strcpy(item + 99 - 3, "64M");
    assert_complains(item, "", look_64m);
    item[96] = '0';
    strcpy(item + 97, "64M");
    snprintf(complaint, sizeof complaint,
             "halloc: HALLOC_CONF: %.99s: too long, ignored (HALLOC_CONF=help lists the keys)\n", item);
    assert_complains(item, complaint, look_defaults);
}

static void look_at_nothing(void) {
}

#define IGNORED "halloc: heap:classic ignores harden, sample and guard; harden:on sample and guard\n"

static void what_another_key_leaves_without_effect_is_told(void **state UNUSED) {
    assert_complains("heap:classic,harden:on", IGNORED, look_classic);
    assert_complains("sample:1M,heap:classic", IGNORED, look_classic);
    assert_complains("guard:1M,harden:on", IGNORED, look_at_nothing);
    assert_complains("guard:1M,sample:2M", "", look_at_nothing);
    assert_complains("heap:classic,purge_thread:on", "", look_classic);
}

static void look_thp_grown(void) {
    child_assert(conf.thp == CONF_THP_GROWN && conf.limit_bytes == 64 * MIB);
}

/* A huge page makes resident what does not count. */
static void under_a_limit_there_are_no_huge_pages_unless_asked_for(void **state UNUSED) {
    assert_complains("limit:64M", "", look_thp_never);
    assert_complains("limit:cgroup", "", look_thp_never);
    assert_complains("limit:64M,thp:grown", "", look_thp_grown);
}

static void help_lists_every_key(void **state UNUSED) {
    static const char *const names[] = {"heap",    "fit",          "stats_print", "purge",  "thp",
                                        "reserve", "misuse",       "harden",      "sample", "guard",
                                        "limit",   "purge_thread", "live"};
    struct ending ending = in_child(read_conf, &(struct reading){"help", look_defaults});
    assert_child_fine(ending);
    for (size_t index = 0; index < COUNT(names); index++) {
        char line[50];
        snprintf(line, sizeof line, "\n  %s ", names[index]);
        assert_non_null(strstr(ending.text, line));
    }
}

static void read_none(void *argument UNUSED) {
    unsetenv("HALLOC_CONF");
    conf_load();
    look_defaults();
}

static void it_may_be_missing(void **state UNUSED) {
    struct ending ending = in_child(read_none, NULL);
    assert_string_equal(ending.text, "");
    assert_child_fine(ending);
}

static void read_twice(void *argument UNUSED) {
    setenv("HALLOC_CONF", "fit:best,colour:red", 1);
    conf_load();
    setenv("HALLOC_CONF", "fit:worst,colour:blue", 1);
    conf_load();
    look_best();
}

static void tell_twice(void *argument UNUSED) {
    setenv("HALLOC_CONF", "guard:1M,harden:on", 1);
    conf_load();
    conf_load();
}

static void it_is_read_once(void **state UNUSED) {
    assert_string_equal(in_child(tell_twice, NULL).text, IGNORED);
    struct ending ending = in_child(read_twice, NULL);
    assert_string_equal(ending.text, UNKNOWN("colour:red"));
    assert_int_equal(ending.status, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(nothing_said_means_the_defaults),
        test(each_key_sets_its_value),
        test(flags_are_off_or_on),
        test(sizes_take_a_unit),
        test(keys_are_separated_by_commas_and_the_last_one_wins),
        test(a_registered_policy_can_be_named),
        test(a_bad_value_warns_once_and_changes_nothing),
        test(a_bad_value_does_not_undo_a_good_one),
        test(an_unknown_key_warns_once_and_the_rest_is_read),
        test(a_very_long_item_is_cut_in_the_warning),
        test(an_item_is_read_whole_or_not_at_all),
        test(what_another_key_leaves_without_effect_is_told),
        test(under_a_limit_there_are_no_huge_pages_unless_asked_for),
        test(help_lists_every_key),
        test(it_may_be_missing),
        test(it_is_read_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
