/*
 * slab.h - slabs: blocks cut into equal slots of one size class.
 *
 *      slab of 64 KiB = 4 units
 *      | slot | slot | slot | slot | slot |  ...           not carved yet: never touched  |
 *      |<----------- carved ------------->|
 *
 * Everything about a slab is in tables far away from the objects, where a program that writes past its
 * object does not get. They have an entry a unit. The descriptor of a slab's first unit describes it;
 * its notes are a bit a slot. A third table, so small that it stays in the nearest cache, leads
 * from any unit to its slab:
 *
 *      unit            16     17     18     19     20     21
 *      heads           0      18     18     18     18     0       number of the descriptor, times its size;
 *                                                                 0: no slab's
 *      slabs                  slab   -      -      -
 *      notes                  <---- 4 x 512 bits ---->
 *
 * Slots are carved a page at a time as they are needed. A slot is free in one of two ways:
 *
 *      listed    on a list: the link to the next in its first word, and in its second a mark, its own
 *                address plus a constant that no program has a use for
 *      noted     its bit is set, and nobody has touched the slot itself
 *
 * The slab that is allocated from has its free slots listed: they were in use a moment ago, and will be
 * again. So have all slabs of a small heap. In a large one, a free into a slab that rests is noted, for what
 * is freed there is cold: reading a mark that no cache has, and writing a link beside it, would take
 * longer than all the rest of free. When such a slab is allocated from again, its noted slots are
 * listed, in the order of their addresses.
 *
 * A slot in use is neither marked nor noted: whoever frees one that is frees it twice, and aborts.
 *
 * States, and who may write the slab (invariant 3):
 *
 *      ACTIVE    its owner allocates from it
 *      PARTIAL   on its owner's list, with free slots; EMPTY when all are
 *      FULL      on no list: its owner found nothing to take. The first free brings it back
 *      SHARED    has no owner, waits in the pool of its class (shared.h), under that lock
 *
 * Invariants:
 *   1. used = slots carved - slots on `free` - slots noted; that is live + freed by other threads and not
 *      yet collected. While FULL, `used` is 1 and `hidden` the rest, so that one decrement tells both "the
 *      first of a full slab" and "the last". While ACTIVE nobody counts what is taken, and `used`
 *      is a clock: it counts down the frees to the thread's next beat (thread_cache.c).
 *   2. Every slot on `free` lies in [0, carved), at a multiple of the slot size, and is marked. Bits are
 *      set of carved slots only; of none while the slab is ACTIVE or FULL.
 *   3. Only the owner writes free, used, hidden, carved, the bits and state; `remote` changes by
 *      compare-and-swap alone.
 *   4. `heads` leads to the slab from all of its units, and from no other. `lists_for` is the owner
 *      while the slab is ACTIVE, and after that if frees are to be listed; else NULL.
 *   5. `list` is the owner's list of the class while ACTIVE, so that malloc takes first what was freed last;
 *      else the slab's own.
 */
#ifndef HALLOC_SLAB_H
#define HALLOC_SLAB_H

#include "../region/blocks.h"
#include "size_class.h"

enum slab_state { SLAB_ACTIVE, SLAB_PARTIAL, SLAB_EMPTY, SLAB_FULL, SLAB_SHARED };

struct thread_cache;

/* How many threads have a cache (threads.c). */
INTERNAL_DATA uint32_t live_caches;

/* The owner of slabs that wait to be adopted. Not a cache: never to be followed. */
#define OWNER_SHARED ((struct thread_cache *)64)

struct slab {
    struct thread_cache *lists_for; /* what free looks at first */
    struct thread_cache *owner;
    char *last;          /* slot carved so far; if none is, where one before the first would lie */
    uint64_t reciprocal; /* of the slot size: size_class.h */
    void **list;         /* where listed slots go: the owner's list while ACTIVE, else `free` */
    void *free;
    uint16_t used;
    union {
        uint16_t hidden; /* while FULL */
        uint16_t seen;   /* while PARTIAL: thin.c */
    };
    uint8_t kind; /* enum unit_kind; of a unit that is no slab's, too */
    uint8_t size_class;
    uint8_t state;
    bool notice_pending; /* a notice is on its way to the owner, or in its stack */
} __attribute__((aligned(DESCRIPTOR_BYTES)));

/* What other threads write too, and what is needed less. It lies in the descriptor of the slab's second unit,
 * so that their frees don't take the owner's line away. And behind the place of `owner` there: a thread may
 * still look at the owner of a slab that was just given back, which began with that unit. */
struct slab_links {
    void *no_owner[2];
    uint32_t remote;     /* frees by other threads: see remote.h */
    uint32_t next, prev; /* on at most one list: descriptors' numbers, 0 at its ends */
    uint32_t notice;     /* link of the owner's stack of notices, in the same way */
};

_Static_assert(sizeof(struct slab) == DESCRIPTOR_BYTES, "one cache line a descriptor, found by a shift");
_Static_assert(offsetof(struct slab_links, remote) > offsetof(struct slab, owner) &&
                   sizeof(struct slab_links) <= offsetof(struct slab, kind),
               "a second unit has no owner, and is UNIT_NONE");
_Static_assert(SLAB_SMALL_BYTES >= 2 * UNIT_BYTES, "a slab has a second unit");

#define SLAB_SLOTS_MOST (SLAB_SMALL_BYTES / ALIGNMENT_BYTES)
_Static_assert(SLAB_SLOTS_MOST <= UINT16_MAX, "used counts the smallest slots");

/* --- Slots ------------------------------------------------------------------------------------ */

ALWAYS_INLINE void **slot_words(void *slot) {
    return (void **)slot;
}

/* Takes the first slot of a list that has one. The next is fetched meanwhile: it may be in no cache, and
 * whoever takes it would wait for its link. */
ALWAYS_INLINE void *slot_pop(void **list) {
    void *slot = *list, *next = slot_words(slot)[0];
    *list = next;
    __builtin_prefetch(next, 1);
    return slot;
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

/* The slab of the unit that holds ptr, which lies in the region. For a unit that is no slab's it is
 * descriptor 0, nobody's: it has no owner, and nothing is ever written to it. */
ALWAYS_INLINE struct slab *slab_of_unit(size_t unit) {
    return (struct slab *)((char *)region.slabs + peek(&region.heads[unit]));
}

ALWAYS_INLINE struct slab *slab_at(const void *ptr) {
    return slab_of_unit(region_unit(ptr));
}

/* The descriptor of a unit that is no slab's, or the first of one. */
ALWAYS_INLINE struct slab *unit_of(const void *ptr) {
    return &region.slabs[region_unit(ptr) + 1];
}

ALWAYS_INLINE struct slab_links *links_of(const struct slab *slab) {
    return (struct slab_links *)(slab + 1);
}

static inline uint32_t slab_number(const struct slab *slab) {
    return slab ? (uint32_t)(slab - region.slabs) : 0;
}

static inline struct slab *slab_numbered(uint32_t number) {
    return number ? &region.slabs[number] : NULL;
}

ALWAYS_INLINE char *slab_start(const struct slab *slab) {
    return region.base + ((size_t)(slab - region.slabs - 1) << UNIT_SHIFT);
}

/* Bytes from the slab's start to a pointer into it. */
ALWAYS_INLINE uint32_t slab_offset(const struct slab *slab, const void *ptr) {
    return (uint32_t)((const char *)ptr - slab_start(slab));
}

ALWAYS_INLINE uint64_t slab_before_last(const struct slab *slab, const void *ptr) {
    return (uintptr_t)peek(&slab->last) - (uintptr_t)ptr;
}

/* True exactly when a carved slot starts at ptr, which lies in a unit of the slab: then the last one carved
 * lies whole slots behind it. Measured from there, one comparison tells all: places behind the last are at
 * negative distances, and those look as little like multiples as places inside slots do. */
ALWAYS_INLINE bool slab_is_slot(const struct slab *slab, const void *ptr) {
    return slab_before_last(slab, ptr) * slab->reciprocal < SLOT_LITTLE;
}

/* So many slots were carved after this one: the last has number 0. */
ALWAYS_INLINE uint32_t slot_number(const struct slab *slab, uint64_t before_last) {
    return (uint32_t)((unsigned __int128)before_last * slab->reciprocal >> 64);
}

ALWAYS_INLINE uint32_t slab_slot_number(const struct slab *slab, const void *slot) {
    return slot_number(slab, slab_before_last(slab, slot));
}

/* How many slots were carved, and their bytes. */
static inline uint32_t slab_carved_slots(const struct slab *slab) {
    return slab_slot_number(slab, slab_start(slab) - slot_bytes(slab->size_class));
}

static inline uint32_t slab_carved(const struct slab *slab) {
    return slab_offset(slab, load_relaxed(&slab->last)) + (uint32_t)slot_bytes(slab->size_class);
}

/* Slots that are live, on the owner's list or not yet collected, whatever the state. */
static inline uint32_t slab_used(const struct slab *slab) {
    if (slab->state == SLAB_ACTIVE)
        return slab_carved_slots(slab);
    return slab->state == SLAB_FULL ? slab->used + slab->hidden : slab->used;
}

/* --- Notes ------------------------------------------------------------------------------------ */

/* One bit a slot. Slots have other numbers after more are carved; but that is while the slab is ACTIVE, and
 * nothing noted. Notes are written with release: who reads one sees what was carved before. The table of
 * notes has the steps of that of descriptors: one addition. */
ALWAYS_INLINE uint64_t *slab_notes(const struct slab *slab) {
    return (uint64_t *)((char *)slab + peek(&region.notes_distance));
}

ALWAYS_INLINE uint64_t note_bit(uint32_t number) {
    return (uint64_t)1 << (number % 64);
}

ALWAYS_INLINE bool is_noted(uint64_t notes, uint32_t number) {
    return notes >> (number % 64) & 1;
}

/* True if the slot is free in either way. Whoever asks need not be the owner, who may carve more meanwhile,
 * and then note other slots under the numbers that we know: a note counts if nothing was carved until it was
 * read. A stale pointer, into what has become another slab meanwhile, may have any number. */
static inline bool slot_is_free(const struct slab *slab, void *slot) {
    char *last;
    bool noted;
    do {
        last = load_acquire(&slab->last);
        uint32_t number = slot_number(slab, (uintptr_t)last - (uintptr_t)slot);
        noted = number < SLAB_SLOTS_MOST && is_noted(load_acquire(&slab_notes(slab)[number / 64]), number);
    } while (noted && load_relaxed(&slab->last) != last);
    return noted || slot_is_marked(slot);
}

static inline void slab_note(struct slab *slab, void *slot) {
    uint32_t number = slab_slot_number(slab, slot);
    uint64_t *word = &slab_notes(slab)[number / 64];
    store_release(word, *word | note_bit(number));
}

/* The owner frees a slot, onto the list or with a note. True if `used` became 0: the last slot of a partial
 * slab, the first of a full one, or one in ACTIVE_FREES of an active one. */
ALWAYS_INLINE bool slab_give_listed(struct slab *slab, void *slot) {
    void **list = slab->list;
    slot_set_free(slot, *list);
    *list = slot;
    return --slab->used == 0;
}

ALWAYS_INLINE bool slab_give_noted(struct slab *slab, void *slot) {
    slab_note(slab, slot);
    return --slab->used == 0;
}

/* Some free slots may be on a list, the slab's own or other threads': then marks tell, beside the bits. */
static inline bool slab_has_listed(const struct slab *slab) {
    return (uintptr_t)slab->free | load_relaxed(&links_of(slab)->remote) << 1;
}

/* A copy of a descriptor that other threads may be writing: a number in it may be a moment old. */
INTERNAL struct slab slab_look(const struct slab *unit);

/* A new slab of this class for `owner`, nothing carved, on no list; NULL when there is no memory. */
INTERNAL struct slab *slab_make(unsigned size_class, struct thread_cache *owner);

/* Gives an empty slab's memory back to the region. */
INTERNAL void slab_release(struct slab *slab);

/* Takes every slot that is free, carving a page if none is: what a thread's cache refills from. NULL when
 * there is nothing left to take. */
INTERNAL void *slab_take_all(struct slab *slab);

/* From now on its owner allocates from it, and what he frees goes on `list`. Lists what is noted. */
INTERNAL void slab_activate(struct slab *slab, struct thread_cache *owner, void **list);

/* Its owner allocates from another one: from now on frees are noted, if they are likely to be cold. */
INTERNAL void slab_rest(struct slab *slab);

/* It is not ACTIVE any more: notes what is listed, and the slots of `list`, its owner's. From now on frees
 * are noted as well: a mark is no sign of a noted slot, whose page may be away. */
INTERNAL void slab_note_all(struct slab *slab, void *list);

/* Nothing to take: from now on the first free is noticed (invariant 1). */
INTERNAL void slab_set_full(struct slab *slab);
/* The opposite, after `freed` slots were put on its list. */
INTERNAL void slab_unset_full(struct slab *slab);

/* The first broken invariant of a slab whose owner is the caller, or that nobody else touches. */
INTERNAL const char *slab_check(const struct slab *slab);

/* How many slots are noted as free. */
INTERNAL uint32_t slab_noted(const struct slab *slab);

/* All units of the slab lead to it (invariant 4). */
INTERNAL bool slab_is_whole(const struct slab *slab);

/* True if the list of free slots is sound; `count` receives its length. Follows nothing that was
 * not checked first: the slab may be that of a thread that fork left behind in the middle. */
INTERNAL bool slab_list_is_sound(const struct slab *slab, uint32_t *count);

/* In the child of a fork, a slab of a thread that was stopped anywhere: counts it anew if it is sound. */
INTERNAL bool slab_repair(struct slab *slab);

/* --- Lists of slabs --------------------------------------------------------------------------- */

struct slab_list {
    struct slab *first; /* may be looked at without the list's lock, to see if there is any */
    struct slab *last;
};

/* At the end: lists are queues, so that a slab gathers free slots until its turn comes. */
static inline void slab_list_append(struct slab_list *list, struct slab *slab) {
    links_of(slab)->next = 0;
    links_of(slab)->prev = slab_number(list->last);
    if (list->last)
        links_of(list->last)->next = slab_number(slab);
    else
        store_relaxed(&list->first, slab);
    list->last = slab;
}

static inline void slab_list_remove(struct slab_list *list, struct slab *slab) {
    const struct slab_links *links = links_of(slab);
    struct slab *prev = slab_numbered(links->prev), *next = slab_numbered(links->next);
    if (prev)
        links_of(prev)->next = links->next;
    else
        store_relaxed(&list->first, next);
    if (next)
        links_of(next)->prev = links->prev;
    else
        list->last = prev;
}

#endif
