/*
 * draw.h - what the tour draws with: a picture of a heap, and text that fits the terminal.
 *
 *      heap  |### 1 a ###|...... 2 ......|## 3 c ##|............ 4 ............
 *      at    +0          +480            +1152     +1536
 *      bytes 448         640             352       2528
 *      free list: 2 -> 4
 *
 * Everything in a picture was read from the heap by halloc_heap_walk; nothing is remembered from
 * the picture before.
 */
#ifndef HALLOC_TOUR_DRAW_H
#define HALLOC_TOUR_DRAW_H

#include "../../halloc.h"
#include "tour.h"

struct tour_screen {
    int width;    /* columns            */
    bool colors;  /* escapes may be sent */
    bool unicode; /* else plain ASCII    */
};

#define TOUR_BLOCKS 16 /* more than any step of the tour makes */
#define TOUR_NAMES 8   /* variables a to h of the tour */

/* One block, copied while the heap was locked. Numbers are in address order, from 1. */
struct tour_block {
    const MemoryBlock *header;
    const void *payload;
    MemoryBlock copy;
    char name; /* the variable that points at it, or 0 */
};

struct tour_picture {
    struct tour_block blocks[TOUR_BLOCKS];
    int count;
    size_t header_bytes;
    size_t total_bytes; /* headers and payloads of all blocks */
    size_t free_bytes;  /* payloads of free blocks            */
    bool whole;         /* false: the heap has more blocks */
    void *const *variables;
};

/* Walks the heap. variables[0] is the tour's a, and so on. */
TOUR_INTERNAL void tour_look(struct tour_picture *picture, halloc_heap *heap, void *const *variables);

/* The number of the block with this header or payload; 0 if there is none. */
TOUR_INTERNAL int tour_number(const struct tour_picture *picture, const void *place);

/* Bytes from the first header of the heap. */
TOUR_INTERNAL size_t tour_offset(const struct tour_picture *picture, const void *place);

/* Draws the strip alone, after a word of at most 6 letters; and the whole picture, with its sum. */
TOUR_INTERNAL void tour_strip(const struct tour_screen *screen, const struct tour_picture *picture,
                              const char *word);
TOUR_INTERNAL void tour_draw(const struct tour_screen *screen, const struct tour_picture *picture,
                             size_t heap_bytes);

/* The free blocks in the order of the policy's list, if it has only one. */
TOUR_INTERNAL void tour_free_list(const struct tour_screen *screen, const struct tour_picture *picture);

/* A number of bytes as a bar, to the scale of the picture. */
TOUR_INTERNAL void tour_bar(const struct tour_screen *screen, const struct tour_picture *picture,
                            const char *word, size_t bytes);

/* Text, wrapped: a heading; a picture's sum; sentences; a question; a call and its result; where in
 * the source to look. */
enum tour_style { TOUR_HEADING, TOUR_SUM, TOUR_SAY, TOUR_ASK, TOUR_CALL, TOUR_SOURCE };

TOUR_INTERNAL void tour_print(const struct tour_screen *screen, enum tour_style style, const char *format,
                              ...) __attribute__((format(printf, 3, 4)));

#endif
