/*
 * live.h - what is live: for each object its size, and a number of the user's own.
 *
 * Objects are numbered as they begin, so what is looked for is mostly what was put in lately, side by side:
 * an array is what fits. It comes in leaves of 32 objects, made when the first of them begins and used again
 * when the last has ended; so memory follows what is live, not how long the trace is.
 *
 *      leaves -> [ leaf | - | - | leaf | leaf | ... ]      object >> 5: which leaf, its low bits: where in it
 */
#ifndef HALLOC_TRACE_LIVE_H
#define HALLOC_TRACE_LIVE_H

#include "operation.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct live_entry {
    uint64_t object;
    uint64_t size;
    uint64_t note; /* the user's: the operation that began it, say */
};

#define LIVE_LEAF_BITS 5
#define LIVE_LEAF_OBJECTS (1u << LIVE_LEAF_BITS)

struct live_leaf {
    union {
        uint64_t present;       /* bit n: object n of this leaf is live */
        struct live_leaf *next; /* of unused ones                       */
    };
    struct {
        uint64_t size, note;
    } objects[LIVE_LEAF_OBJECTS];
};

struct live {
    struct live_leaf **leaves;
    size_t room; /* of leaves */
    struct live_leaf *unused;
    size_t count;
    uint64_t bytes; /* of all that is live */
};

static inline struct live_leaf *live_leaf_of(const struct live *live, uint64_t object) {
    uint64_t index = object >> LIVE_LEAF_BITS;
    return index < live->room ? live->leaves[index] : NULL;
}

static inline bool live_is(const struct live *live, uint64_t object) {
    const struct live_leaf *leaf = live_leaf_of(live, object);
    return leaf && leaf->present >> (object % LIVE_LEAF_OBJECTS) & 1;
}

static inline bool live_grow(struct live *live, uint64_t index) {
    size_t room = live->room ? live->room : 1024;
    while (room <= index)
        room *= 2;
    struct live_leaf **moved = reallocarray(live->leaves, room, sizeof *moved);
    if (!moved)
        return false;
    memset(moved + live->room, 0, (room - live->room) * sizeof *moved);
    live->leaves = moved;
    live->room = room;
    return true;
}

static inline struct live_leaf *live_make_leaf(struct live *live, uint64_t object) {
    uint64_t index = object >> LIVE_LEAF_BITS;
    if (index >= live->room && !live_grow(live, index))
        return NULL;
    struct live_leaf *leaf = live->leaves[index];
    if (leaf)
        return leaf;
    leaf = live->unused;
    if (leaf)
        live->unused = leaf->next;
    else if (!(leaf = malloc(sizeof *leaf)))
        return NULL;
    leaf->present = 0;
    live->leaves[index] = leaf;
    return leaf;
}

/* False: out of memory. The object must not be live. */
static inline bool live_begin(struct live *live, uint64_t object, uint64_t size, uint64_t note) {
    struct live_leaf *leaf = live_leaf_of(live, object);
    if (!leaf && !(leaf = live_make_leaf(live, object)))
        return false;
    unsigned at = object % LIVE_LEAF_OBJECTS;
    leaf->present |= UINT64_C(1) << at;
    leaf->objects[at].size = size;
    leaf->objects[at].note = note;
    live->count++;
    live->bytes += size;
    return true;
}

/* False: it is not live. What it was goes to *was. */
static inline bool live_end(struct live *live, uint64_t object, struct live_entry *was) {
    struct live_leaf *leaf = live_leaf_of(live, object);
    unsigned at = object % LIVE_LEAF_OBJECTS;
    if (!leaf || !(leaf->present >> at & 1))
        return false;
    *was = (struct live_entry){object, leaf->objects[at].size, leaf->objects[at].note};
    leaf->present &= ~(UINT64_C(1) << at);
    live->count--;
    live->bytes -= was->size;
    if (!leaf->present) {
        live->leaves[object >> LIVE_LEAF_BITS] = NULL;
        leaf->next = live->unused;
        live->unused = leaf;
    }
    return true;
}

/* The first live object at or after *object, which goes to *entry; *object is then the one after. */
static inline bool live_next(const struct live *live, uint64_t *object, struct live_entry *entry) {
    for (uint64_t index = *object >> LIVE_LEAF_BITS; index < live->room; index++) {
        const struct live_leaf *leaf = live->leaves[index];
        uint64_t first = index == *object >> LIVE_LEAF_BITS ? *object % LIVE_LEAF_OBJECTS : 0;
        uint64_t there = leaf ? leaf->present >> first << first : 0;
        if (!there)
            continue;
        unsigned at = (unsigned)__builtin_ctzll(there);
        *entry =
            (struct live_entry){index << LIVE_LEAF_BITS | at, leaf->objects[at].size, leaf->objects[at].note};
        *object = entry->object + 1;
        return true;
    }
    return false;
}

static inline void live_free(struct live *live) {
    for (size_t index = 0; index < live->room; index++)
        free(live->leaves[index]);
    while (live->unused) {
        struct live_leaf *next = live->unused->next;
        free(live->unused);
        live->unused = next;
    }
    free(live->leaves);
    *live = (struct live){0};
}

/* One operation. False: out of memory. *ended, if anything ended, is what it was; else object is
 * OBJECT_NONE. The note of what begins is the operation's number. */
static inline bool live_step(struct live *live, const struct operation *operation, struct live_entry *ended) {
    uint64_t ends = operation_ended_object(operation);
    if (ends == OBJECT_NONE || !live_end(live, ends, ended))
        ended->object = OBJECT_NONE;
    return !operation_begins_object(operation) ||
           live_begin(live, operation->object, operation->size, operation->number);
}

#endif
