/*
 * beyond.c - the steps of the tour beyond its one heap: the same requests under other policies, and misuse.
 * Misuse ends the process that commits it, so it is shown in a child process.
 */
#include "steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* --- 8: the same requests under other policies ---------------------------------------------------- */

/* A heap with three holes, of 608 bytes, 320 and all the rest, on the free list in this order. */
static halloc_heap *tour_three_holes(const struct tour *tour, const char *fit, void **variables) {
    static const size_t sizes[] = {608, 96, 320, 96};
    halloc_heap_options options = {.fit = fit, .pages = 1};
    halloc_heap *heap = halloc_heap_create(&options);
    for (int index = 0; heap && index < 4; index++)
        variables[index] = halloc_heap_allocate(heap, sizes[index] * tour->scale);
    if (!heap)
        return NULL;
    halloc_heap_deallocate(heap, variables[TOUR_C]);
    halloc_heap_deallocate(heap, variables[TOUR_A]);
    variables[TOUR_A] = variables[TOUR_C] = NULL;
    return heap;
}

/* Two requests on such a heap: the strip after them, and a sentence. */
static bool tour_under_policy(struct tour *tour, const char *fit, size_t small, size_t large) {
    void *variables[TOUR_NAMES] = {NULL};
    halloc_heap *heap = tour_three_holes(tour, fit, variables);
    if (!heap)
        return tour_fail("a second heap could not be made");
    tour_look(&tour->picture, heap, variables);
    variables[TOUR_G] = halloc_heap_allocate(heap, small);
    int hole = tour_number(&tour->picture, variables[TOUR_G]);
    size_t hole_bytes = tour_size(tour, hole);
    variables[TOUR_H] = halloc_heap_allocate(heap, large);
    bool fine = tour_look_checked(tour, heap, variables);
    if (fine) {
        tour_strip(&tour->screen, &tour->picture, fit);
        tour_print(&tour->screen, TOUR_SAY, "      g took hole %d, of %zu bytes, %s; then h %s", hole,
                   hole_bytes, tour_size(tour, hole) == hole_bytes ? "whole" : "and split it",
                   variables[TOUR_H] ? "found room" : "found none: NULL");
    }
    halloc_heap_destroy(heap);
    return fine;
}

TOUR_INTERNAL bool tour_policies(struct tour *tour) {
    const struct tour_screen *screen = &tour->screen;
    size_t small = 300 * tour->scale, large = 2700 * tour->scale;
    void *variables[TOUR_NAMES] = {NULL};
    halloc_heap *heap = tour_three_holes(tour, "first", variables);
    if (!heap)
        return tour_fail("a second heap could not be made");
    bool fine = tour_look_checked(tour, heap, variables);
    halloc_heap_destroy(heap);
    if (!fine)
        return false;
    tour_strip(screen, &tour->picture, "holes");
    tour_free_list(screen, &tour->picture);
    tour_print(screen, TOUR_ASK, "A new heap. g asks for %zu bytes, then h for %zu. Who takes which hole?",
               small, large);
    if (!tour_pause(tour) || !tour_under_policy(tour, "first", small, large) ||
        !tour_under_policy(tour, "best", small, large) || !tour_under_policy(tour, "worst", small, large))
        return false;
    tour_print(
        screen, TOUR_SAY,
        "The heap is the same, the choice is not. A policy is one small file: three functions, insert, "
        "remove and find.");
    tour_print(screen, TOUR_SOURCE, "src/engine/fit/best.c: best_find; src/engine/fit/worst.c: worst_find");
    return true;
}

/* --- 9: misuse --------------------------------------------------------------------------------------- */

/* In a child process, with its stderr in the pipe: frees a twice. */
static void tour_misuse_in_child(const struct tour *tour, const int ends[2]) {
    prctl(PR_SET_DUMPABLE, 0); /* it is going to abort, and needs no core file */
    if (dup2(ends[1], STDERR_FILENO) < 0)
        _exit(1);
    halloc_deallocate(tour->variables[TOUR_A]);
    halloc_deallocate(tour->variables[TOUR_A]);
    _exit(0);
}

/* What the child wrote, as one line, and its status from wait(). */
static bool tour_hear_child(const struct tour *tour, char *line, size_t room, int *status) {
    int ends[2];
    if (fflush(stdout) != 0 || pipe(ends) != 0)
        return false;
    pid_t child = fork();
    if (child == 0)
        tour_misuse_in_child(tour, ends);
    close(ends[1]);
    size_t length = 0;
    ssize_t got;
    while (child > 0 && length + 1 < room && (got = read(ends[0], line + length, room - length - 1)) != 0) {
        if (got < 0 && errno != EINTR)
            break;
        length += got > 0 ? (size_t)got : 0;
    }
    line[length] = 0;
    line[strcspn(line, "\n")] = 0;
    close(ends[0]);
    while (child > 0 && waitpid(child, status, 0) < 0)
        if (errno != EINTR)
            return false;
    return child > 0;
}

TOUR_INTERNAL bool tour_misuse(struct tour *tour) {
    const struct tour_screen *screen = &tour->screen;
    tour_print(screen, TOUR_ASK, "A child process frees a twice, in its copy of this heap. What happens?");
    if (!tour_pause(tour))
        return false;
    char line[400];
    int status;
    if (!tour_hear_child(tour, line, sizeof line, &status))
        return tour_fail("no child process could be made");
    tour_print(screen, TOUR_CALL, "halloc_deallocate(a); halloc_deallocate(a)");
    tour_print(screen, TOUR_SAY, "stderr: %s", line);
    if (WIFSIGNALED(status))
        tour_print(
            screen, TOUR_SAY,
            "The second call looked at the header first, said what was wrong and ended the child (%s), "
            "before anything was changed. A heap that does not look goes on, and fails later, elsewhere.",
            strsignal(WTERMSIG(status)));
    else
        tour_print(
            screen, TOUR_SAY,
            "The second call looked at the header first, said what was wrong and left the heap as it was "
            "(HALLOC_CONF=misuse:warn; without it the child would have been ended).");
    tour_print(screen, TOUR_SOURCE, "src/classic/heap.c: checked_block; src/platform/fatal.c: fatal");
    return true;
}
