/* lists.c - see lists.h. */
#include "lists.h"

#include <stdlib.h>

/* How far to search for a place where they agree again. A call changes about ten links at most, and a
 * search costs the square of this. */
#define LOOK_MOST 64

bool lists_add(struct lists *lists, uint32_t list, const struct serial_block *block) {
    if (lists->count == lists->room) {
        size_t room = lists->room ? 2 * lists->room : 256;
        struct list_item *moved = reallocarray(lists->items, room, sizeof *moved);
        if (!moved) {
            lists->failed = true;
            return false;
        }
        lists->items = moved;
        lists->room = room;
    }
    lists->items[lists->count++] = (struct list_item){list, block->offset, block->size};
    return true;
}

static bool take(unsigned list, const struct serial_block *block, void *context) {
    return lists_add(context, list, block);
}

void lists_take(struct lists *lists, const struct serial *serial) {
    lists->count = 0;
    serial_free_lists(serial, take, lists);
}

void lists_free(struct lists *lists) {
    free(lists->items);
    *lists = (struct lists){0};
}

static bool same(const struct list_item *one, const struct list_item *other) {
    return one->offset == other->offset && one->size == other->size;
}

/* Two lists from a place where they differ: the smallest numbers of items to skip in each until they agree,
 * or end. */
static void resynchronise(const struct list_item *before, size_t before_count, const struct list_item *after,
                          size_t after_count, size_t *gone, size_t *come) {
    for (size_t both = 1; both <= LOOK_MOST; both++)
        for (size_t skip = both > after_count ? both - after_count : 0; skip <= both && skip <= before_count;
             skip++) {
            size_t other = both - skip;
            if (skip < before_count && other < after_count && same(before + skip, after + other)) {
                *gone = skip;
                *come = other;
                return;
            }
        }
    *gone = before_count;
    *come = after_count;
}

static void compare_list(const struct list_item *before, size_t before_count, const struct list_item *after,
                         size_t after_count, uint32_t list, list_edit_visit *visit, void *context) {
    size_t at = 0, place = 0;
    while (at < before_count || place < after_count) {
        if (at < before_count && place < after_count && same(before + at, after + place)) {
            at++;
            place++;
            continue;
        }
        size_t gone, come;
        resynchronise(before + at, before_count - at, after + place, after_count - place, &gone, &come);
        visit(&(struct list_edit){list, place, gone, after + place, come}, context);
        at += gone;
        place += come;
    }
}

static size_t list_end(const struct lists *lists, size_t at, uint32_t list) {
    while (at < lists->count && lists->items[at].list == list)
        at++;
    return at;
}

void lists_compare(const struct lists *before, const struct lists *after, list_edit_visit *visit,
                   void *context) {
    size_t at = 0, other = 0;
    while (at < before->count || other < after->count) {
        uint32_t list = UINT32_MAX;
        if (at < before->count)
            list = before->items[at].list;
        if (other < after->count && after->items[other].list < list)
            list = after->items[other].list;
        size_t at_end = list_end(before, at, list), other_end = list_end(after, other, list);
        compare_list(before->items + at, at_end - at, after->items + other, other_end - other, list, visit,
                     context);
        at = at_end;
        other = other_end;
    }
}
