/*
 * unit.h - what the unit tests share.
 *
 * A unit test is one translation unit: this header brings the whole library in as source, so that
 * the test sees its insides, and then cmocka. A test that scripts failures or page sizes defines
 * HALLOC_FAKE_PLATFORM first. Names of tests are sentences: what holds, not what is called.
 */
#ifndef HALLOC_UNIT_H
#define HALLOC_UNIT_H

#define HALLOC_LIBRARY
#define HALLOC_NO_OVERRIDE 1
#include "../../halloc.c"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#define UNUSED __attribute__((unused))

/* What the owner of a slab does to free a slot; its thread cache is left out. */
UNUSED static void slab_give(struct slab *slab, void *slot, bool listed) {
    if (listed)
        slab_list(slab, slot);
    else
        slab_note(slab, slot);
    slab->frees_left--;
}

#define test(name) cmocka_unit_test(name)
#define COUNT(array) (sizeof(array) / sizeof *(array))

UNUSED static const char *const policy_names[] = {"bump",  "first",      "next",  "best",
                                                  "worst", "segregated", "buddy", "tlsf"};
#define POLICIES COUNT(policy_names)

/* --- Heaps ---------------------------------------------------------------------------------- */

UNUSED static halloc_heap *fixed_heap(const char *fit, size_t pages) {
    halloc_heap *heap = halloc_heap_create(&(halloc_heap_options){.fit = fit, .pages = pages});
    assert_non_null(heap);
    return heap;
}

UNUSED static halloc_heap *growing_heap(const char *fit) {
    halloc_heap *heap = halloc_heap_create(&(halloc_heap_options){.fit = fit, .growing = true});
    assert_non_null(heap);
    return heap;
}

/* Every invariant holds; otherwise the test fails with its words. */
#define assert_sound(heap)                                                                                   \
    do {                                                                                                     \
        const char *broken_;                                                                                 \
        if (!halloc_heap_check((heap), &broken_))                                                            \
            fail_msg("broken: %s", broken_);                                                                 \
    } while (0)

UNUSED static halloc_heap_stats stats_of(halloc_heap *heap) {
    halloc_heap_stats stats;
    halloc_heap_get_stats(heap, &stats);
    return stats;
}

/* The record in front of a payload of a classic heap. */
UNUSED static MemoryBlock *record_before(void *payload) {
    return (MemoryBlock *)((char *)payload - HEADER_BYTES);
}

UNUSED static void *payload_behind(MemoryBlock *block) {
    return (char *)block + HEADER_BYTES;
}

/* --- Bytes that can be told apart ---------------------------------------------------------------- */

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

/* --- Random numbers that are the same every time ------------------------------------------------- */

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
    unsigned bits = 1 + (unsigned)random_below(state, floor_log2(most) + 1);
    return 1 + random_below(state, min_size((size_t)1 << bits, most));
}

/* --- What a child process says and how it ends ---------------------------------------------------- */

struct ending {
    int status;
    char text[4096]; /* all that it wrote to stderr */
};

/* Runs act(argument) in a child. A child that survives it ends with 0, or with what act passes
 * to _exit. A failed assertion there ends it with 99. */
UNUSED static struct ending in_child(void (*act)(void *), void *argument) {
    struct ending ending = {0};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
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

/* For use in a child, where cmocka's assertions would unwind into the parent's test. */
#define child_assert(condition)                                                                              \
    do {                                                                                                     \
        if (!(condition)) {                                                                                  \
            dprintf(2, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                               \
            _exit(99);                                                                                       \
        }                                                                                                    \
    } while (0)

UNUSED static void assert_child_fine(struct ending ending) {
    if (!WIFEXITED(ending.status) || WEXITSTATUS(ending.status) != 0)
        fail_msg("status %x, stderr: %s", (unsigned)ending.status, ending.text);
}

/* The one line that misuse writes. */
UNUSED static const char *misuse_line(const char *call, const void *pointer, const char *fault) {
    static char line[400];
    snprintf(line, sizeof line, "halloc: %s(0x%lx): %s\n", call, (unsigned long)pointer, fault);
    return line;
}

/* act(pointer) must abort, after exactly the line that names the call, the pointer and the fault. */
UNUSED static void assert_misuse(void (*act)(void *), void *pointer, const char *call, const char *fault) {
    struct ending ending = in_child(act, pointer);
    assert_string_equal(ending.text, misuse_line(call, pointer, fault));
    assert_true(WIFSIGNALED(ending.status));
    assert_int_equal(WTERMSIG(ending.status), SIGABRT);
}

#endif
