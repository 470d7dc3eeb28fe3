/* tiles.c - see tiles.h. */
#include "tiles.h"

#include <stdlib.h>
#include <string.h>

bool tiles_open(struct tiles *tiles, uint64_t from, uint64_t to, unsigned most) {
    memset(tiles, 0, sizeof *tiles);
    tiles->from = from;
    tiles->to = to;
    tiles->column_count = to - from < most ? (unsigned)(to - from) : most;
    tiles->row_bytes = TILE_ROW_BYTES;
    tiles->columns = calloc(tiles->column_count ? tiles->column_count : 1, sizeof *tiles->columns);
    return tiles->columns != NULL;
}

void tiles_close(struct tiles *tiles) {
    free(tiles->columns);
    tiles->columns = NULL;
}

/* Rows 0 and 1 become row 0, 2 and 3 row 1, ... */
static void halve_rows(struct tiles *tiles) {
    for (unsigned row = 0; row < TILE_ROWS; row++)
        for (unsigned state = 0; state < TILE_STATES; state++) {
            bool low = row < TILE_ROWS / 2;
            tiles->now[row][state] = low ? tiles->now[2 * row][state] + tiles->now[2 * row + 1][state] : 0;
            for (unsigned column = 0; column < tiles->columns_done; column++) {
                uint32_t(*cells)[TILE_STATES] = tiles->columns[column].cells;
                cells[row][state] = low ? cells[2 * row][state] + cells[2 * row + 1][state] : 0;
            }
        }
    tiles->row_bytes *= 2;
}

static void add(struct tiles *tiles, int sign, enum tile_state state, uint64_t from, uint64_t to) {
    while (to > tiles->row_bytes * TILE_ROWS)
        halve_rows(tiles);
    while (from < to) {
        uint64_t row = from / tiles->row_bytes, end = (row + 1) * tiles->row_bytes;
        uint64_t bytes = (end < to ? end : to) - from;
        tiles->now[row][state] += sign > 0 ? bytes : -bytes;
        from += bytes;
    }
}

void tiles_block(struct tiles *tiles, int sign, uint64_t header_bytes, uint64_t offset, uint64_t asked,
                 uint64_t granted) {
    add(tiles, sign, TILE_HEADER, offset - header_bytes, offset);
    add(tiles, sign, TILE_ASKED, offset, offset + asked);
    add(tiles, sign, TILE_WASTE, offset + asked, offset + granted);
}

/* Columns share the operations evenly; this one ends before: */
static uint64_t column_end(const struct tiles *tiles, unsigned column) {
    unsigned __int128 operations = tiles->to - tiles->from;
    return tiles->from + (uint64_t)(operations * (column + 1) / tiles->column_count);
}

void tiles_after(struct tiles *tiles, uint64_t number, uint64_t top, uint64_t live_bytes,
                 uint64_t used_bytes) {
    if (tiles->columns_done == tiles->column_count || number + 1 < column_end(tiles, tiles->columns_done))
        return;
    while (top > tiles->row_bytes * TILE_ROWS)
        halve_rows(tiles);
    struct tile_column *column = &tiles->columns[tiles->columns_done++];
    column->operation = number;
    column->top = top;
    column->live_bytes = live_bytes;
    column->used_bytes = used_bytes;
    for (unsigned row = 0; row < TILE_ROWS; row++)
        for (unsigned state = 0; state < TILE_STATES; state++)
            column->cells[row][state] = (uint32_t)tiles->now[row][state];
}

unsigned tiles_rows(const struct tiles *tiles) {
    uint64_t top = tiles->row_bytes;
    for (unsigned column = 0; column < tiles->columns_done; column++)
        if (tiles->columns[column].top > top)
            top = tiles->columns[column].top;
    return (unsigned)((top + tiles->row_bytes - 1) / tiles->row_bytes);
}

unsigned tile_share(const struct tiles *tiles, unsigned column, unsigned row, enum tile_state state,
                    unsigned whole) {
    uint64_t bytes = tiles->columns[column].cells[row][state];
    return (unsigned)((bytes * whole + tiles->row_bytes - 1) / tiles->row_bytes);
}

uint64_t tile_free_bytes(const struct tiles *tiles, unsigned column, unsigned row) {
    uint64_t top = tiles->columns[column].top, start = row * tiles->row_bytes;
    if (top <= start)
        return 0;
    uint64_t bytes = top - start < tiles->row_bytes ? top - start : tiles->row_bytes;
    for (unsigned state = 0; state < TILE_STATES; state++)
        bytes -= tiles->columns[column].cells[row][state];
    return bytes;
}
