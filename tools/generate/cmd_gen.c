/*
 * cmd_gen.c - `halloc gen SHAPE`: synthetic traces, the same each time. The files beside it have the shapes
 * and the distributions of sizes.
 */
#include "../base/arguments.h"
#include "../base/commands.h"
#include "../base/fail.h"
#include "../base/words.h"
#include "generate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WHO "halloc gen"

static int print_help(void) {
    const struct shape *shape;
    puts("usage: halloc gen SHAPE -o F.htrace [options]\n"
         "Makes a synthetic trace.\n");
    for (size_t index = 0; (shape = shape_at(index)); index++)
        printf("  %-17s  %s\n", shape->name, shape->help);
    puts("\n"
         "  -o F.htrace          write this file\n"
         "  --operations=N       the number of operations; 100000. robson ends by itself\n"
         "  --live=N             the number of live objects; 1000\n"
         "  --mean=N             the mean size in bytes; 256\n"
         "  --sizes=D            exponential, hyperexponential, uniform, normal or bimodal\n"
         "  --threads=N          the number of threads; they take turns, and free each\n"
         "                       other's objects; 1\n"
         "  --seed=N             each number makes another trace; 1");
    return command_written(WHO, 0);
}

struct options {
    const char *shape, *output, *sizes;
    uint64_t operations, live, mean, threads, seed;
};

static int usage(const char *what, const char *word) {
    return fail_usage(WHO, what, word);
}

static int unknown_shape(const char *name) {
    const struct shape *shape;
    char what[300], list[1000] = "";
    for (size_t index = 0; (shape = shape_at(index)); index++)
        word_append(list, sizeof list, shape->name);
    snprintf(what, sizeof what, "there is no shape '%.200s'; there are: ", name);
    return usage(what, list);
}

/* 1: it was this option; 0: it was not; -1: its value is wrong. */
static int parse_number(const char *word, const char *name, uint64_t *number, uint64_t least, uint64_t most) {
    size_t length = strlen(name);
    char *end;
    if (strncmp(word, name, length) != 0 || word[length] != '=')
        return 0;
    errno = 0;
    unsigned long long value = strtoull(word + length + 1, &end, 10);
    if (errno || *end || end == word + length + 1 || word[length + 1] == '-' || value < least || value > most)
        return -1;
    *number = value;
    return 1;
}

static int parse_option(struct options *options, const char *word) {
    struct {
        const char *name;
        uint64_t *number, least, most;
    } const numbers[] = {
        {"--operations", &options->operations, 1, UINT64_C(1) << 32},
        {"--live", &options->live, 1, UINT64_C(1) << 28},
        {"--mean", &options->mean, 4, UINT64_C(1) << 32},
        {"--threads", &options->threads, 1, 1000},
        {"--seed", &options->seed, 0, UINT64_MAX},
    };
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
        int is = parse_number(word, numbers[index].name, numbers[index].number, numbers[index].least,
                              numbers[index].most);
        if (is < 0) {
            char range[80];
            snprintf(range, sizeof range, " is no number from %" PRIu64 " to %" PRIu64, numbers[index].least,
                     numbers[index].most);
            return usage(word, range);
        }
        if (is > 0)
            return 0;
    }
    if (strncmp(word, "--sizes=", 8) != 0)
        return usage(word,
                     strchr(word, '=') ? " is not an option" : " is not an option, or lacks its =VALUE");
    options->sizes = word + 8;
    return sizes_find(options->sizes) == SIZES ? usage("there are no sizes called ", options->sizes) : 0;
}

/* 0, or the exit status; -1: help was printed. */
static int parse(struct options *options, int argc, char **argv) {
    int status = 0;
    for (int at = 1; at < argc && !status; at++) {
        const char *word = argv[at];
        if (argument_is_help(word))
            return print_help() ? 1 : -1;
        if (strncmp(word, "-o", 2) == 0)
            options->output = word[2] ? word + 2 : at + 1 < argc ? argv[++at] : NULL;
        else if (word[0] == '-')
            status = parse_option(options, word);
        else if (options->shape)
            status = usage("one shape at a time: ", word);
        else
            options->shape = word;
    }
    if (status)
        return status;
    if (!options->shape)
        return usage("which shape?", "");
    if (!shape_find(options->shape))
        return unknown_shape(options->shape);
    return options->output ? 0 : usage("-o F.htrace is needed", "");
}

static int generate(const struct options *options) {
    const struct shape *shape = shape_find(options->shape);
    char command[400];
    enum sizes sizes = options->sizes ? sizes_find(options->sizes) : shape->sizes;
    snprintf(command, sizeof command,
             "halloc gen %s --operations=%llu --live=%llu --mean=%llu --sizes=%s --threads=%llu --seed=%llu",
             shape->name, (unsigned long long)options->operations, (unsigned long long)options->live,
             (unsigned long long)options->mean, sizes_name(sizes), (unsigned long long)options->threads,
             (unsigned long long)options->seed);
    struct generator generator = {
        .writer = trace_writer_open(options->output, command, false),
        .random = options->seed,
        .operations = options->operations,
        .live = options->live,
        .mean = options->mean,
        .sizes = sizes,
        .threads = (uint32_t)options->threads,
    };
    struct trace_problem problem;
    if (!generator.writer)
        return trace_writer_complain(WHO, options->output);
    shape->make(&generator);
    free(generator.objects);
    if (generator.failed) {
        trace_writer_abandon(generator.writer);
        fprintf(stderr, WHO ": out of memory\n");
        return 1;
    }
    if (!trace_writer_close(generator.writer, &problem))
        return trace_complain(WHO, options->output, &problem);
    return 0;
}

int command_gen(int argc, char **argv) {
    struct options options = {.operations = 100000, .live = 1000, .mean = 256, .threads = 1, .seed = 1};
    int status = parse(&options, argc, argv);
    if (status)
        return status < 0 ? 0 : status;
    return generate(&options);
}
