/*
 * sections.h - a map as the columns of numbers that the page reads: the format between sections.c and
 * model.js. All numbers are varints (tools/trace/format/varint.h); "step" is a zigzag difference from the one
 * before; places and sizes of blocks count granules of 16 bytes.
 *
 *   objects   count; then columns, one after the other: birth (steps), death less birth + 1 (0: never),
 *             size, thread, site's row in the page's list of names + 1 (0: none)
 *   calls     of the window, columns: kind; object's row + 1 (0: none); previous' row + 1; size; thread
 *   base      top, high, rover + 1 (0: none), count of blocks; columns: kind (0 in use, 1 free, 2 solid);
 *             granules of payload; for each in use its object's row (steps); for each in use the bytes asked
 *             for; for each solid its blocks, bytes asked for, and the row of the largest (steps).
 *             Then count of lists; each: its index, count of items, their offsets (steps through all lists)
 *   steps     for each operation of the window: outcome | 8 if it grew | 16 if the rover moved | 32 if a
 *             block is placed; granules grown; rover + 1; the block's offset (step), granules granted,
 *             bytes asked for; finds, probes, splits, merges; count of bytes of edits; the edits, each:
 *             list, place, count gone, count come, and for each that comes its offset (step, in this
 *             operation, from where it placed or freed) and granules
 *   level     from, to, columns, rows, bytes of a row, shares' whole; columns: last operation (steps),
 *             top / 16 (steps), live (steps), used (steps); three planes (asked, waste, header), row by
 *             row, each cell less its left neighbour, as runs: zeros, count of bytes, bytes
 *   marks     count; columns: operation (steps), grew / 16 << 1 | failed
 *
 * A solid is a row of neighbours that stay in use all through the window, with no hole beside any of them.
 * In a heap of very many blocks they are drawn as one, because the page would be too large otherwise.
 */
#ifndef HALLOC_MAP_SECTIONS_H
#define HALLOC_MAP_SECTIONS_H

#include "../map.h"

#define SOLID_FROM_BLOCKS 120000 /* of all policies together */

struct solid {
    size_t first, end, largest; /* blocks of the base */
    uint64_t bytes, asked;
};

struct page_rows {
    struct facts facts; /* a row for each object */
    uint32_t *sites;    /* a row for each name */
    size_t site_count;
    uint32_t *site_row;                      /* for each site: its row + 1 */
    struct solid *solids[MAP_POLICIES_MOST]; /* in order, ended by one whose first is SIZE_MAX */
};

/* Finds the rows for the window [from, to). False: out of memory. */
bool page_rows_open(struct page_rows *rows, const struct map *map);
void page_rows_close(struct page_rows *rows);

void write_objects(struct bytes *bytes, const struct page_rows *rows);
void write_calls(struct bytes *bytes, const struct page_rows *rows, const struct map *map);
void write_base(struct bytes *bytes, const struct page_rows *rows, const struct map *map, unsigned policy);
void write_steps(struct bytes *bytes, const struct map *map, const struct map_policy *policy);
void write_level(struct bytes *bytes, const struct tiles *tiles, unsigned whole, unsigned every);
void write_marks(struct bytes *bytes, const struct map *map, const struct map_policy *policy);

#endif
