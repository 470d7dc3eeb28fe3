/*
 * slab.h - slabs: blocks cut into equal slots of one size class. Layer 6.
 *
 *      slab of 64 KiB = 4 units
 *      | slot | slot | slot | slot | slot |  ...           not carved yet: never touched  |
 *      |<----------- carved ------------->|
 *
 * Everything about a slab is in its descriptor, one of 64 bytes a unit in a table far away from
 * the objects, where a program that writes past its object does not get. The head unit's holds the
 * slab; the others hold the owner and the head, so that free finds both by one index:
 *
 *      unit          17      18      19      20
 *      owner         A       A       A       A
 *      head          17      17      17      17
 *
 * Slots are carved a page at a time as they are needed. A free slot holds the link to the next in
 * its first word, and a mark in its second: its own address plus a constant that no program has a
 * use for. A slot in use is not marked: whoever frees one that is frees it twice, and aborts.
 *
 * States, and who may write the slab (invariant 4):
 *
 *      ACTIVE    its owner allocates from it
 *      PARTIAL   on its owner's list, with free slots; EMPTY when all are
 *      FULL      on no list: its owner found nothing to take. The first free brings it back
 *      SHARED    has no owner, waits in the pool of its class (shared.h), under that lock
 *
 * Invariants:
 *   1. used = slots carved - slots on `free`; that is live + in the owner's cache + freed by
 *      other threads and not yet collected. While FULL, `used` is 1 and `hidden` the rest, so that
 *      one decrement tells both "the first of a full slab" and "the last".
 *   2. Every slot on `free` lies in [0, carved), at a multiple of the slot size, and is marked.
 *   3. Only the owner writes free, used, hidden, carved and state; `remote` changes by
 *      compare-and-swap alone.
 *   4. All units of a slab have its owner; no other unit has an owner.
 */
#ifndef HALLOC_SLAB_H
#define HALLOC_SLAB_H

#include "region.h"
#include "size_class.h"

enum slab_state { SLAB_ACTIVE, SLAB_PARTIAL, SLAB_EMPTY, SLAB_FULL, SLAB_SHARED };

struct thread_cache;

/* The owner of slabs that wait to be adopted. Not a cache: never to be followed. */
#define OWNER_SHARED ((struct thread_cache *)64)

struct slab {
    struct thread_cache *owner; /* every unit's */
    struct slab *head;          /* every unit's */
    char *end;                  /* of the slots carved so far */
    uint32_t reciprocal;
    uint16_t used;
    uint16_t hidden;
    void *free;
    uint64_t remote;     /* frees by other threads: see remote.h */
    uint32_t next, prev; /* on at most one list: unit + 1, 0 at its ends */
    uint32_t notice;     /* link of the owner's stack of notices: unit + 1 */
    uint8_t kind;        /* every unit's: enum unit_kind */
    uint8_t size_class;
    uint8_t state;
    bool notice_pending; /* a notice is on its way to the owner, or in its stack */
};

_Static_assert(sizeof(struct slab) == DESCRIPTOR_BYTES, "one cache line a descriptor, found by a shift");
_Static_assert(SLAB_SMALL_BYTES / ALIGNMENT_BYTES <= UINT16_MAX, "used counts the smallest slots");

/* --- Slots ------------------------------------------------------------------------------------ */

ALWAYS_INLINE void **slot_words(void *slot) {
    return (void **)slot;
}

/* Secrecy would buy nothing: who can write a slot's second word can hide a double free by writing
 * anything. It must only be unlikely by accident, which an odd address far from the object is. A
 * plain self pointer would not do: the empty list {next, prev} = {self, self} is everywhere. */
#define SLOT_MARK 0x5afe5107

ALWAYS_INLINE uintptr_t slot_mark(const void *slot) {
    return (uintptr_t)slot + SLOT_MARK;
}

/* Two stores: without the barrier gcc makes one vector store of them, which takes more work. */
ALWAYS_INLINE void slot_set_free(void *slot, void *next) {
    slot_words(slot)[1] = (void *)slot_mark(slot);
    __asm__ volatile("" ::: "memory");
    slot_words(slot)[0] = next;
}

ALWAYS_INLINE bool slot_is_marked(void *slot) {
    return (uintptr_t)slot_words(slot)[1] == slot_mark(slot);
}

/* Given out: no longer marked. */
ALWAYS_INLINE void slot_set_used(void *slot) {
    slot_words(slot)[1] = NULL;
}

/* --- Slabs ------------------------------------------------------------------------------------ */

/* The descriptor of the unit that holds ptr, which lies in the region. */
ALWAYS_INLINE struct slab *unit_of(const void *ptr) {
    return &region.slabs[region_unit(ptr)];
}

ALWAYS_INLINE char *slab_start(const struct slab *slab) {
    return region.base + ((size_t)(slab - region.slabs) << UNIT_SHIFT);
}

/* Bytes from the slab's start to a pointer into it. */
ALWAYS_INLINE uint32_t slab_offset(const struct slab *slab, const void *ptr) {
    return (uint32_t)((const char *)ptr - slab_start(slab));
}

/* True exactly when a carved slot starts at ptr, which lies in a unit of the slab: then whole slots
 * lie between it and the end of those carved. One test less than measuring from the start. */
ALWAYS_INLINE bool slab_is_slot(const struct slab *slab, const void *ptr) {
    const char *end = peek(&slab->end);
    uint32_t to_end = (uint32_t)(uintptr_t)end - (uint32_t)(uintptr_t)ptr;
    return (const char *)ptr < end && to_end * slab->reciprocal < slab->reciprocal;
}

static inline uint32_t slab_carved(const struct slab *slab) {
    return slab_offset(slab, load_relaxed(&slab->end));
}

static inline uint32_t slab_carved_slots(const struct slab *slab) {
    return (uint32_t)(((uint64_t)slab_carved(slab) * slab->reciprocal) >> 32);
}

/* Slots that are live, cached or not yet collected, whatever the state. */
static inline uint32_t slab_used(const struct slab *slab) {
    return slab->state == SLAB_FULL ? slab->used + slab->hidden : slab->used;
}

/* A new slab of this class for `owner`, nothing carved; NULL when there is no memory. */
INTERNAL struct slab *slab_make(unsigned size_class, struct thread_cache *owner);

/* Gives an empty slab's memory back to the region. */
INTERNAL void slab_release(struct slab *slab);

/* Takes every slot that is free, carving a page if none is, and counts them all as used: what a
 * thread's cache refills from. NULL when there is nothing left to take. */
INTERNAL void *slab_take_all(struct slab *slab);

INTERNAL void slab_set_owner(struct slab *slab, struct thread_cache *owner);

/* Nothing to take: from now on the first free is noticed (invariant 1). */
INTERNAL void slab_set_full(struct slab *slab);
/* The opposite, after `freed` slots were put on its list. */
INTERNAL void slab_unset_full(struct slab *slab);

/* The first broken invariant of a slab whose owner is the caller, or that nobody else touches. */
INTERNAL const char *slab_check(const struct slab *slab);

/* True if the list of free slots is sound; `count` receives its length. Follows nothing that was
 * not checked first: the slab may be that of a thread that fork left behind in the middle. */
INTERNAL bool slab_list_is_sound(const struct slab *slab, uint32_t *count);

/* --- Lists of slabs --------------------------------------------------------------------------- */

struct slab_list {
    struct slab *first; /* may be looked at without the list's lock, to see if there is any */
    struct slab *last;
};

static inline uint32_t slab_number(const struct slab *slab) {
    return slab ? (uint32_t)(slab - region.slabs) + 1 : 0;
}

static inline struct slab *slab_numbered(uint32_t number) {
    return number ? &region.slabs[number - 1] : NULL;
}

/* At the end: lists are queues, so that a slab gathers free slots until its turn comes. */
static inline void slab_list_append(struct slab_list *list, struct slab *slab) {
    slab->next = 0;
    slab->prev = slab_number(list->last);
    if (list->last)
        list->last->next = slab_number(slab);
    else
        store_relaxed(&list->first, slab);
    list->last = slab;
}

static inline void slab_list_remove(struct slab_list *list, struct slab *slab) {
    struct slab *prev = slab_numbered(slab->prev), *next = slab_numbered(slab->next);
    if (prev)
        prev->next = slab->next;
    else
        store_relaxed(&list->first, next);
    if (next)
        next->prev = slab->prev;
    else
        list->last = prev;
}

#endif
