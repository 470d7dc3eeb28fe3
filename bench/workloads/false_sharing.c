/*
 * false_sharing.c - threads that write to small objects of their own. VARIANT: active or passive.
 *
 * active: each thread takes its objects itself. passive: the main thread takes one for each, side by side;
 * each thread frees the one it got, and only then takes its own.
 * Stresses which objects share a cache line: two threads that write to one line slow each other many times.
 * A good allocator gives threads memory from different lines, and does not pass on, to another thread, single
 * pieces of a line that somebody is still writing to. After E. Berger et al. (Hoard, 2000).
 */
#include "workload.h"

#define OBJECT_BYTES 16
#define WRITES 2000

static size_t rounds;
static void *given[THREADS_MOST];

static void *work(void *argument) {
    unsigned number = (unsigned)(uintptr_t)argument;
    free(given[number]);
    for (size_t round = 0; round < rounds; round++) {
        volatile char *object = take(OBJECT_BYTES);
        for (unsigned i = 0; i < WRITES; i++)
            object[i % OBJECT_BYTES]++;
        free((void *)object);
    }
    return NULL;
}

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    rounds = scaled(120e3, 10);
    if (strcmp(variant, "passive") == 0)
        for (unsigned i = 0; i < threads; i++)
            given[i] = take(OBJECT_BYTES);
    in_threads(threads, work);
    figure("operations", (double)rounds * threads * 2);
}
