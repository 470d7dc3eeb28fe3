/*
 * thread_churn.c - threads are born, take objects, free some and die; their objects live on for a while.
 *
 * Stresses the birth and death of a thread's cache, and slabs whose thread is gone. A thread a request,
 * thread pools that breathe.
 * A good allocator starts a thread with no more than a few pages, gives what a dead thread held to the next,
 * and its memory does not drift with the number of threads that ever lived.
 */
#include "workload.h"

#define OBJECTS 200
#define GENERATIONS 8 /* how long objects outlive their threads */

static void *kept[THREADS_MOST][GENERATIONS][OBJECTS];
static size_t generation;

static void *life(void *argument) {
    unsigned number = (unsigned)(uintptr_t)argument;
    struct dice dice = dice_for(generation * THREADS_MOST + number);
    void *brief[OBJECTS], **keep = kept[number][generation % GENERATIONS];
    for (unsigned i = 0; i < OBJECTS; i++) {
        free(keep[i]); /* a thread that is gone took it */
        brief[i] = take(log_between(&dice, 16, 2047));
        keep[i] = take(log_between(&dice, 16, 511));
    }
    for (unsigned i = 0; i < OBJECTS; i++)
        free(brief[i]);
    return NULL;
}

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    size_t generations = scaled(10e3 / threads, GENERATIONS);
    for (generation = 0; generation < generations; generation++)
        in_threads(threads, life);
    for (unsigned number = 0; number < threads; number++)
        for (unsigned at = 0; at < GENERATIONS; at++)
            for (unsigned i = 0; i < OBJECTS; i++)
                free(kept[number][at][i]);
    figure("operations", (double)generations * threads * OBJECTS * 4);
}
