/*
 * generate.h - synthetic traces: programs whose every property is known.
 *
 *      calls      an object begins, ends, or changes its size          generate_calls.c
 *      sizes      distributions of sizes, with a given mean            generate_sizes.c
 *      shapes     which object is freed when                           generate_shapes.c
 *      robson     the worst case                                       generate_robson.c
 *      lab        the patterns of the malloc lab of CS:APP             generate_lab.c
 */
#ifndef HALLOC_REPLAY_GENERATE_H
#define HALLOC_REPLAY_GENERATE_H

#include "../trace/write/writer.h"
#include "random.h"

enum sizes { SIZES_EXPONENTIAL, SIZES_HYPEREXPONENTIAL, SIZES_UNIFORM, SIZES_NORMAL, SIZES_BIMODAL, SIZES };

struct generated { /* a live object */
    uint64_t name, size;
    uint64_t until; /* shore: when it is freed; robson: its place */
};

struct generator {
    struct trace_writer *writer;
    uint64_t random;
    uint64_t operations; /* still to come */
    uint64_t live;       /* objects at the level */
    uint64_t mean;
    enum sizes sizes;
    uint32_t threads;

    struct generated *objects;
    uint64_t count, room;
    uint64_t live_bytes, calls;
    bool failed; /* out of memory */
};

struct shape {
    const char *name;
    const char *help;
    enum sizes sizes; /* if the user does not say */
    void (*make)(struct generator *generator);
};

/* By index, NULL after the last; by name, NULL if there is none. */
const struct shape *shape_at(size_t index);
const struct shape *shape_find(const char *name);

/* SIZES where there is none. */
enum sizes sizes_find(const char *name);
const char *sizes_name(enum sizes sizes);
/* A size, at least 1. */
uint64_t sizes_draw(struct generator *generator);

/* Each is one operation. A new object is added at the end of `objects`; the last object takes the place of
 * a freed one. False: there are enough operations, or memory ran out. */
bool generate_begin(struct generator *generator, uint64_t size);
bool generate_end(struct generator *generator, uint64_t index);
bool generate_resize(struct generator *generator, uint64_t index, uint64_t size);

void generate_robson(struct generator *generator);

void generate_random(struct generator *generator);
void generate_random2(struct generator *generator);
void generate_coalescing(struct generator *generator);
void generate_binary(struct generator *generator);
void generate_binary2(struct generator *generator);
void generate_realloc(struct generator *generator);
void generate_realloc2(struct generator *generator);

#endif
