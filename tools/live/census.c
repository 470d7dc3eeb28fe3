/*
 * census.c - see census.h.
 *
 *      region      in one go: base, top, tables, the lock
 *      records     size and state of each block; a block follows the one before
 *      slabs       of each block's first unit: kind, class, state, owner
 *      notes       free slots that nobody touched
 *      lists       free slots: the slabs' own, those of other threads' frees, the threads' lists
 *
 * Blocks change only under the region's lock. So a held process whose lock is free has whole tables. A slab
 * changes without it: a thread that was held in the middle of a malloc may have one slot on no list.
 */
#include "census.h"
#include "letters.h"

#include "../../src/thread/thread_cache.h"

#include <stdlib.h>

#define THREADS_MOST 100000 /* a list of caches that is longer is none */

struct census {
    const struct target *target;
    struct view *view;
    struct region region;
    uint64_t units;
    MemoryBlock *records;
    struct slab *slabs; /* by unit */
    char *notes;
    uint32_t slot_bytes[SIZE_CLASSES];
    struct letters letters;
};

static bool read_variable(const struct target *target, uint64_t address, void *to, size_t bytes) {
    return far_read(&target->far, target->bias + address, to, bytes);
}

/* --- The region ---------------------------------------------------------------------------------------- */

static bool read_figures(const struct target *target, struct view *view, unsigned *heap) {
    struct conf options;
    struct counters numbers;
    uint64_t at;
    bool is_counting;
    if (!read_variable(target, target->layout.conf, &options, sizeof options) ||
        !read_variable(target, target->layout.counting, &is_counting, sizeof is_counting) ||
        !read_variable(target, target->layout.counters, &at, sizeof at) ||
        !far_read(&target->far, at, &numbers, sizeof numbers))
        return false;
    *heap = options.heap;
    view->purge = options.purge;
    view->thp = options.thp;
    view->reserve_bytes = options.reserve_bytes;
    view->counting = is_counting;
    view->purged_bytes = numbers.purged_bytes;
    view->allocations = numbers.allocations;
    view->frees = numbers.frees;
    view->requested_bytes = numbers.requested_bytes;
    view->granted_bytes = numbers.granted_bytes;
    return true;
}

static void describe_region(struct census *census, struct mapping_hints *hints) {
    const struct region *there = &census->region;
    struct view *view = census->view;
    view->base = (uintptr_t)there->base;
    view->bytes = (uint64_t)(there->engine.top - there->engine.base);
    view->limit_bytes = there->limit_units * UNIT_BYTES;
    view->used_bytes = there->engine.used_bytes;
    view->peak_used_bytes = there->engine.peak_used_bytes;
    view->kept_free_bytes = there->dirty_units * UNIT_BYTES;
    view->page_bytes = census->target->far.page_bytes;
    *hints = (struct mapping_hints){.region_from = view->base, .region_to = view->base + view->bytes};
    for (hints->tables = 0; hints->tables < TABLES; hints->tables++) {
        hints->tables_from[hints->tables] = (uintptr_t)there->part[hints->tables];
        hints->tables_to[hints->tables] = hints->tables_from[hints->tables] + there->usable[hints->tables];
    }
    census->units = view->bytes >> UNIT_SHIFT;
}

static enum census_result read_region(struct census *census, struct mapping_hints *hints) {
    const struct target *target = census->target;
    unsigned heap = 0;
    if (!read_variable(target, target->layout.region, &census->region, sizeof census->region) ||
        !read_variable(target, target->layout.slot_bytes_table, census->slot_bytes,
                       sizeof census->slot_bytes) ||
        !read_figures(target, census->view, &heap))
        return CENSUS_FAILED;
    if (heap == CONF_HEAP_CLASSIC)
        return CENSUS_CLASSIC;
    if (!census->region.base)
        return CENSUS_NOT_STARTED;
    if (census->region.lock.state)
        return CENSUS_TORN;
    if (census->region.engine.granule != UNIT_BYTES ||
        census->slot_bytes[SIZE_CLASSES - 1] != SLOT_MOST_BYTES ||
        census->region.engine.base != census->region.base)
        return CENSUS_STRANGE;
    describe_region(census, hints);
    return CENSUS_DONE;
}

static bool read_tables(struct census *census) {
    const struct far *far = &census->target->far;
    const struct region *there = &census->region;
    uint64_t units = census->units, first = (uintptr_t)(there->slabs + 1);
    census->records = view_new(units * sizeof *census->records);
    census->slabs = aligned_alloc(DESCRIPTOR_BYTES, (units + 1) * sizeof *census->slabs);
    census->notes = view_new(units * NOTE_BYTES);
    census->view->resident = view_new(units * UNIT_BYTES / far->page_bytes / 8 + 1);
    census->letters.block_of = view_new(units * sizeof *census->letters.block_of);
    return census->records && census->slabs && census->notes && census->view->resident &&
           census->letters.block_of &&
           far_read_sparse(far, (uintptr_t)there->engine.table, census->records,
                           units * sizeof(MemoryBlock)) &&
           far_read_sparse(far, first, census->slabs, units * DESCRIPTOR_BYTES) &&
           far_read_sparse(far, first + there->notes_distance, census->notes, units * NOTE_BYTES) &&
           far_resident(far, (uintptr_t)there->base, units * UNIT_BYTES, false, census->view->resident);
}

/* --- Blocks -------------------------------------------------------------------------------------------- */

static bool describe_slab(struct census *census, uint64_t unit, struct view_block *block) {
    const struct slab *slab = &census->slabs[unit];
    if (slab->size_class >= SIZE_CLASSES || slab->state > SLAB_SHARED)
        return false;
    block->slot_bytes = census->slot_bytes[slab->size_class];
    uint64_t carved = (uintptr_t)slab->last + block->slot_bytes - census->view->base - block->start;
    block->carved = (uint32_t)(carved / block->slot_bytes);
    block->state = (enum view_state)slab->state;
    uint64_t most = SLAB_BYTES_OF(block->slot_bytes); /* half of it at least; a policy may round that up */
    return block->bytes >= most / 2 && carved <= block->bytes && carved <= most &&
           carved % block->slot_bytes == 0;
}

static enum view_kind kind_of(const struct census *census, uint64_t unit) {
    static const enum view_kind kinds[] = {[UNIT_NONE] = VIEW_NEW,
                                           [UNIT_SLAB] = VIEW_SLAB,
                                           [UNIT_BLOCK] = VIEW_LARGE,
                                           [UNIT_CACHED] = VIEW_KEPT,
                                           [UNIT_SAMPLED] = VIEW_LARGE};
    unsigned kind = census->slabs[unit].kind;
    if (census->records[unit].isFree)
        return VIEW_FREE;
    return kind < sizeof kinds / sizeof *kinds ? kinds[kind] : VIEW_NEW;
}

/* Blocks tile the region: each begins where its predecessor ends. */
static bool read_blocks(struct census *census) {
    struct view *view = census->view;
    for (uint64_t unit = 0, units; unit < census->units; unit += units) {
        units = census->records[unit].size >> UNIT_SHIFT;
        if (!units || units > census->units - unit)
            return false;
        struct view_block *room = view_room(view->blocks, view->block_count, sizeof *room);
        if (!room)
            return false;
        view->blocks = room;
        struct view_block *block = &room[view->block_count++];
        *block = (struct view_block){.start = unit * UNIT_BYTES,
                                     .bytes = units * UNIT_BYTES,
                                     .kind = kind_of(census, unit),
                                     .thread = VIEW_NO_THREAD};
        if (block->kind == VIEW_SLAB && !describe_slab(census, unit, block))
            return false;
    }
    return true;
}

/* --- Slots --------------------------------------------------------------------------------------------- */

static bool read_slab_lists(struct census *census, struct view_block *block) {
    uint64_t unit = block->start >> UNIT_SHIFT, bytes;
    const struct slab *slab = &census->slabs[unit];
    uint64_t remote = ((const struct slab_links *)(slab + 1))->remote;
    if (!letters_note(block, (const uint64_t *)(census->notes + unit * NOTE_BYTES)))
        return false;
    letters_follow(&census->letters, (uintptr_t)slab->free, UINT32_MAX, SLOT_FREE, &bytes);
    letters_follow(&census->letters, (uintptr_t)remote_first(remote), remote_count(remote), SLOT_REMOTE,
                   &bytes);
    return true;
}

static bool read_thread(struct census *census, const struct thread_cache *cache, uint64_t at) {
    struct view *view = census->view;
    struct view_thread *room = view_room(view->threads, view->thread_count, sizeof *room);
    if (!room)
        return false;
    view->threads = room;
    struct view_thread *thread = &room[view->thread_count++];
    *thread = (struct view_thread){.cache = at, .lives = cache->holder, .kept_bytes = cache->large.bytes};
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        uint64_t bytes, more;
        thread->listed_slots += letters_follow(&census->letters, (uintptr_t)cache->list[size_class],
                                               UINT32_MAX, SLOT_CACHED, &bytes);
        thread->listed_slots += letters_follow(&census->letters, (uintptr_t)cache->foreign[size_class].first,
                                               UINT32_MAX, SLOT_FOREIGN, &more);
        thread->listed_bytes += bytes + more;
    }
    return true;
}

static bool read_threads(struct census *census) {
    const struct target *target = census->target;
    struct thread_cache cache;
    uint64_t at;
    if (!read_variable(target, target->layout.caches, &at, sizeof at))
        return false;
    for (; at && census->view->thread_count < THREADS_MOST; at = (uintptr_t)cache.next)
        if (!far_read(&target->far, at, &cache, sizeof cache) || !read_thread(census, &cache, at))
            return false;
    return true;
}

static void find_owners(struct census *census) {
    struct view *view = census->view;
    for (size_t index = 0; index < view->block_count; index++) {
        struct view_block *block = &view->blocks[index];
        if (block->kind != VIEW_SLAB)
            continue;
        uint64_t owner = (uintptr_t)census->slabs[block->start >> UNIT_SHIFT].owner;
        for (size_t thread = 0; owner > 2 && thread < view->thread_count; thread++)
            if (view->threads[thread].cache == owner)
                block->thread = (uint32_t)thread;
        letters_count(block);
    }
}

static enum census_result read_slots(struct census *census) {
    struct view *view = census->view;
    for (size_t index = 0; index < view->block_count; index++) {
        struct view_block *block = &view->blocks[index];
        for (uint64_t at = 0; block->kind == VIEW_SLAB && at < block->bytes; at += UNIT_BYTES)
            census->letters.block_of[(block->start + at) >> UNIT_SHIFT] = block;
    }
    for (size_t index = 0; index < view->block_count; index++)
        if (view->blocks[index].kind == VIEW_SLAB && !read_slab_lists(census, &view->blocks[index]))
            return CENSUS_FAILED;
    if (!read_threads(census))
        return CENSUS_FAILED;
    find_owners(census);
    return CENSUS_DONE;
}

enum census_result census_take(const struct target *target, struct view *view, struct mapping_hints *hints) {
    struct census census = {.target = target, .view = view};
    enum census_result result = read_region(&census, hints);
    census.letters.far = &target->far;
    census.letters.view = view;
    census.letters.base = view->base;
    census.letters.units = census.units;
    if (result == CENSUS_DONE && !read_tables(&census))
        result = CENSUS_FAILED;
    if (result == CENSUS_DONE && !read_blocks(&census))
        result = CENSUS_TORN;
    if (result == CENSUS_DONE)
        result = read_slots(&census);
    free(census.records);
    free(census.slabs);
    free(census.notes);
    free(census.letters.block_of);
    free(census.letters.memory);
    return result;
}
