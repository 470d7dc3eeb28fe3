/*
 * live.h - what is live: object -> size, and a number of the user's own. Memory follows what is live, not
 * how long the trace is.
 *
 * A hash table with open addressing and linear probing (Knuth, TAOCP 3, 6.4, algorithms L and R: a removal
 * moves later entries up, so there are no tombstones). At most half full.
 */
#ifndef HALLOC_TRACE_LIVE_H
#define HALLOC_TRACE_LIVE_H

#include "operation.h"

#include <stddef.h>
#include <stdlib.h>

struct live_entry {
    uint64_t object; /* OBJECT_NONE: empty */
    uint64_t size;
    uint64_t note; /* the user's: the operation that began it, say */
};

struct live {
    struct live_entry *entries;
    size_t room; /* a power of two, or 0 */
    size_t count;
    uint64_t bytes; /* of all that is live */
};

static inline size_t live_place(const struct live *live, uint64_t object) {
    return (size_t)(object * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (live->room - 1);
}

static inline struct live_entry *live_find(const struct live *live, uint64_t object) {
    if (!live->count)
        return NULL;
    for (size_t at = live_place(live, object);; at = (at + 1) & (live->room - 1)) {
        if (live->entries[at].object == object)
            return &live->entries[at];
        if (live->entries[at].object == OBJECT_NONE)
            return NULL;
    }
}

static inline void live_put(struct live *live, struct live_entry entry) {
    size_t at = live_place(live, entry.object);
    while (live->entries[at].object != OBJECT_NONE)
        at = (at + 1) & (live->room - 1);
    live->entries[at] = entry;
}

static inline bool live_grow(struct live *live) {
    struct live larger = *live;
    larger.room = live->room ? 2 * live->room : 1024;
    larger.entries = malloc(larger.room * sizeof *larger.entries);
    if (!larger.entries)
        return false;
    for (size_t at = 0; at < larger.room; at++)
        larger.entries[at].object = OBJECT_NONE;
    for (size_t at = 0; at < live->room; at++)
        if (live->entries[at].object != OBJECT_NONE)
            live_put(&larger, live->entries[at]);
    free(live->entries);
    *live = larger;
    return true;
}

/* False: out of memory. The object must not be live. */
static inline bool live_begin(struct live *live, uint64_t object, uint64_t size, uint64_t note) {
    if (2 * live->count >= live->room && !live_grow(live))
        return false;
    live_put(live, (struct live_entry){object, size, note});
    live->count++;
    live->bytes += size;
    return true;
}

/* False: it is not live. What it was goes to *was. */
static inline bool live_end(struct live *live, uint64_t object, struct live_entry *was) {
    struct live_entry *found = live_find(live, object);
    if (!found)
        return false;
    *was = *found;
    live->count--;
    live->bytes -= was->size;
    size_t hole = (size_t)(found - live->entries), mask = live->room - 1;
    for (size_t at = (hole + 1) & mask; live->entries[at].object != OBJECT_NONE; at = (at + 1) & mask) {
        size_t home = live_place(live, live->entries[at].object);
        if (((at - home) & mask) >= ((at - hole) & mask)) { /* its probing passes the hole */
            live->entries[hole] = live->entries[at];
            hole = at;
        }
    }
    live->entries[hole].object = OBJECT_NONE;
    return true;
}

static inline void live_free(struct live *live) {
    free(live->entries);
    *live = (struct live){0};
}

/* One operation. False: out of memory. *ended, if anything ended, is what it was; else object is
 * OBJECT_NONE. The note of what begins is the operation's number. */
static inline bool live_step(struct live *live, const struct operation *operation,
                             struct live_entry *ended) {
    uint64_t ends = operation_ended_object(operation);
    if (ends == OBJECT_NONE || !live_end(live, ends, ended))
        ended->object = OBJECT_NONE;
    return !operation_begins_object(operation) ||
           live_begin(live, operation->object, operation->size, operation->number);
}

#endif
