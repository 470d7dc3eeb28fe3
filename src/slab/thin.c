/*
 * thin.c - the pages of a slab that hold nothing but free slots go back to the system.
 *
 *      slots    | used | free | free | free | free | free | used | ...
 *      pages    |            |  given back  |             |
 *
 * A noted slot holds nothing (slab.h), not even a link. So a page that only noted slots reach into can go
 * back while the slab stays. That costs system calls and faults: so a slab is thinned only if nobody
 * allocated from it or freed into it between two looks, PURGE_INTERVAL_MS apart.
 */
#include "slab.h"

/* Whole pages between two places in the slab, which may begin inside a large page. */
static size_t give_back(const struct slab *slab, size_t from, size_t to) {
    size_t page = platform_page_bytes();
    if (to == slab_carved(slab)) /* nobody has anything behind it */
        to = slab_bytes(slab);
    char *first = (char *)align_up((uintptr_t)slab_start(slab) + from, page);
    char *end = (char *)align_down((uintptr_t)slab_start(slab) + to, page);
    if (first >= end || !platform_purge(first, (size_t)(end - first)))
        return 0;
    huge_wish(first, (size_t)(end - first), false);
    return (size_t)(end - first);
}

/* Numbers count down as addresses go up. */
static size_t give_stretches_back(const struct slab *slab) {
    const uint64_t *notes = slab_notes(slab);
    uint32_t slot = (uint32_t)slot_bytes(slab->size_class), carved = slab_carved(slab), stretch = 0;
    size_t given = 0;
    for (uint32_t at = 0, number = carved / slot; number-- > 0; at += slot) {
        if (is_noted(notes[number / 64], number))
            continue;
        given += give_back(slab, stretch, at);
        stretch = at + slot;
    }
    return given + give_back(slab, stretch, carved);
}

INTERNAL size_t slab_thin(struct slab *slab, bool at_once) {
    bool unchanged = slab->frees_left_seen == slab->frees_left;
    if (unchanged && slab->is_thinned)
        return 0;
    slab->frees_left_seen = slab->frees_left;
    slab->is_thinned = unchanged || at_once;
    if (!slab->is_thinned)
        return 0;
    slab_note_all(slab);
    return give_stretches_back(slab);
}
