/*
 * process.h - what the tests of the process heap share.
 *
 * Such a test is a program linked to libhalloc.so, so its malloc, and cmocka's, and libc's, is ours.
 * It knows only what any program knows: the standard names and halloc.h. The first test of each is
 * malloc_is_ours: without it the others would praise libc.
 */
#ifndef HALLOC_PROCESS_TEST_H
#define HALLOC_PROCESS_TEST_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../halloc.h"

#define UNUSED __attribute__((unused))
#define test(name) cmocka_unit_test(name)
#define COUNT(array) (sizeof(array) / sizeof *(array))

#define KIB ((size_t)1 << 10)
#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)

UNUSED static void malloc_is_ours(void **state UNUSED) {
    assert_true(halloc_is_overriding());
}

UNUSED static void assert_heap_sound(void) {
    const char *broken;
    if (!halloc_process_check(&broken))
        fail_msg("broken: %s", broken);
}

/* --- Bytes that can be told apart, numbers that are the same every time ----------------------------- */

UNUSED static void fill_bytes(void *at, size_t size, unsigned seed) {
    for (size_t index = 0; index < size; index++)
        ((unsigned char *)at)[index] = (unsigned char)(seed * 31 + index * 7 + 1);
}

UNUSED static bool is_filled(const void *at, size_t size, unsigned seed) {
    for (size_t index = 0; index < size; index++)
        if (((const unsigned char *)at)[index] != (unsigned char)(seed * 31 + index * 7 + 1))
            return false;
    return true;
}

UNUSED static bool is_zero(const void *at, size_t size) {
    for (size_t index = 0; index < size; index++)
        if (((const unsigned char *)at)[index])
            return false;
    return true;
}

UNUSED static uint64_t random_next(uint64_t *state) {
    uint64_t x = (*state += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

UNUSED static size_t random_below(uint64_t *state, size_t bound) {
    return (size_t)(random_next(state) % bound);
}

/* Small most of the time, now and then up to `most`. */
UNUSED static size_t random_size(uint64_t *state, size_t most) {
    size_t bits = 1 + random_below(state, 64 - (size_t)__builtin_clzl(most));
    size_t bound = (size_t)1 << bits;
    return 1 + random_below(state, bound < most ? bound : most);
}

/* --- Children ---------------------------------------------------------------------------------------- */

struct ending {
    int status;
    char text[16384]; /* all that it wrote to stderr */
};

/* For use in a child, where cmocka's assertions would unwind into the parent's test. */
#define child_assert(condition)                                                                              \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            dprintf(2, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                               \
            _exit(99);                                                                                       \
        }                                                                                                    \
    } while (0)

/* Runs act(argument) in a child; one that survives it ends with 0. */
UNUSED static struct ending in_child(void (*act)(void *), void *argument) {
    struct ending ending = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        signal(SIGABRT, SIG_DFL);
        dup2(ends[1], 2);
        close(ends[0]);
        close(ends[1]);
        act(argument);
        _exit(0);
    }
    close(ends[1]);
    size_t length = 0;
    ssize_t got;
    while ((got = read(ends[0], ending.text + length, sizeof ending.text - 1 - length)) > 0)
        length += (size_t)got;
    close(ends[0]);
    assert_int_equal(waitpid(child, &ending.status, 0), child);
    return ending;
}

UNUSED static void assert_child_fine(struct ending ending) {
    if (!WIFEXITED(ending.status) || WEXITSTATUS(ending.status) != 0)
        fail_msg("status %x, stderr: %s", (unsigned)ending.status, ending.text);
}

/* Runs this program once more, from its start, with HALLOC_CONF and one argument. */
struct again {
    const char *configuration, *argument;
    size_t address_bytes; /* its limit of addresses, as `ulimit -v` sets; 0: none */
};

UNUSED static void run_again(void *argument) {
    const struct again *again = argument;
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    child_assert(length > 0);
    path[length] = 0;
    setenv("HALLOC_CONF", again->configuration, 1);
    if (again->address_bytes) {
        struct rlimit limit = {again->address_bytes, again->address_bytes};
        child_assert(setrlimit(RLIMIT_AS, &limit) == 0);
    }
    execl(path, path, again->argument, (char *)NULL);
    child_assert(!"exec");
}

UNUSED static struct ending again(const char *configuration, const char *argument, size_t address_bytes) {
    struct again again = {configuration, argument, address_bytes};
    return in_child(run_again, &again);
}

/* --- What the kernel says ------------------------------------------------------------------------------- */

/* Resident bytes of this process. */
UNUSED static size_t resident_bytes(void) {
    FILE *file = fopen("/proc/self/statm", "r");
    size_t total, resident = 0;
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%zu %zu", &total, &resident), 2);
    fclose(file);
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

/* True once so little is resident. The heap may wait a while before it gives memory back, for the
 * program may need it again, and it looks at the clock only while the program works. */
UNUSED static bool settles_below(size_t bytes) {
    for (int tries = 0; tries < 1000; tries++) {
        for (int round = 0; round < 20; round++)
            free(malloc(MIB));
        if (resident_bytes() < bytes)
            return true;
        usleep(10000);
    }
    return false;
}

#endif
