/*
 * sleepers.c - 200 threads that stay: each serves a request of 300 objects now and then, frees all, and sleeps.
 *
 * Stresses what threads keep that have nothing in use: one request at a time is served, so the best peak is
 * one request's, beside the threads' stacks. Servers with a thread for each connection.
 * A good allocator lets what a thread has freed serve the others.
 */
#include "workload.h"

#include <semaphore.h>

#define OBJECTS 300

static sem_t turn[THREADS_MOST];
static size_t requests;

static void serve(struct dice *dice) {
    void *object[OBJECTS];
    for (size_t index = 0; index < OBJECTS; index++)
        object[index] = take(log_between(dice, 16, 12 * KIB));
    for (size_t index = 0; index < OBJECTS; index++)
        free(object[index]);
}

/* After the last request each waits until all have served theirs. */
static void *work(void *argument) {
    unsigned number = (unsigned)(uintptr_t)argument;
    struct dice dice = dice_for(900 + number);
    for (size_t request = 0; request <= requests; request++) {
        sem_wait(&turn[number]);
        if (request < requests)
            serve(&dice);
        sem_post(&turn[(number + 1) % threads]);
    }
    return NULL;
}

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    requests = scaled(60, 1);
    for (unsigned number = 0; number < threads; number++)
        sem_init(&turn[number], 0, number == 0);
    in_threads(threads, work);
    figure("operations", (double)requests * threads * OBJECTS * 2);
}
