/*
 * guard.c - large blocks under harden:on.
 *
 *      | guard | object | padding | guard |      all of it is one block of the region
 *      ^ block ^ object
 *
 * The descriptor of the object's first unit has its size, as `reciprocal`, and its block, as `last`.
 */
#include "../platform/fatal.h"
#include "harden.h"

/* Freed and not yet given back: each place is exchanged by one atomic operation. */
static void *waiting[HARDEN_WAITING_BLOCKS];

static size_t page_up(size_t bytes) {
    return align_up(bytes, platform_page_bytes());
}

/* If the system refuses a guard there is none: it allows a process 65,530 mappings. */
static void close_behind(struct slab *unit, char *object) {
    char *end = object + unit->reciprocal, *page = object + page_up(unit->reciprocal);
    memset(end, (char)(padding_key(object) | 1), (size_t)(page - end));
    platform_uncommit(page, (size_t)(unit->last + region_block_bytes(unit->last) - page));
}

INTERNAL void *guard_take(size_t size, size_t alignment, bool zeroed) {
    size_t front = max_size(alignment, UNIT_BYTES), bytes = front + page_up(size) + UNIT_BYTES;
    char *block = large_take(bytes, alignment, false);
    if (!block) {
        guard_let_go();
        block = large_take(bytes, alignment, false);
    }
    if (!block)
        return NULL;
    struct slab *unit = unit_of(block + front);
    unit_of(block)->reciprocal = 0;
    unit->last = block;
    unit->reciprocal = size;
    unit->size_class = BY_MALLOC;
    platform_uncommit(block, front);
    if (zeroed)
        region_clear(block + front, size);
    close_behind(unit, block + front);
    store_release(&unit->kind, UNIT_BLOCK);
    return block + front;
}

INTERNAL const char *guard_look(const char *object, const char *call, size_t *size) {
    *size = unit_of(object)->reciprocal;
    bool sound = is_filled(object + *size, page_up(*size) - *size, (char)(padding_key(object) | 1));
    return sound ? maker_fault(call, unit_of(object)->size_class) : FAULT_OVERFLOW;
}

/* What can't be made accessible again is lost: that needs a mapping, too. */
static void release(void *object) {
    struct slab *unit = object ? unit_of(object) : NULL;
    size_t bytes = unit ? region_block_bytes(unit->last) : 0;
    if (!unit || !platform_commit(unit->last, bytes))
        return;
    store_relaxed(&unit->kind, UNIT_NONE);
    store_relaxed(&unit_of(unit->last)->kind, UNIT_NONE);
    count(&counters->large_released, 1);
    region_give(unit->last, 0);
}

INTERNAL const char *guard_give(void *object, const char *call) {
    static size_t turn;
    size_t size;
    const char *fault = guard_look(object, call, &size);
    if (fault)
        return fault;
    if (__atomic_exchange_n(&unit_of(object)->kind, UNIT_CACHED, __ATOMIC_ACQ_REL) != UNIT_BLOCK)
        return FAULT_FREED;
    platform_uncommit(object, page_up(size));
    void **place = &waiting[__atomic_fetch_add(&turn, 1, __ATOMIC_RELAXED) % HARDEN_WAITING_BLOCKS];
    release(__atomic_exchange_n(place, object, __ATOMIC_ACQ_REL));
    return NULL;
}

INTERNAL bool guard_resize(char *object, size_t size) {
    struct slab *unit = unit_of(object);
    size_t had = page_up(unit->reciprocal), needs = page_up(size);
    const char *limit = unit->last + region_block_bytes(unit->last) - UNIT_BYTES;
    if (size <= SLOT_MOST_BYTES || needs > (size_t)(limit - object) ||
        (needs > had && !platform_commit(object + had, needs - had)))
        return false;
    unit->reciprocal = size;
    close_behind(unit, object);
    return true;
}

INTERNAL void guard_let_go(void) {
    for (size_t place = 0; place < HARDEN_WAITING_BLOCKS; place++)
        release(__atomic_exchange_n(&waiting[place], NULL, __ATOMIC_ACQ_REL));
}
