/*
 * scene.c - a heap whose every slot is known, for gdb to look at; then abort().
 *
 *      small    100 slots of 112 bytes, every third freed
 *      theirs   10 slots of 208 bytes of a second thread's, which waits; 4 freed here, as `handed` says
 *      cold     20 slots of 4,096 bytes, in two slabs; every second one of the first slab freed
 *      left     10 slots of 304 bytes of a thread that has ended
 *      tiny     a slot of 16 bytes
 *      large    1,000,000 bytes
 *      classic  a heap of its own: 100 bytes in use, then free
 *
 *      scene            frees by this thread wait in a batch
 *      scene collect    they are handed over
 *      scene vast       32 MiB for each thread are taken first: slabs that rest note what is freed
 *      scene astray     somebody wrote into a free slot: text over the link
 *      scene unmarked   the same over the mark
 */
#include "halloc.h"

#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

char *small[100], *theirs[10], *left[10], *cold[20], *tiny, *large, *gone, *vast;
halloc_heap *classic;
char *in_classic;
static pthread_barrier_t ready;

static void *leave(void *unused) {
    for (int index = 0; index < 10; index++)
        left[index] = malloc(300);
    return unused;
}

static void *stay(void *unused) {
    for (int index = 0; index < 10; index++)
        theirs[index] = malloc(200);
    pthread_barrier_wait(&ready);
    pthread_barrier_wait(&ready); /* for ever */
    return unused;
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    if (strcmp(what, "vast") == 0)
        vast = malloc(64 << 20);
    pthread_t thread;
    pthread_create(&thread, NULL, leave, NULL);
    pthread_join(thread, NULL);
    pthread_barrier_init(&ready, NULL, 2);
    pthread_create(&thread, NULL, stay, NULL);
    pthread_barrier_wait(&ready);

    for (int index = 0; index < 100; index++)
        small[index] = malloc(100);
    for (int index = 0; index < 100; index += 3)
        free(small[index]);
    for (int index = 0; index < 20; index++)
        cold[index] = malloc(4000);
    for (int index = 0; index < 16; index += 2)
        free(cold[index]);
    tiny = malloc(10);
    large = malloc(1000000);
    gone = malloc(2000000);
    free(gone);
    classic = halloc_heap_create(&(halloc_heap_options){.pages = 4});
    in_classic = halloc_heap_allocate(classic, 100);

    for (int index = 0; index < 4; index++)
        free(theirs[index]);
    if (strcmp(what, "collect") == 0)
        malloc_trim(0);
    if (strcmp(what, "astray") == 0)
        memcpy(small[99], "overruns", 8);
    if (strcmp(what, "unmarked") == 0)
        memcpy(small[99] + 8, "overruns", 8);
    abort();
}
