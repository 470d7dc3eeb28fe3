/*
 * test_limits.c - a program whose addresses are limited, as `ulimit -v` does: it gets most of what is
 * allowed, in small objects as in large ones, then NULL and ENOMEM; and what it gives back it can have again. This program starts itself
 * anew under each limit.
 */
#include "process.h"

#include <sys/syscall.h>

/* --- In the limited program ---------------------------------------------------------------------------- */

#define BLOCKS 200000

static void *blocks[BLOCKS];

/* As many objects of this size as there are; returns how many bytes. */
static size_t take_all(size_t size) {
    size_t count = 0;
    errno = 0;
    while (count < BLOCKS && (blocks[count] = malloc(size))) {
        memset(blocks[count], 5, size < 100 ? size : 100);
        count++;
    }
    child_assert(count < BLOCKS && errno == ENOMEM);
    return count * size;
}

static void give_all(void) {
    for (size_t count = 0; count < BLOCKS && blocks[count]; count++) {
        errno = 66;
        free(blocks[count]);
        child_assert(errno == 66);
        blocks[count] = NULL;
    }
}

static void check(void) {
    const char *broken = NULL;
    if (!halloc_process_check(&broken))
        dprintf(2, "broken: %s\n", broken);
    child_assert(!broken);
}

static int live_within(size_t limit) {
    child_assert(halloc_is_overriding());
    for (int round = 0; round < 3; round++) { /* the second and third round get as much as the first */
        size_t large = take_all(400 * KIB);
        if (large < limit * 3 / 4) {
            dprintf(2, "%zu MiB of %zu in large blocks\n", large / MIB, limit / MIB);
            return 1;
        }
        child_assert(!malloc(limit));
        give_all();
        size_t small = take_all(3000);
        if (small < limit * 3 / 4) {
            dprintf(2, "%zu MiB of %zu in small objects\n", small / MIB, limit / MIB);
            return 1;
        }
        /* One that grows, and can't; then one that shrinks, which must not fail for want of memory. */
        child_assert(!realloc(blocks[0], limit));
        unsigned char *shrunk = realloc(blocks[1], 700);
        child_assert(shrunk && shrunk[50] == 5);
        blocks[1] = shrunk;
        give_all();
        malloc_trim(0);
        check();
    }
    return 0;
}

/* --- The limits --------------------------------------------------------------------------------------------- */

static void limited(const char *configuration, size_t mebibytes) {
    char argument[32];
    snprintf(argument, sizeof argument, "%zu", mebibytes);
    struct ending ending = again(configuration, argument, mebibytes * MIB);
    if (!WIFEXITED(ending.status) || WEXITSTATUS(ending.status) != 0)
        fail_msg("under %zu MiB: status %x, stderr: %s", mebibytes, (unsigned)ending.status, ending.text);
}

static void both_halves_serve(void **state UNUSED) {
    static const size_t limits[] = {64, 100, 129, 200, 257, 500};
    for (size_t index = 0; index < COUNT(limits); index++)
        limited("", limits[index]);
}

static void under_each_kind_of_policy(void **state UNUSED) {
    limited("fit:first", 150);
    limited("fit:best", 150);
}

/* --- Where only the smallest region fits ---------------------------------------------------------------------- */

static int run_in_little(void) {
    child_assert(halloc_is_overriding());
    for (size_t round = 0; round < 3; round++) {
        for (size_t count = 0; count < 20000; count++)
            child_assert((blocks[count] = malloc(count % 200)));
        for (size_t count = 20000; count < 20010; count++)
            child_assert((blocks[count] = malloc(100 * KIB)));
        give_all();
    }
    check();
    return 0;
}

static void programs_run_on_the_smallest_region(void **state UNUSED) {
    static const size_t limits_kib[] = {24000, 28000, 32000, 36000};
    for (size_t index = 0; index < COUNT(limits_kib); index++) {
        struct ending ending = again("", "little", limits_kib[index] * KIB);
        if (!WIFEXITED(ending.status) || WEXITSTATUS(ending.status) != 0)
            fail_msg("under %zu KiB: status %x, stderr: %s", limits_kib[index], (unsigned)ending.status,
                     ending.text);
    }
}

/* --- A program that limits itself -------------------------------------------------------------------------------- */

#ifdef LIBRARY_INTERPOSES
static bool reserves_much(void) {
    size_t pages = 0;
    FILE *file = fopen("/proc/self/statm", "r");
    child_assert(file && fscanf(file, "%zu", &pages) == 1);
    fclose(file);
    return pages * (size_t)sysconf(_SC_PAGESIZE) > 100 * GIB;
}

/* The limit came by another way, of which the heap knows nothing: so each call shows whether it looks. */
static void limit_itself(void *argument UNUSED) {
    struct rlimit limit = {4 * GIB, 8 * GIB}, other, wrong = {8 * GIB, 4 * GIB};
    free(malloc(1));
    child_assert(syscall(SYS_prlimit64, 0, RLIMIT_AS, &limit, NULL) == 0);
    child_assert(syscall(SYS_prlimit64, 0, RLIMIT_AS, NULL, &other) == 0);
    if (other.rlim_cur != limit.rlim_cur || !reserves_much())
        return; /* an emulator passes no limit on; or there was one before */
    child_assert(prlimit(0, RLIMIT_AS, NULL, &other) == 0 && other.rlim_cur == 4 * GIB && reserves_much());
    child_assert(prlimit(0, RLIMIT_AS, &wrong, NULL) == -1 && errno == EINVAL && reserves_much());
    child_assert(getrlimit(RLIMIT_CORE, &other) == 0 && setrlimit(RLIMIT_CORE, &other) == 0);
    child_assert(reserves_much());
    child_assert(setrlimit(RLIMIT_AS, &limit) == 0 && !reserves_much());
    child_assert(malloc(MIB));
    check();
}

static void a_limit_on_addresses_that_a_program_sets_is_heeded_and_nothing_else(void **state UNUSED) {
    assert_child_fine(in_child(limit_itself, NULL));
}
#endif

int main(int count, char **arguments) {
    const struct CMUnitTest tests[] = {
        test(malloc_is_ours),
        test(both_halves_serve),
        test(under_each_kind_of_policy),
        test(programs_run_on_the_smallest_region),
#ifdef LIBRARY_INTERPOSES
        test(a_limit_on_addresses_that_a_program_sets_is_heeded_and_nothing_else),
#endif
    };
    if (count > 1 && strcmp(arguments[1], "little") == 0)
        return run_in_little();
    return count > 1 ? live_within((size_t)atol(arguments[1]) * MIB)
                     : cmocka_run_group_tests(tests, NULL, NULL);
}
