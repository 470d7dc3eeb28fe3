/*
 * server.c - threads that serve requests, and sessions that outlive them: objects bleed between threads.
 *
 * Each worker replaces objects in its table at random. After some thousand replacements it hands the table
 * to a fresh thread and ends, so that most frees are of objects that another thread, dead by now, took.
 * Stresses frees from other threads and slabs without a thread. After an idea of P. Larson and M. Krishnan
 * ("Memory allocation for long-running server applications", 1998).
 * A good allocator lets the new thread take over what the old one left, without a lock at each free.
 */
#include "workload.h"

#define OBJECTS 2000
#define SHIFT_CALLS 50000

struct table {
    void *object[OBJECTS];
    struct dice dice;
};

static struct table tables[THREADS_MOST];

static void *shift(void *argument) {
    struct table *table = argument;
    for (size_t call = 0; call < SHIFT_CALLS; call++) {
        void **chosen = &table->object[below(&table->dice, OBJECTS)];
        free(*chosen);
        *chosen = take(log_between(&table->dice, 16, 1023));
    }
    return NULL;
}

int main(int argc, char **argv) {
    workload_begin(argc, argv);
    size_t shifts = scaled(240 / threads, 2);
    for (unsigned i = 0; i < threads; i++)
        tables[i].dice = dice_for(100 + i);
    for (size_t number = 0; number < shifts; number++) {
        /* Tables move on by one worker a shift, so that memory doesn't stay on one processor. */
        pthread_t started[THREADS_MOST];
        for (unsigned i = 0; i < threads; i++)
            if (pthread_create(&started[i], NULL, shift, &tables[(i + number) % threads]))
                return 1;
        for (unsigned i = 0; i < threads; i++)
            pthread_join(started[i], NULL);
    }
    figure("operations", (double)shifts * threads * SHIFT_CALLS * 2);
}
