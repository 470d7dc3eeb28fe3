/*
 * common.h - what every test with cmocka may need: bytes that can be told apart, numbers that are the same every
 * time, threads, and children whose end is looked at. unit.h and process.h include it, each after its own library.
 */
#ifndef HALLOC_TEST_COMMON_H
#define HALLOC_TEST_COMMON_H

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
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define UNUSED __attribute__((unused))
#define test(name) cmocka_unit_test(name)
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Every invariant of the process heap holds. */
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

UNUSED static uint64_t random_next(uint64_t *state) {
    uint64_t x = (*state += 0x9e3779b97f4a7c15u);
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

UNUSED static size_t random_below(uint64_t *state, size_t bound) {
    return (size_t)(random_next(state) % bound);
}

/* A size as programs ask for: small most of the time, now and then up to `most`. */
UNUSED static size_t random_size(uint64_t *state, size_t most) {
    size_t bits = 1 + random_below(state, 64 - (size_t)__builtin_clzl(most));
    size_t bound = (size_t)1 << bits;
    return 1 + random_below(state, bound < most ? bound : most);
}

/* --- Threads --------------------------------------------------------------------------------------------- */

UNUSED static pthread_t started(void *(*work)(void *), void *argument) {
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, work, argument), 0);
    return thread;
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

/* Runs act(argument) in a child. One that survives it ends with 0, or with what act passes to _exit; an assertion
 * that fails there ends it with 99. */
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

#endif
