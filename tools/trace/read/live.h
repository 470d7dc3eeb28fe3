/*
 * live.h - the live objects: the size of each, and a note by the user.
 *
 * Objects are numbered as they begin. So a search is mostly for a recent object, and recent objects are
 * neighbours: an array is right. It comes in leaves of 32 objects. A leaf is made when its first object
 * begins, and used again after its last has ended. So memory follows the live objects, not the length of
 * the trace.
 *
 *      leaves -> [ leaf | - | - | leaf | leaf | ... ]      object >> 5: the leaf; low bits: the place in it
 *
 * In a long trace most leaves are gone. Bits tell which leaves exist, and further bits tell which words of
 * those bits are not 0. So a search for the next live object passes 4,096 missing leaves in one step.
 */
#ifndef HALLOC_TRACE_LIVE_H
#define HALLOC_TRACE_LIVE_H

#include "../format/operation.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct live_entry {
    uint64_t object;
    uint64_t size;
    uint64_t note; /* the user's, for example the operation that began it */
};

#define LIVE_LEAF_BITS 5
#define LIVE_LEAF_OBJECTS (1u << LIVE_LEAF_BITS)
#define LIVE_STEP 4096u /* 64 times 64 */

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
    uint64_t *there[2]; /* bit n of the first: leaf n is there; of the second: word n of the first is not 0 */
    size_t room;        /* of leaves: a multiple of LIVE_STEP */
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

/* NULL: no memory, and the array is unchanged. */
static inline void *live_grow_zeros(void *array, size_t size, size_t from, size_t to) {
    char *moved = reallocarray(array, to, size);
    if (moved)
        memset(moved + from * size, 0, (to - from) * size);
    return moved;
}

static inline bool live_grow(struct live *live, uint64_t index) {
    size_t room = live->room ? live->room : LIVE_STEP;
    while (room <= index)
        room *= 2;
    for (unsigned level = 0, step = 64; level < 2; level++, step *= 64) {
        uint64_t *bits = live_grow_zeros(live->there[level], sizeof *bits, live->room / step, room / step);
        if (!bits)
            return false;
        live->there[level] = bits;
    }
    struct live_leaf **leaves = live_grow_zeros(live->leaves, sizeof *leaves, live->room, room);
    if (!leaves)
        return false;
    live->leaves = leaves;
    live->room = room;
    return true;
}

static inline void live_note_leaf(struct live *live, uint64_t index, bool is_there) {
    uint64_t *word = &live->there[0][index / 64], *above = &live->there[1][index / LIVE_STEP];
    uint64_t bit = UINT64_C(1) << index % 64, bit_above = UINT64_C(1) << index / 64 % 64;
    *word = is_there ? *word | bit : *word & ~bit;
    *above = *word ? *above | bit_above : *above & ~bit_above;
}

/* The first leaf at or after `index`; room: none. */
static inline uint64_t live_next_leaf(const struct live *live, uint64_t index) {
    if (index >= live->room)
        return live->room;
    uint64_t word = index / 64, some = live->there[0][word] >> index % 64 << index % 64;
    if (some)
        return word * 64 + (uint64_t)__builtin_ctzll(some);
    word++;
    uint64_t step = word / 64, words = step * LIVE_STEP < live->room ? live->there[1][step] : 0;
    words = words >> word % 64 << word % 64;
    while (!words && ++step < live->room / LIVE_STEP)
        words = live->there[1][step];
    if (!words)
        return live->room;
    word = step * 64 + (uint64_t)__builtin_ctzll(words);
    return word * 64 + (uint64_t)__builtin_ctzll(live->there[0][word]);
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
    live_note_leaf(live, index, true);
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

/* False: it is not live. *was gets its entry. */
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
        live_note_leaf(live, object >> LIVE_LEAF_BITS, false);
        leaf->next = live->unused;
        live->unused = leaf;
    }
    return true;
}

/* The first live object at or after *object: *entry gets it, and *object becomes the next number. */
static inline bool live_next(const struct live *live, uint64_t *object, struct live_entry *entry) {
    for (uint64_t index = live_next_leaf(live, *object >> LIVE_LEAF_BITS); index < live->room;
         index = live_next_leaf(live, index + 1)) {
        const struct live_leaf *leaf = live->leaves[index];
        uint64_t first = index == *object >> LIVE_LEAF_BITS ? *object % LIVE_LEAF_OBJECTS : 0;
        uint64_t there = leaf->present >> first << first;
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
    for (uint64_t index = 0; (index = live_next_leaf(live, index)) < live->room; index++)
        free(live->leaves[index]);
    while (live->unused) {
        struct live_leaf *next = live->unused->next;
        free(live->unused);
        live->unused = next;
    }
    free(live->leaves);
    free(live->there[0]);
    free(live->there[1]);
    *live = (struct live){0};
}

/* Applies one operation. False: out of memory. *ended gets the entry that ended; its object is OBJECT_NONE
 * if none did. The note of a new object is the operation's number. */
static inline bool live_step(struct live *live, const struct operation *operation, struct live_entry *ended) {
    uint64_t ends = operation_ended_object(operation);
    if (ends == OBJECT_NONE || !live_end(live, ends, ended))
        ended->object = OBJECT_NONE;
    return !operation_begins_object(operation) ||
           live_begin(live, operation->object, operation->size, operation->number);
}

#endif
