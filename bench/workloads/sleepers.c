/*
 * sleepers.c - 200 threads that stay: each serves twenty requests of 300 objects, frees all, and sleeps.
 *
 * Stresses what threads keep that have nothing in use: one request at a time is served, so the best peak is
 * one request's, beside the threads' stacks. Servers with a thread for each connection.
 * A good allocator lets what a thread has freed serve the others.
 */
#include "workload.h"

#define OBJECTS 300
#define REQUESTS 20

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ended = PTHREAD_COND_INITIALIZER;
static unsigned sleeping;
static size_t rounds;

static void serve(struct dice *dice) {
    void *object[OBJECTS];
    for (size_t index = 0; index < OBJECTS; index++)
        object[index] = take(log_between(dice, 16, 12 * KIB));
    for (size_t index = 0; index < OBJECTS; index++)
        free(object[index]);
}

static void *work(void *argument) {
    struct dice dice = dice_for(900 + (unsigned)(uintptr_t)argument);
    for (size_t round = 0; round < rounds; round++) {
        pthread_mutex_lock(&lock);
        for (size_t request = 0; request < REQUESTS; request++)
            serve(&dice);
        pthread_mutex_unlock(&lock);
    }
    pthread_mutex_lock(&lock);
    if (++sleeping == threads)
        pthread_cond_broadcast(&ended);
    while (sleeping < threads)
        pthread_cond_wait(&ended, &lock);
    pthread_mutex_unlock(&lock);
    return NULL;
}

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    rounds = scaled(3, 1);
    in_threads(threads, work);
    figure("operations", (double)rounds * threads * REQUESTS * OBJECTS * 2);
}
