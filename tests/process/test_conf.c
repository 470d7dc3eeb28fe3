/*
 * test_conf.c - HALLOC_CONF: each key has its effect, what is not understood is said once and changes
 * nothing, and the policies really place blocks where they say. This program starts itself anew under
 * each configuration.
 */
#include "process.h"

#include <sys/auxv.h>
#include <sys/stat.h>

#define HEADER_BYTES 32 /* of a classic block, before its payload */

static void assert_again(const char *configuration, const char *probe) {
    struct ending ending = again(configuration, probe, 0);
    if (!WIFEXITED(ending.status) || WEXITSTATUS(ending.status) != 0 || ending.text[0])
        fail_msg("%s, %s: status %x, stderr: %s", configuration, probe, (unsigned)ending.status, ending.text);
}

static const char *text_of(const char *configuration, const char *probe) {
    static struct ending ending;
    ending = again(configuration, probe, 0);
    if (!WIFEXITED(ending.status) || WEXITSTATUS(ending.status) != 0)
        fail_msg("%s, %s: status %x, stderr: %s", configuration, probe, (unsigned)ending.status, ending.text);
    return ending.text;
}

static size_t count_of(const char *text, const char *word) {
    size_t count = 0;
    for (; (text = strstr(text, word)); text += strlen(word))
        count++;
    return count;
}

/* --- Probes: what the program started anew does -------------------------------------------------------- */

static void probe_nothing(void) {
    free(malloc(100));
}

static char *info(void) {
    char *text;
    size_t length;
    FILE *stream = open_memstream(&text, &length);
    child_assert(stream && malloc_info(0, stream) == 0);
    fclose(stream);
    return text;
}

static size_t number_after(const char *text, const char *words) {
    const char *at = strstr(text, words);
    child_assert(at);
    return strtoul(at + strlen(words), NULL, 10);
}

static void probe_classic(void) {
    for (size_t size = 1; size < 3 * MIB; size = size * 2 + 7) {
        unsigned char *volatile ptr = malloc(size); /* the compiler must not know where it is from */
        const MemoryBlock *block = (const MemoryBlock *)(ptr - HEADER_BYTES);
        child_assert(block->size >= size && block->size < size + 200 + size * 2);
        child_assert(block->isFree == 0 && block->size == malloc_usable_size(ptr));
        child_assert(!block->next || (const char *)block->next == (char *)ptr + block->size);
        free(ptr);
    }
    child_assert(halloc_is_overriding() && strstr(info(), "kind=\"classic\""));
}

static void probe_process(void) {
    char *text = info();
    child_assert(strstr(text, "kind=\"process\""));
    size_t finds = number_after(text, "<policy finds=\"");
    for (int round = 0; round < 20; round++)
        free(malloc(2 * MIB));
    child_assert(number_after(info(), "<policy finds=\"") >= finds + 20);
}

/* Two holes, the lower one larger, and no others that were ever written to:
 *
 *      | hole of 12 units | wall | hole of 5 units | wall |        4 units are wanted
 */
#define UNIT (256 * KIB) /* larger than what a thread keeps to itself */

static char *low_hole, *high_hole;

static void make_holes(void) {
    static const size_t units[] = {12, 4, 5, 4};
    char *room = malloc(25 * UNIT), *end = malloc(4 * UNIT), *all[4];
    memset(room, 1, 25 * UNIT);
    child_assert(end);
    free(room);
    for (size_t index = 0; index < COUNT(units); index++) {
        all[index] = malloc(units[index] * UNIT);
        child_assert(all[index] == (index ? all[index - 1] + units[index - 1] * UNIT : room));
    }
    low_hole = all[0];
    high_hole = all[2];
    free(high_hole);
    free(low_hole);
}

static void probe_takes_low(void) {
    make_holes();
    child_assert(malloc(4 * UNIT) == low_hole);
}

static void probe_takes_high(void) {
    make_holes();
    child_assert(malloc(4 * UNIT) == high_hole);
}

static void probe_trim_stays(void) { /* purge:off: free memory stays resident */
    enum { BLOCKS = 40 };
    char *blocks[BLOCKS];
    for (size_t index = 0; index < BLOCKS; index++)
        blocks[index] = memset(malloc(MIB), 1, MIB);
    for (size_t index = 0; index < BLOCKS; index++)
        free(blocks[index]);
    child_assert(resident_bytes() > 38 * MIB);
}

static void probe_trim_goes(void) {
    enum { BLOCKS = 40 };
    char *blocks[BLOCKS];
    for (size_t index = 0; index < BLOCKS; index++)
        blocks[index] = memset(malloc(MIB), 1, MIB);
    child_assert(resident_bytes() > 38 * MIB);
    for (size_t index = 0; index < BLOCKS; index++)
        free(blocks[index]);
    child_assert(settles_below(20 * MIB));
}

static size_t widest_reservation(void) {
    FILE *maps = fopen("/proc/self/maps", "r");
    char line[500];
    size_t widest = 0;
    while (fgets(line, sizeof line, maps)) {
        unsigned long low, high;
        char rights[5];
        if (sscanf(line, "%lx-%lx %4s", &low, &high, rights) == 3 && strcmp(rights, "---p") == 0)
            widest = high - low > widest ? high - low : widest;
    }
    fclose(maps);
    return widest;
}

static void probe_reserve_small(void) {
    child_assert(widest_reservation() < GIB);
    errno = 0;
    child_assert(!malloc(GIB) && errno == ENOMEM); /* it is a cap */
    free(malloc(20 * MIB));
}

static void probe_reserve_default(void) {
    child_assert(widest_reservation() > 400 * GIB);
}

/* What the kernel was told of huge pages, in the mapping that holds ptr: "nh", "hg" or neither. */
static bool has_flag(const void *ptr, const char *flag) {
    FILE *maps = fopen("/proc/self/smaps", "r");
    char line[1000];
    bool inside = false, found = false;
    while (fgets(line, sizeof line, maps)) {
        unsigned long low, high;
        if (sscanf(line, "%lx-%lx ", &low, &high) == 2)
            inside = (uintptr_t)ptr >= low && (uintptr_t)ptr < high;
        if (inside && strncmp(line, "VmFlags:", 8) == 0)
            found = strstr(line, flag);
    }
    fclose(maps);
    return found;
}

static void probe_thp_never(void) {
    char *ptr = malloc(100), *large = malloc(8 * MIB);
    child_assert(has_flag(ptr, " nh ") && has_flag(large, " nh "));
}

static void probe_thp_grown(void) {
    char *first = malloc(100), *last = first;
    for (size_t bytes = 0; bytes < 64 * MIB; bytes += 1000)
        memset(last = malloc(1000), 1, 1000);
    child_assert(!has_flag(first, " hg ") && has_flag(last, " hg ")); /* the heap has become full */
    char *large = malloc(128 * MIB), *zeroed = calloc(1, 64 * MIB);
    child_assert(!has_flag(large + 100 * MIB, " hg ") && !has_flag(zeroed + 32 * MIB, " hg "));
}

static void probe_thp_all(void) {
    char *ptr = malloc(100), *large = malloc(128 * MIB);
    child_assert(has_flag(ptr, " hg ") && has_flag(large + 100 * MIB, " hg "));
}

static void probe_thp_system(void) {
    char *ptr = malloc(100), *large = malloc(128 * MIB);
    child_assert(!has_flag(ptr, " hg ") && !has_flag(ptr, " nh "));
    child_assert(!has_flag(large + 100 * MIB, " hg ") && !has_flag(large, " nh "));
}

static void probe_stats_first(void) { /* before anything was allocated */
    halloc_malloc_stats();
}

static void probe_misuse(void) {
    int local;
    free(&local);
}

static void probe_trust(void) {
    free(malloc(1));
    if (!getauxval(AT_SECURE))
        _exit(5);
}

static const struct probe {
    const char *name;
    void (*act)(void);
} probes[] = {
    {"nothing", probe_nothing},
    {"classic", probe_classic},
    {"process", probe_process},
    {"takes-low", probe_takes_low},
    {"takes-high", probe_takes_high},
    {"trim-stays", probe_trim_stays},
    {"trim-goes", probe_trim_goes},
    {"reserve-small", probe_reserve_small},
    {"reserve-default", probe_reserve_default},
    {"thp-never", probe_thp_never},
    {"thp-grown", probe_thp_grown},
    {"thp-system", probe_thp_system},
    {"thp-all", probe_thp_all},
    {"stats-first", probe_stats_first},
    {"misuse", probe_misuse},
    {"trust", probe_trust},
};

/* --- The tests --------------------------------------------------------------------------------------------- */

static void heap_chooses_the_heap(void **state UNUSED) {
    assert_again("", "process");
    assert_again("heap:process", "process");
    assert_again("heap:classic", "classic");
    static const char *const fits[] = {"bump",  "first",      "next",  "best",
                                       "worst", "segregated", "buddy", "tlsf"};
    for (size_t index = 0; index < COUNT(fits); index++) {
        char configuration[50];
        snprintf(configuration, sizeof configuration, "heap:classic,fit:%s", fits[index]);
        assert_again(configuration, "classic");
        assert_again(strchr(configuration, ',') + 1, "process");
    }
}

static void fit_chooses_where_blocks_go(void **state UNUSED) {
    assert_again("fit:best", "takes-high");
    assert_again("fit:worst", "takes-low");
    assert_again("fit:first", "takes-low"); /* the hole that was made last */
    assert_again("fit:segregated", "takes-high");
}

static void purge_gives_memory_back_or_not(void **state UNUSED) {
    assert_again("", "trim-goes");
    assert_again("purge:on", "trim-goes");
    assert_again("purge:off", "trim-stays");
}

static void reserve_limits_the_range(void **state UNUSED) {
    assert_again("", "reserve-default");
    assert_again("reserve:64M", "reserve-small");
    assert_again("reserve:67108864", "reserve-small");
}

static void thp_tells_the_kernel(void **state UNUSED) {
    if (access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) != 0)
        return; /* a kernel without huge pages knows no such flags */
    assert_again("thp:never", "thp-never");
    assert_again("thp:system", "thp-system");
    assert_again("thp:all", "thp-all");
    assert_again("", "thp-grown");
}

static void misuse_warns_or_aborts(void **state UNUSED) {
    assert_non_null(strstr(text_of("misuse:warn", "misuse"), "not a pointer of this heap"));
    struct ending ending = again("misuse:abort", "misuse", 0);
    assert_true(WIFSIGNALED(ending.status) && WTERMSIG(ending.status) == SIGABRT);
}

static void stats_print_prints_at_the_end(void **state UNUSED) {
    const char *text = text_of("stats_print:on", "nothing");
    assert_non_null(strstr(text, "halloc: heap process, fit segregated"));
    assert_non_null(strstr(text, "allocations"));
    assert_non_null(strstr(text_of("stats_print:on,heap:classic", "nothing"), "heap classic, fit first"));
    assert_string_equal(text_of("stats_print:off", "nothing"), "");
}

static void statistics_as_the_first_call_know_the_heap(void **state UNUSED) {
    assert_non_null(strstr(text_of("heap:classic", "stats-first"), "heap classic, fit first"));
    assert_non_null(strstr(text_of("", "stats-first"), "heap process, fit segregated"));
}

/* A file that `halloc run` makes is larger. */
static void a_report_file_that_is_too_short_is_said_once(void **state UNUSED) {
    char path[] = "/tmp/halloc-report-XXXXXX";
    int file = mkstemp(path);
    setenv("HALLOC_REPORT", path, 1);
    for (off_t length = 0; length <= 4096; length += 2048) {
        assert_int_equal(ftruncate(file, length), 0);
        const char *text = text_of("", "process");
        assert_true(count_of(text, "\n") == 1 && count_of(text, "HALLOC_REPORT: cannot be used") == 1);
    }
    close(file);
    unlink(path);
    assert_string_equal(text_of("", "process"), ""); /* `halloc run` has ended, and this program has not */
    unsetenv("HALLOC_REPORT");
}

static void what_is_not_understood_is_said_once(void **state UNUSED) {
    static const char *const bad[] = {"nonsense:1",
                                      "fit:nonesuch",
                                      "heap:",
                                      "purge:maybe",
                                      "reserve:0",
                                      "reserve:12Q",
                                      "reserve:99999999999999999999",
                                      "misuse",
                                      "thp:always"};
    for (size_t index = 0; index < COUNT(bad); index++) {
        const char *text = text_of(bad[index], "process");
        assert_int_equal(count_of(text, "\n"), 1);
        assert_non_null(strstr(text, bad[index]));
        assert_non_null(strstr(text, "ignored"));
    }
    const char *text = text_of("wrong:1,heap:classic,also_wrong:2,", "classic"); /* the rest holds */
    assert_int_equal(count_of(text, "unknown key"), 2);
    assert_string_equal(text_of("", "nothing"), "");
    assert_string_equal(text_of(",,,", "nothing"), "");
}

static void help_lists_every_key(void **state UNUSED) {
    static const char *const keys[] = {"heap",    "fit",    "stats_print", "purge",  "thp",
                                       "reserve", "misuse", "harden",      "sample", "guard"};
    const char *text = text_of("help", "nothing");
    for (size_t index = 0; index < COUNT(keys); index++) {
        char line[50];
        snprintf(line, sizeof line, "\n  %s ", keys[index]);
        assert_int_equal(count_of(text, line), 1);
    }
}

/* --- Set-uid programs take no orders from the environment ------------------------------------------------------- */

static void copy_of_this_program(const char *path) {
    char command[200];
    snprintf(command, sizeof command, "cp /proc/%d/exe %s", (int)getpid(), path);
    assert_int_equal(system(command), 0);
}

static void start_as_nobody(void *path) {
    child_assert(setgid(65534) == 0 && setuid(65534) == 0);
    setenv("HALLOC_CONF", "help", 1);
    execl(path, path, "trust", (char *)NULL);
    _exit(127);
}

static void set_uid_programs_ignore_it(void **state UNUSED) {
    if (geteuid() != 0) {
        print_message("only root can make a set-uid program\n");
        skip();
    }
    char path[] = "/tmp/halloc-set-uid-XXXXXX";
    int file = mkstemp(path);
    assert_true(file >= 0);
    close(file);
    copy_of_this_program(path);
    assert_int_equal(chmod(path, 0755), 0);
    struct ending plain = in_child(start_as_nobody, path);
    assert_int_equal(chmod(path, 04755), 0);
    struct ending trusted = in_child(start_as_nobody, path);
    unlink(path);
    assert_int_equal(WEXITSTATUS(plain.status), 5);
    assert_non_null(strstr(plain.text, "HALLOC_CONF"));
    if (WEXITSTATUS(trusted.status) == 5 || strstr(trusted.text, "libhalloc")) {
        print_message("no set-uid here, or the loader does not look where this build lies\n");
        skip();
    }
    assert_string_equal(trusted.text, "");
    assert_int_equal(trusted.status, 0);
}

int main(int count, char **arguments) {
    const struct CMUnitTest tests[] = {
        test(malloc_is_ours),
        test(heap_chooses_the_heap),
        test(fit_chooses_where_blocks_go),
        test(purge_gives_memory_back_or_not),
        test(reserve_limits_the_range),
        test(thp_tells_the_kernel),
        test(misuse_warns_or_aborts),
        test(stats_print_prints_at_the_end),
        test(statistics_as_the_first_call_know_the_heap),
        test(what_is_not_understood_is_said_once),
        test(a_report_file_that_is_too_short_is_said_once),
        test(help_lists_every_key),
        test(set_uid_programs_ignore_it),
    };
    for (size_t index = 0; count > 1 && index < COUNT(probes); index++) {
        if (strcmp(arguments[1], probes[index].name) == 0) {
            probes[index].act();
            return 0;
        }
    }
    return count > 1 ? 98 : cmocka_run_group_tests(tests, NULL, NULL);
}
