/*
 * bursts.c - sixteen threads take turns: each has a burst of 4 MiB, frees it, and waits for its next turn.
 *
 * Stresses what threads hold without need: only one thread at a time has anything in use, so the best peak
 * is one thread's. Pools whose workers are mostly idle.
 * A good allocator lets a thread's empty slabs go where the next thread can use them.
 */
#include "workload.h"

#define WORKERS 16
#define BLOCKS 8000

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static unsigned turn;
static size_t bursts;

static void *work(void *argument) {
    unsigned number = (unsigned)(uintptr_t)argument;
    struct dice dice = dice_for(400 + number);
    static void *block[WORKERS][BLOCKS];
    for (size_t burst = 0; burst < bursts; burst++) {
        pthread_mutex_lock(&lock);
        while (turn != number)
            pthread_cond_wait(&turned, &lock);
        pthread_mutex_unlock(&lock);
        for (unsigned i = 0; i < BLOCKS; i++)
            block[number][i] = take(log_between(&dice, 64, 2047));
        for (unsigned i = 0; i < BLOCKS; i++)
            free(block[number][i]);
        pthread_mutex_lock(&lock);
        turn = (number + 1) % WORKERS;
        pthread_cond_broadcast(&turned);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    bursts = scaled(30, 1);
    in_threads(WORKERS, work);
    figure("operations", (double)bursts * WORKERS * BLOCKS * 2);
}
