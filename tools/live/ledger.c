/* ledger.c - see ledger.h. */
#include "ledger.h"

#include <string.h>

const char *ledger_words(enum ledger_line line) {
    static const char *const words[] = {
        [LEDGER_SLOTS] = "live objects in slots, rounded up to them",
        [LEDGER_LARGE] = "live objects that are blocks of their own",
        [LEDGER_FREE] = "free slots between objects",
        [LEDGER_CACHED] = "free slots and blocks that threads keep",
        [LEDGER_UNCARVED] = "slabs, not yet cut into slots",
        [LEDGER_BLOCKS] = "free blocks, kept for the next request",
        [LEDGER_NEW] = "blocks that are being taken",
        [LEDGER_TABLES] = "Halloc's tables and thread caches",
        [LEDGER_LIBRARY] = "libhalloc.so",
        [LEDGER_STACKS] = "stacks",
        [LEDGER_FILES] = "program, libraries, mapped files",
        [LEDGER_BREAK] = "[heap]: sbrk, not ours",
        [LEDGER_SHARED] = "shared memory",
        [LEDGER_OTHER] = "anonymous mappings, not ours",
        [LEDGER_REST] = "the rest: not explained",
    };
    return words[line];
}

const char *ledger_name(enum ledger_line line) {
    static const char *const names[] = {"slots",       "large",       "free_slots", "cached",  "uncarved",
                                        "free_blocks", "being_taken", "tables",     "library", "stacks",
                                        "files",       "break",       "shared",     "other",   "rest"};
    return names[line];
}

static struct ledger_class *class_of(struct ledger *ledger, uint32_t slot_bytes) {
    size_t at = 0;
    while (at < ledger->class_count && ledger->classes[at].slot_bytes < slot_bytes)
        at++;
    struct ledger_class *place = &ledger->classes[at];
    if (at < ledger->class_count && place->slot_bytes == slot_bytes)
        return place;
    if (ledger->class_count == LEDGER_CLASSES_MOST)
        return &ledger->classes[LEDGER_CLASSES_MOST - 1];
    memmove(place + 1, place, (ledger->class_count++ - at) * sizeof *place);
    *place = (struct ledger_class){.slot_bytes = slot_bytes};
    return place;
}

static enum ledger_line line_of(char letter) {
    bool is_kept = letter == SLOT_CACHED || letter == SLOT_FOREIGN;
    return letter == SLOT_USED ? LEDGER_SLOTS : is_kept ? LEDGER_CACHED : LEDGER_FREE;
}

/* One resident page of a slab: how much of it is in slots of which state. Places count from the slab. */
static void add_page(struct ledger *ledger, struct ledger_class *class, const struct view_block *slab,
                     uint64_t from, uint64_t to) {
    uint64_t by_line[LEDGER_LINES] = {0}, carved_end = (uint64_t)slab->carved * slab->slot_bytes;
    for (uint64_t at = from; at < to;) {
        uint64_t slot = at / slab->slot_bytes, end = (slot + 1) * slab->slot_bytes;
        bool is_carved = at < carved_end;
        end = is_carved && end < to ? end : to;
        char letter = slab->slots && is_carved ? slab->slots[slot] : SLOT_USED;
        by_line[is_carved ? line_of(letter) : LEDGER_UNCARVED] += end - at;
        at = end;
    }
    for (unsigned line = 0; line < LEDGER_LINES; line++)
        ledger->bytes[line] += (int64_t)by_line[line];
    uint64_t free_bytes = by_line[LEDGER_FREE] + by_line[LEDGER_CACHED];
    class->used_bytes += by_line[LEDGER_SLOTS];
    class->free_bytes += free_bytes;
    if (by_line[LEDGER_SLOTS])
        class->pinned_bytes += free_bytes;
    else
        class->idle_pages += free_bytes > 0;
}

static void add_slab(const struct view *view, struct ledger *ledger, const struct view_block *slab) {
    struct ledger_class *class = class_of(ledger, slab->slot_bytes);
    uint64_t first = slab->start / view->page_bytes, pages = slab->bytes / view->page_bytes;
    for (uint64_t page = 0; page < pages; page++)
        if (view_is_resident(view, first + page))
            add_page(ledger, class, slab, page * view->page_bytes, (page + 1) * view->page_bytes);
    unsigned quarter = slab->carved ? (unsigned)(4 * (uint64_t)slab->used / slab->carved) : 0;
    class->full[quarter > 3 ? 3 : quarter]++;
    class->slabs++;
    class->used_slots += slab->used;
    ledger->live_objects += slab->used;
    ledger->live_bytes += (uint64_t)slab->used * slab->slot_bytes;
}

static void add_block(const struct view *view, struct ledger *ledger, const struct view_block *block) {
    static const enum ledger_line lines[VIEW_KINDS] = {[VIEW_FREE] = LEDGER_BLOCKS,
                                                       [VIEW_LARGE] = LEDGER_LARGE,
                                                       [VIEW_KEPT] = LEDGER_CACHED,
                                                       [VIEW_NEW] = LEDGER_NEW};
    if (block->kind == VIEW_SLAB) {
        add_slab(view, ledger, block);
        return;
    }
    uint64_t resident = view_resident_bytes(view, block->start, block->start + block->bytes);
    ledger->bytes[lines[block->kind]] += (int64_t)resident;
    if (block->kind != VIEW_LARGE)
        return;
    ledger->large_objects++;
    ledger->large_bytes += block->bytes;
    ledger->live_objects++;
    ledger->live_bytes += block->bytes;
    if (block->bytes > ledger->largest_bytes)
        ledger->largest_bytes = block->bytes;
}

static void add_mappings(const struct view *view, struct ledger *ledger) {
    static const enum ledger_line lines[MAPPING_KINDS] = {
        [MAPPING_REGION] = LEDGER_REST,     [MAPPING_TABLES] = LEDGER_TABLES,
        [MAPPING_LIBRARY] = LEDGER_LIBRARY, [MAPPING_FILE] = LEDGER_FILES,
        [MAPPING_STACK] = LEDGER_STACKS,    [MAPPING_BREAK] = LEDGER_BREAK,
        [MAPPING_SHARED] = LEDGER_SHARED,   [MAPPING_OTHER] = LEDGER_OTHER};
    for (unsigned kind = 0; kind < MAPPING_KINDS; kind++)
        ledger->bytes[lines[kind]] += (int64_t)view_mapped_bytes(view, kind);
    for (unsigned line = 0; line <= LEDGER_NEW; line++) /* the region's, as we explain it */
        ledger->bytes[LEDGER_REST] -= ledger->bytes[line];
    ledger->resident = view_mapped_bytes(view, MAPPING_KINDS);
}

void ledger_make(const struct view *view, struct ledger *ledger) {
    *ledger = (struct ledger){0};
    for (size_t index = 0; index < view->block_count; index++)
        add_block(view, ledger, &view->blocks[index]);
    for (size_t index = 0; index < ledger->class_count; index++) {
        ledger->idle_bytes += ledger->classes[index].idle_pages * view->page_bytes;
        ledger->pinned_bytes += ledger->classes[index].pinned_bytes;
    }
    add_mappings(view, ledger);
}
