/* harden.c - see harden.h. */
#include "harden.h"

#include "../platform/fatal.h"
#include "../thread/thread_cache.h"
#include "alone.h"
#include "walled.h"

INTERNAL_DEFINE bool harden_serves;

/* Of a class: free slots in the order in which they will be taken; those that wait until they come there; and
 * the slabs that have others. */
static struct shelf {
    uint32_t ready_count, ready_most, turn, turns; /* `turns` places to wait, a power of two */
    uint64_t random;
    struct slab_list slabs;
    char *ready[HARDEN_READY_SLOTS];
    char *waiting[HARDEN_WAITING_SLOTS];
} shelves[SIZE_CLASSES] RARELY_TOUCHED;

static inline size_t random_index(struct shelf *shelf, size_t bound) {
    shelf->random = (shelf->random + harden_secret) * MIX;
    return (shelf->random >> 32) * bound >> 32;
}

static inline seal_word *slot_word(const char *slot, size_t bytes) {
    return (seal_word *)(slot + bytes) - 1;
}

static inline bool slot_is_sealed(const char *slot, size_t bytes, size_t *size, unsigned *maker) {
    uint32_t said = (*slot_word(slot, bytes) ^ (uint32_t)seal_key(slot)) * (uint32_t)MIX_BACK;
    *size = said / MAKERS;
    *maker = said % MAKERS;
    return fill_is_whole(slot, bytes - WORD_BYTES, *size);
}

/* --- Slots at rest -------------------------------------------------------------------------------- */

/* Each free slot is noted. Those on no shelf have a second bit, in the half of the notes that the first ones
 * leave: so a slab has no more slots than that. No slab is halved, for no thread has a cache (slab_make).
 * `frees_left` counts the slots without it. */
#define REST_WORDS (SLAB_SMALL_BYTES / UNIT_BYTES * NOTE_BYTES / sizeof(uint64_t) / 2)

static inline uint64_t *rest_words(const struct slab *slab) {
    return slab_notes(slab) + REST_WORDS;
}

static inline void set_bit(uint64_t *words, uint32_t number) {
    words[number / 64] |= (uint64_t)1 << number % 64;
}

/* The first slot, whose number is the last, is free for good. */
static bool add_noted_slab(unsigned size_class) {
    struct slab *slab = slab_make(size_class, OWNER_SHARED);
    if (!slab)
        return false;
    size_t bytes = slot_bytes(size_class), slots = min_size(slab_slots(slab), REST_WORDS * 64);
    slab->last = slab_start(slab) + (slots - 1) * bytes;
    slab->frees_left = 1;
    count(&counters->uncarved_bytes, -(uint64_t)(slots * bytes));
    for (uint32_t number = 0; number < slots; number++)
        set_bit(slab_notes(slab), number);
    memcpy(rest_words(slab), slab_notes(slab), REST_WORDS * sizeof(uint64_t));
    rest_words(slab)[(slots - 1) / 64] &= ~((uint64_t)1 << (slots - 1) % 64);
    bool entered = enter_class(size_class);
    /* Not sooner: another slab may have been here, with a slot that a thread looks at (look_at_last). */
    slab->state = SLAB_SHARED;
    slab_list_append(&shelves[size_class].slabs, slab);
    leave_class(size_class, entered);
    return true;
}

/* At a random place among those that are ready. */
static inline void make_ready(struct shelf *shelf, char *slot) {
    char **where = &shelf->ready[random_index(shelf, shelf->ready_count + 1)];
    shelf->ready[shelf->ready_count++] = *where;
    *where = slot;
}

/* With the first slots at rest, a few neighbours: what is in use stays dense, and what a program allocates in
 * turn lies together. */
static bool fill_shelf(struct shelf *shelf, size_t bytes) {
    struct slab *slab = shelf->slabs.first;
    if (!slab)
        return false;
    size_t turns = min_size(max_size(HARDEN_WAITING_BYTES >> floor_log2(bytes), 2), HARDEN_WAITING_SLOTS);
    shelf->turns = (uint32_t)turns;
    shelf->ready_most = (uint32_t)min_size(turns, HARDEN_READY_SLOTS);
    uint64_t *rest = rest_words(slab);
    size_t word = slab_note_words(slab) - 1;
    while (!rest[word])
        word--;
    while (rest[word] && shelf->ready_count < min_size(turns, HARDEN_NEIGHBOURS)) {
        size_t bit = floor_log2(rest[word]);
        rest[word] &= ~((uint64_t)1 << bit);
        make_ready(shelf, slab->last - (word * 64 + bit) * bytes);
        slab->frees_left++;
    }
    if (slab->frees_left == slab_carved_slots(slab))
        slab_list_remove(&shelf->slabs, slab);
    return true;
}

/* Returns its slab if nothing of that is in use any more, and others are there, or need not be. */
static struct slab *let_rest(struct slab_list *slabs, char *slot, bool keep_one) {
    struct slab *slab = slab_at(slot);
    if (slab->frees_left == slab_carved_slots(slab))
        slab_list_append(slabs, slab);
    set_bit(rest_words(slab), slab_slot_number(slab, slot));
    if (--slab->frees_left > 1 || (keep_one && slabs->first == slabs->last))
        return NULL;
    slab_list_remove(slabs, slab);
    store_relaxed(&slab->state, SLAB_PARTIAL);
    memset(rest_words(slab), 0, REST_WORDS * sizeof(uint64_t));
    return slab;
}

/* It waits. What has waited longest gets ready, at a random place. Returns what has to leave for it. */
static inline char *let_wait(struct shelf *shelf, char *slot) {
    char **place = &shelf->waiting[shelf->turn++ & (shelf->turns - 1)], *oldest = *place;
    *place = slot;
    if (!oldest)
        return NULL;
    if (shelf->ready_count < shelf->ready_most) {
        make_ready(shelf, oldest);
        return NULL;
    }
    char **where = &shelf->ready[random_index(shelf, shelf->ready_most)], *leaves = *where;
    *where = oldest;
    return leaves;
}

/* --- Faults --------------------------------------------------------------------------------------- */

/* The call's name tells whose object it takes: delete new's, free and realloc malloc's, others any. */
static const char *maker_fault(const char *call, unsigned maker) {
    static const char *const got_by[MAKERS] = {"got by malloc", "got by new", "got by new[]", FAULT_OVERFLOW};
    if (likely(maker == BY_MALLOC && *call != 'd'))
        return NULL;
    bool deletes = *call == 'd', is_malloc_s = *call == 'f' || *call == 'r';
    unsigned takes = deletes ? BY_NEW + (call[6] == '[') : is_malloc_s ? BY_MALLOC : maker;
    return takes == maker && maker < BY_NOBODY ? NULL : got_by[maker];
}

/* `number` receives the slot's. */
static inline const char *object_fault(const struct slab *slab, char *slot, size_t bytes, const char *call,
                                       size_t *size, uint32_t *number) {
    unsigned maker;
    if (unlikely(!slab_is_slot(slab, slot)))
        return FAULT_NO_BLOCK;
    *number = slab_slot_number(slab, slot);
    if (unlikely(is_noted(load_relaxed(note_word(slab, *number)), *number)))
        return slot == slab_start(slab) ? FAULT_NO_BLOCK : FAULT_FREED;
    return likely(slot_is_sealed(slot, bytes, size, &maker)) ? maker_fault(call, maker) : FAULT_OVERFLOW;
}

/* A slot in use is sealed; a free one ends with zeros. */
static inline bool slot_is_intact(const struct slab *slab, uint32_t number, const char *slot, size_t bytes) {
    return is_noted(*note_word(slab, number), number)
               ? is_cleared(slot + bytes - HARDEN_LOOK_BYTES, HARDEN_LOOK_BYTES)
               : slot_is_sealed(slot, bytes, &(size_t){0}, &(unsigned){0});
}

INTERNAL size_t harden_bytes(const void *ptr) {
    const struct slab *slab = slab_of(ptr);
    size_t room = slab ? 0 : walled_room(ptr);
    return slab ? slot_bytes(slab->size_class) : room ? room + WORD_BYTES : 0;
}

static const char *block_fault(const char *ptr, const char *call, size_t *size) {
    uint64_t said = (*walled_seal(ptr) ^ seal_key(ptr)) * MIX_BACK;
    *size = said / MAKERS;
    return fill_is_whole(ptr, walled_room(ptr), *size) ? maker_fault(call, said % MAKERS) : FAULT_OVERFLOW;
}

INTERNAL const char *harden_fault(void *ptr, const char *call, size_t *size) {
    const struct slab *slab = slab_of(ptr);
    return slab ? object_fault(slab, ptr, slot_bytes(slab->size_class), call, size, &(uint32_t){0})
                : block_fault(ptr, call, size);
}

/* --- malloc --------------------------------------------------------------------------------------- */

/* What the thread got last, and did not free; bytes 0: nothing, or a large block. */
static TLS struct {
    char *slot;
    size_t bytes;
} last;

/* Many overflows happen at once: so the thread looks at what it got before. Another thread may have freed it,
 * and its slab may be gone. */
static void look_at_last(void) {
    unsigned size_class = size_class_of(last.bytes);
    bool entered = enter_class(size_class);
    const struct slab *slab = slab_of(last.slot);
    const char *fault = NULL;
    if (slab && slab->state == SLAB_SHARED && slab->size_class == size_class)
        fault = object_fault(slab, last.slot, last.bytes, "malloc", &(size_t){0}, &(uint32_t){0});
    leave_class(size_class, entered);
    if (unlikely(fault) && strcmp(fault, FAULT_OVERFLOW) == 0)
        fatal_of("malloc", fault, last.slot, last.bytes);
}

/* The seal comes first, and a word in each page: where the kernel has given no page yet, one that is read
 * first costs a second fault. These few bytes of what was freed are not compared. */
static inline bool seal_slot(char *slot, size_t bytes, size_t size) {
    seal_word *word = slot_word(slot, bytes);
    *word = (seal_word)seal_of(slot, size, BY_MALLOC);
    for (uintptr_t end = align_up((uintptr_t)slot + 1, CARVE_BYTES); end < (uintptr_t)word;
         end += CARVE_BYTES)
        ((seal_word *)end)[-1] = 0;
    bool is_clear = is_cleared(slot, bytes - WORD_BYTES);
    if (unlikely(!is_clear))
        memset(slot, 0, bytes - WORD_BYTES);
    fill_write(slot, bytes - WORD_BYTES, size);
    return is_clear;
}

static void *take_slot_of(unsigned size_class, size_t size) {
    struct shelf *shelf = &shelves[size_class];
    size_t bytes = slot_bytes(size_class);
    bool entered = enter_class(size_class);
    while (unlikely(!shelf->ready_count) && !fill_shelf(shelf, bytes)) {
        leave_class(size_class, entered);
        if (!add_noted_slab(size_class))
            return NULL;
        entered = enter_class(size_class);
    }
    char *slot = shelf->ready[--shelf->ready_count];
    if (likely(shelf->ready_count)) /* the next one may be cold */
        __builtin_prefetch(slot_word(shelf->ready[shelf->ready_count - 1], bytes), 1);
    const struct slab *slab = slab_at(slot);
    uint32_t number = slab_slot_number(slab, slot);
    uint64_t *notes = note_word(slab, number);
    store_release(notes, *notes & ~((uint64_t)1 << number % 64));
    bool is_clear = seal_slot(slot, bytes, size);
    leave_class(size_class, entered);
    last.slot = slot;
    last.bytes = bytes;
    if (unlikely(!is_clear))
        fatal_of("malloc", FAULT_WRITTEN, slot, bytes);
    return slot;
}

/* Any slot of a shelf; NULL: it is empty. */
static char *take_off(struct shelf *shelf) {
    if (shelf->ready_count)
        return shelf->ready[--shelf->ready_count];
    for (size_t place = 0; place < HARDEN_WAITING_SLOTS; place++) {
        char *slot = shelf->waiting[place];
        shelf->waiting[place] = NULL;
        if (slot)
            return slot;
    }
    return NULL;
}

/* Each slot on a shelf may lie in a slab of its own, which it keeps. */
INTERNAL void harden_release(void) {
    walled_release();
    for (unsigned size_class = 0; size_class < SIZE_CLASSES;) {
        struct shelf *shelf = &shelves[size_class];
        bool entered = enter_class(size_class);
        char *slot = take_off(shelf);
        struct slab *empty = slot ? let_rest(&shelf->slabs, slot, false) : NULL;
        leave_class(size_class, entered);
        if (empty)
            slab_release(empty);
        size_class += !slot; /* its shelf is empty: the next */
    }
}

static inline void *take_object(size_t size, size_t alignment, bool zeroed) {
    size_t bytes = aligned_slot_size(max_size(size + WORD_BYTES, HARDEN_LOOK_BYTES), alignment);
    bool is_large = bytes > SLOT_MOST_BYTES || alignment > UNIT_BYTES;
    return is_large ? walled_take(size, alignment, zeroed) : take_slot_of(size_class_of(bytes), size);
}

INTERNAL void *harden_take(size_t size, size_t alignment, bool zeroed) {
    if (last.bytes)
        look_at_last();
    last.bytes = 0;
    void *object = take_object(size, alignment, zeroed);
    if (likely(object))
        return object;
    harden_release();
    return take_object(size, alignment, zeroed);
}

/* --- free ----------------------------------------------------------------------------------------- */

static inline const char *said_fault(const void *ptr, size_t has, size_t size, size_t alignment) {
    return (uintptr_t)ptr & (alignment - 1)     ? FAULT_ALIGNMENT
           : size != SIZE_UNSAID && has != size ? FAULT_SIZE
                                                : NULL;
}

INTERNAL bool harden_give(void *ptr, const char *call, size_t size, size_t alignment) {
    struct slab *slab = slab_of(ptr);
    size_t has;
    if (slab)
        harden_give_slot(slab, ptr, call, size, alignment);
    if (slab || !walled_room(ptr))
        return slab;
    const char *fault = block_fault(ptr, call, &has);
    if (!fault)
        fault = said_fault(ptr, has, size, alignment);
    if (!fault && !walled_give(ptr))
        fault = FAULT_FREED;
    if (fault)
        fatal(call, fault, ptr);
    return true;
}

INTERNAL void harden_give_slot(struct slab *slab, void *ptr, const char *call, size_t size,
                               size_t alignment) {
    unsigned size_class = slab->size_class;
    size_t has, bytes = slot_bytes(size_class);
    uint32_t number;
    if (last.slot == ptr)
        last.bytes = 0;
    bool entered = enter_class(size_class);
    const char *fault = object_fault(slab, ptr, bytes, call, &has, &number);
    if (likely(!fault) && unlikely(!slot_is_intact(slab, number + 1, (char *)ptr - bytes, bytes)))
        fault = FAULT_BEFORE;
    if (likely(!fault))
        fault = said_fault(ptr, has, size, alignment);
    struct slab *empty = NULL;
    if (likely(!fault)) {
        note(note_word(slab, number), *note_word(slab, number), number);
        memset(ptr, 0, bytes);
        struct shelf *shelf = &shelves[size_class];
        char *leaves = let_wait(shelf, ptr);
        if (unlikely(leaves))
            empty = let_rest(&shelf->slabs, leaves, true);
    }
    leave_class(size_class, entered);
    if (unlikely(empty))
        slab_release(empty);
    if (unlikely(fault))
        fatal_of(call, fault, ptr, bytes);
}

INTERNAL bool harden_resize(void *ptr, size_t size, enum maker maker) {
    const struct slab *slab = slab_of(ptr);
    size_t room = slab ? slot_bytes(slab->size_class) - WORD_BYTES : walled_room(ptr);
    if (size > room && room && !slab)
        room = walled_grow(ptr, size);
    if (!room || size > room)
        return false;
    unsigned size_class = slab ? slab->size_class : SIZE_CLASSES - 1;
    uint64_t seal = seal_of(ptr, size, maker);
    bool entered = enter_class(size_class);
    fill_write(ptr, room, size);
    if (slab)
        *slot_word(ptr, room + WORD_BYTES) = (seal_word)seal;
    else
        *walled_seal(ptr) = seal;
    leave_class(size_class, entered);
    return true;
}
