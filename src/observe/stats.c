/*
 * stats.c - the totals of stats.h, and the public names that show or act on them.
 */
#include "stats.h"

#include <inttypes.h>
#include <malloc.h>
#include <sys/resource.h>

#include "../base/export.h"
#include "../region/purge.h"
#include "../process/start.h"

/* --- Totals ----------------------------------------------------------------------------------- */

/* `slab` is a copy of the descriptor of the slab at `start`. */
static void add_slab(struct heap_totals *totals, const struct slab *slab, const char *start) {
    uint32_t remote = remote_count(load_relaxed(&links_of(unit_of(start))->remote));
    size_t slot = slot_bytes(slab->size_class);
    size_t carved = (size_t)(slab->last + slot - start);
    size_t used = slab_used(slab, (uint32_t)(carved / slot)) - remote;
    if (carved > slab_bytes(slab->size_class) || used > carved / slot)
        used = carved = 0; /* another thread is in the middle of changing it */
    totals->carved_bytes += carved;
    totals->class_slabs[slab->size_class]++;
    totals->class_slots_used[slab->size_class] += used;
}

static void add_block_in_use(struct heap_totals *totals, const MemoryBlock *block) {
    const char *start = block_payload(&region.engine, block);
    const struct slab unit = slab_snapshot(unit_of(start));
    if (unit.kind == UNIT_SLAB) {
        add_slab(totals, &unit, start);
    } else if (unit.kind == UNIT_BLOCK) {
        totals->large_blocks++;
        totals->large_bytes += block->size;
    }
}

/* Slots in the caller's own lists are not in use, whosever slab they lie in. */
static void subtract_own_cache(struct heap_totals *totals) {
    const struct thread_cache *cache = cache_own;
    if (!cache)
        return;
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        for (void *slot = cache->list[size_class]; slot; slot = slot_words(slot)[0])
            totals->class_slots_used[size_class]--;
        totals->class_slots_used[size_class] -= cache->foreign[size_class].bytes / slot_bytes(size_class);
    }
}

static void process_totals(struct heap_totals *totals) {
    lock_acquire(&region.lock);
    totals->blocks = heap_stats_of(&region.engine);
    totals->free_dirty_bytes = region.dirty_units * UNIT_BYTES;
    for (const MemoryBlock *block = region.engine.first; block; block = block->next)
        if (!block->isFree)
            add_block_in_use(totals, block);
    lock_release(&region.lock);
    subtract_own_cache(totals);
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        totals->slabs += totals->class_slabs[size_class];
        totals->slots_used += totals->class_slots_used[size_class];
        totals->slot_bytes_used += totals->class_slots_used[size_class] * slot_bytes(size_class);
    }
}

INTERNAL void stats_totals(struct heap_totals *totals) {
    memset(totals, 0, sizeof *totals);
    totals->blocks.fit = "none";
    bool ready = process_is_ready(); /* it may start the heap */
    totals->heap = process.classic ? "classic" : "process";
    if (!ready)
        return;
    if (!process.classic) {
        process_totals(totals);
        return;
    }
    halloc_heap_get_stats(process.classic, &totals->blocks);
    totals->large_blocks = totals->blocks.used_blocks;
    totals->large_bytes = totals->blocks.used_bytes;
}

/* --- For people ------------------------------------------------------------------------------- */

static void line(const char *label, uint64_t number, const char *unit) {
    print_line("  %-26s%" PRIu64 "%s", label, number, unit);
}

HALLOC_API void halloc_malloc_stats(void) {
    struct heap_totals totals;
    stats_totals(&totals);
    print_line("halloc: heap %s, fit %s", totals.heap, totals.blocks.fit);
    line("in use", stats_used_bytes(&totals), " bytes");
    line("region up to the frontier", totals.blocks.heap_bytes, " bytes");
    line("slabs", totals.slabs, "");
    line("carved into slots", totals.carved_bytes, " bytes");
    line("slots in use", totals.slots_used, "");
    line("in slots in use", totals.slot_bytes_used, " bytes");
    line("large blocks", totals.large_blocks, "");
    line("in large blocks", totals.large_bytes, " bytes");
    line("free blocks", totals.blocks.free_blocks, "");
    line("free", totals.blocks.free_bytes, " bytes");
    line("free, but once written", totals.free_dirty_bytes, " bytes");
    line("largest free block", totals.blocks.largest_free_bytes, " bytes");
    line("given back so far", load_relaxed(&counters->purged_bytes), " bytes");
    line("memory system calls", load_relaxed(&counters->system_calls), "");
    if (counting) {
        line("allocations", load_relaxed(&counters->allocations), "");
        line("frees", load_relaxed(&counters->frees), "");
        line("peak in use", load_relaxed(&counters->peak_live_bytes), " bytes");
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
    fprintf(stream, "<malloc version=\"halloc-%s\">\n<heap nr=\"0\" kind=\"%s\" fit=\"%s\">\n",
            halloc_version(), totals.heap, totals.blocks.fit);
    fprintf(stream, "<sizes>\n");
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++)
        if (totals.class_slabs[size_class])
            fprintf(stream, "  <size slot=\"%zu\" slabs=\"%zu\" used=\"%zu\"/>\n", slot_bytes(size_class),
                    totals.class_slabs[size_class], totals.class_slots_used[size_class]);
    fprintf(stream, "</sizes>\n");
    fprintf(stream, "<total type=\"used\" size=\"%zu\"/>\n", stats_used_bytes(&totals));
    fprintf(stream, "<total type=\"large\" count=\"%zu\" size=\"%zu\"/>\n", totals.large_blocks,
            totals.large_bytes);
    fprintf(stream, "<total type=\"mmap\" count=\"0\" size=\"0\"/>\n"); /* for readers of glibc's format */
    fprintf(stream, "<total type=\"free\" count=\"%zu\" size=\"%zu\" dirty=\"%zu\" largest=\"%zu\"/>\n",
            totals.blocks.free_blocks, totals.blocks.free_bytes, totals.free_dirty_bytes,
            totals.blocks.largest_free_bytes);
    fprintf(stream, "<policy finds=\"%" PRIu64 "\" inserts=\"%" PRIu64 "\" removes=\"%" PRIu64 "\"/>\n",
            load_relaxed(&counters->policy_finds), load_relaxed(&counters->policy_inserts),
            load_relaxed(&counters->policy_removes));
    fprintf(stream, "<system type=\"current\" size=\"%zu\"/>\n</heap>\n</malloc>\n",
            totals.blocks.heap_bytes);
    return 0;
}

/* --- Acting on the heap ----------------------------------------------------------------------- */

HALLOC_API int halloc_malloc_trim(size_t pad) {
    if (!process_is_ready() || process.classic)
        return 0;
    size_t thinned = 0;
    if (cache_own) {
        thinned = cache_thin(cache_own, true);
        cache_empty(cache_own);
    }
    return purge_to(pad) + thinned > 0;
}

HALLOC_API void halloc_heed_limits(void) {
    if (load_acquire(&process.ready) && !process.classic)
        region_heed_limit();
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
