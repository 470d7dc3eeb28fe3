/* busy.c - four threads that allocate, free and check their objects until SIGTERM comes. */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OBJECTS 20000

static atomic_bool over;
static atomic_int wrong;

static void stop(int number) {
    (void)number;
    over = true;
}

static void *work(void *seed) {
    static _Thread_local unsigned char *object[OBJECTS];
    static _Thread_local size_t bytes[OBJECTS];
    unsigned next = (unsigned)(size_t)seed;
    while (!over) {
        next = next * 1103515245 + 12345;
        size_t at = (next >> 8) % OBJECTS;
        if (object[at]) {
            wrong |= object[at][0] != (unsigned char)at || object[at][bytes[at] - 1] != (unsigned char)at;
            free(object[at]);
        }
        bytes[at] = next % 97 == 0 ? 40000 + next % 100000 : 1 + next % 500;
        object[at] = malloc(bytes[at]);
        memset(object[at], (int)at, bytes[at]);
    }
    return NULL;
}

int main(void) {
    pthread_t thread[4];
    signal(SIGTERM, stop);
    for (size_t index = 0; index < 4; index++)
        pthread_create(&thread[index], NULL, work, (void *)(index + 1));
    puts("ready");
    fflush(stdout);
    for (size_t index = 0; index < 4; index++)
        pthread_join(thread[index], NULL);
    return wrong;
}
