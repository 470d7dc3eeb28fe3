/*
 * threads.c - threads that hand each other memory: what one allocates, another resizes or frees, often in
 * the very moment. With the argument "kill" it ends by SIGKILL, in the middle.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 6
#define SHELVES 64
#define ROUNDS 40000

static _Atomic(char *) shelf[SHELVES];
static atomic_int dying;

/* Destructors of thread-specific data free as well, after the thread's function. */
static pthread_key_t key;

static void *work(void *argument) {
    uint64_t state = (uintptr_t)argument * 0x9e3779b97f4a7c15u | 1;
    pthread_setspecific(key, malloc(500));
    for (int round = 0; round < ROUNDS; round++) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        size_t size = state >> 54;
        char *mine = state & 64 ? malloc(size + 1) : calloc(1, size + 1);
        mine[0] = 1;
        char *other = atomic_exchange(&shelf[state >> 40 & (SHELVES - 1)], mine);
        if (other && (state >> 33 & 7) == 0)
            other = realloc(other, (state >> 20 & 2047) + 1);
        free(other);
        if (round % 8 == 0)
            sched_yield(); /* or each would work through its time alone */
        if (dying && round > ROUNDS / 2)
            kill(getpid(), SIGKILL);
    }
    return NULL;
}

int main(int count, char **words) {
    pthread_t threads[THREADS];
    dying = count > 1 && strcmp(words[1], "kill") == 0;
    free(malloc(1)); /* so that the recorder's own key is the first, and ends first */
    pthread_key_create(&key, free);
    for (uintptr_t thread = 0; thread < THREADS; thread++)
        pthread_create(&threads[thread], NULL, work, (void *)(thread + 1));
    for (int thread = 0; thread < THREADS; thread++)
        pthread_join(threads[thread], NULL);
    for (int place = 0; place < SHELVES; place++)
        free(shelf[place]);
    return 0;
}
