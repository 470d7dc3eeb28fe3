/*
 * slab.h - slabs: blocks cut into equal slots of one size class.
 *
 *      slab of 64 KiB = 4 units; where threads share a small heap, of 32
 *      | slot | slot | slot | slot | slot |  ...           not carved yet: never touched  |
 *      |<----------- carved ------------->|
 *
 * What Halloc knows of a slab lies in tables of the region, which an overflow of an object does not reach.
 * They have an entry for each unit. The descriptor of a slab's first unit describes the slab. A second table,
 * the notes, has a bit for each slot. A third one, so small that it stays in the nearest cache, leads from
 * any unit to its slab:
 *
 *      unit            16     17     18     19     20     21
 *      heads           0      18     18     18     18     0       unit 17 has descriptor 18; 0: no slab's
 *      slabs                  slab   links  -      -
 *      notes                  <---- 4 x 512 bits ---->
 *
 * Slots are carved a page at a time as they are needed. A free slot is either listed (slot.h), or noted:
 * then its bit is set, and the slot itself is untouched. The slab that its owner allocates from has its
 * free slots listed. So has a slab whose first free, after it was full, came while the heap was small: less
 * than NOTES_FROM_BYTES in use for each thread. In a large heap a free into another slab is noted. That slot
 * is cold, and reading its mark would take longer than all the rest of free. When that slab is allocated from
 * again, its noted slots are listed, by address.
 *
 * A slot in use is neither marked nor noted. A free of a marked or noted slot aborts.
 *
 *      state      where                                              frees_left
 *      ACTIVE     its owner allocates from it                        ACTIVE_FREES at most: a tick at 0
 *      PARTIAL    on its owner's list, with free slots               the slots in use
 *      FULL       on no list, without an owner: nothing is free, and not used; its first free brings
 *                 no more is carved, or may be (limit.h)             the slab back
 *      SHARED     in the pool of its class (shared.h)                the slots in use
 *
 * Invariants:
 *   1. A free by the owner lowers `frees_left`. When it becomes 0, the slab needs attention
 *      (cache_slab_event). Slots in use are those that are carved and neither on `free` nor noted: a slot
 *      that another thread freed is in use until its owner collects it.
 *   2. Every slot on `free` lies in the carved part, at a multiple of the slot size, and is marked. Only
 *      carved slots are noted; none while the slab is ACTIVE or FULL.
 *   3. Only the owner writes a slab, and in the state SHARED the holder of the pool's lock. Other threads
 *      write `remote`, by compare-and-swap. A FULL slab belongs to the thread that claims it, by
 *      compare-and-swap as well.
 *   4. `heads` leads to the slab from all of its units, and from no other. `fast_owner` is the owner
 *      while its frees are listed; while they are noted it is NULL.
 *   5. `list` is the slab's own. But while ACTIVE it is the owner's list of the class, so that malloc takes
 *      first what was freed last; unless the next sample is near (sample.h).
 */
#pragma once

#include "../region/blocks.h"
#include "slot.h"

enum slab_state { SLAB_ACTIVE, SLAB_PARTIAL, SLAB_FULL, SLAB_SHARED };

struct thread_cache;

/* Stand in `owner` of slabs that have none. They are no caches: never to be followed. */
#define OWNER_FULL ((struct thread_cache *)1)
#define OWNER_SHARED ((struct thread_cache *)2)

static inline bool owner_is_cache(const struct thread_cache *owner) {
    return (uintptr_t)owner > (uintptr_t)OWNER_SHARED;
}

struct slab {
    struct thread_cache *fast_owner; /* free compares it first */
    struct thread_cache *owner;
    char *last;          /* slot carved so far; if none is, where one before the first would lie */
    uint64_t reciprocal; /* of the slot size: size_class.h */
    void **list;         /* where listed slots go */
    void *free;
    uint32_t frees_left;
    uint32_t frees_left_seen; /* when thin.c last looked */
    uint8_t kind;             /* enum unit_kind; of a unit that is no slab's, too */
    uint8_t size_class;       /* a thread whose last object is gone may look at this */
    uint8_t state;            /* and at this: shared_release_if_empty */
    bool is_thinned;          /* and frees_left is still frees_left_seen */
    bool is_unwritten;        /* what is not carved does not count (region.h) */
} __attribute__((aligned(DESCRIPTOR_BYTES)));

/* What other threads write too, and what is needed less. It lies in the descriptor of the slab's second
 * unit: their frees don't take the owner's line away. A thread may still look at the owner of a slab that
 * began with this unit and was given back: so that stays NULL. */
struct slab_links {
    void *no_owner[2];
    uint64_t remote;     /* frees by other threads: see remote.h */
    uint32_t next, prev; /* in at most one slab_list: numbers of descriptors, 0 at its ends */
};

_Static_assert(sizeof(struct slab) == DESCRIPTOR_BYTES, "one cache line a descriptor, found by a shift");
_Static_assert(offsetof(struct slab_links, remote) > offsetof(struct slab, owner) &&
                   sizeof(struct slab_links) <= offsetof(struct slab, kind),
               "a second unit has no owner, and is UNIT_NONE");
_Static_assert(SLAB_SMALL_BYTES / 2 >= 2 * UNIT_BYTES, "a slab has a second unit");

#define SLAB_SLOTS_MOST (SLAB_SMALL_BYTES / ALIGNMENT_BYTES)
_Static_assert(SLAB_SLOTS_MOST <= UINT16_MAX, "remote.h counts the smallest slots in 16 bits");

/* --- From an address to its slab -------------------------------------------------------------- */

/* The slab of a unit. For a unit that is no slab's it is descriptor 0: never written, without an owner. */
ALWAYS_INLINE struct slab *slab_of_unit(size_t unit) {
    return (struct slab *)((char *)region.slabs + peek(&region.heads[unit]));
}

/* The same for a pointer into the region. */
ALWAYS_INLINE struct slab *slab_at(const void *ptr) {
    return slab_of_unit(region_unit(ptr));
}

/* The slab that ptr points into; NULL if into none. */
static inline struct slab *slab_of(const void *ptr) {
    struct slab *slab = region_contains(ptr) ? slab_at(ptr) : region.slabs;
    return slab != region.slabs ? slab : NULL;
}

/* The descriptor of the pointer's own unit. */
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

/* --- From an address to its slot -------------------------------------------------------------- */

ALWAYS_INLINE char *slab_start(const struct slab *slab) {
    return region.base + ((size_t)(slab - region.slabs - 1) << UNIT_SHIFT);
}

ALWAYS_INLINE uint64_t slab_before_last(const struct slab *slab, const void *ptr) {
    return (uintptr_t)peek(&slab->last) - (uintptr_t)ptr;
}

/* True exactly when a carved slot starts at ptr, which lies in a unit of the slab: then the last one lies
 * whole slots behind it. Negative distances look as little like multiples as places inside slots do. */
ALWAYS_INLINE bool slab_is_slot(const struct slab *slab, const void *ptr) {
    return slab_before_last(slab, ptr) * slab->reciprocal < SLOT_LITTLE;
}

/* How many slots were carved after this one: the last has number 0. */
ALWAYS_INLINE uint32_t slab_slot_number(const struct slab *slab, const void *slot) {
    return (uint32_t)((unsigned __int128)slab_before_last(slab, slot) * slab->reciprocal >> 64);
}

/* Its block has as many. A policy that rounds sizes up may give it more. */
static inline size_t slab_bytes(const struct slab *slab) {
    return min_size(region_block_bytes(slab_start(slab)), SLAB_BYTES_OF(slot_bytes(slab->size_class)));
}

/* Slots that it has, carved or not. Each needs a note, and there are notes for slots of 32 bytes: a slab of
 * smaller ones is used only in half. */
static inline size_t slab_slots(const struct slab *slab) {
    return slab_bytes(slab) / max_size(slot_bytes(slab->size_class), 32);
}

/* How many slots are carved, and their bytes. */
static inline uint32_t slab_carved_slots(const struct slab *slab) {
    return slab_slot_number(slab, slab_start(slab) - slot_bytes(slab->size_class));
}

static inline uint32_t slab_carved(const struct slab *slab) {
    return (uint32_t)(load_relaxed(&slab->last) - slab_start(slab)) + (uint32_t)slot_bytes(slab->size_class);
}

/* Slots in use, where so many are carved; of an active slab those on its owner's list as well. */
static inline uint32_t slab_used(const struct slab *slab, uint32_t carved_slots) {
    return slab->state == SLAB_ACTIVE || slab->state == SLAB_FULL ? carved_slots : slab->frees_left;
}

/* --- Notes ------------------------------------------------------------------------------------ */

/* Carving renumbers the slots, but only while the slab is ACTIVE, and nothing noted. Notes are written with
 * release: a thread that reads one sees what was carved before. */
ALWAYS_INLINE uint64_t *slab_notes(const struct slab *slab) {
    return (uint64_t *)((char *)slab + peek(&region.notes_distance));
}

ALWAYS_INLINE uint64_t *note_word(const struct slab *slab, uint32_t number) {
    return &slab_notes(slab)[number / 64];
}

ALWAYS_INLINE bool is_noted(uint64_t word, uint32_t number) {
    return word >> (number % 64) & 1;
}

/* By the owner alone; `notes` is what the word holds. */
ALWAYS_INLINE void note(uint64_t *word, uint64_t notes, uint32_t number) {
    store_release(word, notes | (uint64_t)1 << (number % 64));
}

static inline void slab_note(struct slab *slab, void *slot) {
    uint32_t number = slab_slot_number(slab, slot);
    uint64_t *word = note_word(slab, number);
    note(word, *word, number);
}

static inline size_t slab_note_words(const struct slab *slab) {
    return (slab_carved_slots(slab) + 63) / 64;
}

/* How many slots are noted. */
static inline uint32_t slab_noted(const struct slab *slab) {
    uint32_t noted = 0;
    for (size_t word = 0; word < slab_note_words(slab); word++)
        noted += (uint32_t)__builtin_popcountll(slab_notes(slab)[word]);
    return noted;
}

/* True if the slot is free in either way. The owner may carve meanwhile, and note other slots under the same
 * numbers: a note counts if nothing was carved until it was read. A stale pointer may have any number. */
static inline bool slot_is_free(const struct slab *slab, void *slot) {
    char *last;
    bool noted;
    if (load_acquire(&slab->fast_owner) || load_relaxed(&slab->owner) == OWNER_FULL) /* nothing is noted */
        return slot_is_marked(slot);
    do {
        last = load_acquire(&slab->last);
        uint32_t number = slab_slot_number(slab, slot);
        noted = number < SLAB_SLOTS_MOST && is_noted(load_acquire(note_word(slab, number)), number);
    } while (noted && load_relaxed(&slab->last) != last);
    return noted || slot_is_marked(slot);
}

/* True if a slot in use starts at ptr. Descriptor 0 is no slab's. */
static inline bool slab_has(const struct slab *slab, void *ptr) {
    return slab != region.slabs && slab_is_slot(slab, ptr) && !slot_is_free(slab, ptr);
}

/* Some free slots may be on a list, the slab's own or other threads': then marks count, too. */
static inline bool slab_has_listed(const struct slab *slab) {
    return (uintptr_t)slab->free | load_relaxed(&links_of(slab)->remote);
}

ALWAYS_INLINE void slab_list(struct slab *slab, void *slot) {
    void **list = slab->list;
    slot_set_free(slot, *list);
    *list = slot;
}

/* As the slab would have it: by its owner, who then counts it. */
static inline void slab_put(struct slab *slab, void *slot) {
    if (slab->fast_owner)
        slab_list(slab, slot);
    else
        slab_note(slab, slot);
}

/* --- What an owner does with a slab ----------------------------------------------------------- */

/* A new slab of this class for `owner`, nothing carved, on no list; NULL when there is no memory. */
INTERNAL struct slab *slab_make(unsigned size_class, struct thread_cache *owner);

/* Gives an empty slab's memory back to the region. */
INTERNAL void slab_release(struct slab *slab);

/* Takes every slot that is free, carving a page if none is. NULL when there is nothing left to take. */
INTERNAL void *slab_take_all(struct slab *slab);

/* From now on its owner allocates from it, and frees go on `list`. Lists what is noted. */
INTERNAL void slab_activate(struct slab *slab, void **list);

/* Notes what is listed. From now on frees are noted as well. */
INTERNAL void slab_note_all(struct slab *slab);

/* Nothing is left to take: the slab loses its owner. */
INTERNAL void slab_set_full(struct slab *slab);

/* A FULL slab becomes PARTIAL, with this owner: from now on frees are noted, if they are likely to be cold.
 * False: another thread was faster. */
INTERNAL bool slab_claim(struct slab *slab, struct thread_cache *owner);

/* --- thin.c --------------------------------------------------------------------------------- */

/* By the owner, while it is PARTIAL: thins it once, `at_once` or where it is unchanged since the last look.
 * Notes listed slots first. Returns bytes given back. */
INTERNAL size_t slab_thin(struct slab *slab, bool at_once);

/* --- dense.c -------------------------------------------------------------------------------- */

/* A slab of so many bytes was taken: wishes for huge pages there, if slabs are dense. One of slots above
 * 8 KiB: as for a large block. */
INTERNAL void dense_choose_slab(void *start, size_t bytes);

/* A large block was taken. From HUGE_LEAST_BYTES on, it may wish for none. */
INTERNAL void dense_choose_large(void *start, size_t bytes, bool zeroed);

/* A large block of `had` bytes at `old` grew, there or elsewhere. If it was full, the rest will be. */
INTERNAL void dense_choose_grown(void *start, size_t bytes, void *old, size_t had);

/* A large block comes back: how full is it? */
INTERNAL void dense_learn(void *block, size_t bytes);

/* --- slab_check.c --------------------------------------------------------------------------- */

/* The first broken invariant of a slab whose owner is the caller, or that nobody else touches. */
INTERNAL const char *slab_check(const struct slab *slab);

/* In the child of a fork, for a slab whose thread stopped anywhere: makes it PARTIAL and counts it anew.
 * False: it is not sound. */
INTERNAL bool slab_repair(struct slab *slab);

/* A copy of a descriptor that other threads may be writing: a number in it may be a moment old. */
INTERNAL struct slab slab_snapshot(const struct slab *unit);
