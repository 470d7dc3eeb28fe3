/* walled.c - see walled.h. */
#include "walled.h"

#include "../platform/fatal.h"
#include "alone.h"

/* In the order of their frees, by turns; a place whose block was taken again is empty. */
static struct waiting {
    void *object;
    size_t room;
    bool is_kept; /* cleared, and still accessible */
} waiting[HARDEN_WAITING_BLOCKS] RARELY_TOUCHED;
static size_t turn, kept_bytes;

#define LOCK_CLASS (SIZE_CLASSES - 1) /* whose lock guards them */

/* Empties a place. */
static struct waiting take_from(struct waiting *place) {
    struct waiting taken = *place;
    kept_bytes -= taken.is_kept ? taken.room : 0;
    *place = (struct waiting){NULL, 0, false};
    return taken;
}

/* What can't be made accessible again is lost: that needs one of 65,530 mappings. */
static void release(struct waiting from) {
    char *object = from.object, *block = object ? unit_of(object)->free : NULL;
    if (!block || !platform_commit(block, region_block_bytes(block)))
        return;
    store_relaxed(&unit_of(object)->kind, UNIT_NONE);
    store_relaxed(&unit_of(block)->kind, UNIT_NONE);
    count(&counters->large_released, 1);
    region_give(block, from.is_kept ? (size_t)(unit_of(object)->last - block) : 0);
}

/* One of `room` bytes, and aligned so, that has waited. */
static void *take_waiting(size_t room, size_t alignment) {
    struct waiting found = {NULL, 0, false};
    bool entered = enter_class(LOCK_CLASS);
    for (size_t after = 0; after < HARDEN_WAITING_BLOCKS - HARDEN_WAITING_LEAST && !found.object; after++) {
        struct waiting *place = &waiting[(turn + after) % HARDEN_WAITING_BLOCKS];
        if (place->room == room && (uintptr_t)place->object % alignment == 0)
            found = take_from(place);
    }
    leave_class(LOCK_CLASS, entered);
    if (found.is_kept && !is_zero(found.object, room)) {
        fatal("malloc", FAULT_WRITTEN, found.object);
        memset(found.object, 0, room);
    }
    return found.is_kept || (found.object && platform_commit(found.object, room)) ? found.object : NULL;
}

INTERNAL void walled_release(void) {
    for (size_t place = 0; place < HARDEN_WAITING_BLOCKS; place++) {
        bool entered = enter_class(LOCK_CLASS);
        struct waiting taken = take_from(&waiting[place]);
        leave_class(LOCK_CLASS, entered);
        release(taken);
    }
}

INTERNAL void *walled_take(size_t size, size_t alignment, bool zeroed) {
    size_t front = max_size(alignment, UNIT_BYTES), room = align_up(size, platform_page_bytes());
    char *object = take_waiting(room, front);
    if (!object) {
        char *block = large_take(front + room + UNIT_BYTES, alignment, zeroed);
        if (!block)
            return NULL;
        object = block + front;
        unit_of(block)->free = NULL;
        unit_of(object)->free = block;
        unit_of(object)->last = object + room;
        platform_uncommit(block, front);
        platform_uncommit(object + room, region_block_bytes(block) - front - room);
    }
    fill_write(object, room, size);
    *walled_seal(object) = seal_of(object, size, BY_MALLOC);
    store_release(&unit_of(object)->kind, UNIT_BLOCK);
    return object;
}

INTERNAL bool walled_give(void *object) {
    size_t room = walled_room(object);
    if (__atomic_exchange_n(&unit_of(object)->kind, UNIT_CACHED, __ATOMIC_ACQ_REL) != UNIT_BLOCK)
        return false;
    bool is_short = room <= HARDEN_KEPT_BYTES / 8;
    if (is_short || !platform_uncommit(object, room))
        memset(object, 0, room);
    bool entered = enter_class(LOCK_CLASS);
    struct waiting *place = &waiting[turn++ % HARDEN_WAITING_BLOCKS], oldest = take_from(place);
    bool is_kept = is_short && kept_bytes + room <= HARDEN_KEPT_BYTES;
    if (is_short && !is_kept)
        platform_uncommit(object, room);
    kept_bytes += is_kept ? room : 0;
    *place = (struct waiting){object, room, is_kept};
    leave_class(LOCK_CLASS, entered);
    release(oldest);
    return true;
}
