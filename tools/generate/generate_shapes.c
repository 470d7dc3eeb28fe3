/*
 * generate_shapes.c - which object is freed when.
 *
 *      steady     the number of live objects stays constant: a random one ends and another begins. So
 *                 lifetimes are exponential, and a long trace shows the same as a short one
 *      shore      a memory of fixed size that is always full: a request waits until enough is free. Each
 *                 object stays for 5 to 15 units of time (Shore 1975, see generate_sizes.c)
 *      phases     eight phases, each with its own sizes. Most objects of a phase end with it; one of
 *                 twenty stays to the end (P. Wilson et al., "Dynamic Storage Allocation: A Survey and
 *                 Critical Review", 1995, 2.4: real programs have ramps, peaks and plateaus)
 *      ramp       three allocations for each free, to the end
 *      sawtooth   allocates up to the level, frees all in random order, and repeats that
 *      vectors    objects that double by realloc, like growing arrays, and then end
 */
#include "generate.h"

#include <string.h>

static bool end_any(struct generator *generator) {
    return generate_end(generator, random_below(&generator->random, generator->count));
}

static bool fill_up(struct generator *generator) {
    bool going = true;
    while (going && generator->count < generator->live)
        going = generate_begin(generator, sizes_draw(generator));
    return going;
}

/* --- Shapes ------------------------------------------------------------------------------------------ */

static void make_steady(struct generator *generator) {
    bool going = fill_up(generator);
    while (going)
        going = end_any(generator) && generate_begin(generator, sizes_draw(generator));
}

/* The object that ends first: the root of a heap ordered by `until`. */
static void sift_up(struct generated *objects, uint64_t at) {
    for (uint64_t above; at && objects[above = (at - 1) / 2].until > objects[at].until; at = above) {
        struct generated moved = objects[above];
        objects[above] = objects[at];
        objects[at] = moved;
    }
}

static void sift_down(struct generated *objects, uint64_t count) {
    for (uint64_t at = 0, below; (below = 2 * at + 1) < count; at = below) {
        below += below + 1 < count && objects[below + 1].until < objects[below].until;
        if (objects[below].until >= objects[at].until)
            return;
        struct generated moved = objects[below];
        objects[below] = objects[at];
        objects[at] = moved;
    }
}

#define SHORE_UNIT 1000000 /* a unit of time; its steps are small, so that no two objects end together */

static void make_shore(struct generator *generator) {
    uint64_t capacity = generator->live * generator->mean, now = 0;
    bool going = true;
    while (going) {
        uint64_t size = sizes_draw(generator);
        while (going && generator->count && generator->live_bytes + size > capacity) {
            now = generator->objects[0].until;
            going = generate_end(generator, 0);
            sift_down(generator->objects, generator->count);
        }
        going = going && generate_begin(generator, size);
        if (!going)
            return;
        struct generated *last = &generator->objects[generator->count - 1];
        last->until = now + random_between(&generator->random, 5 * SHORE_UNIT, 15 * SHORE_UNIT);
        sift_up(generator->objects, generator->count - 1);
    }
}

#define PHASES 8
#define PHASE_SIZES 3

static bool make_phase(struct generator *generator, uint64_t operations, uint64_t first) {
    uint64_t sizes[PHASE_SIZES];
    for (int index = 0; index < PHASE_SIZES; index++)
        sizes[index] = sizes_draw(generator);
    uint64_t end = generator->operations > operations ? generator->operations - operations : 0;
    while (generator->operations > end + generator->count - first) {
        uint64_t mine = generator->count - first;
        bool takes = mine && random_below(&generator->random, 2 * generator->live) < mine;
        bool done = takes ? generate_end(generator, first + random_below(&generator->random, mine))
                          : generate_begin(generator, sizes[random_below(&generator->random, PHASE_SIZES)]);
        if (!done)
            return false;
    }
    for (uint64_t index = generator->count; index-- > first;)
        if (random_below(&generator->random, 20) && !generate_end(generator, index))
            return false;
    return true;
}

static void make_phases(struct generator *generator) {
    uint64_t operations = generator->operations / PHASES + 1;
    while (generator->operations && make_phase(generator, operations, generator->count))
        ;
}

static void make_ramp(struct generator *generator) {
    bool going = true;
    while (going) {
        for (int index = 0; going && index < 3; index++)
            going = generate_begin(generator, sizes_draw(generator));
        going = going && end_any(generator);
    }
}

static void make_sawtooth(struct generator *generator) {
    bool going = true;
    while (going) {
        going = fill_up(generator);
        while (going && generator->count)
            going = end_any(generator);
    }
}

static void make_vectors(struct generator *generator) {
    bool going = fill_up(generator);
    while (going) {
        uint64_t index = random_below(&generator->random, generator->count);
        uint64_t size = generator->objects[index].size;
        bool ends = size > generator->mean && random_below(&generator->random, 4) == 0;
        ends |= size > 64 * generator->mean;
        going =
            ends ? generate_end(generator, index) && generate_begin(generator, sizes_draw(generator) / 16 + 1)
                 : generate_resize(generator, index, 2 * size);
    }
}

/* --- By name ----------------------------------------------------------------------------------------- */

static const struct shape shapes[] = {
    {"shore", "a full memory of --live times --mean bytes (Shore 1975)", SIZES_EXPONENTIAL, make_shore},
    {"robson", "the worst case for first fit, of --live units (Robson 1974)", SIZES_EXPONENTIAL,
     generate_robson},
    {"phases", "eight phases of different sizes; a few objects survive each", SIZES_EXPONENTIAL, make_phases},
    {"exponential", "a steady number of live objects, with exponential sizes", SIZES_EXPONENTIAL,
     make_steady},
    {"hyperexponential", "the same with hyperexponential sizes", SIZES_HYPEREXPONENTIAL, make_steady},
    {"uniform", "the same with uniform sizes", SIZES_UNIFORM, make_steady},
    {"normal", "the same with normal sizes", SIZES_NORMAL, make_steady},
    {"bimodal", "the same with bimodal sizes", SIZES_BIMODAL, make_steady},
    {"ramp", "three allocations for each free", SIZES_EXPONENTIAL, make_ramp},
    {"sawtooth", "allocates --live objects, frees them all, and repeats that", SIZES_EXPONENTIAL,
     make_sawtooth},
    {"vectors", "objects that double by realloc, and are freed", SIZES_EXPONENTIAL, make_vectors},
    {"random", "random allocations and frees; from here on the malloc lab's", SIZES_UNIFORM, generate_random},
    {"random2", "the same; every second object is small", SIZES_UNIFORM, generate_random2},
    {"coalescing", "objects of 4,095 bytes, all freed, then of 8,190", SIZES_UNIFORM, generate_coalescing},
    {"binary", "64 and 448 bytes in turn; those of 448 freed; then 512 each", SIZES_UNIFORM, generate_binary},
    {"binary2", "the same with 16, 112 and 128", SIZES_UNIFORM, generate_binary2},
    {"realloc", "one block grows --live times by 128 bytes, between others", SIZES_UNIFORM, generate_realloc},
    {"realloc2", "the same by 5 bytes; the others have 16", SIZES_UNIFORM, generate_realloc2},
};

const struct shape *shape_at(size_t index) {
    return index < sizeof shapes / sizeof *shapes ? &shapes[index] : NULL;
}

const struct shape *shape_find(const char *name) {
    const struct shape *shape;
    for (size_t index = 0; (shape = shape_at(index)) && strcmp(shape->name, name) != 0; index++)
        ;
    return shape;
}
