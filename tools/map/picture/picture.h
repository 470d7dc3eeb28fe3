/*
 * picture.h - what the figure and the terminal share: the tiles in another number of rows and columns, as
 * colours, and the sentence below them.
 */
#ifndef HALLOC_MAP_PICTURE_H
#define HALLOC_MAP_PICTURE_H

#include "../map.h"
#include "../moment.h"

#include "../../base/words.h"

enum share { SHARE_ASKED, SHARE_WASTE, SHARE_HEADER, SHARE_FREE, SHARE_NONE, SHARES };

struct colour {
    uint8_t red, green, blue;
};

/* The page's light palette, by share. */
extern const struct colour palette[SHARES];
struct colour colour_mix(const double shares[SHARES]);
/* The colours of blocks by size, from dark to light: 8 bytes or less to a MiB or more. */
#define SIZE_LOG_LEAST 3
#define SIZE_LOG_MOST 20
struct colour colour_of_size(uint64_t bytes);

/* The highest heap of all policies: their common scale. */
uint64_t picture_bytes(const struct map *map);

/* The mean of a piece of the tiles: column x of `width`, row y of `height`, of a heap of `bytes`. */
void picture_cell(const struct tiles *tiles, uint64_t bytes, unsigned x, unsigned width, unsigned y,
                  unsigned height, double shares[SHARES]);
/* The column of the tiles that is drawn at x of `width`. */
unsigned picture_column(const struct tiles *tiles, unsigned x, unsigned width);

struct moment_sums {
    uint64_t asked, waste, headers, free_bytes, largest, holes, blocks;
};
struct moment_sums moment_sum(const struct moment *moment);

/* "heap 7.2 MiB: asked for 72.6 %, headers ..."; fills and returns room. */
const char *picture_words(const struct moment *moment, char *room, size_t bytes);

#endif
