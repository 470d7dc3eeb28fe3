/*
 * slab.c - see slab.h for the picture and the invariants.
 */
#include "slab.h"

#include "../platform/conf.h"
#include "../base/counters.h"
#include "dense.h"
#include "../platform/platform.h"
#include "../region/blocks.h"
#include "remote.h"

INTERNAL_DEFINE uint32_t live_caches;

/* The descriptor that every unit of the slab's block leads to; number 0: nobody's. */
static void set_heads(const struct slab *slab, uint32_t number) {
    uint32_t *heads = &region.heads[region_unit(slab_start(slab))];
    size_t units = slab_bytes(slab->size_class) >> UNIT_SHIFT;
    for (size_t unit = 0; unit < units; unit++)
        store_release(&heads[unit], (uint32_t)(number * DESCRIPTOR_BYTES));
}

/* A figure needs no more than that. ThreadSanitizer can't know, so this one look is hidden from it. */
INTERNAL __attribute__((noinline, no_sanitize("thread"))) struct slab slab_look(const struct slab *unit) {
    return *unit;
}

static size_t note_words(const struct slab *slab) {
    return (slab_carved_slots(slab) + 63) / 64;
}

INTERNAL struct slab *slab_make(unsigned size_class, struct thread_cache *owner) {
    count(&counters->uncarved_bytes, slab_bytes(size_class));
    char *start = region_take(slab_bytes(size_class), UNIT_BYTES);
    if (!start) {
        count(&counters->uncarved_bytes, -(uint64_t)slab_bytes(size_class));
        return NULL;
    }
    dense_choose(start, slab_bytes(size_class), false);
    struct slab *slab = unit_of(start);
    slab->state = SLAB_PARTIAL;
    slab->list = &slab->free;
    slab->free = NULL;
    slab->used = slab->hidden = 0;
    store_relaxed(&slab->last, start - slot_bytes(size_class));
    slab->reciprocal = slot_reciprocal(size_class);
    store_relaxed(&links_of(slab)->remote, 0);
    links_of(slab)->notice = 0;
    slab->size_class = (uint8_t)size_class;
    slab->notice_pending = 0;
    slab->kind = UNIT_SLAB;
    __atomic_store_n(&slab->owner, owner, __ATOMIC_SEQ_CST);
    set_heads(slab, slab_number(slab));
    count(&counters->slabs_made, 1);
    return slab;
}

INTERNAL void slab_release(struct slab *slab) {
    set_heads(slab, 0);
    memset(slab_notes(slab), 0, note_words(slab) * sizeof(uint64_t));
    slab->kind = UNIT_NONE;
    store_relaxed(&slab->lists_for, NULL);
    __atomic_store_n(&slab->owner, NULL, __ATOMIC_SEQ_CST);
    count(&counters->slabs_released, 1);
    uint32_t carved = slab_carved(slab);
    uint64_t uncarved = slab_bytes(slab->size_class) - carved;
    region_give(slab_start(slab), carved);
    count(&counters->uncarved_bytes, -uncarved);
}

/*      carved                      page end
 *      v                           v
 *      | new | new | new | new | new ...|   linked in address order, marked; the last may reach
 *                                           into the next page, but its first words do not
 */
static void *carve(struct slab *slab) {
    size_t slot = slot_bytes(slab->size_class);
    size_t limit = slab_slots(slab->size_class) * slot;
    size_t from = slab_carved(slab);
    if (from == limit)
        return NULL;
    size_t page_end = align_down(from, CARVE_BYTES) + CARVE_BYTES;
    char *start = slab_start(slab), *first = start + from, *last = first;
    size_t to = from + slot;
    for (; to < page_end && to < limit; to += slot) {
        slot_set_free(last, start + to);
        last = start + to;
    }
    slot_set_free(last, NULL);
    store_release(&slab->last, last); /* after the notes that were cleared: slot_is_free */
    count(&counters->uncarved_bytes, -(uint64_t)(to - from));
    count_occupied();
    return first;
}

/* From the last slot to the first, each in front of those before: a list in the order of addresses. */
static void list_noted(struct slab *slab) {
    uint64_t *notes = slab_notes(slab);
    size_t slot = slot_bytes(slab->size_class);
    size_t words = note_words(slab);
    void *list = slab->free;
    for (size_t word = 0; word < words; word++) {
        uint64_t left = notes[word];
        if (!left)
            continue;
        store_relaxed(&notes[word], 0);
        for (char *last = slab->last - word * 64 * slot; left; left &= left - 1) {
            void *each = last - (unsigned)__builtin_ctzll(left) * slot;
            slot_set_free(each, list);
            list = each;
        }
    }
    slab->free = list;
}

INTERNAL void slab_activate(struct slab *slab, struct thread_cache *owner, void **list) {
    list_noted(slab);
    slab->seen = 0;
    slab->state = SLAB_ACTIVE;
    slab->used = ACTIVE_FREES;
    slab->list = list;
    store_relaxed(&slab->lists_for, owner);
}

INTERNAL void slab_rest(struct slab *slab) {
    slab->list = &slab->free;
    size_t near = NOTES_FROM_BYTES * max_size(load_relaxed(&live_caches), 1);
    if (load_relaxed(&counters->used_bytes) >= near)
        store_relaxed(&slab->lists_for, NULL);
}

INTERNAL void slab_note_all(struct slab *slab, void *list) {
    void *own = slab->free;
    slab->free = NULL;
    slab->list = &slab->free;
    store_relaxed(&slab->lists_for, NULL);
    for (; list; list = slot_words(list)[0])
        slab_note(slab, list);
    for (; own; own = slot_words(own)[0])
        slab_note(slab, own);
    slab->used = (uint16_t)(slab_carved_slots(slab) - slab_noted(slab));
}

INTERNAL void *slab_take_all(struct slab *slab) {
    if (!slab->free)
        remote_collect(slab);
    void *list = slab->free;
    slab->free = NULL;
    return list ? list : carve(slab);
}

INTERNAL void slab_set_full(struct slab *slab) {
    slab->state = SLAB_FULL;
    slab_rest(slab);
    slab->hidden = (uint16_t)(slab_carved_slots(slab) - 1);
    slab->used = 1;
}

INTERNAL void slab_unset_full(struct slab *slab) {
    slab->state = SLAB_PARTIAL;
    slab->used = (uint16_t)(slab->used + slab->hidden);
    slab->hidden = 0;
}

/* --- Checks ----------------------------------------------------------------------------------- */

INTERNAL bool slab_list_is_sound(const struct slab *slab, uint32_t *count) {
    uint32_t most = slab_carved_slots(slab);
    *count = 0;
    for (void *slot = slab->free; slot; slot = slot_words(slot)[0]) {
        if ((char *)slot < slab_start(slab) || !slab_is_slot(slab, slot) || !slot_is_marked(slot))
            return false;
        if (++*count > most)
            return false;
    }
    return true;
}

INTERNAL uint32_t slab_noted(const struct slab *slab) {
    uint32_t noted = 0;
    for (size_t word = 0; word < note_words(slab); word++)
        noted += (uint32_t)__builtin_popcountll(slab_notes(slab)[word]);
    return noted;
}

INTERNAL bool slab_is_whole(const struct slab *slab) {
    size_t first = region_unit(slab_start(slab)), units = slab_bytes(slab->size_class) >> UNIT_SHIFT;
    for (size_t unit = first; unit < first + units; unit++)
        if (slab_of_unit(unit) != slab)
            return false;
    return slab->kind == UNIT_SLAB;
}

/* A slot may be both listed and noted, if its thread stopped while it listed what was noted. */
static void forget_listed_notes(struct slab *slab) {
    for (void *slot = slab->free; slot; slot = slot_words(slot)[0]) {
        uint32_t number = slab_slot_number(slab, slot);
        slab_notes(slab)[number / 64] &= ~note_bit(number);
    }
}

INTERNAL bool slab_repair(struct slab *slab) {
    uint32_t listed;
    if (slab->state == SLAB_ACTIVE && !slab->free)
        slab->free = *slab->list; /* its thread's */
    bool sound = slab_is_whole(slab) && slab_carved(slab) % slot_bytes(slab->size_class) == 0 &&
                 slab_list_is_sound(slab, &listed);
    if (!sound)
        return false;
    forget_listed_notes(slab);
    slab->used = (uint16_t)(slab_carved_slots(slab) - listed - slab_noted(slab));
    slab->hidden = 0;
    slab->state = SLAB_PARTIAL;
    slab->list = &slab->free;
    slab->lists_for = NULL;
    return true;
}

INTERNAL const char *slab_check(const struct slab *slab) {
    uint32_t count;
    size_t slot = slot_bytes(slab->size_class);
    if (slab_carved(slab) % slot || slab_carved(slab) > slab_bytes(slab->size_class))
        return "slab: carved is not whole slots of the slab";
    if (slab->state == SLAB_FULL && slab->free)
        return "slab: a full slab has free slots";
    if (!slab_list_is_sound(slab, &count))
        return "slab 2: the list of free slots leads astray";
    uint32_t noted = slab_noted(slab);
    if (noted && (slab->state == SLAB_ACTIVE || slab->state == SLAB_FULL))
        return "slab 2: a slot is noted as free where free slots are listed";
    if (slab->state != SLAB_ACTIVE && slab_used(slab) + count + noted != slab_carved_slots(slab))
        return "slab 1: used and free slots do not add up to those carved";
    if (slab->lists_for ? slab->lists_for != slab->owner : slab->state == SLAB_ACTIVE)
        return "slab 4: lists_for is not the owner, or not set in an active slab";
    if ((slab->state == SLAB_ACTIVE) == (slab->list == &slab->free))
        return "slab 5: freed slots go to the list of another state";
    return slab_is_whole(slab) ? NULL : "slab 4: a unit leads to another slab";
}
