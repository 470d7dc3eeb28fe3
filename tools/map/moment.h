/*
 * moment.h - the heap after one operation: its blocks, its free lists, and the event of that operation. It
 * serves commands that draw or explain a single moment. The page shows any moment, so it has steps instead
 * (map.h).
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

/* Returns NULL, or the error. */
const char *moment_take(struct moment *moment, const struct trace *trace, const char *fit, uint64_t at);
/* The same for a replay that is at that operation already. */
bool moment_look(struct moment *moment, const struct serial *serial);
void moment_free(struct moment *moment);

/* The index of the block whose header or payload has the byte at `offset`; `count` above the top. */
size_t moment_find(const struct moment *moment, uint64_t offset);

#endif
