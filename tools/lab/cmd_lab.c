/*
 * cmd_lab.c - `halloc lab`: write a policy, check it, race it against the others; grade a class.
 *
 *      init.c          a folder to work in
 *      new_policy.c    the file to start from
 *      check.c         is it sound? If not, the shortest trace that shows it
 *      race.c          how good is it?
 *      grade/          points for many, by a rubric
 */
#define _GNU_SOURCE 1
#include "../base/arguments.h"
#include "../base/commands.h"
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/personality.h>
#include <unistd.h>

#define LIMIT_USUAL 2.0
#define LIMIT_MOST 3600.0

static int print_help(void) {
    puts("usage: halloc lab init DIR\n"
         "       halloc lab new FILE.c\n"
         "       halloc lab check FILE.c [F.htrace ...] [options]\n"
         "       halloc lab race FILE.c [F.htrace ...] [--limit SECONDS] [--each] [--json]\n"
         "       halloc lab grade DIR ... [--rubric FILE]\n"
         "                        [--csv | --gradescope | --autolab]\n"
         "       halloc lab rubric\n"
         "Compiles and tries a fit policy of yours: a C file that defines\n"
         "`const halloc_policy halloc_user_policy`. check and grade also take a whole\n"
         "allocator: a file with malloc and free, or an mm.c with mm_init, mm_malloc and\n"
         "mm_free, which asks mem_sbrk for memory.\n"
         "\n"
         "  init   makes a folder to work in: a policy to start from, a Makefile, links to\n"
         "         the course\n"
         "  new    writes a small policy to start from; it never replaces a file\n"
         "  check  replays traces on a heap with the policy, in a process of its own.\n"
         "         After each operation it checks invariants, promises of hooks and bytes\n"
         "         of blocks; a large heap, now and then. A hook may print. It must not\n"
         "         call malloc, and can't reach other processes. What passes is repeated\n"
         "         from the policy's choices alone, without its code. After the first\n"
         "         failure, check looks for the shortest trace that fails the same way. It\n"
         "         saves that trace as FILE.failing.htrace, and draws the heap at the\n"
         "         failure\n"
         "  race   compares the policy with all of halloc's: memory, searches, time,\n"
         "         CS:APP's score; for several traces it prints the means\n"
         "  grade  gives points to each folder, or file, by a rubric: for the share of\n"
         "         traces that pass, for overhead, and for probes. The same submissions\n"
         "         give the same bytes\n"
         "  rubric prints the rubric that is used without --rubric, to start from\n"
         "\n"
         "  --               only files follow, such as -mine.c\n"
         "  F.htrace ...     the traces; the default is a built-in set\n"
         "  --limit SECONDS  an operation that takes more processor time has failed;\n"
         "                   default: 2\n"
         "  --strict         find fails if it gives NULL although a block fits; the\n"
         "                   default is a note\n"
         "  --apart          free neighbours may stay apart: for policies that merge late\n"
         "                   or never\n"
         "  --every          check a large heap, too, after every operation; this can take\n"
         "                   long\n"
         "  --stop           for a debugger: run in this process, and stop before the last\n"
         "                   operation\n"
         "  --each           race: print each trace's own board as well\n"
         "  --json           print one JSON object, for a grader\n"
         "  --rubric FILE    grade: what gives how many points; docs/teaching.md tells of\n"
         "                   it\n"
         "  --csv            grade: a row for each submission\n"
         "  --gradescope     grade one submission: Gradescope's results.json\n"
         "  --autolab        grade one submission: the line that Autolab reads\n"
         "\n"
         "Exit status: 0 the policy passes, 1 it fails, 2 it does not compile or can't be\n"
         "checked.\n"
         "grade: 0 all have points, be it none; 2 a wrong command line or rubric, or this\n"
         "machine is at fault.");
    return fflush(stdout) == 0 ? 0 : 1;
}

static int parse_limit(struct lab_options *options, const char *text) {
    char *end;
    double limit = strtod(text, &end);
    if (end == text || *end || !(limit > 0 && limit <= LIMIT_MOST))
        return lab_usage("--limit needs seconds, up to 3600: ", text);
    options->trial.limit_seconds = limit;
    return 0;
}

static int set_format(struct lab_options *options, enum format format) {
    if (options->format != FORMAT_WORDS && options->format != format)
        return lab_usage("one of --csv, --gradescope and --autolab", "");
    options->format = format;
    return 0;
}

/* After `--`, all words are files. One that begins with a dash would be an option in the next command. */
static char *file_after_dashes(char *word) {
    char *file = word;
    return word[0] == '-' && asprintf(&file, "./%s", word) > 0 ? file : word;
}

/* 0: fine; -1: help was printed; else the exit status. Files are moved to the front of argv. */
static int parse_word(struct lab_options *options, char **argv, int *at, int *files) {
    char *word = argv[*at];
    const char *value;
    if (options->only_files) {
        argv[(*files)++] = file_after_dashes(word);
        return 0;
    }
    if (argument_is_help(word))
        return print_help() ? 1 : -1;
    if (argument_value(argv, at, "--limit", &value))
        return parse_limit(options, value);
    if (argument_value(argv, at, "--rubric", &value)) {
        options->rubric = value;
        return 0;
    }
    if (strcmp(word, "--") == 0)
        options->only_files = true;
    else if (strcmp(word, "--json") == 0)
        options->json = true;
    else if (strcmp(word, "--csv") == 0)
        return set_format(options, FORMAT_CSV);
    else if (strcmp(word, "--gradescope") == 0)
        return set_format(options, FORMAT_GRADESCOPE);
    else if (strcmp(word, "--autolab") == 0)
        return set_format(options, FORMAT_AUTOLAB);
    else if (strcmp(word, "--each") == 0)
        options->each = true;
    else if (strcmp(word, "--strict") == 0)
        options->trial.strict = true;
    else if (strcmp(word, "--every") == 0)
        options->trial.fine = 0;
    else if (strcmp(word, "--apart") == 0)
        options->trial.apart = true;
    else if (strcmp(word, "--stop") == 0)
        options->trial.stop = true;
    else if (argument_is_option(word))
        return lab_usage(word, " is not an option");
    else
        argv[(*files)++] = word;
    return 0;
}

#define AGAIN "HALLOC_LAB_AGAIN" /* set for the second start: there is no third */

/* Policies may look at addresses, and the same submission should have the same points. So this command starts
 * once more, with addresses that are not random. Where the kernel forbids that, it goes on as it is. */
static void fix_addresses(int argc, char **argv) {
    int persona = personality(0xffffffff);
    bool again = getenv(AGAIN) != NULL, needed = false;
    for (int at = 1; at < argc; at++)
        needed |=
            strcmp(argv[at], "check") == 0 || strcmp(argv[at], "race") == 0 || strcmp(argv[at], "grade") == 0;
    unsetenv(AGAIN);
    char **words = calloc((size_t)argc + 2, sizeof *words);
    if (!again && needed && words && persona != -1 && !(persona & ADDR_NO_RANDOMIZE) &&
        personality((unsigned long)persona | ADDR_NO_RANDOMIZE) != -1) {
        words[0] = "halloc";
        memcpy(&words[1], argv, (size_t)argc * sizeof *words);
        setenv(AGAIN, "1", 1);
        execv("/proc/self/exe", words);
        unsetenv(AGAIN);
    }
    free(words);
}

int command_lab(int argc, char **argv) {
    static const struct {
        const char *word;
        int (*call)(const struct lab_options *options);
    } parts[] = {{"init", lab_init}, {"new", lab_new},     {"check", lab_check},
                 {"race", lab_race}, {"grade", lab_grade}, {"rubric", lab_rubric}};
    struct lab_options options = {.trial = {.limit_seconds = LIMIT_USUAL, .fine = NO_CALL, .shrinks = true}};
    int status = 0, files = 0;
    fix_addresses(argc, argv);
    for (int at = 1; at < argc && !status; at++)
        status = parse_word(&options, argv, &at, &files);
    if (status)
        return status < 0 ? 0 : status;
    if (!files)
        return lab_usage("init, new, check, race, grade or rubric?", "");
    int (*call)(const struct lab_options *options) = NULL;
    for (size_t index = 0; index < sizeof parts / sizeof *parts; index++)
        if (strcmp(argv[0], parts[index].word) == 0)
            call = parts[index].call;
    if (!call)
        return lab_usage(argv[0], ": init, new, check, race, grade or rubric?");
    if (files < 2 && call != lab_rubric)
        return lab_usage(call == lab_init    ? "which folder?"
                         : call == lab_grade ? "which submissions, DIR ...?"
                                             : "which file, FILE.c?",
                         "");
    if (files > 1 && call == lab_rubric)
        return lab_usage("one word too many: ", argv[1]);
    options.source = argv[1];
    options.traces = (const char *const *)&argv[2];
    options.trace_count = (size_t)files - 2;
    if (call == lab_grade) {
        options.traces--;
        options.trace_count++;
    }
    status = call(&options);
    return command_written("halloc lab", 0) == 0 ? status : 2;
}
