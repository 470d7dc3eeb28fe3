/*
 * draw.c - see draw.h for the picture.
 *
 * Reading order: looking at a heap; columns; the strip; what stands beneath it; text.
 */
#include "draw.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TOUR_MARGIN 2
#define TOUR_WORD 6        /* columns for the word before a strip */
#define TOUR_TEXT_WIDTH 96 /* longer lines of prose are hard to read */

/* --- Looking at a heap ------------------------------------------------------------------------ */

static bool tour_visit(const MemoryBlock *header, void *payload, void *context) {
    struct tour_picture *picture = context;
    if (picture->count == TOUR_BLOCKS)
        return false;
    struct tour_block *block = &picture->blocks[picture->count++];
    block->header = header;
    block->payload = payload;
    /* In use, the last two members of the record are the user's bytes: read them only when free. */
    memcpy(&block->copy, header, header->isFree ? sizeof *header : offsetof(MemoryBlock, nextFree));
    picture->header_bytes = (size_t)((const char *)payload - (const char *)header);
    picture->total_bytes += picture->header_bytes + header->size;
    picture->free_bytes += header->isFree ? header->size : 0;
    for (int index = 0; index < TOUR_NAMES && !header->isFree; index++)
        if (picture->variables[index] == payload)
            block->name = (char)('a' + index);
    return true;
}

TOUR_INTERNAL void tour_look(struct tour_picture *picture, halloc_heap *heap, void *const *variables) {
    memset(picture, 0, sizeof *picture);
    picture->variables = variables;
    picture->whole = halloc_heap_walk(heap, tour_visit, picture);
}

TOUR_INTERNAL int tour_number(const struct tour_picture *picture, const void *place) {
    for (int index = 0; index < picture->count && place; index++)
        if (picture->blocks[index].header == place || picture->blocks[index].payload == place)
            return index + 1;
    return 0;
}

TOUR_INTERNAL size_t tour_offset(const struct tour_picture *picture, const void *place) {
    return (size_t)((const char *)place - (const char *)picture->blocks[0].header);
}

/* --- Columns: where each block begins on the screen -------------------------------------------- */

struct tour_columns {
    int begin[TOUR_BLOCKS + 1]; /* begin[count] is the end of the last block */
};

static int tour_strip_width(const struct tour_screen *screen) {
    return screen->width - TOUR_MARGIN - TOUR_WORD - 1;
}

/* Bytes as columns, rounded to the nearest. */
static int tour_scale(const struct tour_screen *screen, const struct tour_picture *picture, size_t bytes) {
    size_t width = (size_t)tour_strip_width(screen);
    return (int)((bytes * width + picture->total_bytes / 2) / picture->total_bytes);
}

/* To scale, but at least two columns for each block: one for the header, one for the payload. The extra
 * columns of a small block move the blocks after it right, or at the end those before it left. */
static void tour_place(const struct tour_screen *screen, const struct tour_picture *picture,
                       struct tour_columns *columns) {
    int count = picture->count;
    for (int index = 0; index < count; index++) {
        int begin = tour_scale(screen, picture, tour_offset(picture, picture->blocks[index].header));
        int least = index ? columns->begin[index - 1] + 2 : 0;
        columns->begin[index] = begin > least ? begin : least;
    }
    columns->begin[count] = tour_strip_width(screen);
    for (int index = count - 1; index >= 0; index--)
        if (columns->begin[index] > columns->begin[index + 1] - 2)
            columns->begin[index] = columns->begin[index + 1] - 2;
}

/* --- The strip ---------------------------------------------------------------------------------- */

static void tour_repeat(const char *cell, int times) {
    while (times-- > 0)
        fputs(cell, stdout);
}

static void tour_color(const struct tour_screen *screen, const char *code) {
    if (screen->colors)
        printf("\033[%sm", code);
}

static void tour_word(const struct tour_screen *screen, const char *word) {
    tour_color(screen, "2");
    printf("%*s%-*.*s", TOUR_MARGIN, "", TOUR_WORD, TOUR_WORD, word);
    tour_color(screen, "0");
}

/* "2", or "1 a" if a variable points at the block, with a space around it if there is room. Returns its
 * length: 0 if there is no room at all. */
static int tour_label(const struct tour_block *block, int number, int room, char label[16]) {
    char name[3] = {' ', block->name, 0};
    const char *space = room >= (block->name ? 7 : 5) ? " " : "";
    int length = snprintf(label, 16, "%s%d%s%s", space, number, block->name ? name : "", space);
    if (length > room)
        length = snprintf(label, 16, "%d", number);
    if (length > room)
        length = 0;
    label[length] = 0;
    return length;
}

static void tour_cells(const struct tour_screen *screen, const struct tour_block *block, int number,
                       int header, int payload) {
    bool is_free = block->copy.isFree;
    const char *cell = screen->unicode ? (is_free ? "·" : "▒") : (is_free ? "." : "#");
    char label[16];
    int length = tour_label(block, number, payload, label);
    int before = (payload - length) / 2;
    tour_color(screen, "30;43");
    tour_repeat(screen->unicode ? "┃" : "|", header);
    const char *fill = is_free ? "0;32" : "0;94;44";
    tour_color(screen, fill);
    tour_repeat(cell, before);
    tour_color(screen, is_free ? "0;1;32" : "0;1;97;44");
    fputs(label, stdout);
    tour_color(screen, fill);
    tour_repeat(cell, payload - length - before);
    tour_color(screen, "0");
}

TOUR_INTERNAL void tour_strip(const struct tour_screen *screen, const struct tour_picture *picture,
                              const char *word) {
    struct tour_columns columns;
    tour_place(screen, picture, &columns);
    tour_word(screen, word);
    int scaled = tour_scale(screen, picture, picture->header_bytes);
    for (int index = 0; index < picture->count; index++) {
        int width = columns.begin[index + 1] - columns.begin[index];
        int header = scaled < 1 ? 1 : scaled >= width ? width - 1 : scaled;
        tour_cells(screen, &picture->blocks[index], index + 1, header, width - header);
    }
    putchar('\n');
}

TOUR_INTERNAL void tour_bar(const struct tour_screen *screen, const struct tour_picture *picture,
                            const char *word, size_t bytes) {
    tour_word(screen, word);
    tour_color(screen, "31");
    tour_repeat(screen->unicode ? "═" : "=", tour_scale(screen, picture, bytes));
    tour_color(screen, "0");
    putchar('\n');
}

/* --- Beneath the strip --------------------------------------------------------------------------- */

static void tour_offset_text(const struct tour_picture *picture, int index, char text[24]) {
    snprintf(text, 24, "+%zu", tour_offset(picture, picture->blocks[index].header));
}

static void tour_size_text(const struct tour_picture *picture, int index, char text[24]) {
    snprintf(text, 24, "%zu", picture->blocks[index].copy.size);
}

typedef void tour_text_of(const struct tour_picture *picture, int index, char text[24]);

/* A row with one text for each block, below the block's first column. */
static void tour_row(const struct tour_screen *screen, const struct tour_picture *picture,
                     const struct tour_columns *columns, const char *word, tour_text_of *text_of) {
    tour_word(screen, word);
    for (int index = 0; index < picture->count; index++) {
        char text[24];
        text_of(picture, index, text);
        bool last = index + 1 == picture->count;
        printf("%-*s", last ? 0 : columns->begin[index + 1] - columns->begin[index], text);
    }
    putchar('\n');
}

/* True if every offset, the longest text below a strip, fits its block with a space behind it. */
static bool tour_rows_fit(const struct tour_picture *picture, const struct tour_columns *columns) {
    for (int index = 0; index < picture->count; index++) {
        char offset[24], size[24];
        tour_offset_text(picture, index, offset);
        tour_size_text(picture, index, size);
        int room = columns->begin[index + 1] - columns->begin[index];
        if ((int)strlen(offset) >= room || (int)strlen(size) >= room)
            return false;
    }
    return true;
}

/* For a terminal too narrow for rows: a line for each block. */
static void tour_list(const struct tour_screen *screen, const struct tour_picture *picture) {
    for (int index = 0; index < picture->count; index++) {
        const struct tour_block *block = &picture->blocks[index];
        char name[3] = {' ', block->name, 0};
        tour_word(screen, "");
        printf("%d%s: %zu bytes at +%zu, %s\n", index + 1, block->name ? name : "", block->copy.size,
               tour_offset(picture, block->header), block->copy.isFree ? "free" : "in use");
    }
}

/* Follows the links: the first block is the one that no other links to. */
TOUR_INTERNAL void tour_free_list(const struct tour_screen *screen, const struct tour_picture *picture) {
    const MemoryBlock *next = NULL;
    for (int index = 0; index < picture->count; index++)
        if (picture->blocks[index].copy.isFree && !picture->blocks[index].copy.prevFree)
            next = picture->blocks[index].header;
    tour_color(screen, "32");
    printf("%*sfree list: %s", TOUR_MARGIN, "", next ? "" : "empty");
    for (int links = 0; next && links < picture->count; links++) {
        int number = tour_number(picture, next);
        printf("%s%d", links ? (screen->unicode ? " → " : " -> ") : "", number);
        next = number ? picture->blocks[number - 1].copy.nextFree : NULL;
    }
    tour_color(screen, "0");
    putchar('\n');
}

TOUR_INTERNAL void tour_draw(const struct tour_screen *screen, const struct tour_picture *picture,
                             size_t heap_bytes) {
    struct tour_columns columns;
    tour_place(screen, picture, &columns);
    tour_strip(screen, picture, "heap");
    if (tour_rows_fit(picture, &columns)) {
        tour_row(screen, picture, &columns, "at", tour_offset_text);
        tour_row(screen, picture, &columns, "bytes", tour_size_text);
    } else {
        tour_list(screen, picture);
    }
    tour_free_list(screen, picture);
    size_t headers = (size_t)picture->count * picture->header_bytes;
    tour_print(screen, TOUR_SUM, "%zu bytes = %d header%s of %zu + %zu in use + %zu free", heap_bytes,
               picture->count, picture->count == 1 ? "" : "s", picture->header_bytes,
               picture->total_bytes - headers - picture->free_bytes, picture->free_bytes);
}

/* --- Text ------------------------------------------------------------------------------------------ */

/* The columns of this many bytes of UTF-8: only a character's first byte takes one. */
static int tour_columns_of(const char *text, int bytes) {
    int columns = 0;
    for (int at = 0; at < bytes; at++)
        columns += ((unsigned char)text[at] & 0xc0) != 0x80;
    return columns;
}

/* Words separated by spaces, on lines of at most `width` columns, `indent` spaces before all but the
 * first, which starts at column `column`. */
static void tour_wrap(const char *text, int width, int indent, int column) {
    bool first = true;
    while (*text) {
        int length = (int)strcspn(text, " "), columns = tour_columns_of(text, length);
        if (!first && column + 1 + columns > width) {
            printf("\n%*s", indent, "");
            column = indent;
        } else if (!first) {
            putchar(' ');
            column++;
        }
        printf("%.*s", length, text);
        column += columns;
        first = false;
        text += length;
        text += *text == ' ';
    }
    putchar('\n');
}

static void tour_print_heading(const struct tour_screen *screen, const char *text) {
    const char *line = screen->unicode ? "━" : "=";
    tour_color(screen, "1");
    putchar('\n');
    tour_repeat(line, 2);
    printf(" %s ", text);
    tour_repeat(line, screen->width - 5 - (int)strlen(text));
    tour_color(screen, "0");
    putchar('\n');
}

TOUR_INTERNAL void tour_print(const struct tour_screen *screen, enum tour_style style, const char *format,
                              ...) {
    static const struct {
        const char *before, *color;
    } styles[] = {
        [TOUR_SUM] = {"  ", "2"},
        [TOUR_SAY] = {"  ", NULL},
        [TOUR_ASK] = {"  ? ", "35"},
        [TOUR_CALL] = {"  > ", "1"},
        [TOUR_SOURCE] = {"  source: ", "36"},
    };
    char text[800];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (style == TOUR_HEADING) {
        tour_print_heading(screen, text);
        return;
    }
    int indent = (int)strlen(styles[style].before);
    int width = screen->width - 1 < TOUR_TEXT_WIDTH ? screen->width - 1 : TOUR_TEXT_WIDTH;
    if (styles[style].color)
        tour_color(screen, styles[style].color);
    fputs(styles[style].before, stdout);
    tour_wrap(text, width, indent, indent);
    if (styles[style].color)
        tour_color(screen, "0");
}
