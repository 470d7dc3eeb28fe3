/* sections.c - a map as columns of numbers: the format is told in sections.h. */
#include "sections.h"

#define MARKS_MOST 16384

static uint64_t row_plus_one(const struct page_rows *rows, uint64_t object) {
    return facts_of(&rows->facts, object) ? facts_place(&rows->facts, object) + 1 : 0;
}

/* --- Objects and calls --------------------------------------------------------------------------------- */

void write_objects(struct bytes *bytes, const struct page_rows *rows) {
    const struct fact *all = rows->facts.all;
    size_t count = rows->facts.count;
    uint64_t before = 0;
    bytes_number(bytes, count);
    for (size_t row = 0; row < count; row++)
        bytes_step(bytes, &before, all[row].born);
    for (size_t row = 0; row < count; row++)
        bytes_number(bytes, all[row].died == FACT_NEVER ? 0 : all[row].died - all[row].born + 1);
    for (size_t row = 0; row < count; row++)
        bytes_number(bytes, all[row].size);
    for (size_t row = 0; row < count; row++)
        bytes_number(bytes, all[row].thread);
    for (size_t row = 0; row < count; row++)
        bytes_number(bytes, rows->site_row[all[row].site]);
}

void write_calls(struct bytes *bytes, const struct page_rows *rows, const struct map *map) {
    const struct map_step *steps = map->policies[0].steps;
    size_t count = map->to - map->from;
    for (size_t index = 0; index < count; index++)
        bytes_number(bytes, steps[index].event.operation.kind);
    for (size_t index = 0; index < count; index++)
        bytes_number(bytes, row_plus_one(rows, steps[index].event.operation.object));
    for (size_t index = 0; index < count; index++)
        bytes_number(bytes, row_plus_one(rows, steps[index].event.operation.previous));
    for (size_t index = 0; index < count; index++)
        bytes_number(bytes, steps[index].event.operation.size);
    for (size_t index = 0; index < count; index++)
        bytes_number(bytes, steps[index].event.operation.thread);
}

/* --- The heap before the window ------------------------------------------------------------------------ */

enum base_kind { BASE_USED, BASE_FREE, BASE_SOLID };

/* Visits the blocks, with each solid as one. True while there is one more: block `*at` or `*solid`. */
static bool next_block(const struct map_policy *policy, const struct solid **solids, size_t *at,
                       const struct solid **solid) {
    if (*solid)
        *at = (*solid)->end;
    else
        *at += 1;
    *solid = NULL;
    if (*at < policy->base_count && *at == (*solids)->first)
        *solid = (*solids)++;
    return *at < policy->base_count;
}

static void write_lists(struct bytes *bytes, const struct lists *lists) {
    uint64_t before = 0, kinds = 0;
    for (size_t at = 0; at < lists->count; at++)
        kinds += !at || lists->items[at].list != lists->items[at - 1].list;
    bytes_number(bytes, kinds);
    for (size_t at = 0, end; at < lists->count; at = end) {
        for (end = at; end < lists->count && lists->items[end].list == lists->items[at].list; end++)
            ;
        bytes_number(bytes, lists->items[at].list);
        bytes_number(bytes, end - at);
        for (size_t index = at; index < end; index++)
            bytes_step(bytes, &before, lists->items[index].offset / MAP_GRANULE);
    }
}

static void write_base_columns(struct bytes *bytes, const struct page_rows *rows,
                               const struct map_policy *policy, const struct solid *first_solid,
                               unsigned column) {
    const struct solid *solids = first_solid, *solid = NULL;
    uint64_t row = 0;
    for (size_t at = SIZE_MAX; next_block(policy, &solids, &at, &solid);) {
        const struct serial_block *block = &policy->base[at];
        if (column == 0)
            bytes_number(bytes, solid ? BASE_SOLID : block->is_free ? BASE_FREE : BASE_USED);
        if (column == 1)
            bytes_number(bytes, (solid ? solid->bytes - policy->header_bytes : block->size) / MAP_GRANULE);
        if (column == 2 && !solid && !block->is_free)
            bytes_step(bytes, &row, facts_place(&rows->facts, block->object));
        if (column == 3 && !solid && !block->is_free)
            bytes_number(bytes, block->requested);
        if (column == 4 && solid) {
            bytes_number(bytes, solid->end - solid->first);
            bytes_number(bytes, solid->asked);
            bytes_step(bytes, &row, facts_place(&rows->facts, policy->base[solid->largest].object));
        }
    }
}

void write_base(struct bytes *bytes, const struct page_rows *rows, const struct map *map, unsigned index) {
    const struct map_policy *policy = &map->policies[index];
    const struct solid *solids = rows->solids[index], *solid = NULL;
    uint64_t count = 0;
    for (size_t at = SIZE_MAX; next_block(policy, &solids, &at, &solid);)
        count++;
    bytes_number(bytes, policy->base_top / MAP_GRANULE);
    bytes_number(bytes, policy->base_high / MAP_GRANULE);
    bytes_number(bytes, policy->base_rover == SERIAL_NOWHERE ? 0 : policy->base_rover / MAP_GRANULE + 1);
    bytes_number(bytes, count);
    for (unsigned column = 0; column < 5; column++)
        write_base_columns(bytes, rows, policy, rows->solids[index], column);
    write_lists(bytes, &policy->base_lists);
}

/* --- What each operation did --------------------------------------------------------------------------- */

void write_steps(struct bytes *bytes, const struct map *map, const struct map_policy *policy) {
    uint64_t offset = 0, rover = policy->base_rover;
    for (size_t index = 0; index < map->to - map->from; index++) {
        const struct map_step *step = &policy->steps[index];
        const struct serial_event *event = &step->event;
        bool placed = event->offset != SERIAL_NOWHERE;
        bytes_number(bytes, (unsigned)event->outcome | (event->grew_bytes ? 8 : 0) |
                                (step->rover != rover ? 16 : 0) | (placed ? 32 : 0));
        if (event->grew_bytes)
            bytes_number(bytes, event->grew_bytes / MAP_GRANULE);
        if (step->rover != rover)
            bytes_number(bytes, step->rover == SERIAL_NOWHERE ? 0 : step->rover / MAP_GRANULE + 1);
        rover = step->rover;
        if (placed) {
            bytes_step(bytes, &offset, event->offset / MAP_GRANULE);
            bytes_number(bytes, event->granted / MAP_GRANULE);
            bytes_number(bytes, event->requested);
        }
        bytes_number(bytes, event->finds);
        bytes_number(bytes, event->probes);
        bytes_number(bytes, event->splits);
        bytes_number(bytes, event->merges);
        bytes_number(bytes, step->edits_to - step->edits_from);
        bytes_put(bytes, policy->edits.data + step->edits_from, step->edits_to - step->edits_from);
    }
}

/* --- The heap over time -------------------------------------------------------------------------------- */

/* Of each group of columns the last, and the very last. */
static unsigned kept_column(const struct tiles *tiles, unsigned place, unsigned every) {
    unsigned column = (place + 1) * every - 1;
    return column < tiles->columns_done ? column : tiles->columns_done - 1;
}

static unsigned kept_columns(const struct tiles *tiles, unsigned every) {
    return (tiles->columns_done + every - 1) / every;
}

static void write_plane(struct bytes *bytes, const struct tiles *tiles, unsigned rows, enum tile_state state,
                        unsigned whole, unsigned every) {
    struct bytes plane = {0};
    for (unsigned row = 0; row < rows; row++) {
        unsigned left = 0;
        for (unsigned place = 0; place < kept_columns(tiles, every); place++) {
            unsigned share = tile_share(tiles, kept_column(tiles, place, every), row, state, whole);
            bytes_byte(&plane, (uint8_t)(share - left));
            left = share;
        }
    }
    for (size_t at = 0, next; at < plane.count; at = next) {
        for (next = at; next < plane.count && !plane.data[next]; next++)
            ;
        bytes_number(bytes, next - at);
        at = next;
        while (next < plane.count && (plane.data[next] || (next + 1 < plane.count && plane.data[next + 1])))
            next++;
        bytes_number(bytes, next - at);
        bytes_put(bytes, plane.data + at, next - at);
    }
    bytes->failed |= plane.failed;
    bytes_free(&plane);
}

void write_level(struct bytes *bytes, const struct tiles *tiles, unsigned whole, unsigned every) {
    unsigned rows = tiles_rows(tiles), columns = kept_columns(tiles, every);
    uint64_t before[4] = {0};
    bytes_number(bytes, tiles->from);
    bytes_number(bytes, tiles->to);
    bytes_number(bytes, columns);
    bytes_number(bytes, rows);
    bytes_number(bytes, tiles->row_bytes);
    bytes_number(bytes, whole);
    for (unsigned place = 0; place < columns; place++)
        bytes_step(bytes, &before[0], tiles->columns[kept_column(tiles, place, every)].operation);
    for (unsigned place = 0; place < columns; place++)
        bytes_step(bytes, &before[1], tiles->columns[kept_column(tiles, place, every)].top / MAP_GRANULE);
    for (unsigned place = 0; place < columns; place++)
        bytes_step(bytes, &before[2], tiles->columns[kept_column(tiles, place, every)].live_bytes);
    for (unsigned place = 0; place < columns; place++)
        bytes_step(bytes, &before[3], tiles->columns[kept_column(tiles, place, every)].used_bytes);
    for (unsigned state = 0; state < TILE_STATES; state++)
        write_plane(bytes, tiles, rows, (enum tile_state)state, whole, every);
}

/* All marks. If there are too many: those of the window, and elsewhere the first of each column. */
static bool is_told(const struct map *map, const struct map_policy *policy, size_t index) {
    const struct map_mark *marks = policy->marks;
    uint64_t number = marks[index].operation, width = map->operations / MAP_COLUMNS + 1;
    return policy->mark_count <= MARKS_MOST || (number >= map->from && number < map->to) || !index ||
           marks[index - 1].operation / width != number / width ||
           marks[index - 1].failed != marks[index].failed;
}

void write_marks(struct bytes *bytes, const struct map *map, const struct map_policy *policy) {
    uint64_t count = 0, before = 0;
    for (size_t index = 0; index < policy->mark_count; index++)
        count += is_told(map, policy, index);
    bytes_number(bytes, count);
    for (size_t index = 0; index < policy->mark_count; index++)
        if (is_told(map, policy, index))
            bytes_step(bytes, &before, policy->marks[index].operation);
    for (size_t index = 0; index < policy->mark_count; index++)
        if (is_told(map, policy, index))
            bytes_number(bytes,
                         policy->marks[index].grew_bytes / MAP_GRANULE << 1 | policy->marks[index].failed);
}
