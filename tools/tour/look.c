/*
 * look.c - shared by the steps of the tour: a look at a heap, a wait after a question, an end with a
 * reason.
 */
#include "steps.h"

#include <stdio.h>

TOUR_INTERNAL bool tour_fail(const char *why) {
    fflush(stdout);
    fprintf(stderr, "halloc tour: %s\n", why);
    return false;
}

TOUR_INTERNAL bool tour_pause(struct tour *tour) {
    if (!tour->waits)
        return true;
    fputs("    [Enter: see it; q: quit] ", stdout);
    fflush(stdout);
    char line[80];
    if (!fgets(line, sizeof line, stdin)) {
        putchar('\n');
        tour->waits = false; /* there is nobody to answer */
        return true;
    }
    tour->quit = line[0] == 'q' || line[0] == 'Q';
    return !tour->quit;
}

TOUR_INTERNAL bool tour_look_checked(struct tour *tour, halloc_heap *heap, void *const *variables) {
    const char *broken;
    if (!halloc_heap_check(heap, &broken))
        return tour_fail(broken);
    tour_look(&tour->picture, heap, variables);
    return tour->picture.whole || tour_fail("the heap holds more blocks than the tour can draw");
}

TOUR_INTERNAL size_t tour_size(const struct tour *tour, int number) {
    bool known = number >= 1 && number <= tour->picture.count;
    return known ? tour->picture.blocks[number - 1].copy.size : 0;
}
