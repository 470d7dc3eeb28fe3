/* walled.c - see walled.h. */
#include "walled.h"

#include "../platform/fatal.h"
#include "alone.h"

/* In the order of their frees, by turns; a place whose block was taken again is empty. */
static struct waiting {
    char *object;
    size_t room;
    bool is_kept; /* cleared, and still accessible */
} waiting[HARDEN_WAITING_BLOCKS] RARELY_TOUCHED;
static size_t turn, kept_bytes, walled_blocks;

#define LOCK_CLASS (SIZE_CLASSES - 1) /* whose lock guards them */

/* Leaves `new` there. */
static struct waiting exchange(struct waiting *place, struct waiting new) {
    struct waiting old = *place;
    kept_bytes += (new.is_kept ? new.room : 0) - (old.is_kept ? old.room : 0);
    *place = new;
    return old;
}

/* What the system refuses to make accessible again, for a limit or for too many mappings. Linked by the
 * descriptors' `list`. When the region is asked, one is tried again; when memory is short, many are. */
static char *first_put_off, *last_put_off;

/* The mapping stays, if it can: a new one would know nothing of what was wished for huge pages, and the
 * kernel would keep it apart from its neighbours for ever. */
static bool wall_off(void *start, size_t bytes) {
    return (platform_purge(start, bytes) && platform_hide(start, bytes)) || platform_uncommit(start, bytes);
}

static void *block_of(const char *object) {
    return unit_of(object)->free;
}

static void put_off(char *object) {
    if (!platform_uncommit(block_of(object), region_block_bytes(block_of(object))))
        return; /* it is lost */
    bool entered = enter_class(LOCK_CLASS);
    unit_of(object)->list = NULL;
    if (first_put_off)
        unit_of(last_put_off)->list = (void **)object;
    else
        first_put_off = object;
    last_put_off = object;
    leave_class(LOCK_CLASS, entered);
}

static void release(char *object, size_t dirty_bytes) {
    char *block = block_of(object);
    if (!platform_commit(block, region_block_bytes(block)))
        return put_off(object);
    store_relaxed(&unit_of(object)->kind, UNIT_NONE);
    store_relaxed(&unit_of(block)->kind, UNIT_NONE);
    count(&counters->large_released, 1);
    __atomic_sub_fetch(&walled_blocks, 1, __ATOMIC_RELAXED);
    region_give(block, dirty_bytes ? (size_t)(object + dirty_bytes - block) : 0);
}

static void release_put_off(unsigned most) {
    while (unlikely(load_relaxed(&first_put_off)) && most--) {
        bool entered = enter_class(LOCK_CLASS);
        char *object = first_put_off;
        if (object)
            first_put_off = (char *)unit_of(object)->list;
        leave_class(LOCK_CLASS, entered);
        if (object)
            release(object, 0);
    }
}

static void release_waiting(struct waiting from) {
    if (from.object)
        release(from.object, from.is_kept ? from.room : 0);
}

/* One of `room` bytes, and aligned so, that has waited. */
static char *take_waiting(size_t room, size_t alignment) {
    struct waiting found = {NULL, 0, false};
    bool entered = enter_class(LOCK_CLASS);
    for (size_t after = 0; after < HARDEN_WAITING_BLOCKS - HARDEN_WAITING_LEAST && !found.object; after++) {
        struct waiting *place = &waiting[(turn + after) % HARDEN_WAITING_BLOCKS];
        if (place->room == room && (uintptr_t)place->object % alignment == 0)
            found = exchange(place, found);
    }
    leave_class(LOCK_CLASS, entered);
    if (!found.is_kept && found.object && !platform_commit(found.object, room)) {
        put_off(found.object);
        return NULL;
    }
    if (found.is_kept && !is_cleared(found.object, room)) {
        fatal("malloc", FAULT_WRITTEN, found.object);
        memset(found.object, 0, room);
    }
    return found.object;
}

INTERNAL void walled_release(void) {
    for (size_t place = 0; place < HARDEN_WAITING_BLOCKS; place++) {
        bool entered = enter_class(LOCK_CLASS);
        struct waiting old = exchange(&waiting[place], (struct waiting){NULL, 0, false});
        leave_class(LOCK_CLASS, entered);
        release_waiting(old);
    }
    release_put_off(HARDEN_WAITING_BLOCKS);
}

INTERNAL void *walled_take(size_t size, size_t alignment, bool zeroed) {
    size_t page = platform_page_bytes(), room = align_up(max_size(size, 1), page);
    size_t wall = max_size(UNIT_BYTES, page), front = max_size(alignment, wall);
    char *object = take_waiting(room, front), *block = NULL;
    if (!object) {
        release_put_off(1);
        block = large_take(front + room + wall, max_size(alignment, page), zeroed);
        if (!block)
            return NULL;
        object = block + front;
        unit_of(block)->free = NULL;
        unit_of(object)->free = block;
        unit_of(object)->last = object + room;
        if (__atomic_add_fetch(&walled_blocks, 1, __ATOMIC_RELAXED) <= HARDEN_WALLED_MOST) {
            wall_off(block, front);
            wall_off(object + room, region_block_bytes(block) - front - room);
        }
    }
    fill_write(object, room, size);
    *walled_seal(object) = seal_of(object, size, BY_MALLOC);
    store_release(&unit_of(object)->kind, UNIT_BLOCK);
    return object;
}

INTERNAL size_t walled_grow(void *object, size_t size) {
    size_t page = platform_page_bytes(), had = walled_room(object), room = align_up(size + size / 8, page);
    char *block = block_of(object), *end = (char *)object + had;
    size_t walls = (size_t)((char *)object - block) + max_size(UNIT_BYTES, page);
    if (!large_expand(block, walls + room) && !large_expand(block, walls + (room = align_up(size, page))))
        return 0;
    /* With all of the old wall: giving memory back may look at it. */
    if (!platform_commit(end, (size_t)(block + region_block_bytes(block) - end))) {
        large_expand(block, walls + had);
        return 0;
    }
    end = (char *)object + room;
    unit_of(object)->last = end;
    if (load_relaxed(&walled_blocks) <= HARDEN_WALLED_MOST)
        wall_off(end, (size_t)(block + region_block_bytes(block) - end));
    return room;
}

INTERNAL bool walled_give(void *object) {
    size_t room = walled_room(object);
    if (__atomic_exchange_n(&unit_of(object)->kind, UNIT_CACHED, __ATOMIC_ACQ_REL) != UNIT_BLOCK)
        return false;
    bool may_keep = room <= HARDEN_KEPT_BYTES / HARDEN_WAITING_LEAST &&
                    load_relaxed(&kept_bytes) + room <= HARDEN_KEPT_BYTES;
    bool is_kept = may_keep || !wall_off(object, room);
    if (is_kept)
        memset(object, 0, room);
    bool entered = enter_class(LOCK_CLASS);
    struct waiting old =
        exchange(&waiting[turn++ % HARDEN_WAITING_BLOCKS], (struct waiting){object, room, is_kept});
    leave_class(LOCK_CLASS, entered);
    release_waiting(old);
    return true;
}
