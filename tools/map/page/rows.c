/* rows.c - which objects and call sites a page names, and by which numbers: see sections.h. */
#include "sections.h"

#include <stdlib.h>

#define SITE_ROWS_MOST 1500

/* The objects that the window's operations begin and end. */
static void want_window(struct facts *facts, const struct map *map) {
    const struct map_policy *any = &map->policies[0];
    for (size_t index = 0; index < any->step_count && map->from + index < map->to; index++) {
        facts_want(facts, any->steps[index].event.operation.object);
        facts_want(facts, any->steps[index].event.operation.previous);
    }
}

/* In use before the window and all through it: no operation of the window has named it. */
static bool stays(const struct facts *named, const struct map_policy *policy, size_t index) {
    return index < policy->base_count && !policy->base[index].is_free &&
           !facts_of(named, policy->base[index].object);
}

static bool is_inner(const struct facts *named, const struct map_policy *policy, size_t index) {
    return index && stays(named, policy, index - 1) && stays(named, policy, index) &&
           stays(named, policy, index + 1);
}

static struct solid solid_at(const struct facts *named, const struct map_policy *policy, size_t first) {
    struct solid solid = {.first = first, .end = first, .largest = first};
    for (; is_inner(named, policy, solid.end); solid.end++) {
        const struct serial_block *block = &policy->base[solid.end];
        solid.bytes += block->size + policy->header_bytes;
        solid.asked += block->requested;
        if (block->size > policy->base[solid.largest].size)
            solid.largest = solid.end;
    }
    return solid;
}

static struct solid *find_solids(const struct facts *named, const struct map_policy *policy, bool any) {
    size_t count = 0, room = 64;
    struct solid *solids = malloc(room * sizeof *solids);
    for (size_t at = 0; solids && any && at < policy->base_count; at++) {
        struct solid solid = solid_at(named, policy, at);
        if (solid.end - at < 2)
            continue;
        at = solid.end - 1;
        if (count + 1 == room) {
            struct solid *moved = reallocarray(solids, room *= 2, sizeof *moved);
            if (!moved)
                free(solids);
            solids = moved;
        }
        if (solids)
            solids[count++] = solid;
    }
    if (solids)
        solids[count] = (struct solid){.first = SIZE_MAX};
    return solids;
}

static void want_base(struct page_rows *rows, const struct map *map, unsigned index) {
    const struct map_policy *policy = &map->policies[index];
    const struct solid *solid = rows->solids[index];
    for (size_t at = 0; at < policy->base_count; at++) {
        if (at == solid->first) {
            facts_want(&rows->facts, policy->base[solid->largest].object);
            at = solid++->end - 1;
        } else {
            facts_want(&rows->facts, policy->base[at].object);
        }
    }
}

static bool number_sites(struct page_rows *rows, const struct trace *trace) {
    uint32_t sites = trace_sites(trace);
    rows->sites = calloc(SITE_ROWS_MOST, sizeof *rows->sites);
    rows->site_row = calloc((size_t)sites + 1, sizeof *rows->site_row);
    if (!rows->sites || !rows->site_row)
        return false;
    for (size_t row = 0; row < rows->facts.count; row++) {
        struct fact *fact = &rows->facts.all[row];
        if (fact->site > sites)
            fact->site = SITE_NONE;
        if (fact->site == SITE_NONE || rows->site_row[fact->site] || rows->site_count == SITE_ROWS_MOST)
            continue;
        rows->sites[rows->site_count++] = fact->site;
        rows->site_row[fact->site] = (uint32_t)rows->site_count;
    }
    return true;
}

bool page_rows_open(struct page_rows *rows, const struct map *map) {
    size_t blocks = 0;
    bool window = map->from < map->to;
    *rows = (struct page_rows){0};
    if (window)
        want_window(&rows->facts, map);
    for (unsigned index = 0; index < map->policy_count; index++)
        blocks += map->policies[index].base_count;
    for (unsigned index = 0; index < map->policy_count && window; index++) {
        rows->solids[index] = find_solids(&rows->facts, &map->policies[index], blocks > SOLID_FROM_BLOCKS);
        if (!rows->solids[index])
            return false;
    }
    for (unsigned index = 0; index < map->policy_count && window; index++)
        want_base(rows, map, index);
    return facts_find(&rows->facts, map->trace) && number_sites(rows, map->trace);
}

void page_rows_close(struct page_rows *rows) {
    facts_free(&rows->facts);
    free(rows->sites);
    free(rows->site_row);
    for (unsigned index = 0; index < MAP_POLICIES_MOST; index++)
        free(rows->solids[index]);
    *rows = (struct page_rows){0};
}
