/*
 * worker_pool.c - threads that stay take turns, eight in the race: each takes 24 MiB in objects of 64 to 512 B,
 * frees 95 % of them at random, keeps the others until its next turn, and waits.
 *
 * Stresses what waiting threads hold: a tenth of the memory that they took is in use, spread over all of it.
 * Pools whose workers are mostly idle, and remember a little of each job.
 * A good allocator lets the working thread use the room between what waiting threads still need.
 */
#include "workload.h"

#define TURN_BYTES (24 * MIB)
#define OBJECTS (TURN_BYTES / 64)

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t turned = PTHREAD_COND_INITIALIZER;
static unsigned turn;
static size_t rounds, turn_bytes;
static size_t calls;

struct worker {
    void **kept;
    size_t count;
    struct dice dice;
};

static void job(struct worker *worker) {
    static void *object[OBJECTS]; /* one worker works at a time */
    size_t count = 0;
    for (size_t i = 0; i < worker->count; i++)
        free(worker->kept[i]);
    calls += worker->count;
    worker->count = 0;
    for (size_t bytes = 0; bytes < turn_bytes; count++) {
        size_t size = between(&worker->dice, 64, 512);
        object[count] = take(size);
        bytes += size;
    }
    for (size_t i = 0; i < count; i++) {
        if (below(&worker->dice, 100) < 95)
            free(object[i]);
        else
            worker->kept[worker->count++] = object[i];
    }
    calls += 2 * count - worker->count;
}

static void *work(void *argument) {
    unsigned number = (unsigned)(uintptr_t)argument;
    struct worker worker = {malloc(OBJECTS * sizeof(void *)), 0, dice_for(500 + number)};
    for (size_t round = 0; round < rounds; round++) {
        pthread_mutex_lock(&lock);
        while (turn != number)
            pthread_cond_wait(&turned, &lock);
        pthread_mutex_unlock(&lock);
        job(&worker);
        pthread_mutex_lock(&lock);
        turn = (number + 1) % threads;
        pthread_cond_broadcast(&turned);
        pthread_mutex_unlock(&lock);
    }
    return NULL; /* what it kept goes with the process */
}

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    rounds = scaled(4, 1);
    turn_bytes = scale < 1 ? scaled((double)TURN_BYTES, KIB) : TURN_BYTES;
    in_threads(threads, work);
    figure("operations", (double)calls);
    figure("resident_mib", resident_mib());
}
