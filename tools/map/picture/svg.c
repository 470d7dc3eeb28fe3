/*
 * svg.c - the map as a figure for papers and pages. For each policy it shows the heap over time, the heap
 * after one operation, and the free list as arrows in list order.
 *
 * Tiles of one colour are one path of rectangles. A rectangle goes on in time as long as the colour stays.
 * So tens of thousands of tiles take some hundred KiB, and are sharp at any size.
 */
#include "picture.h"

#include <inttypes.h>
#include <math.h>

#define PANEL_WIDE 480
#define PANEL_HIGH 230
#define LEFT 62
#define GAP 34
#define TOP 74
#define STRIP_TOP (TOP + PANEL_HIGH + 58)
#define STRIP_HIGH 34
#define LIST_HIGH 64
#define TILES_WIDE 240
#define TILES_HIGH 92
#define SHADES 6 /* steps of each state's share: fewer colours make fewer, longer paths */
#define LINKS_MOST 120
#define TITLE_FITS 110  /* letters of 14 px */
#define CAPTION_FITS 88 /* letters of 10 px that fit a panel and the gap beside it, in a wide font */

/* --- The heap over time -------------------------------------------------------------------------------- */

/* The shares in steps, as one number that identifies the colour. */
static uint32_t shade_of(const double shares[SHARES]) {
    uint32_t name = 0;
    for (unsigned share = 0; share < SHARES; share++)
        name = name * (SHADES + 1) + (uint32_t)(shares[share] * SHADES + 0.5);
    return name;
}

static struct colour colour_of_shade(uint32_t name) {
    double shares[SHARES], sum = 0;
    for (unsigned share = SHARES; share-- > 0; name /= SHADES + 1)
        sum += shares[share] = name % (SHADES + 1);
    for (unsigned share = 0; share < SHARES; share++)
        shares[share] /= sum > 0 ? sum : 1;
    return colour_mix(shares);
}

static void write_shade(FILE *file, const uint32_t *shades, size_t first) {
    struct colour colour = colour_of_shade(shades[first]);
    fprintf(file, "<path fill=\"#%02x%02x%02x\" d=\"", colour.red, colour.green, colour.blue);
    for (size_t at = first; at < (size_t)TILES_WIDE * TILES_HIGH;) {
        size_t end = at + 1;
        if (shades[at] == shades[first]) {
            while (end % TILES_WIDE && shades[end] == shades[first])
                end++;
            fprintf(file, "M%zu %zuh%zuv1h-%zuz", at % TILES_WIDE, at / TILES_WIDE, end - at, end - at);
        }
        at = end;
    }
    fprintf(file, "\"/>\n");
}

static const char *write_tiles(const struct map *map, const struct tiles *tiles, FILE *file) {
    uint64_t bytes = picture_bytes(map);
    size_t count = (size_t)TILES_WIDE * TILES_HIGH;
    uint32_t *shades = calloc(count, sizeof *shades);
    double shares[SHARES] = {[SHARE_NONE] = 1};
    uint32_t none = shade_of(shares);
    if (!shades)
        return "out of memory";
    for (size_t at = 0; at < count; at++) {
        picture_cell(tiles, bytes, (unsigned)(at % TILES_WIDE), TILES_WIDE, (unsigned)(at / TILES_WIDE),
                     TILES_HIGH, shares);
        shades[at] = shade_of(shares);
    }
    fprintf(file, "<g transform=\"scale(%.4f %.4f)\" shape-rendering=\"crispEdges\">\n",
            (double)PANEL_WIDE / TILES_WIDE, (double)PANEL_HIGH / TILES_HIGH);
    for (size_t at = 0; at < count; at++) {
        bool seen = shades[at] == none; /* the background has this colour already */
        for (size_t other = 0; other < at && !seen; other++)
            seen = shades[other] == shades[at];
        if (!seen)
            write_shade(file, shades, at);
    }
    fprintf(file, "</g>\n");
    free(shades);
    return NULL;
}

static void write_live(const struct map *map, const struct tiles *tiles, FILE *file) {
    double bytes = (double)picture_bytes(map);
    fprintf(file,
            "<path fill=\"none\" stroke=\"#10151c\" stroke-width=\"1.3\" stroke-dasharray=\"5 4\" d=\"");
    for (unsigned x = 0; x < TILES_WIDE; x++) {
        const struct tile_column *column = &tiles->columns[picture_column(tiles, x, TILES_WIDE)];
        fprintf(file, "%c%.1f %.1f", x ? 'L' : 'M', (x + 0.5) * PANEL_WIDE / TILES_WIDE,
                (double)column->live_bytes / bytes * PANEL_HIGH);
    }
    fprintf(file, "\"/>\n");
}

static void write_axes(const struct map *map, uint64_t at, FILE *file) {
    uint64_t bytes = picture_bytes(map), step = 1, across = 1;
    char words[WORD_BYTES];
    while (bytes / step > 6)
        step *= 2;
    for (uint64_t mark = 0; mark <= bytes; mark += step)
        fprintf(file, "<text x=\"-7\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
                (double)mark / (double)bytes * PANEL_HIGH + 4, word_bytes(mark, words));
    for (unsigned round = 0; map->operations / across > 5; round++)
        across = round % 3 == 1 ? across * 5 / 2 : across * 2;
    for (uint64_t mark = 0; mark < map->operations; mark += across)
        fprintf(file, "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>\n",
                (double)mark / (double)map->operations * PANEL_WIDE, PANEL_HIGH + 16,
                mark ? "middle" : "start", word_count(mark, words));
    double now = ((double)at + 0.5) / (double)map->operations * PANEL_WIDE;
    fprintf(file, "<path fill=\"#b4232f\" d=\"M%.1f 0h1.5v%dh-1.5zM%.1f -6h10l-5 7z\"/>\n", now - 0.75,
            PANEL_HIGH + 4, now - 5);
}

/* --- The heap at one operation ------------------------------------------------------------------------- */

static double place(const struct moment *moment, uint64_t offset) {
    return (double)offset / (double)moment->top * PANEL_WIDE;
}

/* Blocks narrower than this are mixed into one. */
#define NARROW 1.2
/* An overlap, so that no gap shows where two meet. */
#define OVERLAP 0.3

struct mixed {
    double from, to, red, green, blue, weight;
};

static void write_mixed(struct mixed *mixed, FILE *file) {
    if (mixed->weight > 0)
        fprintf(file, "<path fill=\"#%02x%02x%02x\" d=\"M%.2f 0h%.2fv%dh-%.2fz\"/>\n",
                (unsigned)(mixed->red / mixed->weight), (unsigned)(mixed->green / mixed->weight),
                (unsigned)(mixed->blue / mixed->weight), mixed->from, mixed->to - mixed->from + OVERLAP,
                STRIP_HIGH, mixed->to - mixed->from + OVERLAP);
    *mixed = (struct mixed){0};
}

static void write_strip(const struct moment *moment, FILE *file) {
    struct mixed mixed = {0};
    for (size_t index = 0; index < moment->count; index++) {
        const struct serial_block *block = &moment->blocks[index];
        double from = place(moment, block->offset - moment->header_bytes);
        double to = place(moment, block->offset + block->size);
        struct colour colour = block->is_free ? palette[SHARE_FREE] : colour_of_size(block->requested);
        if (to - from >= NARROW || (mixed.weight > 0 && mixed.to - mixed.from >= NARROW))
            write_mixed(&mixed, file);
        if (mixed.weight <= 0)
            mixed.from = from;
        mixed.to = to;
        mixed.red += colour.red * (to - from);
        mixed.green += colour.green * (to - from);
        mixed.blue += colour.blue * (to - from);
        mixed.weight += to - from;
        if (to - from >= NARROW) {
            mixed.to -= to - from > 4 ? 0.5 + OVERLAP : 0;
            write_mixed(&mixed, file);
        }
        if (block->is_free && to - from >= 3)
            fprintf(file, "<path fill=\"url(#hatch)\" d=\"M%.2f 0h%.2fv%dh-%.2fz\"/>\n", from, to - from,
                    STRIP_HIGH, to - from);
    }
    write_mixed(&mixed, file);
}

static void write_links(const struct moment *moment, FILE *file) {
    const struct lists *lists = &moment->lists;
    size_t drawn = 0;
    for (size_t at = 0; at < lists->count && drawn < LINKS_MOST; at++, drawn++) {
        const struct list_item *item = &lists->items[at];
        double to = place(moment, item->offset + item->size / 2);
        if (!at || item[-1].list != item->list) {
            fprintf(file, "<circle cx=\"%.1f\" cy=\"6\" r=\"2.6\" fill=\"#7a3b9a\"/>\n", to);
            continue;
        }
        double from = place(moment, item[-1].offset + item[-1].size / 2);
        double deep = 14 + sqrt(fabs(to - from)) * 2.6;
        fprintf(file,
                "<path fill=\"none\" stroke=\"#7a3b9a\" stroke-width=\"1\" marker-end=\"url(#arrow)\" "
                "d=\"M%.1f 4C%.1f %.1f %.1f %.1f %.1f 6\"/>\n",
                from, from, deep, to, deep, to);
    }
    char all[WORD_BYTES];
    fprintf(file, "<text x=\"0\" y=\"%d\">free list, in its order: %s block%s%s</text>\n", LIST_HIGH,
            word_count(lists->count, all), lists->count == 1 ? "" : "s",
            lists->count > LINKS_MOST ? ", the first 120 links drawn" : "");
}

/* --- The figure ---------------------------------------------------------------------------------------- */

static void write_escaped(const char *text, FILE *file) {
    unsigned shown = 0;
    for (; *text && shown < TITLE_FITS; text++, shown++)
        if (*text == '<' || *text == '&')
            fprintf(file, "&#%d;", *text);
        else if ((unsigned char)*text >= 0x20)
            fputc(*text, file);
    if (*text)
        fputs("…", file); /* the rest is left out, and that is seen */
}

static const char *write_panel(const struct map *map, unsigned index, uint64_t at, FILE *file) {
    const struct map_policy *policy = &map->policies[index];
    char words[256], number[WORD_BYTES];
    struct moment moment;
    const char *why = moment_take(&moment, map->trace, policy->name, at);
    if (!why) {
        int left = LEFT + (int)index * (PANEL_WIDE + LEFT + GAP);
        fprintf(file, "<g transform=\"translate(%d %d)\">\n<text y=\"-14\" class=\"name\">%s</text>\n", left,
                TOP, map_heap_words(policy, number));
        fprintf(file, "<rect width=\"%d\" height=\"%d\" fill=\"#f6f4ef\"/>\n", PANEL_WIDE, PANEL_HIGH);
        why = write_tiles(map, &policy->levels[0], file);
        write_live(map, &policy->levels[0], file);
        write_axes(map, at, file);
        fprintf(file, "</g>\n<g transform=\"translate(%d %d)\">\n", left, STRIP_TOP);
        picture_words(&moment, words, sizeof words);
        size_t heap = strcspn(words, ":"); /* "heap 7.2 MiB", then its parts */
        fprintf(file, "<text y=\"-22\"><tspan class=\"strong\">operation %s: %.*s</tspan></text>\n",
                word_count(at, number), (int)heap, words);
        fprintf(file, "<text y=\"-7\" font-size=\"10\"");
        if (strlen(words + heap + 2) > CAPTION_FITS) /* squeezed, because it would leave the picture */
            fprintf(file, " textLength=\"%d\" lengthAdjust=\"spacingAndGlyphs\"", PANEL_WIDE);
        fprintf(file, ">%s</text>\n", words + heap + 2);
        write_strip(&moment, file);
        fprintf(file, "</g>\n<g transform=\"translate(%d %d)\">\n", left, STRIP_TOP + STRIP_HIGH + 2);
        write_links(&moment, file);
        fprintf(file, "</g>\n");
    }
    moment_free(&moment);
    return why;
}

static void write_legend(int y, FILE *file) {
    static const char *const names[] = {"asked for", "rounding", "headers", "free"};
    int x = LEFT;
    for (unsigned share = 0; share <= SHARE_FREE; share++, x += 112)
        fprintf(file,
                "<rect x=\"%d\" y=\"%d\" width=\"14\" height=\"11\" rx=\"2\" fill=\"#%02x%02x%02x\"/>"
                "<text x=\"%d\" y=\"%d\">%s</text>\n",
                x, y - 10, palette[share].red, palette[share].green, palette[share].blue, x + 20, y,
                names[share]);
    fprintf(file,
            "<path d=\"M%d %dh24\" stroke=\"#10151c\" stroke-dasharray=\"5 4\" stroke-width=\"1.3\"/>"
            "<text x=\"%d\" y=\"%d\">live bytes</text>\n",
            x - 36, y - 4, x - 6, y);
}

/* The meaning of the strip's colours. An even step of the ramp is a doubling. */
static void write_sizes(int y, FILE *file) {
    const char *const words = "strip: blocks in use, by the bytes asked for";
    const int x = LEFT + 286, wide = 110, doublings = SIZE_LOG_MOST - SIZE_LOG_LEAST;
    fprintf(file, "<linearGradient id=\"sizes\">");
    for (int at = 0; at <= doublings; at++) {
        struct colour colour = colour_of_size((uint64_t)1 << (SIZE_LOG_LEAST + at));
        fprintf(file, "<stop offset=\"%.3f\" stop-color=\"#%02x%02x%02x\"/>", (double)at / doublings,
                colour.red, colour.green, colour.blue);
    }
    char least[WORD_BYTES], most[WORD_BYTES];
    word_bytes((uint64_t)1 << SIZE_LOG_LEAST, least);
    word_bytes((uint64_t)1 << SIZE_LOG_MOST, most);
    fprintf(file,
            "</linearGradient>\n<text x=\"%d\" y=\"%d\">%s</text><text x=\"%d\" y=\"%d\" "
            "text-anchor=\"end\">%s</text><rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"11\" rx=\"2\" "
            "fill=\"url(#sizes)\"/><text x=\"%d\" y=\"%d\">%s</text>\n",
            LEFT, y, words, x - 6, y, least, x, y - 10, wide, x + wide + 6, y, most);
}

const char *map_write_svg(const struct map *map, uint64_t at, FILE *file) {
    int wide = LEFT + PANEL_WIDE + GAP + (int)(map->policy_count - 1) * (PANEL_WIDE + LEFT + GAP);
    int high = STRIP_TOP + STRIP_HIGH + LIST_HIGH + 66;
    const char *why = NULL;
    fprintf(file,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\" "
            "font-family=\"system-ui, 'DejaVu Sans', sans-serif\" font-size=\"11\" fill=\"#5b6675\">\n",
            wide, high, wide, high);
    fprintf(
        file,
        "<style>.name{font-size:14px;font-weight:650;fill:#1c2430}.strong{font-weight:650;fill:#1c2430}"
        "</style>\n<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"4\" refY=\"4\" "
        "markerWidth=\"6\" markerHeight=\"6\" orient=\"auto\"><path fill=\"#7a3b9a\" d=\"M0 0l8 4-8 4z\"/>"
        "</marker><pattern id=\"hatch\" width=\"5\" height=\"5\" patternUnits=\"userSpaceOnUse\">"
        "<path d=\"M-1 6L6 -1M-1 1l2 -2M4 6l2 -2\" stroke=\"#aeb8c4\" "
        "stroke-width=\".8\"/></pattern></defs>\n"
        "<rect width=\"%d\" height=\"%d\" rx=\"8\" fill=\"#fbfaf7\"/>\n<text x=\"%d\" y=\"30\" "
        "class=\"name\">",
        wide, high, LEFT);
    write_escaped(trace_command(map->trace)[0] ? trace_command(map->trace) : map->path, file);
    fprintf(file, "</text>\n");
    for (unsigned index = 0; index < map->policy_count && !why; index++)
        why = write_panel(map, index, at, file);
    write_legend(high - 34, file);
    write_sizes(high - 14, file);
    fprintf(file, "</svg>\n");
    return why;
}
