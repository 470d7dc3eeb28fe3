/*
 * tour.h - `halloc tour`: a real heap, drawn at each step of its life.
 *
 * In the single-file build it is the whole program; in the full command it is one of many.
 */
#ifndef HALLOC_TOUR_H
#define HALLOC_TOUR_H

/* Together with the library, and perhaps a user's program, the tour must leave no names behind. Compiled
 * alone, its files must see each other. */
#ifdef HALLOC_SINGLE_FILE
#define TOUR_INTERNAL static
#else
#define TOUR_INTERNAL __attribute__((visibility("hidden")))
#endif

/* The program of the single-file build, with main's arguments. Returns its exit status. */
TOUR_INTERNAL int tour_main(int argc, char **argv);

/* `halloc tour [options]`: argv[0] is "tour". Returns the exit status: 0, 1 when something failed,
 * 2 for wrong usage. */
TOUR_INTERNAL int tour_command(int argc, char **argv);

#endif
