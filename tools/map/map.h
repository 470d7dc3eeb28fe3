/*
 * map.h - the data of `halloc map` before it draws: a trace replayed under one or two policies.
 *
 * One replay of each policy gathers the data of all drawings. So a page, a figure and a terminal show the
 * same:
 *
 *      levels   the heap over time as tiles: the whole trace, then nearer and nearer the window
 *      marks    where the heap grew and where a call failed
 *      window   operations [from, to) that are kept in full: the heap's blocks and free lists before the
 *               first of them (the base), and the changes by each of them (the steps)
 *
 * The page applies the steps to the base. So it shows the heap exactly at each operation of the window, and
 * needs no policy of its own.
 *
 *      cmd_map.c -> gather.c (one policy's replay) -> facts.c (the history of the objects)
 *                -> page.c (HTML), svg.c, tty.c, state.c (JSON of one moment)
 */
#ifndef HALLOC_MAP_MAP_H
#define HALLOC_MAP_MAP_H

#include "../replay/serial/serial.h"
#include "bytes.h"
#include "facts.h"
#include "lists.h"
#include "tiles.h"

#define MAP_POLICIES_MOST 2
#define MAP_PROCESS_SUMMARY "halloc's malloc: no policy, but slabs, and a cache for each thread"
#define MAP_LEVELS 3
#define MAP_WINDOW_OPERATIONS 16384 /* the default, unless a page would be too large */
#define MAP_COLUMNS 1536            /* columns of the whole trace */
#define MAP_COLUMNS_NEAR 768        /* columns of the nearer levels */
#define MAP_NEAR 16                 /* the middle level shows this many windows */
#define MAP_GRANULE 16              /* all places and sizes of blocks are multiples of it */

/* Where the heap grew, or a call failed. */
struct map_mark {
    uint64_t operation, grew_bytes;
    bool failed;
};

/* The change of the heap by one operation. The edits of the lists tell which free blocks came and went. */
struct map_step {
    struct serial_event event;
    uint64_t rover;
    size_t edits_from, edits_to; /* bytes of `edits` */
};

struct map_policy {
    const char *name;
    struct tiles levels[MAP_LEVELS];
    unsigned level_count;

    struct map_mark *marks;
    size_t mark_count, mark_room;

    struct serial_block *base; /* before the window's first operation, in address order */
    size_t base_count, base_room;
    struct lists base_lists;
    uint64_t base_top, base_high, base_rover;

    struct map_step *steps;
    size_t step_count;
    struct bytes edits;

    uint64_t header_bytes;
    uint64_t peak_operation,
        peak_used; /* the largest number of granted bytes in use, and after which operation */
    uint64_t end_top, end_high, growths, failures;
    bool failed; /* out of memory */
};

struct map {
    const struct trace *trace;
    const char *path;
    uint64_t operations;
    uint64_t peak;     /* the operation after which most requested bytes were live */
    uint64_t from, to; /* the window                                            */
    struct map_policy policies[MAP_POLICIES_MOST];
    unsigned policy_count;
};

/* The window of `length` operations around `centre`, within the trace. */
void map_window(struct map *map, uint64_t centre, uint64_t length);

/* Replays the trace under the policy of that name. Returns NULL, or the error. It ignores damage in the
 * trace: it replays the operations that there are. */
const char *map_gather(const struct map *map, struct map_policy *policy, const char *name);
/* "first fit", or "process heap"; `room` has WORD_BYTES. */
const char *map_heap_words(const struct map_policy *policy, char *room);
void map_policy_free(struct map_policy *policy);

/* --- Drawing ---------------------------------------------------------------------------------------- */

/* Writes the page, which opens after operation `at`. A page of more than `most` bytes gets a shorter
 * window. NULL: done. */
#define PAGE_BYTES_MOST ((size_t)3000000)
const char *map_write_page(struct map *map, uint64_t at, size_t most, FILE *file);

/* Writes a figure of the whole trace and of the heap after operation `at`. */
const char *map_write_svg(const struct map *map, uint64_t at, FILE *file);

/* Prints the same in a terminal of that size, in colours or in signs. */
const char *map_write_tty(const struct map *map, uint64_t at, unsigned columns, unsigned rows, bool colours);

/* Writes all blocks and free lists after operation `at` as JSON. */
const char *map_write_state(const struct map *map, uint64_t at, FILE *file);

/* A call site in words: the caller of malloc and, if known, its caller. */
const char *map_site_words(const struct trace *trace, uint32_t site, char *room, size_t bytes);

#endif
