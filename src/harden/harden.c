/* harden.c - see harden.h. */
#include "harden.h"

#include "../platform/fatal.h"
#include "../thread/thread_cache.h"
#include "alone.h"
#include "walled.h"

INTERNAL_DEFINE uint64_t harden_secret;
INTERNAL_DEFINE bool harden_serves;

/* Of a class: free slots in the order in which they will be taken; those that wait until they come there; and
 * the slabs that have others. */
static struct shelf {
    uint32_t ready_count, turn;
    uint64_t random;
    struct slab_list slabs;
    char *ready[HARDEN_WAITING_SLOTS];
    char *waiting[HARDEN_WAITING_SLOTS];
} shelves[SIZE_CLASSES] RARELY_TOUCHED;

/* How many of each: a power of two. */
static inline size_t shelf_places(size_t bytes) {
    return min_size(max_size(HARDEN_WAITING_BYTES >> floor_log2(bytes), 2), HARDEN_WAITING_SLOTS);
}

static inline size_t random_below(struct shelf *shelf, size_t bound) {
    shelf->random = (shelf->random + harden_secret) * MIX;
    return (shelf->random >> 32) * bound >> 32;
}

static inline seal_word *slot_word(const char *slot, size_t bytes) {
    return (seal_word *)(slot + bytes) - 1;
}

static inline bool slot_is_sealed(const char *slot, size_t bytes, size_t *size, unsigned *maker) {
    return seal_read(slot, bytes - WORD_BYTES, slot_word(slot, bytes), size, maker);
}

/* --- Slots at rest -------------------------------------------------------------------------------- */

/* Each free slot is noted. Those on no shelf have a second bit, in the half of the notes that the first ones
 * leave: so a slab has no more slots than that. `frees_left` counts the slots without it. */
#define REST_WORDS (SLAB_SMALL_BYTES / UNIT_BYTES * NOTE_BYTES / sizeof(uint64_t) / 2)

static inline uint64_t *rest_words(const struct slab *slab) {
    return slab_notes(slab) + REST_WORDS;
}

static void set_bits(uint64_t *words, size_t bits) {
    memset(words, 0xff, bits / 64 * sizeof *words);
    if (bits % 64)
        words[bits / 64] = ((uint64_t)1 << bits % 64) - 1;
}

/* The first slot, whose number is the last, is free for good. */
static bool add_noted_slab(unsigned size_class) {
    struct slab *slab = slab_make(size_class, OWNER_SHARED);
    if (!slab)
        return false;
    size_t bytes = slot_bytes(size_class), slots = min_size(slab_slots(size_class), REST_WORDS * 64);
    slab->state = SLAB_SHARED;
    slab->last = slab_start(slab) + (slots - 1) * bytes;
    slab->frees_left = 1;
    count(&counters->uncarved_bytes, -(uint64_t)(slots * bytes));
    set_bits(slab_notes(slab), slots);
    set_bits(rest_words(slab), slots - 1);
    bool entered = enter_class(size_class);
    slab_list_append(&shelves[size_class].slabs, slab);
    leave_class(size_class, entered);
    return true;
}

/* From up to 64 slots that lie together, the first that have some at rest: what is in use stays dense. */
static bool fill_shelf(struct shelf *shelf, size_t bytes) {
    struct slab *slab = shelf->slabs.first;
    if (!slab)
        return false;
    size_t word = 0, places = shelf_places(bytes);
    uint64_t *rest = rest_words(slab), left;
    while (!(left = rest[word]))
        word++;
    size_t bits = min_size(slab_carved_slots(slab), 64);
    while (left && shelf->ready_count < places) {
        unsigned skip = (unsigned)random_below(shelf, bits);
        unsigned bit = ((unsigned)__builtin_ctzll(left >> skip | left << (-skip & 63)) + skip) % 64;
        left &= ~((uint64_t)1 << bit);
        shelf->ready[shelf->ready_count++] = slab->last - (word * 64 + bit) * bytes;
        slab->frees_left++;
    }
    rest[word] = left;
    if (slab->frees_left == slab_carved_slots(slab))
        slab_list_remove(&shelf->slabs, slab);
    return true;
}

/* Returns its slab if nothing of that is in use any more, and others are there. */
static struct slab *let_rest(struct slab_list *slabs, char *slot) {
    struct slab *slab = slab_at(slot);
    if (slab->frees_left == slab_carved_slots(slab))
        slab_list_append(slabs, slab);
    uint32_t number = slab_slot_number(slab, slot);
    rest_words(slab)[number / 64] |= (uint64_t)1 << number % 64;
    if (--slab->frees_left > 1 || slabs->first == slabs->last)
        return NULL;
    slab_list_remove(slabs, slab);
    store_relaxed(&slab->state, SLAB_PARTIAL);
    memset(rest_words(slab), 0, REST_WORDS * sizeof(uint64_t));
    return slab;
}

/* It waits. What has waited longest gets ready, at a random place. Returns what has to leave for it. */
static char *let_wait(struct shelf *shelf, char *slot, size_t bytes) {
    size_t places = shelf_places(bytes);
    char **place = &shelf->waiting[shelf->turn++ & (places - 1)], *oldest = *place;
    *place = slot;
    if (!oldest)
        return NULL;
    bool is_full = shelf->ready_count == places;
    char **where = &shelf->ready[random_below(shelf, shelf->ready_count + !is_full)], *leaves = *where;
    if (!is_full)
        shelf->ready[shelf->ready_count++] = leaves;
    *where = oldest;
    return is_full ? leaves : NULL;
}

/* --- Faults --------------------------------------------------------------------------------------- */

/* The call's name tells whose object it takes: delete new's, free and realloc malloc's, others any. */
static const char *maker_fault(const char *call, unsigned maker) {
    static const char *const got_by[MAKERS] = {"got by malloc", "got by new", "got by new[]",
                                               FAULT_OVERFLOW};
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
static inline bool slot_is_intact(const char *slot, size_t bytes) {
    size_t size;
    unsigned maker;
    return *slot_word(slot, bytes) ? slot_is_sealed(slot, bytes, &size, &maker)
                                   : is_zero(slot + bytes - HARDEN_LOOK_BYTES, HARDEN_LOOK_BYTES);
}

INTERNAL size_t harden_bytes(const void *ptr) {
    const struct slab *slab = slab_of(ptr);
    size_t room = slab ? 0 : walled_room(ptr);
    return slab ? slot_bytes(slab->size_class) : room ? room + WORD_BYTES : 0;
}

INTERNAL const char *harden_fault(void *ptr, const char *call, size_t *size) {
    const struct slab *slab = slab_of(ptr);
    uint32_t number;
    unsigned maker;
    if (slab)
        return object_fault(slab, ptr, slot_bytes(slab->size_class), call, size, &number);
    return seal_read(ptr, walled_room(ptr), walled_word(ptr), size, &maker) ? maker_fault(call, maker)
                                                                            : FAULT_OVERFLOW;
}

/* --- malloc --------------------------------------------------------------------------------------- */

/* What the thread got last, and did not free; bytes 0: nothing, or a large block. */
static TLS struct {
    char *slot;
    size_t bytes;
} last;

/* Many overflows happen at once: so the thread looks at what it got before. Another thread may have freed it,
 * and its slab may be gone. */
static const char *last_fault(void) {
    const struct slab *slab = slab_of(last.slot);
    size_t size;
    uint32_t number;
    bool is_there = slab && slab->state == SLAB_SHARED && slot_bytes(slab->size_class) == last.bytes;
    return is_there ? object_fault(slab, last.slot, last.bytes, "malloc", &size, &number) : NULL;
}

static void look_at_last(void) {
    size_t size;
    unsigned maker;
    unsigned size_class = size_class_of(last.bytes);
    bool entered = enter_class(size_class);
    const char *fault = NULL;
    if (entered || !slot_is_sealed(last.slot, last.bytes, &size, &maker))
        fault = last_fault();
    leave_class(size_class, entered);
    if (unlikely(fault) && strcmp(fault, FAULT_OVERFLOW) == 0)
        fatal_of("malloc", fault, last.slot, last.bytes);
}

static void *take_slot_of(unsigned size_class, size_t size) {
    struct shelf *shelf = &shelves[size_class];
    size_t bytes = slot_bytes(size_class);
    if (last.bytes)
        look_at_last();
    bool entered = enter_class(size_class);
    while (unlikely(!shelf->ready_count) && !fill_shelf(shelf, bytes)) {
        leave_class(size_class, entered);
        if (!add_noted_slab(size_class))
            return NULL;
        entered = enter_class(size_class);
    }
    char *slot = shelf->ready[--shelf->ready_count];
    if (shelf->ready_count)
        __builtin_prefetch(slot_word(shelf->ready[shelf->ready_count - 1], bytes), 1);
    struct slab *slab = slab_at(slot);
    uint32_t number = slab_slot_number(slab, slot);
    *note_word(slab, number) &= ~((uint64_t)1 << number % 64);
    bool is_clear = is_zero(slot, bytes);
    if (unlikely(!is_clear))
        memset(slot, 0, bytes);
    seal_write(slot, bytes - WORD_BYTES, slot_word(slot, bytes), size, BY_MALLOC);
    leave_class(size_class, entered);
    last.slot = slot;
    last.bytes = bytes;
    if (unlikely(!is_clear))
        fatal_of("malloc", FAULT_WRITTEN, slot, bytes);
    return slot;
}

static void *take_object(size_t size, size_t bytes, size_t alignment, bool zeroed) {
    bool is_large = bytes > SLOT_MOST_BYTES || alignment > UNIT_BYTES;
    return is_large ? walled_take(size, alignment, zeroed) : take_slot_of(size_class_of(bytes), size);
}

INTERNAL void *harden_take(size_t size, size_t alignment, bool zeroed) {
    size_t bytes = aligned_slot_size(max_size(size + WORD_BYTES, HARDEN_LOOK_BYTES), alignment);
    void *object = take_object(size, bytes, alignment, zeroed);
    if (likely(object))
        return object;
    walled_release();
    return take_object(size, bytes, alignment, zeroed);
}

/* --- free ----------------------------------------------------------------------------------------- */

static const char *said_fault(const void *ptr, size_t has, size_t size, size_t alignment) {
    return (uintptr_t)ptr & (alignment - 1)     ? FAULT_ALIGNMENT
           : size != SIZE_UNSAID && has != size ? FAULT_SIZE
                                                : NULL;
}

static bool give_block(void *ptr, const char *call, size_t size, size_t alignment) {
    size_t has;
    if (!walled_room(ptr))
        return false;
    const char *fault = harden_fault(ptr, call, &has);
    if (!fault)
        fault = said_fault(ptr, has, size, alignment);
    if (!fault && !walled_give(ptr))
        fault = FAULT_FREED;
    if (fault)
        fatal(call, fault, ptr);
    return true;
}

INTERNAL bool harden_give(void *ptr, const char *call, size_t size, size_t alignment) {
    struct slab *slab = slab_of(ptr), *empty = NULL;
    if (!slab)
        return give_block(ptr, call, size, alignment);
    unsigned size_class = slab->size_class;
    size_t has, bytes = slot_bytes(size_class);
    uint32_t number;
    if (last.slot == ptr)
        last.bytes = 0;
    bool entered = enter_class(size_class);
    const char *fault = object_fault(slab, ptr, bytes, call, &has, &number);
    if (likely(!fault) && unlikely(!slot_is_intact((char *)ptr - bytes, bytes)))
        fault = FAULT_BEFORE;
    if (likely(!fault))
        fault = said_fault(ptr, has, size, alignment);
    if (likely(!fault)) {
        uint64_t *word = note_word(slab, number);
        note(word, *word, number);
        memset(ptr, 0, bytes);
        char *leaves = let_wait(&shelves[size_class], ptr, bytes);
        if (unlikely(leaves))
            empty = let_rest(&shelves[size_class].slabs, leaves);
    }
    leave_class(size_class, entered);
    if (unlikely(empty))
        slab_release(empty);
    if (unlikely(fault))
        fatal_of(call, fault, ptr, bytes);
    return true;
}

INTERNAL bool harden_resize(void *ptr, size_t size, enum maker maker) {
    const struct slab *slab = slab_of(ptr);
    size_t room = slab ? slot_bytes(slab->size_class) - WORD_BYTES : walled_room(ptr);
    if (size > room)
        return false;
    unsigned size_class = slab ? slab->size_class : SIZE_CLASSES - 1;
    bool entered = enter_class(size_class);
    seal_write(ptr, room, slab ? slot_word(ptr, room + WORD_BYTES) : walled_word(ptr), size, maker);
    leave_class(size_class, entered);
    return true;
}
