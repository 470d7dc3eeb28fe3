/* state.c - one moment of the heap as JSON: every block and every free list, for programs. */
#include "map.h"
#include "moment.h"

#include "../trace/symbol/symbol.h"

#include <inttypes.h>
#include <string.h>

/* "grow(std::vector<int>&)", as other tools write it: without its parameters. */
static void cut_parameters(char *function) {
    int depth = 0; /* of <> and {}: "main::{lambda(int)#1}::operator()" has none to cut */
    for (char *at = function; *at; at++) {
        bool is_operator = at >= function + 8 && strncmp(at - 8, "operator", 8) == 0;
        if (*at == '(' && depth <= 0 && !is_operator && strncmp(at, "(anonymous", 10) != 0) {
            *at = 0;
            return;
        }
        if (!is_operator)
            depth += (*at == '<' || *at == '{') - (*at == '>' || *at == '}');
    }
}

const char *map_site_words(const struct trace *trace, uint32_t site, char *room, size_t bytes) {
    struct symbol symbols[2 * SYMBOLS_MOST];
    unsigned count = symbols_of_site(trace, site, 2, symbols, 2 * SYMBOLS_MOST), shown = 0;
    size_t length = (size_t)snprintf(room, bytes, "%s", count ? "" : "an unknown place");
    char words[256];
    for (unsigned at = 0; at < count && shown < 2 && length + 8 < bytes; at++) {
        if (symbol_is_plumbing(&symbols[at]) && (shown || at + 1 < count))
            continue;
        cut_parameters(symbols[at].function);
        length += (size_t)snprintf(room + length, bytes - length, "%s%s", shown++ ? " < " : "",
                                   symbol_print(&symbols[at], words, sizeof words));
    }
    return room;
}

static void write_blocks(const struct moment *moment, const struct facts *facts, FILE *file) {
    for (size_t index = 0; index < moment->count; index++) {
        const struct serial_block *block = &moment->blocks[index];
        fprintf(file, "%s\n   {\"offset\": %" PRIu64 ", \"size\": %" PRIu64 ", ", index ? "," : "",
                block->offset, block->size);
        if (block->is_free)
            fprintf(file, "\"free\": true}");
        else
            fprintf(file, "\"free\": false, \"requested\": %" PRIu64 ", \"born\": %" PRIu64 "}",
                    block->requested, facts_of(facts, block->object)->born);
    }
}

static void write_lists(const struct lists *lists, FILE *file) {
    for (size_t at = 0; at < lists->count; at++) {
        const struct list_item *item = &lists->items[at];
        bool first = !at || item[-1].list != item->list;
        if (first)
            fprintf(file, "%s\n   {\"list\": %u, \"offsets\": [", at ? "]}," : "", item->list);
        fprintf(file, "%s%" PRIu64, first ? "" : ", ", item->offset);
    }
    fprintf(file, "%s", lists->count ? "]}" : "");
}

static const char *write_policy(const struct map *map, const char *fit, uint64_t at, bool first, FILE *file) {
    struct moment moment;
    struct facts facts = {0};
    const char *why = moment_take(&moment, map->trace, fit, at);
    for (size_t index = 0; index < moment.count; index++)
        facts_want(&facts, moment.blocks[index].object);
    if (!why && !facts_find(&facts, map->trace))
        why = "out of memory";
    if (!why) {
        fprintf(file, "%s\n  {\"policy\": \"%s\", \"header_bytes\": %" PRIu64, first ? "" : ",", fit,
                moment.header_bytes);
        fprintf(file, ", \"top\": %" PRIu64 ", \"high\": %" PRIu64, moment.top, moment.high);
        if (moment.rover != SERIAL_NOWHERE)
            fprintf(file, ", \"rover\": %" PRIu64, moment.rover);
        fprintf(file, ",\n  \"live_bytes\": %" PRIu64 ", \"used_bytes\": %" PRIu64, moment.event.live_bytes,
                moment.event.used_bytes);
        fprintf(file, ",\n  \"blocks\": [");
        write_blocks(&moment, &facts, file);
        fprintf(file, "],\n  \"free_lists\": [");
        write_lists(&moment.lists, file);
        fprintf(file, "]}");
    }
    facts_free(&facts);
    moment_free(&moment);
    return why;
}

const char *map_write_state(const struct map *map, uint64_t at, FILE *file) {
    const char *why = NULL;
    fprintf(file, "{\"operation\": %" PRIu64 ", \"operations\": %" PRIu64 ",\n \"policies\": [", at,
            map->operations);
    for (unsigned index = 0; index < map->policy_count && !why; index++)
        why = write_policy(map, map->policies[index].name, at, index == 0, file);
    fprintf(file, "]}\n");
    return why;
}
