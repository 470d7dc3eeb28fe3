/*
 * twin.c - see twin.h: a second copy of the library, and a player of traces inside it.
 *
 * The build makes every name of this object local but those of twin.h (cmake/targets.cmake). The copy is
 * started by hand, without HALLOC_CONF: the settings are the default ones, but for huge pages. Whether the
 * kernel has some at hand differs from run to run, and so would the resident memory.
 *
 * The clock: what the library calls platform_milliseconds() is here a variable, the time of the operation.
 * The macro tells a call, without an argument, from the function's own declaration, with `void`.
 */
#define HALLOC_LIBRARY 1
#define HALLOC_NO_OVERRIDE 1
#define platform_milliseconds(nothing) TWIN_CLOCK_##nothing
#define TWIN_CLOCK_void platform_clock(void)
#define TWIN_CLOCK_ (twin_now_ms)

static unsigned long twin_now_ms;

#include "../../../halloc.c"

#include "twin.h"

#include <sys/mman.h>

/* Times in a trace begin at 0, and the library takes 0 for never. */
#define CLOCK_FIRST_MS 1000000u
#define NS_PER_MS 1000000u

#define MOMENTS 512u           /* when resident pages are counted: a millisecond each at 300 MiB */
#define PAGE_LEAST 4096u       /* no page is smaller */
#define SLOW_BYTES (16u << 20) /* to touch them takes long enough that the parent shall know of it */

struct twin {
    struct trace_cursor *cursor;
    void **places;                /* by object */
    struct thread_cache **caches; /* by thread */
    uint64_t threads;
};

/* --- One call ----------------------------------------------------------------------------------------- */

/* From now on the calls are this thread's. */
static void put_on(const struct twin *twin, uint32_t thread) {
    cache_own = twin->caches[thread];
    cache_fast = cache_own ? cache_own : &empty_cache;
    cache_is_barred = false;
}

static void *begin(const struct operation *operation, void *old) {
    size_t size = operation->size ? operation->size : 1;
    switch (operation->kind) {
    case OPERATION_CALLOC: return halloc_calloc(1, size);
    case OPERATION_ALIGNED: return halloc_aligned_alloc((size_t)1 << operation->alignment_log2, size);
    case OPERATION_REALLOC: return halloc_realloc(old, size);
    default: return halloc_malloc(size);
    }
}

/* The new object's place; NULL: none begins, or there was no room. */
static void *call(struct twin *twin, const struct operation *operation) {
    uint64_t ended = operation_ended_object(operation);
    void *old = ended == OBJECT_NONE ? NULL : twin->places[ended];
    if (ended != OBJECT_NONE)
        twin->places[ended] = NULL;
    if (!operation_begins_object(operation)) {
        halloc_free(old);
        return NULL;
    }
    void *place = begin(operation, old);
    twin->places[operation->object] = place ? place : old; /* a failed realloc leaves the old one */
    return place;
}

static void make(struct twin *twin, const struct operation *operation, struct twin_event *event) {
    twin_now_ms = CLOCK_FIRST_MS + operation->time_ns / NS_PER_MS;
    put_on(twin, operation->thread);
    void *place = call(twin, operation);
    if (operation->kind == OPERATION_THREAD_EXIT && cache_own)
        cache_return(cache_bar_own());
    twin->caches[operation->thread] = cache_own;
    event->offset = place ? (uint64_t)((char *)place - region.base) : TWIN_NOWHERE;
    event->granted = place ? halloc_malloc_usable_size(place) : 0;
    event->top = (uint64_t)(region.engine.top - region.engine.base);
}

/* --- All calls ---------------------------------------------------------------------------------------- */

static bool twin_start(struct twin *twin, const struct trace *trace) {
    const struct trace_totals *totals = trace_totals(trace);
    twin->threads = totals->threads;
    twin->places = calloc(totals->objects + 1, sizeof *twin->places);
    twin->caches = calloc(totals->threads + 1, sizeof(struct thread_cache *));
    twin->cursor = trace_cursor_open(trace);
    twin_now_ms = CLOCK_FIRST_MS;
    conf.thp = CONF_THP_NEVER;
    process.ready = region_start(halloc_policy_find(PROCESS_POLICY), conf.reserve_bytes);
    return twin->places && twin->caches && twin->cursor && process.ready;
}

/* As a program does that uses what it asked for. */
static void touch(const struct twin *twin, const struct operation *operation) {
    char *place = operation_begins_object(operation) ? twin->places[operation->object] : NULL;
    for (uint64_t at = 0; place && at < operation->size; at += PAGE_LEAST)
        *(volatile char *)(place + at) = 1;
    if (place && operation->size)
        *(volatile char *)(place + operation->size - 1) = 1;
}

static uint64_t resident_bytes(void) {
    static unsigned char pages[1 << 16];
    size_t page = platform_page_bytes(), all = (size_t)(region.engine.top - region.base),
           step = sizeof pages * page;
    uint64_t count = 0;
    for (size_t at = 0; at < all; at += step) {
        size_t some = all - at < step ? all - at : step;
        if (mincore(region.base + at, some, pages) != 0)
            continue;
        for (size_t index = 0; index * page < some; index++)
            count += pages[index] & 1;
    }
    return count * page;
}

bool twin_play(const struct trace *trace, bool resident, FILE *events) {
    struct twin twin = {0};
    struct operation operation;
    struct twin_event event = {.resident = 0};
    const struct trace_totals *totals = trace_totals(trace);
    uint64_t every = totals->operations / MOMENTS + 1;
    bool good = twin_start(&twin, trace);
    while (good && trace_next(twin.cursor, &operation)) {
        make(&twin, &operation, &event);
        if (resident)
            touch(&twin, &operation);
        if (resident && (operation.number % every == 0 || operation.number == totals->peak_after))
            event.resident = resident_bytes();
        good = fwrite(&event, sizeof event, 1, events) == 1;
        if (resident && operation.size >= SLOW_BYTES)
            fflush(events);
    }
    return fflush(events) == 0 && good;
}

/* --- All blocks --------------------------------------------------------------------------------------- */

static uint32_t owner_of(const struct twin *twin, const struct slab *slab) {
    for (uint32_t thread = 0; thread < twin->threads; thread++)
        if (twin->caches[thread] == slab->owner && slab->owner)
            return thread;
    return slab->owner == OWNER_SHARED ? TWIN_POOL : TWIN_FULL;
}

static struct twin_block shown(const struct twin *twin, const MemoryBlock *block) {
    const char *start = block_payload(&region.engine, block);
    const struct slab *unit = unit_of(start);
    struct twin_block result = {.offset = (uint64_t)(start - region.base),
                                .bytes = block->size,
                                .owner = TWIN_NOBODY,
                                .kind = TWIN_OWN};
    if (block->isFree) {
        result.kind = TWIN_FREE;
        result.dirty_bytes = block_dirty_units(block) * UNIT_BYTES;
    } else if (unit->kind == UNIT_SLAB) {
        result.kind = TWIN_SLAB;
        result.slot_bytes = (uint32_t)slot_bytes(unit->size_class);
        result.carved_bytes = slab_carved(unit);
        result.owner = owner_of(twin, unit);
    } else if (unit->kind == UNIT_BLOCK || unit->kind == UNIT_CACHED) {
        result.kind = unit->kind == UNIT_BLOCK ? TWIN_LARGE : TWIN_KEPT;
    }
    return result;
}

bool twin_show(const struct trace *trace, uint64_t last, FILE *blocks) {
    struct twin twin = {0};
    struct operation operation;
    struct twin_event event;
    bool good = twin_start(&twin, trace);
    while (good && trace_next(twin.cursor, &operation) && operation.number <= last)
        make(&twin, &operation, &event);
    for (const MemoryBlock *block = region.engine.first; good && block; block = block->next) {
        struct twin_block one = shown(&twin, block);
        good = fwrite(&one, sizeof one, 1, blocks) == 1;
    }
    return fflush(blocks) == 0 && good;
}
