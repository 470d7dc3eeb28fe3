/* block.c - see block.h for the picture and the invariants. */
#include "block.h"

/* --- Records and sets ------------------------------------------------------------------------- */

static MemoryBlock *record_at(const struct engine *engine, char *start) {
    if (engine->table)
        return engine->table + ((size_t)(start - engine->base) >> UNIT_SHIFT);
    return (MemoryBlock *)start;
}

/* A record that no longer begins a block must not look like one. */
static void wipe(const struct engine *engine, MemoryBlock *block) {
    if (engine->table)
        block->size = 0;
    else
        block->tag = 0;
}

static halloc_free_set *set_of(struct engine *engine, const MemoryBlock *block) {
    return engine->set_of ? engine->set_of(engine, block) : &engine->set[0];
}

static void set_insert(struct engine *engine, MemoryBlock *block) {
    free_set_insert(set_of(engine, block), block);
}

static void set_remove(struct engine *engine, MemoryBlock *block) {
    free_set_remove(set_of(engine, block), block);
}

static void count_used(struct engine *engine, ptrdiff_t bytes, ptrdiff_t blocks) {
    engine->used_bytes += (size_t)bytes;
    engine->used_blocks += (size_t)blocks;
    if (engine->used_bytes > engine->peak_used_bytes)
        engine->peak_used_bytes = engine->used_bytes;
}

/* Begins a free block of `extent` bytes at `start`, between two neighbours; not yet in a set. */
static MemoryBlock *block_begin(struct engine *engine, char *start, size_t extent, MemoryBlock *prev,
                                MemoryBlock *next) {
    MemoryBlock *block = record_at(engine, start);
    block->size = extent - engine->header_bytes;
    block->isFree = 1;
    block->tag = block_tag(engine, block);
    block->prev = prev;
    block->next = next;
    *(prev ? &prev->next : &engine->first) = block;
    *(next ? &next->prev : &engine->last) = block;
    engine->block_count++;
    return block;
}

/* --- Coalesce --------------------------------------------------------------------------------- */

static bool can_merge(const struct engine *engine, const MemoryBlock *left, const MemoryBlock *right) {
    return left && right && left->isFree && right->isFree &&
           free_set_may_merge(&engine->set[0], (size_t)block_payload(engine, left),
                              block_extent(engine, left), block_extent(engine, right));
}

/*      before   | left        | right        | next
 *      after    | left                       | next        neither is in a set
 */
static void absorb(struct engine *engine, MemoryBlock *left, MemoryBlock *right) {
    left->size += block_extent(engine, right);
    left->next = right->next;
    *(right->next ? &right->next->prev : &engine->last) = left;
    wipe(engine, right);
    engine->block_count--;
    engine->merges++;
}

/* Merges a free block that is in no set with its free neighbours, which are. Only a merged buddy may have
 * a free buddy again. */
static MemoryBlock *coalesce(struct engine *engine, MemoryBlock *block) {
    for (;;) {
        if (can_merge(engine, block, block->next)) {
            set_remove(engine, block->next);
            absorb(engine, block, block->next);
        } else if (can_merge(engine, block->prev, block)) {
            block = block->prev;
            set_remove(engine, block);
            absorb(engine, block, block->next);
        } else {
            return block;
        }
    }
}

/* Merges what splitBlock left apart. */
static void coalesce_all(struct engine *engine) {
    for (MemoryBlock *block = engine->first; block; block = block->next) {
        if (!can_merge(engine, block, block->next))
            continue;
        set_remove(engine, block);
        block = coalesce(engine, block);
        set_insert(engine, block);
    }
    engine->split_by_hand = false;
}

/* --- Split ------------------------------------------------------------------------------------ */

/* Tiles [start, start + bytes) with free blocks that the policy allows: one, or for buddies several, each the
 * largest that may begin there. Merges them with their neighbours if asked.
 *
 *      prev | [start ............. start + bytes) | next
 *      prev | 64 | 128     | 256                  | next
 */
static void add_free(struct engine *engine, char *start, size_t bytes, MemoryBlock *prev, bool merge) {
    while (bytes) {
        size_t payload = (size_t)start + engine->header_bytes;
        size_t extent = free_set_piece(&engine->set[0], payload, bytes);
        MemoryBlock *next = prev ? prev->next : engine->first;
        MemoryBlock *piece = block_begin(engine, start, extent, prev, next);
        start += extent;
        bytes -= extent;
        prev = merge ? coalesce(engine, piece) : piece;
        set_insert(engine, prev);
    }
}

/*      before   | block                          |
 *      after    | block: size  | free remainder  |     block is in no set
 */
static bool cut_tail(struct engine *engine, MemoryBlock *block, size_t size, bool merge) {
    size_t remainder = block->size - size;
    if (remainder < engine->split_bytes || remainder < engine->header_bytes + engine->granule)
        return false;
    char *end = block_end(engine, block);
    block->size = size;
    add_free(engine, end - remainder, remainder, block, merge);
    engine->splits++;
    return true;
}

/*      before   | block                          |
 *      after    | free: gap    | block           |     the gap is in its set, the block in none
 */
static MemoryBlock *cut_front(struct engine *engine, MemoryBlock *block, size_t gap) {
    size_t extent = block_extent(engine, block);
    block->size = gap - engine->header_bytes;
    char *start = block_payload(engine, block) - engine->header_bytes + gap;
    MemoryBlock *back = block_begin(engine, start, extent - gap, block, block->next);
    set_insert(engine, block);
    engine->splits++;
    return back;
}

/* --- Find ------------------------------------------------------------------------------------- */

static MemoryBlock *find(struct engine *engine, size_t size) {
    MemoryBlock *block = free_set_find(&engine->set[0], size);
    if (!block && engine->set_of)
        block = free_set_find(&engine->set[1], size);
    return block;
}

/* Bytes from the payload to the first aligned place with nothing in front, or room for a free block. */
static size_t front_gap(const struct engine *engine, const MemoryBlock *block, size_t alignment) {
    size_t payload = (size_t)block_payload(engine, block);
    size_t gap = align_up(payload, alignment) - payload;
    if (gap && gap < engine->header_bytes + engine->granule)
        gap += alignment;
    return gap;
}

/* Any block of this size holds an aligned place. A policy with pieces places blocks at multiples of their
 * size, so there a size of at least the alignment is enough. 0: overflow. */
static size_t aligned_search_size(const struct engine *engine, size_t size, size_t alignment) {
    size_t natural = engine->table ? UNIT_BYTES : engine->granule;
    if (alignment <= natural)
        return size;
    if (engine->set[0].policy->piece)
        return free_set_round(&engine->set[0], max_size(size, alignment - engine->header_bytes));
    size_t slack = engine->table ? alignment - natural : alignment + engine->header_bytes;
    return size + slack < size ? 0 : size + slack;
}

static MemoryBlock *find_aligned(struct engine *engine, size_t size, size_t search, size_t alignment) {
    MemoryBlock *block = find(engine, size);
    if (block && front_gap(engine, block, alignment) + size <= block->size)
        return block;
    return search == size ? NULL : find(engine, search);
}

/* --- Grow ------------------------------------------------------------------------------------- */

INTERNAL void engine_extend(struct engine *engine, char *old_top) {
    add_free(engine, old_top, (size_t)(engine->top - old_top), engine->last, true);
}

INTERNAL void engine_retract(struct engine *engine, size_t bytes) {
    set_remove(engine, engine->last);
    engine->last->size -= bytes;
    engine->top -= bytes;
    set_insert(engine, engine->last);
}

/* Room for a block of `size`. Where all free neighbours merge, a free block at the top holds a part of it.
 * Pieces of a buddy heap lie at multiples of their size: twice the size surely holds such a place. */
static bool grow_for(struct engine *engine, size_t size) {
    size_t extent = size + engine->header_bytes, room = (size_t)(engine->limit - engine->top);
    if (engine->set[0].policy->piece)
        extent = extent > room ? extent : min_size(2 * extent, room);
    else if (!engine->set[0].policy->may_merge && engine->last && engine->last->isFree &&
             block_extent(engine, engine->last) < extent)
        extent -= block_extent(engine, engine->last);
    char *old_top = engine->top;
    if (extent > room || !engine->grow(engine, extent))
        return false;
    engine_extend(engine, old_top);
    return true;
}

/* --- The verbs -------------------------------------------------------------------------------- */

INTERNAL void engine_init(struct engine *engine, const halloc_policy *policy, char *base, char *top,
                          char *limit) {
    free_set_init(&engine->set[0], policy, engine->header_bytes, engine->granule);
    if (engine->set_of)
        free_set_init(&engine->set[1], policy, engine->header_bytes, engine->granule);
    engine->base = base;
    engine->top = top;
    engine->limit = limit;
    engine_extend(engine, base);
}

INTERNAL MemoryBlock *engine_find(struct engine *engine, size_t size) {
    size = free_set_round(&engine->set[0], size);
    if (!size)
        return NULL;
    size_t finds = engine->set[0].finds, probes = engine->set[0].probes;
    MemoryBlock *block = find(engine, size);
    engine->set[0].finds = finds; /* a peek is no search: no figure that is shown remembers it */
    engine->set[0].probes = probes;
    return block;
}

INTERNAL MemoryBlock *engine_take(struct engine *engine, size_t size, size_t alignment) {
    size = free_set_round(&engine->set[0], size);
    size_t search = size ? aligned_search_size(engine, size, alignment) : 0;
    if (!search)
        return NULL;
    MemoryBlock *block;
    while (!(block = find_aligned(engine, size, search, alignment)))
        if (!grow_for(engine, search))
            return NULL;

    free_set_take(set_of(engine, block), block);
    size_t gap = front_gap(engine, block, alignment);
    if (gap)
        block = cut_front(engine, block, gap);
    block->isFree = 0; /* before its tail is cut off, or they would merge again */
    cut_tail(engine, block, size, true);
    count_used(engine, (ptrdiff_t)block->size, 1);
    return block;
}

static void put_back(struct engine *engine, MemoryBlock *block) {
    block->isFree = 1;
    set_insert(engine, coalesce(engine, block));
    if (engine->split_by_hand)
        coalesce_all(engine);
}

INTERNAL void engine_give(struct engine *engine, MemoryBlock *block) {
    count_used(engine, -(ptrdiff_t)block->size, -1);
    put_back(engine, block);
}

/* Free blocks behind `block` that together make `extent` bytes, if they may be absorbed. */
static bool successors_make(const struct engine *engine, const MemoryBlock *block, size_t extent) {
    size_t have = block_extent(engine, block);
    size_t payload = (size_t)block_payload(engine, block);
    for (const MemoryBlock *next = block->next; have < extent && next && next->isFree; next = next->next) {
        if (!free_set_may_merge(&engine->set[0], payload, have, block_extent(engine, next)))
            return false;
        have += block_extent(engine, next);
    }
    return have >= extent;
}

INTERNAL bool engine_resize(struct engine *engine, MemoryBlock *block, size_t size) {
    size = free_set_round(&engine->set[0], size);
    if (!size)
        return false;
    size_t old_size = block->size;
    if (size > old_size) {
        size_t extent = size + engine->header_bytes;
        const MemoryBlock *next = block->next;
        bool at_top = !next || (next->isFree && !next->next);
        if (!successors_make(engine, block, extent) &&
            (!at_top || engine->set[0].policy->piece || !grow_for(engine, size - old_size) ||
             !successors_make(engine, block, extent)))
            return false;
        while (block->size < size) {
            set_remove(engine, block->next);
            absorb(engine, block, block->next);
        }
    }
    cut_tail(engine, block, size, true);
    count_used(engine, (ptrdiff_t)block->size - (ptrdiff_t)old_size, 0);
    return true;
}

INTERNAL bool engine_split(struct engine *engine, MemoryBlock *block, size_t size) {
    size = free_set_round(&engine->set[0], size);
    if (!size || size > block->size || block->size - size < engine->split_bytes)
        return false;
    size_t old_size = block->size;
    bool is_free = block->isFree;
    if (is_free)
        set_remove(engine, block);
    bool split = cut_tail(engine, block, size, !is_free);
    if (is_free)
        set_insert(engine, block);
    else
        count_used(engine, (ptrdiff_t)block->size - (ptrdiff_t)old_size, 0);
    engine->split_by_hand |= is_free && split;
    return split;
}

INTERNAL void engine_isolate(struct engine *engine, MemoryBlock *block) {
    set_remove(engine, block);
    block->isFree = 0;
    engine->isolated_bytes += block->size;
    engine->isolated_blocks++;
}

INTERNAL void engine_putback(struct engine *engine, MemoryBlock *block) {
    engine->isolated_bytes -= block->size;
    engine->isolated_blocks--;
    put_back(engine, block);
}

INTERNAL MemoryBlock *engine_block_at(const struct engine *engine, const void *payload) {
    size_t offset = (size_t)((const char *)payload - engine->base);
    if (offset < engine->header_bytes || offset % engine->granule != engine->header_bytes % engine->granule)
        return NULL;
    MemoryBlock *block = record_at(engine, (char *)payload - engine->header_bytes);
    bool genuine = engine->table ? block->size != 0 : block->tag == block_tag(engine, block);
    return genuine ? block : NULL;
}
