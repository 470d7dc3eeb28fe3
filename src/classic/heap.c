/* heap.c - see heap.h for the picture. */
#include "heap.h"

/* --- All heaps that mapped their memory, for fork --------------------------------------------- */

INTERNAL_DEFINE halloc_heap *heaps;

static void heap_enlist(halloc_heap *heap) {
    lock_acquire(&lists_lock);
    heap->link = &heaps;
    heap->next = heaps;
    if (heaps)
        heaps->link = &heap->next;
    store_relaxed(&heaps, heap);
    lock_release(&lists_lock);
}

static void heap_delist(halloc_heap *heap) {
    lock_acquire(&lists_lock);
    store_relaxed(heap->link, heap->next);
    if (heap->next)
        heap->next->link = heap->link;
    lock_release(&lists_lock);
}

/* --- Making a heap ---------------------------------------------------------------------------- */

/* Where a policy has pieces, the blocks' range is a multiple of this, and payloads begin at one: the smallest
 * buddy, a header and a granule, takes 64 bytes. */
#define TILE_BYTES ((size_t)64)

/* The links of a free block lie behind it, in the payload; with addresses of 32 bits, inside it. */
#define HEADER_BYTES ((size_t)32)

_Static_assert(offsetof(MemoryBlock, nextFree) <= HEADER_BYTES, "it holds what a block in use has");
_Static_assert(sizeof(MemoryBlock) <= HEADER_BYTES + ALIGNMENT_BYTES, "a block has room for its links");
_Static_assert(offsetof(halloc_heap, engine.set[0].root[2]) + HEADER_BYTES + 3 * ALIGNMENT_BYTES <=
                   HALLOC_HEAP_MIN_BYTES,
               "a record with two roots and a block, at any place");

/* The range ends HEADER_BYTES before the end of a page, so that payloads, not headers, fall on page
 * boundaries: a buddy of a page is then aligned to a page. */
static bool heap_grow(struct engine *engine, size_t bytes) {
    const halloc_heap *heap = (halloc_heap *)((char *)engine - offsetof(halloc_heap, engine));
    size_t page = platform_page_bytes();
    size_t room = (size_t)(engine->limit - engine->top);
    size_t eighth = (size_t)(engine->top - engine->base) / 8;
    size_t step = min_size(max_size(HEAP_STEP_LEAST_BYTES, eighth), FRONTIER_STEP_MOST_BYTES);
    char *committed = engine->top + HEADER_BYTES;
    size_t wanted = heap->step_bytes ? align_up(bytes, heap->step_bytes) : max_size(bytes, step);
    wanted = min_size(align_up(wanted, page), room);
    if (!platform_commit(committed, wanted) && !platform_commit(committed, wanted = align_up(bytes, page)))
        return false;
    engine->top += wanted;
    return true;
}

/* A heap whose record lies at `record`, in memory that is zero; its payloads begin at `first_payload`. */
static halloc_heap *heap_begin(void *record, const halloc_policy *policy, const halloc_heap_options *options,
                               char *first_payload, size_t bytes, size_t limit_bytes) {
    halloc_heap *heap = record;
    heap->lock = (struct lock)LOCK_INIT(RANK_OWN_HEAP);
    heap->step_bytes = options->step_bytes;
    struct engine *engine = &heap->engine;
    engine->header_bytes = HEADER_BYTES;
    engine->granule = ALIGNMENT_BYTES;
    engine->split_bytes = options->split_bytes ? options->split_bytes : HALLOC_SPLIT_BYTES;
    /* Its own secret, for its memory may hold the records of an earlier heap. */
    static size_t heaps_made;
    engine->secret = platform_secret() ^ __atomic_add_fetch(&heaps_made, 1, __ATOMIC_RELAXED);
    engine->grow = heap_grow;
    char *base = first_payload - HEADER_BYTES;
    engine_init(engine, policy, base, base + bytes, base + limit_bytes);
    return heap;
}

/* The record ends with the roots that the policy uses. */
static halloc_heap *heap_in_memory(const halloc_policy *policy, const halloc_heap_options *options) {
    size_t front_bytes = options->shared ? SHARED_BYTES : 0;
    size_t record_bytes = offsetof(halloc_heap, engine.set[0].root) + policy_roots(policy) * sizeof(void *);
    size_t tile = policy->piece ? TILE_BYTES : ALIGNMENT_BYTES;
    uintptr_t start = align_up((uintptr_t)options->memory + front_bytes, ALIGNMENT_BYTES);
    uintptr_t end = (uintptr_t)options->memory + options->memory_bytes;
    uintptr_t first_payload = align_up(start + record_bytes + HEADER_BYTES, tile);
    if (end < first_payload + tile || end < (uintptr_t)options->memory ||
        (options->shared && (uintptr_t)options->memory % ALIGNMENT_BYTES))
        return fail_with(EINVAL);
    size_t bytes = align_down(end - (first_payload - HEADER_BYTES), tile);
    void *record = memset((void *)start, 0, record_bytes);
    halloc_heap *heap = heap_begin(record, policy, options, (char *)first_payload, bytes, bytes);
    return options->shared ? shared_begin(heap, options) : heap;
}

/*      mapped: |   slack   | record pages | pages | ... up to the reserve, and what is left of `alignment` |
 *                                         ^ a multiple of `alignment`, so that buddies lie alike in every run
 */
static halloc_heap *heap_map(const halloc_policy *policy, const halloc_heap_options *options) {
    size_t page = platform_page_bytes();
    size_t pages = options->pages ? options->pages : HEAP_PAGES;
    if (pages > PTRDIFF_MAX / page)
        return fail_with(ENOMEM);
    size_t bytes = pages * page, range_bytes = bytes;
    if (options->growing) {
        size_t reserve = options->reserve_bytes ? options->reserve_bytes : HEAP_RESERVE_BYTES;
        range_bytes = max_size(align_up(min_size(reserve, PTRDIFF_MAX), page), bytes);
    }
    size_t alignment = max_size(REGION_ALIGNMENT_BYTES, page);
    size_t record_bytes = align_up(sizeof(halloc_heap) + HEADER_BYTES, page);
    char *start;
    while (!(start = platform_map(record_bytes + alignment + range_bytes, false))) {
        if (range_bytes == bytes)
            return fail_with(ENOMEM);
        range_bytes = max_size(align_down(range_bytes / 2, page), bytes);
    }
    char *end = start + record_bytes + alignment + range_bytes;
    char *first_payload = (char *)align_up((uintptr_t)start + record_bytes, alignment);
    char *record = first_payload - record_bytes;
    if (!platform_commit(record, record_bytes + bytes)) {
        platform_release(start, (size_t)(end - start));
        return fail_with(ENOMEM);
    }
    platform_release(start, (size_t)(record - start)); /* if it is anything */
    halloc_heap *heap = heap_begin(record, policy, options, first_payload, bytes, range_bytes);
    heap->mapped_bytes = (size_t)(end - record);
    heap_enlist(heap);
    return heap;
}

HALLOC_API halloc_heap *halloc_heap_create(const halloc_heap_options *options) {
    static const halloc_heap_options plain = {.growing = true};
    if (!options)
        options = &plain;
    const halloc_policy *policy = halloc_policy_find(options->fit ? options->fit : CLASSIC_POLICY);
    if (!policy || (options->memory ? options->growing : options->shared) ||
        (options->step_bytes && !is_power_of_two(options->step_bytes)))
        return fail_with(EINVAL);
    return options->memory ? heap_in_memory(policy, options) : heap_map(policy, options);
}

HALLOC_API void halloc_heap_destroy(halloc_heap *heap) {
    if (!heap || !heap->mapped_bytes)
        return;
    heap_delist(heap);
    platform_unmap(heap, heap->mapped_bytes);
}

/* --- The heap's lock ---------------------------------------------------------------------------- */

/* False, with errno: a heap between processes is lost. */
static bool heap_enter(halloc_heap *heap) {
    return heap->shared ? shared_enter(heap) : (lock_acquire(&heap->lock), true);
}

static void heap_leave(halloc_heap *heap) {
    heap->shared ? shared_leave(heap) : lock_release(&heap->lock);
}

/* --- Is this pointer a block in use? ---------------------------------------------------------- */

INTERNAL bool heap_contains(const halloc_heap *heap, const void *ptr) {
    return (const char *)ptr >= load_relaxed(&heap->engine.base) &&
           (const char *)ptr < load_relaxed(&heap->engine.top);
}

/* Takes the heap's lock, and returns the block in use at ptr. After misuse: NULL, and no lock. First the
 * range is checked, then the record: a wild pointer is never followed. */
static MemoryBlock *checked_block(halloc_heap *heap, const void *ptr, const char *call) {
    const char *fault;
    MemoryBlock *block = NULL;
    if (!heap_enter(heap))
        return NULL;
    if (!heap_contains(heap, ptr))
        fault = FAULT_FOREIGN;
    else if (!(block = engine_block_at(&heap->engine, ptr)))
        fault = FAULT_NO_BLOCK;
    else if (block->isFree)
        fault = FAULT_FREED;
    else
        return block;
    heap_leave(heap); /* for a handler of SIGABRT that allocates, and for misuse:warn */
    fatal(call, fault, ptr);
    return NULL;
}

/* --- Allocate, resize, deallocate ------------------------------------------------------------- */

HALLOC_API void *halloc_heap_allocate(halloc_heap *heap, size_t size) {
    return halloc_heap_aligned(heap, ALIGNMENT_BYTES, size);
}

HALLOC_API void *halloc_heap_aligned(halloc_heap *heap, size_t alignment, size_t size) {
    if (!heap || !size || !is_power_of_two(alignment))
        return fail_with(EINVAL);
    if (!heap_enter(heap))
        return NULL;
    MemoryBlock *block = engine_take(&heap->engine, size, max_size(alignment, ALIGNMENT_BYTES));
    heap_leave(heap);
    return block ? block_payload(&heap->engine, block) : fail_with(ENOMEM);
}

HALLOC_API void *halloc_heap_zeroed(halloc_heap *heap, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return fail_with(ENOMEM);
    void *ptr = halloc_heap_allocate(heap, bytes);
    return ptr ? memset(ptr, 0, bytes) : NULL;
}

INTERNAL void heap_free(halloc_heap *heap, void *ptr, const char *call) {
    MemoryBlock *block = checked_block(heap, ptr, call);
    if (!block)
        return;
    engine_give(&heap->engine, block);
    heap_leave(heap);
}

HALLOC_API void halloc_heap_deallocate(halloc_heap *heap, void *ptr) {
    if (ptr)
        heap_free(heap, ptr, "halloc_heap_deallocate");
}

INTERNAL size_t heap_usable(halloc_heap *heap, void *ptr, const char *call) {
    MemoryBlock *block = checked_block(heap, ptr, call);
    if (!block)
        return 0;
    size_t size = block->size;
    heap_leave(heap);
    return size;
}

HALLOC_API size_t halloc_heap_usable_size(halloc_heap *heap, void *ptr) {
    return ptr ? heap_usable(heap, ptr, "halloc_heap_usable_size") : 0;
}

INTERNAL bool heap_expand(halloc_heap *heap, void *ptr, size_t size, const char *call) {
    MemoryBlock *block = checked_block(heap, ptr, call);
    if (!block)
        return false;
    bool done = block->size >= size || engine_resize(&heap->engine, block, size);
    heap_leave(heap);
    return done;
}

INTERNAL void *heap_resize(halloc_heap *heap, void *ptr, size_t size, const char *call) {
    MemoryBlock *block = checked_block(heap, ptr, call);
    if (!block)
        return NULL;
    size_t old_size = block->size;
    bool done = engine_resize(&heap->engine, block, size);
    heap_leave(heap);
    if (done)
        return ptr;
    void *moved = halloc_heap_allocate(heap, size);
    if (moved) {
        memcpy(moved, ptr, min_size(old_size, size));
        heap_free(heap, ptr, call);
    }
    return moved;
}

HALLOC_API void *halloc_heap_resize(halloc_heap *heap, void *ptr, size_t size) {
    if (!ptr)
        return halloc_heap_allocate(heap, size);
    return size ? heap_resize(heap, ptr, size, "halloc_heap_resize") : fail_with(EINVAL);
}

/* --- Looking at a heap ------------------------------------------------------------------------ */

HALLOC_API bool halloc_heap_walk(halloc_heap *heap, halloc_visit *visit, void *context) {
    if (!heap_enter(heap))
        return false;
    bool whole = true;
    for (MemoryBlock *block = heap->engine.first; block && whole; block = block->next)
        whole = visit(block, block_payload(&heap->engine, block), context);
    heap_leave(heap);
    return whole;
}

HALLOC_API bool halloc_heap_check(halloc_heap *heap, const char **broken) {
    const char *found = "a process died while it changed this heap";
    if (heap_enter(heap)) {
        found = engine_check(&heap->engine);
        heap_leave(heap);
    }
    if (broken)
        *broken = found;
    return !found;
}

INTERNAL halloc_heap_stats heap_stats_of(const struct engine *engine) {
    halloc_heap_stats stats = {
        .fit = engine->set[0].policy->name,
        .heap_bytes = (size_t)(engine->top - engine->base),
        .used_bytes = engine->used_bytes,
        .used_blocks = engine->used_blocks,
        .peak_used_bytes = engine->peak_used_bytes,
        .finds = engine->set[0].finds,
        .probes = engine->set[0].probes,
        .splits = engine->splits,
        .merges = engine->merges,
    };
    for (const MemoryBlock *block = engine->first; block; block = block->next) {
        if (!block->isFree)
            continue;
        stats.free_blocks++;
        stats.free_bytes += block->size;
        stats.largest_free_bytes = max_size(stats.largest_free_bytes, block->size);
    }
    return stats;
}

HALLOC_API void halloc_heap_get_stats(halloc_heap *heap, halloc_heap_stats *stats) {
    memset(stats, 0, sizeof *stats);
    if (!heap_enter(heap))
        return;
    *stats = heap_stats_of(&heap->engine);
    heap_leave(heap);
}
