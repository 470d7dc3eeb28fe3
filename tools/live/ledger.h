/*
 * ledger.h - where every resident byte of a process is.
 *
 *      resident pages of the region       each byte goes to the slot or block that it lies in
 *      resident pages of other mappings   by kind, as the kernel counts them
 *      the rest                           what the two counts of the region differ by
 *
 * The lines sum up to the process's resident set.
 */
#ifndef HALLOC_LIVE_LEDGER_H
#define HALLOC_LIVE_LEDGER_H

#include "view.h"

enum ledger_line {
    LEDGER_SLOTS,    /* objects in slots, with their rounding */
    LEDGER_LARGE,    /* objects that are blocks of their own, with theirs */
    LEDGER_FREE,     /* free slots in slabs */
    LEDGER_CACHED,   /* free slots and blocks that threads keep */
    LEDGER_UNCARVED, /* in slabs, behind the last slot that was carved */
    LEDGER_BLOCKS,   /* free blocks that stay resident */
    LEDGER_NEW,      /* blocks that are being taken */
    LEDGER_TABLES,
    LEDGER_LIBRARY,
    LEDGER_STACKS,
    LEDGER_FILES,
    LEDGER_BREAK,
    LEDGER_SHARED,
    LEDGER_OTHER,
    LEDGER_REST,
    LEDGER_LINES,
};

/* One slot size. All bytes are resident ones. */
struct ledger_class {
    uint32_t slot_bytes;
    uint64_t slabs, used_slots, used_bytes, free_bytes;
    uint64_t full[4];      /* slabs by fullness: below a quarter, below half, ... of what is carved */
    uint64_t idle_pages;   /* resident pages without an object: they can go */
    uint64_t pinned_bytes; /* free, in pages with an object: they can't */
};

#define LEDGER_CLASSES_MOST 128

struct ledger {
    int64_t bytes[LEDGER_LINES]; /* the rest may be negative */
    uint64_t resident;
    struct ledger_class classes[LEDGER_CLASSES_MOST];
    size_t class_count;
    uint64_t live_bytes, live_objects; /* resident or not: slots and blocks */
    uint64_t large_objects, large_bytes, largest_bytes;
    uint64_t idle_bytes, pinned_bytes; /* of all classes */
};

void ledger_make(const struct view *view, struct ledger *ledger);

/* Resident, and free: in slabs, in blocks, in what threads keep. */
static inline uint64_t ledger_free_bytes(const struct ledger *ledger) {
    return (uint64_t)(ledger->bytes[LEDGER_FREE] + ledger->bytes[LEDGER_CACHED] +
                      ledger->bytes[LEDGER_BLOCKS]);
}

/* "live objects in slots": for people; "slots": for programs. */
const char *ledger_words(enum ledger_line line);
const char *ledger_name(enum ledger_line line);

#endif
