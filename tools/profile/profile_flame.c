/*
 * profile_flame.c - a profile as a flame graph: one SVG file, readable without a program of its own.
 *
 *      | malloc's callers, innermost        |
 *      | their callers              | other |          a box is as wide as what is in use below it;
 *      | main                               |            if nothing is, as what was allocated
 *
 * Sites are sorted by their frames from the outermost on. So equal beginnings are neighbours, and one pass
 * draws all boxes. A box tells its name, bytes and share when the pointer rests on it, and above the boxes
 * when it is touched; then it fills the width.
 *
 * Places and widths are shares of the window, and letters have one size, so that a telephone shows them as
 * large as a wide screen. A box is a picture within the picture: that cuts off the part of its name that has
 * no room.
 *
 * Source: B. Gregg, "The Flame Graph" (2016).
 */
#include "profile.h"

#include "../base/plain.h"
#include "../base/words.h"

#include <inttypes.h>

#define ROW 18
#define TOP 106
#define NARROWEST 0.03 /* of a box, in hundredths of the width */
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

/* So many letters of it. */
static void put_text(struct bytes *bytes, const char *words, size_t most) {
    for (; *words && most; most--) {
        unsigned count = plain_bytes(words);
        if (strchr("<>&\"", *words))
            bytes_print(bytes, "&#%u;", (unsigned)*words);
        else
            bytes_put(bytes, count ? words : "?", count ? count : 1);
        words += count ? count : 1;
    }
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
    double share = 100 * (double)bytes / (double)flame->total;
    char words[WORD_BYTES];
    bytes_print(flame->bytes, "<svg x=\"%.3f%%\" y=\"%d\" width=\"%.3f%%\" height=\"%d\"><title>", from,
                TOP + (int)(flame->deepest - depth) * ROW, share, ROW);
    put_text(flame->bytes, name, 200);
    bytes_print(flame->bytes,
                ": %s, %.1f %%</title><rect width=\"100%%\" height=\"%d\" fill=\"hsl(%u 85%% 64%%)\"/>"
                "<text x=\"3\" y=\"13\">",
                word_bytes(bytes, words), share, ROW, hue_of(name));
    put_text(flame->bytes, name, 200);
    bytes_print(flame->bytes, "</text></svg>\n");
}

/* The boxes of sites [first, end), which agree in all frames outside of `depth`. */
static void put_boxes(const struct flame *flame, size_t first, size_t end, unsigned depth, double from) {
    while (first < end) {
        const char *name = name_at(flame, flame->sites[first], depth);
        uint64_t bytes = 0;
        size_t next = first;
        for (; next < end && strcmp(name_at(flame, flame->sites[next], depth), name) == 0; next++)
            bytes += bytes_of(flame, flame->sites[next]);
        double width = 100 * (double)bytes / (double)flame->total;
        if (*name && width >= NARROWEST) {
            put_box(flame, name, depth, from, bytes);
            put_boxes(flame, first, next, depth + 1, from);
        }
        from += width;
        first = next;
    }
}

/* A telephone takes a page for one of 980 pixels, unless the page says otherwise. */
static const char style[] =
    "<meta xmlns=\"http://www.w3.org/1999/xhtml\" name=\"viewport\" content=\"width=device-width\"/>\n"
    "<style>svg{background:#fff;font:11px ui-monospace,monospace}"
    "rect{stroke:#fff;stroke-width:1}"
    ".h{font:15px system-ui,sans-serif}.n{font:11px system-ui,sans-serif}.h,.n,.d{fill:#222}"
    "@media(max-width:600px){.h{font-size:13px}}"
    "@media(prefers-color-scheme:dark){svg{background:#16181d}rect{stroke:#16181d}.h,.n,.d{fill:#ddd}}"
    "svg>svg:hover rect{stroke:#555}</style>\n";

/* A box that is touched fills the width, and so do those that it stands on. Touched again, all are there
 * again. */
static const char script[] =
    "<script><![CDATA[\n"
    "const all = document.currentScript.parentNode, boxes = [...all.querySelectorAll('svg')];\n"
    "const lines = all.querySelectorAll('.d');\n"
    "let chosen = null;\n"
    "for (const box of boxes)\n"
    "  [box.from, box.size] = [parseFloat(box.getAttribute('x')), parseFloat(box.getAttribute('width'))];\n"
    "function say(words) { /* on three lines, as many letters as there is room for */\n"
    "  const letters = Math.max(20, Math.floor((all.clientWidth - 8) / 6.8));\n"
    "  lines.forEach((line, at) => line.textContent = words.slice(at * letters, (at + 1) * letters));\n"
    "}\n"
    "function show(from, size) {\n"
    "  for (const box of boxes) {\n"
    "    const left = Math.max(from, box.from), right = Math.min(from + size, box.from + box.size);\n"
    "    const width = 100 * (right - left) / size;\n"
    "    box.style.display = width > 0.03 ? '' : 'none';\n"
    "    box.setAttribute('x', 100 * (left - from) / size + '%');\n"
    "    box.setAttribute('width', Math.max(0, width) + '%');\n"
    "    const room = all.clientWidth * width / 100;\n"
    "    box.querySelector('text').style.display = room > 22 ? '' : 'none';\n"
    "  }\n"
    "}\n"
    "function choose(box) {\n"
    "  chosen = box;\n"
    "  box ? show(box.from, box.size) : show(0, 100);\n"
    "  say(box ? box.querySelector('title').textContent : 'Touch a box: it tells its name, and fills the "
    "width.');\n"
    "}\n"
    "all.addEventListener('click', event => {\n"
    "  const box = event.target.closest('svg');\n"
    "  choose(box === all || box === chosen ? null : box);\n"
    "});\n"
    "addEventListener('resize', () => choose(chosen));\n"
    "choose(null);\n"
    "]]></script>\n";

static void put_head(const struct flame *flame) {
    char words[WORD_BYTES];
    bytes_print(flame->bytes,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"100%%\" height=\"%d\">\n%s"
                "<text class=\"h\" x=\"4\" y=\"18\">%s %s ",
                TOP + (int)(flame->deepest + 1) * ROW + 8, style, word_bytes(flame->total, words),
                flame->in_use ? "in use in" : "allocated by");
    put_text(flame->bytes, flame->profile->command, 60);
    bytes_print(flame->bytes,
                "</text>\n"
                "<text class=\"n\" x=\"4\" y=\"36\">A box is as wide as what the function and those "
                "that it calls</text>\n"
                "<text class=\"n\" x=\"4\" y=\"50\">hold. The outermost function is at the "
                "bottom.</text>\n"
                "<text class=\"d\" x=\"4\" y=\"68\"/><text class=\"d\" x=\"4\" y=\"82\"/>"
                "<text class=\"d\" x=\"4\" y=\"96\"/>\n");
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
    bytes_print(bytes, "%s</svg>\n", script);
    free(flame.names);
    free(flame.sites);
}
