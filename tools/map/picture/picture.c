/* picture.c - see picture.h. */
#include "picture.h"

/* Blue, orange, navy, two greys: these differ for colour-blind readers, and in print. */
const struct colour palette[SHARES] = {
    {0x3b, 0x7d, 0xc4}, {0xe0, 0x8e, 0x00}, {0x1d, 0x35, 0x57}, {0xdd, 0xe2, 0xe8}, {0xf6, 0xf4, 0xef}};

static uint8_t byte_of(double number) {
    return (uint8_t)(number < 0 ? 0 : number > 255 ? 255 : number + 0.5);
}

struct colour colour_mix(const double shares[SHARES]) {
    double red = 0, green = 0, blue = 0;
    for (unsigned share = 0; share < SHARES; share++) {
        red += shares[share] * palette[share].red;
        green += shares[share] * palette[share].green;
        blue += shares[share] * palette[share].blue;
    }
    return (struct colour){byte_of(red), byte_of(green), byte_of(blue)};
}

/* Some colours of viridis (S. van der Walt and N. Smith), whose brightness grows evenly. */
struct colour colour_of_size(uint64_t bytes) {
    static const struct colour stops[] = {{0x44, 0x01, 0x54}, {0x46, 0x32, 0x7e}, {0x36, 0x5c, 0x8d},
                                          {0x27, 0x7f, 0x8e}, {0x1f, 0xa1, 0x87}, {0x4a, 0xc1, 0x6d},
                                          {0xa0, 0xda, 0x39}, {0xfd, 0xe7, 0x25}};
    const unsigned last = sizeof stops / sizeof *stops - 1;
    if (bytes < 1 << SIZE_LOG_LEAST)
        bytes = 1 << SIZE_LOG_LEAST;
    unsigned log = 63 - (unsigned)__builtin_clzll(bytes);
    double exact = log + (double)bytes / (double)((uint64_t)1 << log) - 1;
    double at = (exact - SIZE_LOG_LEAST) / (SIZE_LOG_MOST - SIZE_LOG_LEAST) * last;
    unsigned low = at >= last ? last - 1 : (unsigned)at;
    double part = at >= last ? 1 : at - low;
    const struct colour *from = &stops[low], *to = &stops[low + 1];
    return (struct colour){byte_of(from->red + part * (to->red - from->red)),
                           byte_of(from->green + part * (to->green - from->green)),
                           byte_of(from->blue + part * (to->blue - from->blue))};
}

uint64_t picture_bytes(const struct map *map) {
    uint64_t most = MAP_GRANULE;
    for (unsigned index = 0; index < map->policy_count; index++) {
        const struct tiles *tiles = &map->policies[index].levels[0];
        for (unsigned column = 0; column < tiles->columns_done; column++)
            if (tiles->columns[column].top > most)
                most = tiles->columns[column].top;
    }
    return most;
}

unsigned picture_column(const struct tiles *tiles, unsigned x, unsigned width) {
    unsigned column = (unsigned)(((uint64_t)x * 2 + 1) * tiles->columns_done / (2 * (uint64_t)width));
    return column < tiles->columns_done ? column : tiles->columns_done - 1;
}

/* Adds bytes [from, to) of one column to the shares, as parts of the whole. */
static void add_column(const struct tiles *tiles, unsigned column, double from, double to, double part,
                       double shares[SHARES]) {
    double row_bytes = (double)tiles->row_bytes, bytes = to - from;
    for (unsigned row = (unsigned)(from / row_bytes); row < TILE_ROWS && row * row_bytes < to; row++) {
        double low = row * row_bytes > from ? row * row_bytes : from;
        double high = (row + 1) * row_bytes < to ? (row + 1) * row_bytes : to;
        double weight = part * (high - low) / bytes, cell = 0;
        for (unsigned state = 0; state < TILE_STATES; state++) {
            double share = tiles->columns[column].cells[row][state] / row_bytes;
            shares[state] += weight * share;
            cell += share;
        }
        double free_share = (double)tile_free_bytes(tiles, column, row) / row_bytes;
        shares[SHARE_FREE] += weight * free_share;
        shares[SHARE_NONE] += weight * (1 - cell - free_share);
    }
}

void picture_cell(const struct tiles *tiles, uint64_t bytes, unsigned x, unsigned width, unsigned y,
                  unsigned height, double shares[SHARES]) {
    double from = (double)bytes * y / height, to = (double)bytes * (y + 1) / height, sum = 0;
    unsigned first = picture_column(tiles, x, width);
    unsigned end = x + 1 < width ? picture_column(tiles, x + 1, width) : tiles->columns_done;
    if (end <= first)
        end = first + 1;
    for (unsigned share = 0; share < SHARES; share++)
        shares[share] = 0;
    for (unsigned column = first; column < end; column++)
        add_column(tiles, column, from, to, 1.0 / (end - first), shares);
    for (unsigned share = 0; share < SHARES; share++)
        sum += shares[share];
    shares[SHARE_NONE] += 1 - sum; /* above what the tiles reach */
}

struct moment_sums moment_sum(const struct moment *moment) {
    struct moment_sums sums = {0};
    for (size_t index = 0; index < moment->count; index++) {
        const struct serial_block *block = &moment->blocks[index];
        sums.headers += moment->header_bytes; /* a hole's header, too: no program can use it */
        if (block->is_free) {
            sums.holes++;
            sums.free_bytes += block->size;
            if (block->size > sums.largest)
                sums.largest = block->size;
        } else {
            sums.blocks++;
            sums.asked += block->requested;
            sums.waste += block->size - block->requested;
        }
    }
    return sums;
}

const char *picture_words(const struct moment *moment, char *room, size_t bytes) {
    struct moment_sums sums = moment_sum(moment);
    char heap[WORD_BYTES], holes[WORD_BYTES], largest[WORD_BYTES];
    double whole = moment->top ? (double)moment->top / 100 : 1;
    snprintf(room, bytes,
             "heap %s: asked for %.1f %%, headers %.1f %%, rounding %.1f %%, free %.1f %% in %s hole%s, the "
             "largest %s",
             word_bytes(moment->top, heap), (double)sums.asked / whole, (double)sums.headers / whole,
             (double)sums.waste / whole, (double)sums.free_bytes / whole, word_count(sums.holes, holes),
             sums.holes == 1 ? "" : "s", word_bytes(sums.largest, largest));
    return room;
}
