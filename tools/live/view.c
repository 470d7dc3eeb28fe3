/* view.c - see view.h. */
#include "view.h"

#include <stdlib.h>

uint64_t view_resident_bytes(const struct view *view, uint64_t from, uint64_t to) {
    uint64_t bytes = 0, page_bytes = view->page_bytes;
    for (uint64_t page = from / page_bytes; page * page_bytes < to; page++) {
        if (!view_is_resident(view, page))
            continue;
        uint64_t low = page * page_bytes, high = low + page_bytes;
        bytes += (high < to ? high : to) - (low > from ? low : from);
    }
    return bytes;
}

uint64_t view_mapped_bytes(const struct view *view, enum mapping_kind kind) {
    uint64_t bytes = 0;
    for (size_t index = 0; index < view->mapping_count; index++)
        if (kind == MAPPING_KINDS || view->mappings[index].kind == kind)
            bytes += view->mappings[index].resident;
    return bytes;
}

void view_free(struct view *view) {
    for (size_t index = 0; index < view->block_count; index++)
        free(view->blocks[index].slots);
    free(view->blocks);
    free(view->resident);
    free(view->threads);
    free(view->mappings);
    *view = (struct view){0};
}

void *view_new(size_t bytes) {
    return calloc(1, bytes);
}

void *view_room(void *array, size_t count, size_t element_bytes) {
    bool is_full = (count & (count - 1)) == 0; /* 0, 1, 2, 4, 8, ... */
    return is_full ? realloc(array, (count ? 2 * count : 1) * element_bytes) : array;
}
