/*
 * moment.h - the heap after one operation: its blocks, its free lists, and what the operation did. For those
 * who draw or explain a single moment; the page, which shows any, has steps instead (map.h).
 */
#ifndef HALLOC_MAP_MOMENT_H
#define HALLOC_MAP_MOMENT_H

#include "lists.h"

struct moment {
    struct serial_block *blocks; /* in address order, without gaps */
    size_t count, room;
    struct lists lists;
    struct serial_event event; /* the operation that led here */
    uint64_t header_bytes, top, high, rover;
    bool failed;
};

/* NULL: done; else why not. */
const char *moment_take(struct moment *moment, const struct trace *trace, const char *fit, uint64_t at);
/* The same of a replay that stands there already. */
bool moment_look(struct moment *moment, const struct serial *serial);
void moment_free(struct moment *moment);

/* The block whose header or payload holds the byte at `offset`; its index, or `count` above the top. */
size_t moment_find(const struct moment *moment, uint64_t offset);

#endif
