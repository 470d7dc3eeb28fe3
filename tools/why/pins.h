/*
 * pins.h - who pins: which call sites made the objects that keep free memory from going.
 *
 *      a page of a slab     .....#...........#......      two objects pin the free slots around them
 *      samples in use       blocks of their own, each with its call site
 *
 * No object in a slab has a call site, and no sample lies in a slab. So three things are put together:
 *
 *      which objects pin      exact: each counts for its part of the free bytes in its page
 *      whose they may be      the call sites of the samples of that slot size, with what they stand for
 *      whose they look like   the first words of a pinning object, and those of the samples
 *
 * Objects of one call site look alike: a pointer to a type or to a table of functions, a length, a tag. The
 * shares are those that make what lies in the slabs most likely (pins_mix.h). Where all objects look the
 * same, they are the shares of what is in use.
 */
#ifndef HALLOC_WHY_PINS_H
#define HALLOC_WHY_PINS_H

#include "../live/samples.h"
#include "../live/view.h"

#define PINS_CLASSES_MOST 8
#define PINS_SITES_MOST 8 /* of a class, those with most */
#define PINS_LEAST_BYTES (1u << 20)

struct pins_class {
    uint32_t slot_bytes;
    uint64_t pinned_bytes; /* free, in pages with an object */
    size_t seen;           /* how many pinning objects were looked at */
    size_t samples;        /* in use, of this slot size; 0: nobody can be named */
    struct {
        uint32_t site; /* of the samples */
        double share;  /* of pinned_bytes */
    } sites[PINS_SITES_MOST];
    size_t site_count;
};

struct pins {
    struct pins_class classes[PINS_CLASSES_MOST]; /* those that pin PINS_LEAST_BYTES, the most first */
    size_t count;
};

/* Returns NULL, or why not, in words that follow "process 17: ". */
const char *pins_find(pid_t pid, const struct view *view, const struct samples *samples, struct pins *pins);

#endif
