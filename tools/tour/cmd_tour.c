/*
 * cmd_tour.c - the command: `halloc tour`, and the program of the single-file build around it.
 *
 *      cmd_tour.c   options; the terminal; runs one step after the other
 *      steps.c      the steps on one heap, with their questions and answers
 *      beyond.c     those that need other policies, or another process
 *      look.c       shared by the steps: a look at the heap, a wait for Enter
 *      draw.c       the pictures, read from the heap
 *
 * It uses only halloc.h, like any program.
 */
#include "steps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define TOUR_TEXT_OF(number) #number
#define TOUR_TEXT(number) TOUR_TEXT_OF(number)
#define TOUR_VERSION                                                                                         \
    TOUR_TEXT(HALLOC_VERSION_MAJOR) "." TOUR_TEXT(HALLOC_VERSION_MINOR) "." TOUR_TEXT(HALLOC_VERSION_PATCH)

#define TOUR_WIDTH_USUAL 80
#define TOUR_WIDTH_LEAST 32 /* below this, blocks are too narrow to be told apart */
#define TOUR_WIDTH_MOST 240

/* --- The terminal ------------------------------------------------------------------------------ */

/* COLUMNS, or else the width of the terminal, within bounds. */
static int tour_width(void) {
    const char *columns = getenv("COLUMNS");
    long width = columns ? strtol(columns, NULL, 10) : 0;
    struct winsize size;
    if (width <= 0 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0)
        width = size.ws_col;
    if (width <= 0)
        width = TOUR_WIDTH_USUAL;
    return width < TOUR_WIDTH_LEAST  ? TOUR_WIDTH_LEAST
           : width > TOUR_WIDTH_MOST ? TOUR_WIDTH_MOST
                                     : (int)width;
}

/* The locale's variables in their order of rank. setlocale would change the program. */
static bool tour_locale_is_utf8(void) {
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (int index = 0; index < 3; index++) {
        const char *value = getenv(names[index]);
        if (value && *value)
            return strstr(value, "UTF-8") || strstr(value, "utf-8") || strstr(value, "utf8") ||
                   strstr(value, "UTF8");
    }
    return false;
}

static bool tour_colors_by_default(void) {
    const char *none = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return isatty(STDOUT_FILENO) && !(none && *none) && !(terminal && strcmp(terminal, "dumb") == 0);
}

/* --- Options ------------------------------------------------------------------------------------ */

static void tour_help(FILE *stream) {
    fputs("usage: halloc tour [--no-wait] [--color=WHEN] [--charset=SET]\n"
          "Shows a real heap before and after each step of its life.\n"
          "\n"
          "  --no-wait        show all steps at once; on a terminal, the default is to wait\n"
          "                   for Enter\n"
          "  --color=WHEN     auto (on a terminal, unless NO_COLOR is set), always or never\n"
          "  --charset=SET    auto (by the locale), ascii or utf8\n"
          "  --help           print this text\n"
          "\n"
          "The pictures are as wide as the terminal, or COLUMNS, or 80.\n",
          stream);
}

/* A value of an option, such as "always" or "never". False: neither, nor "auto". */
static bool tour_choose(const char *value, const char *on, const char *off, bool *choice) {
    bool is_on = strcmp(value, on) == 0, is_off = strcmp(value, off) == 0;
    if (is_on || is_off)
        *choice = is_on;
    return is_on || is_off || strcmp(value, "auto") == 0;
}

/* Reads one option. False: it is unknown. */
static bool tour_option(struct tour *tour, const char *word) {
    if (strcmp(word, "--no-wait") == 0)
        tour->waits = false;
    else if (strncmp(word, "--color=", 8) == 0)
        return tour_choose(word + 8, "always", "never", &tour->screen.colors);
    else if (strncmp(word, "--charset=", 10) == 0)
        return tour_choose(word + 10, "utf8", "ascii", &tour->screen.unicode);
    else
        return false;
    return true;
}

/* Reports an error if the output could not be written. */
static int tour_written(int status) {
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    fprintf(stderr, "halloc: cannot write: %s\n", strerror(errno));
    return 1;
}

static int tour_go(struct tour *tour) {
    for (int index = 0; index < TOUR_STEPS; index++) {
        const struct tour_step *step = tour_step_at(index);
        tour_print(&tour->screen, TOUR_HEADING, "%d/%d %s", index + 1, TOUR_STEPS, step->title);
        if (!step->show(tour))
            return tour->quit ? tour_written(0) : 1;
        if (tour_written(0) != 0)
            return 1;
    }
    return 0;
}

TOUR_INTERNAL int tour_command(int argc, char **argv) {
    static struct tour tour;
    tour.screen.width = tour_width();
    tour.screen.colors = tour_colors_by_default();
    tour.screen.unicode = tour_locale_is_utf8();
    tour.waits = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    for (int index = 1; index < argc; index++) {
        if (strcmp(argv[index], "--help") == 0 || strcmp(argv[index], "-h") == 0) {
            tour_help(stdout);
            return tour_written(0);
        }
        if (!tour_option(&tour, argv[index])) {
            fprintf(stderr, "halloc tour: '%s' is not an option of the tour\n", argv[index]);
            tour_help(stderr);
            return 2;
        }
    }
    return tour_go(&tour);
}

/* --- The program of the single-file build -------------------------------------------------------- */

static void tour_usage(void) {
    fputs("usage: halloc tour          shows a real heap step by step\n"
          "       halloc tour --help   prints its options\n"
          "       halloc --help        prints this text\n"
          "       halloc --version     prints the version\n"
          "\n"
          "This is Halloc " TOUR_VERSION " built from the single file: the library and the tour. `make`\n"
          "builds the whole command: build/halloc run, trace, replay, map and more.\n",
          stdout);
}

/* Commands that the single file lacks. */
static bool tour_is_elsewhere(const char *word) {
    static const char *const words[] = {"run",       "trace",    "stat",    "replay", "diff",    "map",
                                        "explain",   "ps",       "top",     "why",    "profile", "leaks",
                                        "symbolize", "snapshot", "metrics", "papers", "lab",     "play",
                                        "gen",       "import",   "export"};
    for (size_t index = 0; index < sizeof words / sizeof *words; index++)
        if (strcmp(word, words[index]) == 0)
            return true;
    return false;
}

TOUR_INTERNAL int tour_main(int argc, char **argv) {
    const char *word = argc > 1 ? argv[1] : "--help";
    if (strcmp(word, "tour") == 0)
        return tour_command(argc - 1, argv + 1);
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 || strcmp(word, "help") == 0) {
        tour_usage();
        return tour_written(0);
    }
    if (strcmp(word, "--version") == 0) {
        puts("halloc " TOUR_VERSION);
        return tour_written(0);
    }
    if (tour_is_elsewhere(word))
        fprintf(stderr,
                "halloc: '%s' is not in the single-file build; build the whole with `make` (build/halloc %s "
                "...)\n",
                word, word);
    else
        fprintf(stderr, "halloc: '%s' is not a command; `halloc --help` lists them\n", word);
    return 2;
}
