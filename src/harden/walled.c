/* walled.c - see walled.h. */
#include "walled.h"

#include "alone.h"

/* In the order of their frees, by turns; a place whose block was taken again is empty. */
static struct waiting {
    void *object;
    size_t room;
} waiting[HARDEN_WAITING_BLOCKS] RARELY_TOUCHED;
static size_t turn;

#define LOCK_CLASS (SIZE_CLASSES - 1) /* whose lock guards them */

/* What can't be made accessible again is lost: that needs one of 65,530 mappings. */
static void release(void *object) {
    char *block = object ? unit_of(object)->free : NULL;
    if (!block || !platform_commit(block, region_block_bytes(block)))
        return;
    store_relaxed(&unit_of(object)->kind, UNIT_NONE);
    store_relaxed(&unit_of(block)->kind, UNIT_NONE);
    count(&counters->large_released, 1);
    region_give(block, 0);
}

/* One of `room` bytes, and aligned so, that has waited. */
static void *take_waiting(size_t room, size_t alignment) {
    void *object = NULL;
    bool entered = enter_class(LOCK_CLASS);
    for (size_t after = 0; after < HARDEN_WAITING_BLOCKS - HARDEN_WAITING_LEAST && !object; after++) {
        struct waiting *place = &waiting[(turn + after) % HARDEN_WAITING_BLOCKS];
        if (place->room == room && place->object && (uintptr_t)place->object % alignment == 0) {
            object = place->object;
            place->object = NULL;
        }
    }
    leave_class(LOCK_CLASS, entered);
    return object && platform_commit(object, room) ? object : NULL;
}

INTERNAL void walled_release(void) {
    for (size_t place = 0; place < HARDEN_WAITING_BLOCKS; place++) {
        bool entered = enter_class(LOCK_CLASS);
        void *object = waiting[place].object;
        waiting[place].object = NULL;
        leave_class(LOCK_CLASS, entered);
        release(object);
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
    if (!platform_uncommit(object, room))
        memset(object, 0, room);
    bool entered = enter_class(LOCK_CLASS);
    struct waiting *place = &waiting[turn++ % HARDEN_WAITING_BLOCKS];
    void *oldest = place->object;
    *place = (struct waiting){object, room};
    leave_class(LOCK_CLASS, entered);
    release(oldest);
    return true;
}
