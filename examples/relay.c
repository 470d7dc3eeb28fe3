/*
 * relay.c - one thread allocates a million objects, and another thread frees them.
 *
 *      gcc -O2 examples/relay.c -o relay -pthread && halloc run --stats -- ./relay
 */
#include <pthread.h>
#include <stdlib.h>

#define ROUNDS 1000
#define OBJECTS 1000

static void *objects[OBJECTS];
static pthread_barrier_t turn;

static void *consume(void *unused) {
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&turn); /* all are allocated */
        for (int at = 0; at < OBJECTS; at++)
            free(objects[at]);
        pthread_barrier_wait(&turn); /* all are freed */
    }
    return unused;
}

int main(void) {
    pthread_t consumer;
    pthread_barrier_init(&turn, NULL, 2);
    if (pthread_create(&consumer, NULL, consume, NULL))
        return 1;
    for (int round = 0; round < ROUNDS; round++) {
        for (int at = 0; at < OBJECTS; at++)
            objects[at] = malloc(64);
        pthread_barrier_wait(&turn);
        pthread_barrier_wait(&turn);
    }
    pthread_join(consumer, NULL);
    return 0;
}
