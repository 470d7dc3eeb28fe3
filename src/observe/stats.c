/*
 * stats.c - the totals of stats.h, and the public names that show or act on them.
 */
#include "stats.h"

#include <malloc.h>
#include <sys/resource.h>

#include "../base/export.h"
#include "../process/start.h"

/* --- Totals ----------------------------------------------------------------------------------- */

/* `slab` is a copy of the descriptor of the slab at `start`. */
static void add_slab(struct heap_totals *totals, const struct slab *slab, const char *start) {
    size_t slot = slot_bytes(slab->size_class), carved = (size_t)(slab->last + slot - start) / slot;
    size_t used =
        slab_used(slab, (uint32_t)carved) - remote_count(load_relaxed(&links_of(unit_of(start))->remote));
    totals->class_slabs[slab->size_class]++;
    if (used <= region_block_bytes(start) / slot) /* or another thread is in the middle of changing it */
        totals->class_slots_used[slab->size_class] += used;
}

static void add_block_in_use(struct heap_totals *totals, const MemoryBlock *block) {
    const char *start = block_payload(&region.engine, block);
    const struct slab unit = slab_snapshot(unit_of(start));
    if (unit.kind == UNIT_SLAB) {
        add_slab(totals, &unit, start);
    } else if (kind_is_block(unit.kind)) {
        totals->large_blocks++;
        totals->large_bytes += block->size;
    }
}

/* Slots that the caller's own cache holds: they are not in use, whosever slab they lie in. */
static size_t own_free_slots(unsigned size_class) {
    const struct thread_cache *own = cache_own ? cache_own : &empty_cache;
    size_t slots = own->foreign[size_class].bytes / slot_bytes(size_class);
    /* Where a sample is near, what was freed into the active slab is on its own list. */
    const struct slab *active = own->active[size_class];
    for (void *slot = own->list[size_class]; slot; slot = slot_next(slot))
        slots++;
    for (void *slot = active ? active->free : NULL; slot; slot = slot_next(slot))
        slots++;
    return slots;
}

static void process_totals(struct heap_totals *totals) {
    lock_acquire(&region.lock);
    totals->blocks = heap_stats_of(&region.engine);
    totals->free_dirty_bytes = region.dirty_units * UNIT_BYTES;
    for (const MemoryBlock *block = region.engine.first; block; block = block->next)
        if (!block->isFree)
            add_block_in_use(totals, block);
    lock_release(&region.lock);
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        size_t used = totals->class_slots_used[size_class];
        totals->class_slots_used[size_class] -= min_size(used, own_free_slots(size_class));
        totals->slabs += totals->class_slabs[size_class];
        totals->slots_used += totals->class_slots_used[size_class];
        totals->slot_bytes_used += totals->class_slots_used[size_class] * slot_bytes(size_class);
    }
}

INTERNAL void stats_totals(struct heap_totals *totals) {
    memset(totals, 0, sizeof *totals);
    if (process_is_ready() && !process.classic) {
        process_totals(totals);
    } else if (process.classic) {
        halloc_heap_get_stats(process.classic, &totals->blocks);
        totals->large_blocks = totals->blocks.used_blocks;
        totals->large_bytes = totals->blocks.used_bytes;
    }
}

/* --- For people ------------------------------------------------------------------------------- */

HALLOC_API void halloc_malloc_stats(void) {
    struct heap_totals totals;
    stats_totals(&totals);
    const halloc_heap_stats *blocks = &totals.blocks;
    print_line("halloc: heap %s, fit %s", counters->heap, counters->fit);
    print_line("  in use                  %zu bytes", stats_used_bytes(&totals));
    print_line("  slots in use            %zu, %zu bytes, in %zu slabs", totals.slots_used,
               totals.slot_bytes_used, totals.slabs);
    print_line("  large blocks in use     %zu, %zu bytes", totals.large_blocks, totals.large_bytes);
    print_line("  free blocks             %zu, %zu bytes, the largest %zu", blocks->free_blocks,
               blocks->free_bytes, blocks->largest_free_bytes);
    print_line("  free, but once written  %zu bytes", totals.free_dirty_bytes);
    print_line("  all up to the frontier  %zu bytes", blocks->heap_bytes);
    print_line("  given back so far       %zu bytes", load_relaxed(&counters->purged_bytes));
    print_line("  memory system calls     %zu", load_relaxed(&counters->system_calls));
    if (counting) {
        print_line("  allocations             %zu", load_relaxed(&counters->allocations));
        print_line("  frees                   %zu", load_relaxed(&counters->frees));
        print_line("  peak in use             %zu bytes", load_relaxed(&counters->peak_live_bytes));
    }
}

/* --- For programs ----------------------------------------------------------------------------- */

#ifdef __GLIBC__
/* glibc's struct, with glibc's meanings as far as they exist here: .arena is the heap's size, uordblks
 * what is in use, fordblks what is free. */
HALLOC_API struct mallinfo2 halloc_mallinfo2(void) {
    struct heap_totals totals;
    stats_totals(&totals);
    size_t used = stats_used_bytes(&totals);
    return (struct mallinfo2){
        .arena = totals.blocks.heap_bytes,
        .ordblks = totals.blocks.free_blocks,
        .uordblks = used,
        .fordblks = totals.blocks.heap_bytes - used,
        .keepcost = totals.free_dirty_bytes,
    };
}
#endif

HALLOC_API int halloc_malloc_info(int options, FILE *stream) {
    if (options != 0 || !stream)
        return EINVAL;
    struct heap_totals totals;
    stats_totals(&totals);
    const halloc_heap_stats *blocks = &totals.blocks;
    fprintf(stream, "<malloc version=\"halloc-%s\">\n<heap nr=\"0\" kind=\"%s\" fit=\"%s\">\n<sizes>\n",
            halloc_version(), counters->heap, counters->fit);
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++)
        if (totals.class_slabs[size_class])
            fprintf(stream, "  <size slot=\"%zu\" slabs=\"%zu\" used=\"%zu\"/>\n", slot_bytes(size_class),
                    totals.class_slabs[size_class], totals.class_slots_used[size_class]);
    fprintf(stream,
            "</sizes>\n"
            "<total type=\"used\" size=\"%zu\"/>\n"
            "<total type=\"large\" count=\"%zu\" size=\"%zu\"/>\n"
            "<total type=\"mmap\" count=\"0\" size=\"0\"/>\n" /* for readers of glibc's format */
            "<total type=\"free\" count=\"%zu\" size=\"%zu\" dirty=\"%zu\" largest=\"%zu\"/>\n"
            "<policy finds=\"%zu\" inserts=\"%zu\" removes=\"%zu\"/>\n"
            "<system type=\"current\" size=\"%zu\"/>\n"
            "</heap>\n</malloc>\n",
            stats_used_bytes(&totals), totals.large_blocks, totals.large_bytes, blocks->free_blocks,
            blocks->free_bytes, totals.free_dirty_bytes, blocks->largest_free_bytes,
            load_relaxed(&counters->policy_finds), load_relaxed(&counters->policy_inserts),
            load_relaxed(&counters->policy_removes), blocks->heap_bytes);
    return 0;
}

/* --- Acting on the heap ----------------------------------------------------------------------- */

HALLOC_API int halloc_malloc_trim(size_t pad) {
    return process_is_ready() && !process.classic && limit_trim(pad) > 0;
}

HALLOC_API void halloc_heed_limits(void) {
    if (load_acquire(&process.ready) && !process.classic)
        region_open();
}

/* Other threads' slabs are left out: only their owners may look at them. */
HALLOC_API bool halloc_process_check(const char **broken) {
    const char *found = NULL;
    if (process_is_ready()) {
        if (process.classic)
            return halloc_heap_check(process.classic, broken);
        lock_acquire(&region.lock);
        found = region_check();
        lock_release(&region.lock);
        if (!found && cache_own)
            found = cache_check(cache_own);
    }
    if (broken)
        *broken = found;
    return !found;
}

/* --- The standard names ----------------------------------------------------------------------- */

#ifndef HALLOC_NO_OVERRIDE

EXPORT int malloc_trim(size_t pad) ALIAS(halloc_malloc_trim);
EXPORT void malloc_stats(void) ALIAS(halloc_malloc_stats);
EXPORT int malloc_info(int options, FILE *stream) ALIAS(halloc_malloc_info);

#ifdef __GLIBC__ /* musl has none of these */
EXPORT struct mallinfo2 mallinfo2(void) ALIAS(halloc_mallinfo2);

/* mallopt(M_TRIM_THRESHOLD, -1) says never to give memory back, any other value to do so. The other
 * options tune what does not exist here; as in glibc, 1 is success and unknown ones are ignored. */
EXPORT int mallopt(int option, int value) {
    if (option == M_TRIM_THRESHOLD)
        conf.purge = value != -1;
    return 1;
}

/* The old form: the same fields in the same order, but ints. What does not fit is capped, not wrapped. */
EXPORT struct mallinfo mallinfo(void) {
    struct mallinfo2 full = halloc_mallinfo2();
    struct mallinfo old;
    for (size_t index = 0; index < sizeof old / sizeof(int); index++)
        ((int *)&old)[index] = (int)min_size(((const size_t *)&full)[index], INT32_MAX);
    return old;
}
#endif
#endif

/* --- The end ---------------------------------------------------------------------------------- */

static __attribute__((destructor)) void process_end(void) {
    if (!process.ready || !counting)
        return;
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        store_relaxed(&counters->peak_rss_bytes, (uint64_t)usage.ru_maxrss * KIB);
    store_relaxed(&counters->ended, 1);
    if (conf.stats_print)
        halloc_malloc_stats();
}
