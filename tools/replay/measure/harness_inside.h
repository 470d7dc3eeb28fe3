/*
 * harness_inside.h - what the files of the harness share.
 *
 *      harness.c          the passes, the threads, the clock
 *      harness_fast.c     the loop for time
 *      harness_careful.c  the loop for memory and for checks, where time does not matter
 */
#ifndef HALLOC_REPLAY_HARNESS_INSIDE_H
#define HALLOC_REPLAY_HARNESS_INSIDE_H

#include "harness.h"
#include "../owners.h"

/* The facts of a slot's block, for careful passes. */
struct fact {
    uint64_t size;
    uint64_t born; /* the step that allocated it: its bytes depend on it */
};

struct player {
    struct job *job;
    const struct allocator *allocator;
    void **slots;
    struct fact *facts;    /* careful passes */
    struct owners *owners; /* PASS_CHECK */
    uint64_t live;         /* PASS_MEMORY */
    uint64_t base_bytes;   /*   resident before the first step */
    double sum_bytes, sum_live;
    int begin; /* threads wait until it is 1 */
    int stop;  /* an error: all threads end */
};

/* The content of a slot whose allocation failed. */
extern char harness_nowhere[];

/* Waits until another thread has put a block there. NULL: it never will, because all stop. */
void *harness_wait(struct player *player, void **slot);

/* The steps of one thread, from `start` to `end`: for time, and for the rest. */
void harness_fast(struct player *player, uint64_t start, uint64_t end);
void harness_careful(struct player *player, uint32_t thread, uint64_t start, uint64_t end);

/* The process's own resident memory in bytes, as the kernel counts it. */
uint64_t harness_resident(void);

#endif
