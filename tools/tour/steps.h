/*
 * steps.h - the state of the tour, between the command (cmd_tour.c) and its steps (steps.c, beyond.c).
 */
#ifndef HALLOC_TOUR_STEPS_H
#define HALLOC_TOUR_STEPS_H

#include "draw.h"

struct tour {
    struct tour_screen screen;
    struct tour_picture picture; /* the heap at the last look */
    halloc_heap *heap;           /* the one of halloc_initializeHeap        */
    void *variables[TOUR_NAMES]; /* a .. h                                  */
    size_t scale;                /* requests grow with the page: 1 at 4 KiB */
    bool waits;                  /* for Enter after each question           */
    bool quit;                   /* the user asked to stop                  */
};

struct tour_step {
    const char *title;
    bool (*show)(struct tour *tour); /* false: stop here, by the user's wish or after a message */
};

/* The variables of the story, as indices. */
enum { TOUR_A, TOUR_B, TOUR_C, TOUR_D, TOUR_E, TOUR_F, TOUR_G, TOUR_H };

#define TOUR_STEPS 10
TOUR_INTERNAL const struct tour_step *tour_step_at(int index);

/* The steps that need more than the one heap. */
TOUR_INTERNAL bool tour_policies(struct tour *tour);
TOUR_INTERNAL bool tour_misuse(struct tour *tour);

/* Looks at a sound heap. False: it is broken, or too full to draw; that was printed. */
TOUR_INTERNAL bool tour_look_checked(struct tour *tour, halloc_heap *heap, void *const *variables);

/* Payload bytes of the block with that number; 0 if there is none. */
TOUR_INTERNAL size_t tour_size(const struct tour *tour, int number);

/* After a question: waits for Enter on a terminal. False: the user quits. */
TOUR_INTERNAL bool tour_pause(struct tour *tour);

/* Prints "halloc tour: why" to stderr. Returns false. */
TOUR_INTERNAL bool tour_fail(const char *why);

#endif
