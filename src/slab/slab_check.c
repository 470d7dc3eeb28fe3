/* slab_check.c - looking at slabs from outside. Nothing here follows a link that was not checked first. */
#include "slab.h"

/* A figure needs no more than that. ThreadSanitizer can't know, so this one look is hidden from it. */
INTERNAL __attribute__((noinline, no_sanitize("thread"))) struct slab slab_snapshot(const struct slab *unit) {
    return *unit;
}

/* True if the list of free slots is sound; `count` receives its length. */
static bool slab_list_is_sound(const struct slab *slab, uint32_t *count) {
    uint32_t most = slab_carved_slots(slab);
    *count = 0;
    for (void *slot = slab->free; slot; slot = slot_words(slot)[0]) {
        if ((char *)slot < slab_start(slab) || !slab_is_slot(slab, slot) || !slot_is_marked(slot) ||
            ++*count > most)
            return false;
    }
    return true;
}

/* Invariant 4. */
static bool slab_is_whole(const struct slab *slab) {
    size_t first = region_unit(slab_start(slab)), units = slab_bytes(slab) >> UNIT_SHIFT;
    for (size_t unit = first; unit < first + units; unit++)
        if (slab_of_unit(unit) != slab)
            return false;
    return slab->kind == UNIT_SLAB;
}

/* A slot may be both listed and noted, if its thread stopped while it listed what was noted. */
static void forget_listed_notes(struct slab *slab) {
    for (void *slot = slab->free; slot; slot = slot_words(slot)[0]) {
        uint32_t number = slab_slot_number(slab, slot);
        *note_word(slab, number) &= ~((uint64_t)1 << (number % 64));
    }
}

INTERNAL bool slab_repair(struct slab *slab) {
    uint32_t listed;
    if (!slab_is_whole(slab) || slab_carved(slab) % slot_bytes(slab->size_class) ||
        !slab_list_is_sound(slab, &listed))
        return false;
    forget_listed_notes(slab);
    slab->frees_left = slab_carved_slots(slab) - listed - slab_noted(slab);
    slab->state = SLAB_PARTIAL;
    slab->list = &slab->free;
    slab->fast_owner = NULL;
    return true;
}

INTERNAL const char *slab_check(const struct slab *slab) {
    uint32_t count, carved = slab_carved_slots(slab);
    size_t slot = slot_bytes(slab->size_class);
    if (slab_carved(slab) % slot || slab_carved(slab) > slab_bytes(slab))
        return "slab: carved is not whole slots of the slab";
    if (slab->state == SLAB_FULL && slab->free)
        return "slab: a full slab has free slots";
    if (!slab_list_is_sound(slab, &count))
        return "slab 2: the list of free slots leads astray";
    uint32_t noted = slab_noted(slab);
    if (noted && (slab->state == SLAB_ACTIVE || slab->state == SLAB_FULL))
        return "slab 2: a slot is noted as free where free slots are listed";
    if (slab->state != SLAB_ACTIVE && slab_used(slab, carved) + count + noted != carved)
        return "slab 1: used and free slots do not add up to those carved";
    if (slab->fast_owner ? slab->fast_owner != slab->owner : slab->state == SLAB_ACTIVE)
        return "slab 4: fast_owner is not the owner, or not set in an active slab";
    if (slab->state != SLAB_ACTIVE && slab->list != &slab->free)
        return "slab 5: freed slots go to the list of another state";
    return slab_is_whole(slab) ? NULL : "slab 4: a unit leads to another slab";
}
