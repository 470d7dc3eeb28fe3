/*
 * harness_fast.c - the loop for time: a step is one call, and as little else as possible.
 */
#include "harness_inside.h"

#include <sched.h>

#define TELL_EVERY 4096 /* steps between two reports of progress */

char harness_nowhere[1];

void *harness_wait(struct player *player, void **slot) {
    void *ptr;
    for (unsigned look = 0; !(ptr = __atomic_load_n(slot, __ATOMIC_ACQUIRE)); look++) {
        if (__atomic_load_n(&player->stop, __ATOMIC_RELAXED))
            return NULL;
        if (look > 100)
            sched_yield();
    }
    return ptr;
}

static inline void put(void **slot, void *ptr, uint64_t *failures) {
    if (ptr) {
        *(volatile char *)ptr = 1; /* the program's first touch: the page fault belongs to the allocator */
    } else {
        ptr = harness_nowhere, ++*failures;
    }
    __atomic_store_n(slot, ptr, __ATOMIC_RELEASE);
}

static inline void *take(struct player *player, const struct step *step, uint32_t slot) {
    if (step->word & STEP_WAIT)
        return harness_wait(player, &player->slots[slot]);
    return player->slots[slot];
}

static inline void play_step(struct player *player, const struct step *step, uint64_t *failures) {
    const struct allocator *allocator = player->allocator;
    size_t size = step_size(step) ? step_size(step) : 1;
    void *ptr, *moved, **slot = &player->slots[step->object];
    switch (step_kind(step)) {
    case STEP_MALLOC: put(slot, allocator->allocate(size), failures); break;
    case STEP_CALLOC: put(slot, allocator->zeroed(1, size), failures); break;
    case STEP_ALIGNED: put(slot, allocator->aligned(step_alignment(step), size), failures); break;
    case STEP_REALLOC:
        ptr = take(player, step, step->previous);
        moved = allocator->resize(ptr == harness_nowhere ? NULL : ptr, size);
        *failures += !moved;
        __atomic_store_n(slot, moved ? moved : ptr, __ATOMIC_RELEASE);
        break;
    case STEP_FREE:
        ptr = take(player, step, step->object);
        if (ptr != harness_nowhere)
            allocator->release(ptr);
        break;
    case STEP_FREE_NULL: allocator->release(NULL); break;
    case STEP_NOTHING: break;
    }
}

void harness_fast(struct player *player, uint64_t start, uint64_t end) {
    const struct step *step = job_steps(player->job) + start;
    struct answer *answer = &player->job->answer;
    uint64_t failures = 0;
    while (start < end) {
        uint64_t part = end - start < TELL_EVERY ? end - start : TELL_EVERY;
        for (const struct step *stop = step + part; step < stop; step++)
            play_step(player, step, &failures);
        start += part;
        __atomic_fetch_add(&answer->done, part, __ATOMIC_RELAXED);
    }
    __atomic_fetch_add(&answer->failures, failures, __ATOMIC_RELAXED);
}
