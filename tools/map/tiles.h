/*
 * tiles.h - the heap over time as a grid: columns of operations across, rows of addresses down.
 *
 *            op 0 ............ op n
 *      0     | cell | cell | cell |     a cell: how many of its bytes are payload asked for, payload given
 *      row   | cell | cell | cell |     beyond that (waste), and headers of blocks in use. What else lies
 *      2*row | cell | cell | cell |     below the top is free; above the top there is no heap.
 *
 * A column is the heap after its last operation. Only the present column is counted. An operation changes
 * only the few rows of its block, so the cost does not depend on the heap's size. The final size of the heap
 * is not known beforehand. So rows begin with TILE_ROW_BYTES. If there are too many rows, each pair becomes
 * one, in all columns.
 */
#ifndef HALLOC_MAP_TILES_H
#define HALLOC_MAP_TILES_H

#include <stdbool.h>
#include <stdint.h>

#define TILE_ROWS 384
#define TILE_ROW_BYTES 64

enum tile_state { TILE_ASKED, TILE_WASTE, TILE_HEADER, TILE_STATES };

struct tile_column {
    uint64_t operation;                     /* the last one it shows                */
    uint64_t top, live_bytes, used_bytes;   /* after it                           */
    uint32_t cells[TILE_ROWS][TILE_STATES]; /* bytes                            */
};

struct tiles {
    uint64_t from, to; /* operations [from, to)                                  */
    unsigned column_count, columns_done;
    uint64_t row_bytes;
    uint64_t now[TILE_ROWS][TILE_STATES]; /* the heap at present, row by row     */
    struct tile_column *columns;
};

/* Columns for the operations [from, to), at most `most` of them. False: out of memory. */
bool tiles_open(struct tiles *tiles, uint64_t from, uint64_t to, unsigned most);
void tiles_close(struct tiles *tiles);

/* A block in use begins (sign 1) or ends (sign -1). Its payload is at `offset`, behind a header, and has
 * `granted` bytes; `asked` of them were asked for. */
void tiles_block(struct tiles *tiles, int sign, uint64_t header_bytes, uint64_t offset, uint64_t asked,
                 uint64_t granted);

/* Call it after operation `number`: it may end a column. */
void tiles_after(struct tiles *tiles, uint64_t number, uint64_t top, uint64_t live_bytes,
                 uint64_t used_bytes);

/* The rows that the heap ever reached. */
unsigned tiles_rows(const struct tiles *tiles);

/* The share of a cell, 0 to `whole`. Free is the rest below the top. */
unsigned tile_share(const struct tiles *tiles, unsigned column, unsigned row, enum tile_state state,
                    unsigned whole);
uint64_t tile_free_bytes(const struct tiles *tiles, unsigned column, unsigned row);

#endif
