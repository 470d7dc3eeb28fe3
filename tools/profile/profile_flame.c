/*
 * profile_flame.c - a profile as a flame graph: one SVG file, readable without a program of its own.
 *
 *      | malloc's callers, innermost        |
 *      | their callers              | other |          a box is as wide as what is in use below it;
 *      | main                               |            if nothing is, as what was allocated
 *
 * Sites are sorted by their frames from the outermost on. So equal beginnings are neighbours, and one pass
 * draws all boxes. A box tells its name, bytes and share when the pointer rests on it.
 *
 * Source: B. Gregg, "The Flame Graph" (2016).
 */
#include "profile.h"

#include "../base/plain.h"
#include "../base/words.h"

#include <inttypes.h>

#define WIDTH 1200.0
#define ROW 18
#define TOP 44
#define NARROWEST 0.4 /* of a box, in pixels */
#define LETTER 6.6
#define NAME_BYTES 256

struct flame {
    const struct profile *profile;
    struct bytes *bytes;
    char (*names)[NAME_BYTES]; /* of the profile's frames */
    const struct profile_site **sites;
    size_t count;
    uint64_t total;
    unsigned deepest;
    bool in_use;
};

static uint64_t bytes_of(const struct flame *flame, const struct profile_site *site) {
    return flame->in_use ? site->peak_bytes : site->bytes;
}

static uint32_t frame_at(const struct profile_site *site, unsigned depth) {
    return depth < site->frame_count ? site->frames[site->frame_count - 1 - depth] : UINT32_MAX;
}

static const char *name_at(const struct flame *flame, const struct profile_site *site, unsigned depth) {
    uint32_t frame = frame_at(site, depth);
    return frame == UINT32_MAX ? "" : flame->names[frame];
}

static const struct flame *sorted; /* qsort has no place for it */

static int by_stack(const void *one, const void *other) {
    const struct profile_site *left = *(const struct profile_site *const *)one,
                              *right = *(const struct profile_site *const *)other;
    for (unsigned depth = 0; depth < left->frame_count || depth < right->frame_count; depth++) {
        int order = strcmp(name_at(sorted, left, depth), name_at(sorted, right, depth));
        if (order)
            return order;
    }
    return 0;
}

/* So many letters of it. False: there are more. */
static bool put_text(struct bytes *bytes, const char *words, size_t most) {
    for (; *words && most; most--) {
        unsigned count = plain_bytes(words);
        if (strchr("<>&\"", *words))
            bytes_print(bytes, "&#%u;", (unsigned)*words);
        else
            bytes_put(bytes, count ? words : "?", count ? count : 1);
        words += count ? count : 1;
    }
    return !*words;
}

/* The colour depends on the name alone: the same function looks the same everywhere. */
static unsigned hue_of(const char *name) {
    unsigned hash = 5381;
    for (; *name; name++)
        hash = hash * 33 + (unsigned char)*name;
    return 12 + hash % 40;
}

static void put_box(const struct flame *flame, const char *name, unsigned depth, double from,
                    uint64_t bytes) {
    double width = (double)bytes / (double)flame->total * WIDTH;
    int y = TOP + (int)(flame->deepest - depth) * ROW;
    char words[WORD_BYTES];
    bytes_print(
        flame->bytes,
        "<g><rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" rx=\"2\" fill=\"hsl(%u 85%% 64%%)\"/>",
        from, y, width > 0.6 ? width - 0.5 : width, ROW - 1, hue_of(name));
    bytes_print(flame->bytes, "<title>");
    put_text(flame->bytes, name, 200);
    bytes_print(flame->bytes, ": %s, %.1f %%</title>", word_bytes(bytes, words),
                100 * (double)bytes / (double)flame->total);
    size_t letters = (size_t)(width / LETTER);
    if (letters >= 3) {
        bytes_print(flame->bytes, "<text x=\"%.1f\" y=\"%d\">", from + 3, y + 13);
        bool whole = put_text(flame->bytes, name, letters - 1);
        bytes_print(flame->bytes, "%s</text>", whole ? "" : "&#8230;");
    }
    bytes_print(flame->bytes, "</g>\n");
}

/* The boxes of sites [first, end), which agree in all frames outside of `depth`. */
static void put_boxes(const struct flame *flame, size_t first, size_t end, unsigned depth, double from) {
    while (first < end) {
        const char *name = name_at(flame, flame->sites[first], depth);
        uint64_t bytes = 0;
        size_t next = first;
        for (; next < end && strcmp(name_at(flame, flame->sites[next], depth), name) == 0; next++)
            bytes += bytes_of(flame, flame->sites[next]);
        double width = (double)bytes / (double)flame->total * WIDTH;
        if (*name && width >= NARROWEST) {
            put_box(flame, name, depth, from, bytes);
            put_boxes(flame, first, next, depth + 1, from);
        }
        from += width;
        first = next;
    }
}

static void put_head(const struct flame *flame) {
    char words[WORD_BYTES];
    int height = TOP + (int)(flame->deepest + 1) * ROW + 8;
    bytes_print(
        flame->bytes,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" width=\"100%%\" role=\"img\">\n"
        "<style>svg{background:#fff;font:11px ui-monospace,monospace}.h{font:15px "
        "system-ui,sans-serif;fill:#222}"
        "@media(prefers-color-scheme:dark){svg{background:#16181d}.h{fill:#ddd}}"
        "g:hover rect{stroke:#555;stroke-width:1.5}</style>\n<text class=\"h\" x=\"4\" y=\"18\">%s ",
        (int)WIDTH, height, flame->in_use ? "In use in" : "Allocated by");
    put_text(flame->bytes, flame->profile->command, 60);
    bytes_print(flame->bytes,
                ": %s</text><text class=\"h\" x=\"4\" y=\"36\" font-size=\"12\">A box is as wide as what the "
                "function and "
                "those that it calls hold. The outermost function is at the bottom.</text>\n",
                word_bytes(flame->total, words));
}

void profile_flame(const struct profile *profile, struct bytes *bytes) {
    struct flame flame = {.profile = profile, .bytes = bytes, .in_use = profile_in_use(profile)};
    flame.sites = malloc((profile->site_count + 1) * sizeof *flame.sites);
    flame.names = malloc((profile->frame_count + 1) * sizeof *flame.names);
    if (!flame.sites || !flame.names) {
        free(flame.sites);
        free(flame.names);
        bytes->failed = true;
        return;
    }
    for (size_t at = 0; at < profile->frame_count; at++)
        symbol_name(&profile->frames[at], flame.names[at], NAME_BYTES);
    for (uint32_t number = 0; number < profile->site_count; number++) {
        const struct profile_site *site = &profile->sites[number];
        if (!bytes_of(&flame, site))
            continue;
        flame.sites[flame.count++] = site;
        flame.total += bytes_of(&flame, site);
        flame.deepest = site->frame_count > flame.deepest + 1 ? site->frame_count - 1 : flame.deepest;
    }
    sorted = &flame;
    qsort(flame.sites, flame.count, sizeof *flame.sites, by_stack);
    put_head(&flame);
    if (flame.total)
        put_boxes(&flame, 0, flame.count, 0, 0);
    bytes_print(bytes, "</svg>\n");
    free(flame.names);
    free(flame.sites);
}
