/*
 * cmd_papers.c - `halloc papers NAME`: repeats experiments of published papers on our heaps, and compares
 * the results. The other files of this folder have the experiments.
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "../base/words.h"
#include "papers.h"
#include "../base/progress.h"

#include <stdio.h>
#include <string.h>

#define WHO "halloc papers"

static const struct paper *const papers[] = {&paper_shore, &paper_fifty_percent, &paper_russell,
                                             &paper_robson};

#define PAPERS (sizeof papers / sizeof *papers)

static int print_help(void) {
    puts("usage: halloc papers [NAME | all] [--json]\n"
         "Repeats experiments of published papers on Halloc's heaps. Prints our result and\n"
         "the published one, the source and the part of it that we read, whether the claim\n"
         "holds, and what differs. The output is always the same.\n");
    for (size_t index = 0; index < PAPERS; index++)
        printf("  %-14s  %s\n", papers[index]->name, papers[index]->title);
    puts("  all             every paper in turn (the default)\n"
         "\n"
         "  --json          print JSON\n"
         "\n"
         "All of them take some ten seconds. The exit status does not tell whether a\n"
         "paper's claim holds.");
    return fflush(stdout) == 0 ? 0 : 1;
}

static int usage(const char *what, const char *word) {
    return fail_usage(WHO, what, word);
}

static int unknown_paper(const char *name) {
    char what[300], list[300] = "";
    for (size_t index = 0; index < PAPERS; index++)
        word_append(list, sizeof list, papers[index]->name);
    snprintf(what, sizeof what, "there is no paper '%.200s'; there are: ", name);
    return usage(what, list);
}

/* False: out of memory; that was printed. */
static bool show(const struct paper *paper, bool json, bool first) {
    struct result result = {0};
    bool done = paper->run(&result);
    progress_end();
    if (!done) {
        fprintf(stderr, WHO ": %s: out of memory\n", paper->name);
        return false;
    }
    if (json) {
        papers_print_json(paper, &result, first);
    } else {
        if (!first)
            putchar('\n');
        papers_print(paper, &result);
    }
    fflush(stdout); /* the next takes a while */
    return true;
}

static int show_all(const char *name, bool json) {
    bool done = true, first = true;
    progress_begin(WHO);
    if (json)
        fputs("{\"papers\": [", stdout);
    for (size_t index = 0; index < PAPERS && done; index++) {
        if (name && strcmp(name, papers[index]->name) != 0)
            continue;
        done = show(papers[index], json, first);
        first = false;
    }
    if (json)
        puts("\n]}");
    return command_written(WHO, done ? 0 : 1);
}

int command_papers(int argc, char **argv) {
    const char *name = NULL;
    bool json = false;
    for (int at = 1; at < argc; at++) {
        const char *word = argv[at];
        if (argument_is_help(word))
            return print_help();
        if (strcmp(word, "--json") == 0)
            json = true;
        else if (word[0] == '-')
            return usage(word, " is not an option");
        else if (name)
            return usage("one name at a time: ", word);
        else
            name = word;
    }
    if (!name || strcmp(name, "all") == 0)
        return show_all(NULL, json);
    for (size_t index = 0; index < PAPERS; index++)
        if (strcmp(name, papers[index]->name) == 0)
            return show_all(name, json);
    return unknown_paper(name);
}
