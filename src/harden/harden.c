/* harden.c - see harden.h: slots. */
#include "harden.h"

#include "../platform/fatal.h"
#include "../slab/shared.h"

INTERNAL_DEFINE uint64_t padding_secret;

/* The slabs of a class, guarded by its lock. */
static struct shelf {
    struct slab *slab; /* malloc takes from it; NULL: none */
    struct slab_list partial;
    uint32_t word; /* of its notes: the next slots come from there */
    uint32_t turn;
    void *waiting[HARDEN_WAITING_SLOTS]; /* in the order of their frees */
    uint64_t random;
} shelves[SIZE_CLASSES] RARELY_TOUCHED;

/* A thread that is alone needs no lock: it is 40 of the 100 ns. */
#pragma weak __libc_single_threaded
extern char __libc_single_threaded;

static bool enter(unsigned size_class) {
    bool alone = &__libc_single_threaded && __libc_single_threaded;
    if (!alone)
        lock_acquire(shared_lock(size_class));
    return !alone;
}

static void leave(unsigned size_class, bool entered) {
    if (entered)
        lock_release(shared_lock(size_class));
}

/* --- malloc --------------------------------------------------------------------------------------- */

/* All slots are free but the first. They are carved and noted, and untouched. */
static struct slab *make_slab(unsigned size_class) {
    struct slab *slab = slab_make(size_class, OWNER_SHARED);
    if (!slab)
        return NULL;
    uint32_t slots = (uint32_t)slab_slots(size_class), bytes = (uint32_t)slot_bytes(size_class);
    store_release(&slab->last, slab_start(slab) + (slots - 1) * bytes);
    count(&counters->uncarved_bytes, -(uint64_t)(slots * bytes));
    count_occupied();
    for (uint32_t number = 0; number < slots - 1; number++)
        slab_notes(slab)[number / 64] |= (uint64_t)1 << number % 64;
    slab->frees_left = 1;
    links_of(slab)->touched = 0;
    store_relaxed(&slab->state, SLAB_SHARED);
    return slab;
}

/* One of the up to 64 free slots of a word of notes; when they are used up, of the next word. */
static char *pick(struct shelf *shelf, struct slab *slab, bool *is_fresh) {
    uint64_t *notes = slab_notes(slab), left = notes[shelf->word];
    uint32_t words = left ? 0 : (uint32_t)slab_note_words(slab);
    for (uint32_t word = 0; word < words && !left; word++)
        left = notes[shelf->word = (shelf->word + 1) % words];
    if (!left)
        return NULL;
    shelf->random = (shelf->random ^ padding_secret) * 0x5851f42d4c957f2du + 1;
    unsigned turn = shelf->random >> 58;
    unsigned bit = ((unsigned)__builtin_ctzll(left >> turn | left << (64 - turn) % 64) + turn) % 64;
    uint32_t number = shelf->word * 64 + bit, bytes = (uint32_t)slot_bytes(slab->size_class);
    uint32_t *touched = &links_of(slab)->touched, of_slot = bytes >= HARDEN_TOUCHED_BYTES ? 1u << number : 0;
    notes[shelf->word] = left & ~((uint64_t)1 << bit);
    slab->frees_left++;
    *is_fresh = of_slot & ~*touched;
    *touched |= of_slot;
    return slab->last - number * bytes;
}

static void *take_noted(unsigned size_class, size_t size, bool zeroed) {
    struct shelf *shelf = &shelves[size_class];
    bool entered = enter(size_class), is_fresh;
    char *slot;
    while (!(slot = shelf->slab ? pick(shelf, shelf->slab, &is_fresh) : NULL)) {
        shelf->word = 0;
        if ((shelf->slab = shelf->partial.first)) {
            slab_list_remove(&shelf->partial, shelf->slab);
            continue;
        }
        leave(size_class, entered); /* the region may be waiting for a thread that calls malloc */
        struct slab *made = make_slab(size_class);
        if (!made)
            return NULL;
        entered = enter(size_class);
        slab_list_append(&shelf->partial, made);
    }
    padding_write(slot, slot_bytes(size_class), size, BY_MALLOC);
    leave(size_class, entered);
    bool is_zero = !is_fresh && is_filled(slot, size, 0);
    if (!is_fresh && !is_zero)
        fatal_of("malloc", FAULT_WRITTEN, slot, slot_bytes(size_class));
    return is_zero || (is_fresh && !zeroed) ? slot : memset(slot, 0, size);
}

INTERNAL void *harden_take(size_t size, size_t alignment, bool zeroed) {
    size_t bytes = aligned_slot_size(size + 1, alignment);
    if (bytes > SLOT_MOST_BYTES || alignment > UNIT_BYTES)
        return guard_take(size, alignment, zeroed);
    void *slot = take_noted(size_class_of(bytes), size, zeroed);
    if (!slot) {
        guard_let_go();
        slot = take_noted(size_class_of(bytes), size, zeroed);
    }
    return slot;
}

/* --- free ----------------------------------------------------------------------------------------- */

static bool is_waiting(const struct shelf *shelf, const void *slot) {
    size_t place = 0;
    while (place < HARDEN_WAITING_SLOTS && shelf->waiting[place] != slot)
        place++;
    return place < HARDEN_WAITING_SLOTS;
}

static const char *object_fault(const struct slab *slab, void *slot, const char *call, size_t *size) {
    uint32_t number = slab_slot_number(slab, slot);
    unsigned maker;
    if (!slab_is_slot(slab, slot) || slot == slab_start(slab))
        return FAULT_NO_BLOCK;
    if (is_noted(load_relaxed(note_word(slab, number)), number))
        return FAULT_FREED;
    if (!padding_read(slot, slot_bytes(slab->size_class), size, &maker))
        return is_waiting(&shelves[slab->size_class], slot) ? FAULT_FREED : FAULT_OVERFLOW;
    return maker_fault(call, maker);
}

/* A slot in use has its padding, a free one is zero. */
static bool is_sound(const char *slot, size_t bytes) {
    size_t size, looked_at = min_size(bytes, HARDEN_LOOK_BYTES);
    unsigned maker;
    return slot[bytes - 1] ? padding_read(slot, bytes, &size, &maker)
                           : is_filled(slot + bytes - looked_at, looked_at, 0);
}

/* It has waited, and may be used again. Returns a slab of which nothing is in use any more. */
static struct slab *let_go(struct shelf *shelf, void *slot) {
    struct slab *slab = slot ? slab_at(slot) : NULL;
    if (!slab)
        return NULL;
    slab_note(slab, slot);
    uint32_t used = slab->frees_left--;
    if (slab == shelf->slab)
        return NULL;
    if (used == slab_carved_slots(slab))
        slab_list_append(&shelf->partial, slab);
    if (used > 2)
        return NULL;
    slab_list_remove(&shelf->partial, slab);
    return slab;
}

static const char *give_noted(struct slab *slab, char *slot, const char *call) {
    unsigned size_class = slab->size_class;
    size_t size, bytes = slot_bytes(size_class);
    struct shelf *shelf = &shelves[size_class];
    struct slab *empty = NULL;
    bool entered = enter(size_class);
    const char *fault = object_fault(slab, slot, call, &size);
    if (!fault && !is_sound(slot - bytes, bytes))
        fault = FAULT_BEFORE;
    if (!fault) {
        memset(slot, 0, bytes);
        size_t places = min_size(max_size(HARDEN_WAITING_BYTES / bytes, 2), HARDEN_WAITING_SLOTS);
        void **place = &shelf->waiting[shelf->turn++ % places];
        empty = let_go(shelf, *place);
        *place = slot;
    }
    leave(size_class, entered);
    if (empty)
        slab_release(empty);
    return fault;
}

/* --- Either --------------------------------------------------------------------------------------- */

INTERNAL bool harden_serves(const void *ptr) {
    return slab_of(ptr) || (large_is_block(ptr) && unit_of(ptr)->reciprocal);
}

INTERNAL const char *harden_look(void *ptr, const char *call, size_t *size) {
    const struct slab *slab = slab_of(ptr);
    return slab ? object_fault(slab, ptr, call, size) : guard_look(ptr, call, size);
}

INTERNAL void harden_give(void *ptr, const char *call) {
    struct slab *slab = slab_of(ptr);
    const char *fault = slab ? give_noted(slab, ptr, call) : guard_give(ptr, call);
    if (fault)
        fatal_of(call, fault, ptr, slab ? slot_bytes(slab->size_class) : 0);
}

static void write_anew(const struct slab *slab, char *slot, size_t size, unsigned maker) {
    bool entered = enter(slab->size_class);
    padding_write(slot, slot_bytes(slab->size_class), size, maker);
    leave(slab->size_class, entered);
}

/* A slot serves a smaller size, unless that would waste more than half of it. */
INTERNAL bool harden_resize(void *ptr, size_t size) {
    const struct slab *slab = slab_of(ptr);
    size_t bytes = slab ? slot_bytes(slab->size_class) : 0;
    if (!slab)
        return harden_serves(ptr) && guard_resize(ptr, size);
    if (size >= bytes || (size < bytes / 2 && bytes > 64))
        return false;
    write_anew(slab, ptr, size, BY_MALLOC);
    return true;
}

INTERNAL void harden_mark(void *ptr, size_t size, enum maker maker) {
    const struct slab *slab = slab_of(ptr);
    if (slab)
        write_anew(slab, ptr, size, maker);
    else if (harden_serves(ptr))
        unit_of(ptr)->size_class = (uint8_t)maker;
}
