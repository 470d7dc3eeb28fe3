/* Fills slabs with blocks of one size, in two threads. One in a hundred is kept, and the others are freed: so
 * the few that stay keep the slabs. */
#include <pthread.h>
#include <stdlib.h>

#define MANY 20000
#define EVERY 100

static void *volatile kept[2 * MANY / EVERY];
static void *volatile scratches[2][MANY];

static __attribute__((noinline)) void *keep(void) {
    return malloc(200);
}

static __attribute__((noinline)) void *scratch(void) {
    return malloc(200);
}

static void *work(void *number) {
    int thread = number != NULL;
    for (int index = 0; index < MANY; index++) {
        scratches[thread][index] = scratch();
        if (index % EVERY == 0)
            kept[thread * MANY / EVERY + index / EVERY] = keep();
    }
    for (int index = 0; index < MANY; index++)
        free(scratches[thread][index]);
    return NULL;
}

int main(void) {
    pthread_t other;
    pthread_create(&other, NULL, work, (void *)kept);
    pthread_join(other, NULL);
    work(NULL);
    return 0;
}
