/* planted.c - programs that have one problem each, and one that has none. They say "ready", then wait. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#define MIB ((size_t)1 << 20)
#define OBJECTS ((size_t)1 << 20)

static void *kept[OBJECTS];
static pthread_barrier_t barrier;

static void ready(void) {
    puts("ready");
    fflush(stdout);
    for (;;)
        pause();
}

/* 64 bytes each; one in `distance` stays. */
static void leave_one_in(size_t distance) {
    for (size_t index = 0; index < OBJECTS; index++)
        kept[index] = memset(malloc(64), 1, 64);
    for (size_t index = 0; index < OBJECTS; index++)
        if (index % distance)
            free(kept[index]);
}

static void free_blocks(size_t count) {
    for (size_t index = 0; index < count; index++)
        kept[index] = memset(malloc(MIB), 1, MIB);
    for (size_t index = 0; index < count; index++)
        free(kept[index]);
}

static void *keep_large(void *none) {
    void *one = memset(malloc(100000), 1, 100000), *other = memset(malloc(120000), 1, 120000);
    free(one);
    free(other);
    pthread_barrier_wait(&barrier);
    pause();
    return none;
}

static void *deep(void *none) {
    char room[7 << 20];
    memset(room, 1, sizeof room);
    __asm__ volatile("" : : "r"(room) : "memory");
    pthread_barrier_wait(&barrier);
    pause();
    return none;
}

static void threads(unsigned count, void *work(void *)) {
    pthread_barrier_init(&barrier, NULL, count + 1);
    for (unsigned index = 0; index < count; index++) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, work, NULL) != 0)
            exit(1);
    }
    pthread_barrier_wait(&barrier);
}

/* Known figures: 300,000 objects of 100 bytes, in slots of 112; 40 of 1 MiB; then a third of the small go. */
static void known(void) {
    for (size_t index = 0; index < 300000; index++)
        kept[index] = memset(malloc(100), 1, 100);
    for (size_t index = 0; index < 40; index++)
        kept[300000 + index] = memset(malloc(MIB), 1, MIB);
    for (size_t index = 0; index < 300000; index += 3)
        free(kept[index]);
}

/* The same in a heap so small that free slots are listed: 10,000 objects, of which a third goes. */
static void small(void) {
    for (size_t index = 0; index < 9999; index++)
        kept[index] = memset(malloc(100), 1, 100);
    for (size_t index = 0; index < 9999; index += 3)
        free(kept[index]);
}

int main(int argc, char **argv) {
    const char *what = argc > 1 ? argv[1] : "";
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (strcmp(what, "pinned") == 0)
        leave_one_in(64); /* one a page */
    else if (strcmp(what, "idle") == 0)
        leave_one_in(1024); /* one a slab */
    else if (strcmp(what, "asleep") == 0)
        free_blocks(200);
    else if (strcmp(what, "locked") == 0) {
        if (mlockall(MCL_CURRENT | MCL_FUTURE) != 0)
            return puts("refused") < 0;
        free_blocks(60);
    } else if (strcmp(what, "caches") == 0)
        threads(150, keep_large);
    else if (strcmp(what, "stacks") == 0)
        threads(6, deep);
    else if (strcmp(what, "full") == 0)
        for (size_t index = 0; (kept[index] = malloc(MIB)); index++)
            ;
    else if (strcmp(what, "mapped") == 0)
        memset(mmap(NULL, 64 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 1, 64 * MIB);
    else if (strcmp(what, "known") == 0)
        known();
    else if (strcmp(what, "healthy") == 0)
        leave_one_in(1);
    else if (strcmp(what, "small") == 0)
        small();
    ready();
}
