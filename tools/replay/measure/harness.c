/*
 * harness.c - see harness.h: the passes, the threads, the clock.
 */
#define _GNU_SOURCE 1
#include "harness_inside.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mman.h>
#include <time.h>

#define STACK_BYTES ((size_t)256 << 10)

/* --- The allocator that does nothing ----------------------------------------------------------------- */

static _Thread_local _Alignas(
    64) char nothing[64]; /* one for each thread: they would compete for a single one */

static void *nothing_allocate(size_t size) {
    (void)size;
    return nothing;
}

static void *nothing_pair(size_t first, size_t second) {
    (void)first, (void)second;
    return nothing;
}

static void *nothing_resize(void *ptr, size_t size) {
    (void)size;
    return ptr;
}

static void nothing_release(void *ptr) {
    (void)ptr;
}

const struct allocator allocator_nothing = {
    nothing_allocate, nothing_pair, nothing_pair, nothing_resize, nothing_release, NULL,
};

/* --- Threads ----------------------------------------------------------------------------------------- */

static void play(struct player *player, uint32_t thread) {
    const uint64_t *starts = player->job->starts;
    if (player->job->pass == PASS_TIME)
        harness_fast(player, starts[thread], starts[thread + 1]);
    else
        harness_careful(player, thread, starts[thread], starts[thread + 1]);
}

struct part {
    pthread_t id;
    struct player *player;
    uint32_t thread;
};

static void *play_part(void *argument) {
    struct part *part = argument;
    while (!__atomic_load_n(&part->player->begin, __ATOMIC_ACQUIRE))
        sched_yield();
    if (!__atomic_load_n(&part->player->stop, __ATOMIC_RELAXED))
        play(part->player, part->thread);
    return NULL;
}

static uint64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* All threads and the clock start together. False: not all threads could be made. */
static bool play_threads(struct player *player, struct part *parts) {
    struct job *job = player->job;
    pthread_attr_t attributes;
    uint32_t made = 0;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK_BYTES);
    for (; made < job->threads; made++) {
        parts[made].player = player;
        parts[made].thread = made;
        if (pthread_create(&parts[made].id, &attributes, play_part, &parts[made]) != 0)
            break;
    }
    pthread_attr_destroy(&attributes);
    if (made < job->threads)
        __atomic_store_n(&player->stop, 1, __ATOMIC_RELAXED);
    uint64_t start = now();
    __atomic_store_n(&player->begin, 1, __ATOMIC_RELEASE);
    for (uint32_t thread = 0; thread < made; thread++)
        pthread_join(parts[thread].id, NULL);
    job->answer.ns = now() - start;
    if (made < job->threads)
        snprintf(job->answer.what, sizeof job->answer.what, "only %u of %u threads could be made", made,
                 job->threads);
    return made == job->threads;
}

/* --- All together ------------------------------------------------------------------------------------ */

static void *map_table(size_t count, size_t size) {
    /* Shared memory: so it is not counted as the allocator's. */
    void *table = mmap(NULL, (count + 1) * size, PROT_READ | PROT_WRITE,
                       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return table == MAP_FAILED ? NULL : table;
}

/* Touches the pages of the tables before the clock starts. */
static void warm(struct player *player) {
    for (size_t index = 0; index <= player->job->slots; index += 512)
        ((void *volatile *)player->slots)[index] = NULL;
}

bool harness_play(struct job *job, const struct allocator *allocator) {
    bool careful = job->pass != PASS_TIME, all = true;
    struct player player = {
        .job = job,
        .allocator = allocator,
        .slots = map_table(job->slots, sizeof *player.slots),
        .facts = careful ? map_table(job->slots, sizeof *player.facts) : NULL,
        .owners = job->pass == PASS_CHECK ? owners_open() : NULL,
    };
    struct part *parts = map_table(job->threads, sizeof *parts);
    if (!player.slots || !parts || (careful && !player.facts) ||
        (job->pass == PASS_CHECK && !player.owners)) {
        snprintf(job->answer.what, sizeof job->answer.what, "no memory for the harness's tables");
        return false;
    }
    warm(&player);
    job->answer.told = job->pass == PASS_MEMORY && allocator->extent;
    if (job->pass == PASS_MEMORY)
        player.base_bytes = harness_resident();
    if (job->threads == 1) {
        uint64_t start = now();
        play(&player, 0);
        job->answer.ns = now() - start;
    } else {
        all = play_threads(&player, parts);
    }
    job->answer.finished = all && !job->answer.broken;
    return all;
}
