/* harden.c - see harden.h. */
#include "harden.h"

#include "../platform/fatal.h"
#include "../slab/shared.h"
#include "../thread/thread_cache.h"

#define WORD_BYTES sizeof(uint64_t)

/* Of each class, the slabs that have free slots, and the slots that wait. Large blocks share the last one. */
static struct shelf {
    struct slab_list slabs; /* malloc takes from the first */
    size_t word;            /* of its notes: the next slots come from there */
    uint64_t random;
    size_t turn;
    void *waiting[HARDEN_WAITING_SLOTS];
} shelves[SIZE_CLASSES] RARELY_TOUCHED;

/* A thread that is alone takes no lock: that would be half of the time. */
#pragma weak __libc_single_threaded
extern char __libc_single_threaded;

static bool enter_class(unsigned size_class) {
    bool alone = &__libc_single_threaded && __libc_single_threaded;
    if (!alone)
        lock_acquire(shared_lock(size_class));
    return !alone;
}

static void leave_class(unsigned size_class, bool entered) {
    if (entered)
        lock_release(shared_lock(size_class));
}

/* --- Fill and word -------------------------------------------------------------------------------- */

INTERNAL_DEFINE uint64_t harden_secret;

static bool consists_of(const char *from, size_t bytes, char with) {
    return !bytes || (*from == with && memcmp(from, from + 1, bytes - 1) == 0);
}

/* At the slot's end. That of a large block is in its descriptor: its pages end with the object's. */
static uint64_t *seal_of(const char *object, size_t bytes) {
    return bytes % ALIGNMENT_BYTES ? &unit_of(object)->reciprocal : (uint64_t *)(object + bytes) - 1;
}

static size_t fill_length(size_t bytes, size_t size) {
    return min_size(bytes - WORD_BYTES - size, HARDEN_LOOK_BYTES);
}

/* An odd number and its inverse: a word that was changed in any bit gives a size that is none. */
#define MIX 0x9e3779b97f4a7c15u
#define MIX_BACK 0xf1de83e19937733du

static void seal_object(char *object, size_t bytes, size_t size, unsigned maker) {
    memset(object + size, (int)harden_secret | 1, fill_length(bytes, size));
    *seal_of(object, bytes) = (size * MAKERS + maker) * MIX ^ (harden_secret + (uintptr_t)object);
}

static bool is_sealed(const char *object, size_t bytes, size_t *size, unsigned *maker) {
    uint64_t said = (*seal_of(object, bytes) ^ (harden_secret + (uintptr_t)object)) * MIX_BACK;
    *size = said / MAKERS;
    *maker = said % MAKERS;
    return *size <= bytes - WORD_BYTES &&
           consists_of(object + *size, fill_length(bytes, *size), (char)((int)harden_secret | 1));
}

/* --- malloc --------------------------------------------------------------------------------------- */

/* A slab all of whose slots are noted but the first. */
static bool add_noted_slab(unsigned size_class) {
    struct slab *slab = slab_make(size_class, OWNER_SHARED);
    if (!slab)
        return false;
    uint32_t slots = (uint32_t)slab_slots(size_class), bytes = slots * (uint32_t)slot_bytes(size_class);
    slab->state = SLAB_SHARED;
    slab->last = slab_start(slab) + bytes - slot_bytes(size_class);
    slab->frees_left = 1;
    count(&counters->uncarved_bytes, -(uint64_t)bytes);
    for (uint32_t number = 0; number < slots - 1; number++)
        note(note_word(slab, number), *note_word(slab, number), number);
    bool entered = enter_class(size_class);
    slab_list_append(&shelves[size_class].slabs, slab);
    leave_class(size_class, entered);
    return true;
}

/* One of the up to 64 free slots of a word of notes; once there are none, of the first word that has some. */
static char *pick_slot(struct shelf *shelf) {
    struct slab *slab = shelf->slabs.first;
    if (!slab)
        return NULL;
    uint64_t *notes = slab_notes(slab), left;
    if (!(left = notes[shelf->word]))
        for (shelf->word = 0; !(left = notes[shelf->word]);)
            shelf->word++;
    shelf->random = (shelf->random + harden_secret) * MIX;
    size_t bits = min_size(slab_carved_slots(slab), 64);
    unsigned turn = (unsigned)((shelf->random >> 32) * bits >> 32);
    unsigned bit = ((unsigned)__builtin_ctzll(left >> turn | left << (-turn & 63)) + turn) % 64;
    notes[shelf->word] = left & ~((uint64_t)1 << bit);
    if (++slab->frees_left == slab_carved_slots(slab))
        slab_list_remove(&shelf->slabs, slab);
    return slab->last - (shelf->word * 64 + bit) * slot_bytes(slab->size_class);
}

static void *take_slot_of(unsigned size_class, size_t size) {
    struct shelf *shelf = &shelves[size_class];
    char *slot;
    do {
        bool entered = enter_class(size_class);
        slot = pick_slot(shelf);
        if (slot)
            seal_object(slot, slot_bytes(size_class), size, BY_MALLOC);
        leave_class(size_class, entered);
    } while (!slot && add_noted_slab(size_class));
    if (slot && !consists_of(slot, size, 0)) {
        fatal_of("malloc", FAULT_WRITTEN, slot, slot_bytes(size_class));
        memset(slot, 0, size);
    }
    return slot;
}

static void *take_block(size_t size, size_t alignment, bool zeroed) {
    size_t front = max_size(alignment, UNIT_BYTES), bytes = align_up(size, platform_page_bytes());
    char *block = large_take(front + bytes + UNIT_BYTES, alignment, zeroed), *object = block + front;
    if (!block)
        return NULL;
    unit_of(block)->free = NULL;
    unit_of(object)->free = block;
    unit_of(object)->last = object + bytes;
    platform_uncommit(block, front);
    platform_uncommit(object + bytes, region_block_bytes(block) - front - bytes);
    seal_object(object, bytes + WORD_BYTES, size, BY_MALLOC);
    store_release(&unit_of(object)->kind, UNIT_BLOCK);
    return object;
}

/* --- free ----------------------------------------------------------------------------------------- */

INTERNAL size_t harden_bytes(const void *ptr) {
    const struct slab *slab = slab_of(ptr);
    if (slab)
        return slot_bytes(slab->size_class);
    bool is_large = large_is_block(ptr) && unit_of(ptr)->free;
    return is_large ? (size_t)(unit_of(ptr)->last - (const char *)ptr) + WORD_BYTES : 0;
}

/* The call's name tells whose object it takes: delete new's, free and realloc malloc's, others any. */
static const char *maker_fault(const char *call, unsigned maker) {
    static const char *const got_by[MAKERS] = {"got by malloc", "got by new", "got by new[]"};
    bool deletes = *call == 'd', is_malloc_s = *call == 'f' || *call == 'r';
    unsigned takes = deletes ? BY_NEW + (call[6] == '[') : is_malloc_s ? BY_MALLOC : maker;
    return takes == maker ? NULL : got_by[maker];
}

/* A power of two. */
static size_t waiting_places(size_t bytes) {
    return min_size(max_size(HARDEN_WAITING_BYTES >> floor_log2(bytes), 2), HARDEN_WAITING_SLOTS);
}

/* Asks the newest first. */
static bool is_waiting(const struct shelf *shelf, const void *slot, size_t bytes) {
    size_t back = 1, places = waiting_places(bytes);
    while (back <= places && shelf->waiting[(shelf->turn - back) & (places - 1)] != slot)
        back++;
    return back <= places;
}

INTERNAL const char *harden_fault(void *ptr, const char *call, size_t *size) {
    const struct slab *slab = slab_of(ptr);
    size_t bytes = harden_bytes(ptr);
    uint32_t number = slab ? slab_slot_number(slab, ptr) : 0;
    unsigned maker;
    if (slab && (!slab_is_slot(slab, ptr) || ptr == slab_start(slab)))
        return FAULT_NO_BLOCK;
    if (slab && is_noted(load_relaxed(note_word(slab, number)), number))
        return FAULT_FREED;
    if (is_sealed(ptr, bytes, size, &maker))
        return maker_fault(call, maker);
    return slab && is_waiting(&shelves[slab->size_class], ptr, bytes) ? FAULT_FREED : FAULT_OVERFLOW;
}

/* --- Either --- */

static TLS void *last_given; /* to this thread, and not freed by it */

/* Looks at what the thread got before: many overflows happen at once. Another thread may have freed it, and
 * its slab may be gone: let_go tells that. */
static void look_at_last(void *object) {
    void *before = last_given;
    const struct slab *slab = before ? slab_of(before) : NULL;
    last_given = object;
    if (!slab)
        return;
    unsigned size_class = load_relaxed(&slab->size_class);
    bool entered = enter_class(size_class);
    bool is_there = slab->state == SLAB_SHARED && slab->size_class == size_class && slab_of(before) == slab;
    size_t size;
    const char *fault = is_there ? harden_fault(before, "malloc", &size) : NULL;
    leave_class(size_class, entered);
    if (fault && strcmp(fault, FAULT_OVERFLOW) == 0)
        fatal_of("malloc", fault, before, slot_bytes(size_class));
}

/* What can't be made accessible again is lost: that needs one of 65,530 mappings. */
static void release_block(void *object) {
    char *block = unit_of(object)->free;
    if (!platform_commit(block, region_block_bytes(block)))
        return;
    store_relaxed(&unit_of(object)->kind, UNIT_NONE);
    store_relaxed(&unit_of(block)->kind, UNIT_NONE);
    count(&counters->large_released, 1);
    region_give(block, 0);
}

/* There is no memory: no block waits any longer. */
static void let_blocks_go(void) {
    for (size_t place = 0; place < HARDEN_WAITING_BLOCKS; place++) {
        void **waiting = &shelves[SIZE_CLASSES - 1].waiting[place], *object = NULL;
        bool entered = enter_class(SIZE_CLASSES - 1);
        if (*waiting && !slab_of(*waiting)) {
            object = *waiting;
            *waiting = NULL;
        }
        leave_class(SIZE_CLASSES - 1, entered);
        if (object)
            release_block(object);
    }
}

static void *take_object(size_t size, size_t bytes, size_t alignment, bool zeroed) {
    bool is_large = bytes > SLOT_MOST_BYTES || alignment > UNIT_BYTES;
    return is_large ? take_block(size, alignment, zeroed) : take_slot_of(size_class_of(bytes), size);
}

INTERNAL void *harden_take(size_t size, size_t alignment, bool zeroed) {
    size_t bytes = aligned_slot_size(max_size(size + WORD_BYTES, HARDEN_LOOK_BYTES), alignment);
    void *object = take_object(size, bytes, alignment, zeroed);
    if (!object) {
        let_blocks_go();
        object = take_object(size, bytes, alignment, zeroed);
    }
    look_at_last(object);
    return object;
}

/* A slot in use is sealed; a free one ends with zeros. */
static bool slot_is_intact(const char *slot, size_t bytes) {
    size_t size, looked_at = min_size(bytes, HARDEN_LOOK_BYTES);
    unsigned maker;
    return *seal_of(slot, bytes) ? is_sealed(slot, bytes, &size, &maker)
                                 : consists_of(slot + bytes - looked_at, looked_at, 0);
}

/* Clears it, and lets it wait. Returns what has waited longest; NULL: nothing. */
static void *let_wait(struct shelf *shelf, bool is_slot, void *object, size_t bytes) {
    size_t places = is_slot ? waiting_places(bytes) : HARDEN_WAITING_BLOCKS;
    void **place = &shelf->waiting[shelf->turn++ & (places - 1)], *oldest = *place;
    *place = object;
    if (is_slot)
        memset(object, 0, bytes);
    else if (!platform_uncommit(object, bytes - WORD_BYTES))
        memset(object, 0, bytes - WORD_BYTES);
    if (!is_slot)
        store_relaxed(&unit_of(object)->kind, UNIT_CACHED);
    return oldest;
}

/* A slot may be used again. Returns its slab if nothing of that is in use any more, and others are there. */
static struct slab *let_go(struct slab_list *slabs, void *slot) {
    struct slab *slab = slab_at(slot);
    if (slab->frees_left == slab_carved_slots(slab))
        slab_list_append(slabs, slab);
    slab_note(slab, slot);
    if (--slab->frees_left > 1 || slabs->first == slabs->last)
        return NULL;
    slab_list_remove(slabs, slab);
    store_relaxed(&slab->state, SLAB_PARTIAL);
    return slab;
}

INTERNAL bool harden_give(void *ptr, const char *call) {
    struct slab *slab = slab_of(ptr), *empty = NULL;
    unsigned size_class = slab ? slab->size_class : SIZE_CLASSES - 1;
    struct shelf *shelf = &shelves[size_class];
    if (last_given == ptr)
        last_given = NULL;
    bool entered = enter_class(size_class);
    size_t size, bytes = harden_bytes(ptr);
    const char *fault = bytes ? harden_fault(ptr, call, &size) : NULL;
    if (!fault && slab && !slot_is_intact((char *)ptr - bytes, bytes))
        fault = FAULT_BEFORE;
    void *oldest = fault || !bytes ? NULL : let_wait(shelf, slab, ptr, bytes);
    bool is_slot = oldest && slab_of(oldest);
    if (is_slot)
        empty = let_go(&shelf->slabs, oldest);
    leave_class(size_class, entered);
    if (empty)
        slab_release(empty);
    if (oldest && !is_slot)
        release_block(oldest);
    if (fault)
        fatal_of(call, fault, ptr, slab ? bytes : 0);
    return bytes;
}

INTERNAL bool harden_resize(void *ptr, size_t size, enum maker maker) {
    const struct slab *slab = slab_of(ptr);
    unsigned size_class = slab ? slab->size_class : SIZE_CLASSES - 1;
    size_t bytes = harden_bytes(ptr);
    if (!bytes || size + WORD_BYTES > bytes)
        return false;
    bool entered = enter_class(size_class);
    seal_object(ptr, bytes, size, maker);
    leave_class(size_class, entered);
    return true;
}
