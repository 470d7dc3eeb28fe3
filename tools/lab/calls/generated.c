/*
 * generated.c - the built-in traces of `halloc lab`: some shapes of `halloc gen`, small and always the
 * same. Those shapes lack some kinds of call, so a mixture of every kind is added.
 */
#include "calls.h"
#include "../../generate/generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIXED_LIVE 60u
#define MIXED_SEED 7u

/* Small traces come first: they find most faults at once. */
static const struct built_in {
    const char *name, *shape;
    uint64_t operations, live, mean, seed;
} set[] = {
    {"sawtooth", "sawtooth", 800, 20, 200, 1}, {"mixed", NULL, 3000, MIXED_LIVE, 0, MIXED_SEED},
    {"vectors", "vectors", 2000, 12, 128, 3},  {"phases", "phases", 4000, 60, 300, 4},
    {"shore", "shore", 4000, 60, 400, 5},      {"bimodal", "bimodal", 3000, 80, 200, 6},
    {"robson", "robson", 100000, 512, 256, 7},
};

/* Any call on any of about sixty objects: frees in any order, repeated sizes, sometimes a large one. */
static bool mix(struct calls *calls, const struct built_in *from) {
    bool live[MIXED_LIVE] = {false};
    uint64_t random = from->seed;
    uint32_t own[MIXED_LIVE] = {0};
    for (uint64_t number = 0; number < from->operations; number++) {
        uint64_t slot = random_below(&random, MIXED_LIVE), draw = random_below(&random, 100);
        struct call call = {.number = number, .object = own[slot], .kind = CALL_FREE};
        call.size = draw % 3   ? random_between(&random, 1, 300)
                    : draw % 2 ? (uint64_t)1 << random_between(&random, 3, 12)
                               : random_exponential(&random, 2000) + 1;
        if (live[slot]) {
            call.kind = draw < 35 ? CALL_REALLOC : CALL_FREE;
        } else {
            call.kind = draw < 70 ? CALL_MALLOC : draw < 85 ? CALL_CALLOC : CALL_ALIGNED;
            call.alignment_log2 = (uint8_t)random_between(&random, 4, 9);
            call.object = own[slot] = calls->objects++;
        }
        live[slot] = call.kind != CALL_FREE;
        call.size = live[slot] ? call.size : 0;
        if (!calls_add(calls, call))
            return false;
    }
    return true;
}

static bool shape(struct calls *calls, const char *who, const struct built_in *from, const char *folder) {
    char path[4200];
    const struct shape *shape = shape_find(from->shape);
    snprintf(path, sizeof path, "%s/%s.htrace", folder, from->name);
    struct generator generator = {
        .writer = trace_writer_open(path, from->name, false),
        .random = from->seed,
        .operations = from->operations,
        .live = from->live,
        .mean = from->mean,
        .sizes = shape->sizes,
        .threads = 1,
    };
    struct trace_problem problem;
    if (!generator.writer)
        return trace_writer_complain(who, path) == 0;
    shape->make(&generator);
    free(generator.objects);
    bool made = trace_writer_close(generator.writer, &problem) || trace_complain(who, path, &problem) == 0;
    made = made && !generator.failed && calls_read(calls, who, path);
    unlink(path);
    return made;
}

const char *calls_generate(struct calls *calls, const char *who, unsigned index, const char *folder,
                           bool *made) {
    *calls = (struct calls){0};
    if (index >= sizeof set / sizeof *set)
        return NULL;
    const struct built_in *from = &set[index];
    *made = from->shape ? shape(calls, who, from, folder) : mix(calls, from);
    return from->name;
}

size_t calls_built_in(void) {
    return sizeof set / sizeof *set;
}

bool calls_mix(struct calls *calls) {
    *calls = (struct calls){0};
    for (size_t index = 0; index < sizeof set / sizeof *set; index++)
        if (!set[index].shape)
            return mix(calls, &set[index]);
    return false;
}
