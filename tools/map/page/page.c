/*
 * page.c - the map as one HTML file: the text of page.html and its parts, around the data.
 *
 * A page has at most PAGE_BYTES_MOST bytes. If the data would be more, some is left out. The order is: shades
 * of the tiles, operations at the window's end, columns of tiles, more operations and columns, the window,
 * the nearer levels.
 */
#include "page_text.h"
#include "../../base/json.h"
#include "pack.h"
#include "sections.h"

#include "../../trace/symbol/symbol.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#define WINDOW_GOOD 4096
#define WINDOW_LEAST 64
#define EVERY_MOST 8
#define SHADES 63
#define SHADES_FEW 15

struct page {
    struct map *map;
    struct page_rows rows;
    struct bytes text;
    unsigned shades, levels, every; /* one in this many columns of the tiles */
};

/* A script element must not contain "</script" or "<!--": so no "<" at all. */
static void write_string(struct bytes *text, const char *string) {
    bytes_byte(text, '"');
    for (char letter[JSON_LETTER_BYTES]; *string;) {
        string += json_letter(string, letter);
        bytes_print(text, "%s", *letter == '<' ? "\\u003c" : letter);
    }
    bytes_byte(text, '"');
}

static void write_section(struct page *page, const char *name, struct bytes *bytes) {
    bytes_print(&page->text, "<script type=\"text/plain\" data-section=\"%s\">", name);
    pack(&page->text, bytes);
    bytes_print(&page->text, "</script>\n");
    bytes_free(bytes);
}

static void write_policy_facts(struct page *page, const struct map_policy *policy) {
    const halloc_policy *known = halloc_policy_find(policy->name);
    struct bytes *text = &page->text;
    bytes_print(text, "{\"name\":");
    write_string(text, policy->name);
    bytes_print(text, ",\"summary\":");
    write_string(text, known ? known->summary : MAP_PROCESS_SUMMARY);
    bytes_print(text, ",\"header\":%" PRIu64 ",\"levels\":%u", policy->header_bytes,
                policy->level_count < page->levels ? policy->level_count : page->levels);
    bytes_print(text, ",\"top\":%" PRIu64 ",\"high\":%" PRIu64, policy->end_top, policy->end_high);
    bytes_print(text, ",\"growths\":%" PRIu64 ",\"failures\":%" PRIu64, policy->growths, policy->failures);
    bytes_print(text, ",\"peakUsed\":%" PRIu64 ",\"peakAt\":%" PRIu64 "}", policy->peak_used,
                policy->peak_operation);
}

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static void write_facts(struct page *page, uint64_t at) {
    const struct map *map = page->map;
    const struct trace_totals *totals = trace_totals(map->trace);
    struct bytes *text = &page->text;
    char words[512];
    bytes_print(text,
                "<script type=\"application/json\" id=\"facts\">{\"pack\":\"%s\",\"file\":", pack_format);
    write_string(text, name_of(map->path));
    bytes_print(text, ",\"command\":");
    write_string(text, trace_command(map->trace));
    bytes_print(text, ",\"operations\":%" PRIu64 ",\"threads\":%" PRIu64, map->operations, totals->threads);
    bytes_print(text, ",\"peak\":%" PRIu64 ",\"peakBytes\":%" PRIu64, map->peak, totals->peak_bytes);
    bytes_print(text, ",\"from\":%" PRIu64 ",\"to\":%" PRIu64 ",\"at\":%" PRIu64, map->from, map->to, at);
    bytes_print(text, ",\"damaged\":%s", trace_damage(map->trace)->found ? "true" : "false");
    bytes_print(text, ",\"hasSites\":%s", trace_has_sites(map->trace) ? "true" : "false");
    bytes_print(text, ",\"policies\":[");
    for (unsigned index = 0; index < map->policy_count; index++) {
        bytes_print(text, "%s", index ? "," : "");
        write_policy_facts(page, &map->policies[index]);
    }
    bytes_print(text, "],\"sites\":[");
    for (size_t row = 0; row < page->rows.site_count; row++) {
        bytes_print(text, "%s", row ? "," : "");
        write_string(text, map_site_words(map->trace, page->rows.sites[row], words, sizeof words));
    }
    bytes_print(text, "]}</script>\n");
}

static void write_policy(struct page *page, unsigned index) {
    const struct map_policy *policy = &page->map->policies[index];
    struct bytes bytes = {0};
    char name[32];
    if (page->map->from < page->map->to) {
        write_base(&bytes, &page->rows, page->map, index);
        snprintf(name, sizeof name, "base%u", index);
        write_section(page, name, &bytes);
        write_steps(&bytes, page->map, policy);
        snprintf(name, sizeof name, "steps%u", index);
        write_section(page, name, &bytes);
    }
    for (unsigned level = 0; level < policy->level_count && level < page->levels; level++) {
        write_level(&bytes, &policy->levels[level], page->shades, page->every);
        snprintf(name, sizeof name, "level%u.%u", index, level);
        write_section(page, name, &bytes);
    }
    write_marks(&bytes, page->map, policy);
    snprintf(name, sizeof name, "marks%u", index);
    write_section(page, name, &bytes);
}

static bool write_all(struct page *page, uint64_t at) {
    struct bytes bytes = {0};
    bytes_free(&page->text);
    if (!page_rows_open(&page->rows, page->map)) {
        page_rows_close(&page->rows);
        return false;
    }
    bytes_put(&page->text, page_head, page_head_bytes);
    write_facts(page, at);
    write_objects(&bytes, &page->rows);
    write_section(page, "objects", &bytes);
    write_calls(&bytes, &page->rows, page->map);
    write_section(page, "calls", &bytes);
    for (unsigned index = 0; index < page->map->policy_count; index++)
        write_policy(page, index);
    bytes_put(&page->text, page_tail, page_tail_bytes);
    page_rows_close(&page->rows);
    return !page->text.failed;
}

/* Makes the page smaller. False: nothing is left to leave out. */
static bool give_up_some(struct page *page) {
    struct map *map = page->map;
    uint64_t window = map->to - map->from;
    if (page->shades == SHADES)
        page->shades = SHADES_FEW;
    else if (window > (page->every == 1 ? WINDOW_GOOD : WINDOW_LEAST))
        map->to = map->from + window / 2;
    else if (page->every < EVERY_MOST)
        page->every *= 2;
    else if (window)
        map->to = map->from;
    else if (page->levels > 1)
        page->levels--;
    else
        return false;
    return true;
}

const char *map_write_page(struct map *map, uint64_t at, size_t most, FILE *file) {
    struct page page = {.map = map, .shades = SHADES, .levels = MAP_LEVELS, .every = 1};
    const char *why = NULL;
    do {
        if (!write_all(&page, at))
            why = "out of memory";
    } while (!why && page.text.count > most && give_up_some(&page));
    if (!why && page.text.count > most)
        why = "the page would be too large";
    if (!why && fwrite(page.text.data, 1, page.text.count, file) != page.text.count)
        why = strerror(errno ? errno : EIO);
    bytes_free(&page.text);
    return why;
}
