/*
 * slab.c - see slab.h for the picture and the invariants. Layer 6.
 */
#include "slab.h"

#include "conf.h"
#include "counters.h"
#include "huge.h"
#include "platform.h"
#include "purge.h"
#include "remote.h"

INTERNAL void slab_set_owner(struct slab *slab, struct thread_cache *owner) {
    size_t units = slab_bytes(slab->size_class) >> UNIT_SHIFT;
    for (size_t unit = 0; unit < units; unit++)
        __atomic_store_n(&slab[unit].owner, owner, __ATOMIC_SEQ_CST); /* for shared.c */
}

INTERNAL struct slab *slab_make(unsigned size_class, struct thread_cache *owner) {
    count(&counters->uncarved_bytes, slab_bytes(size_class));
    char *start = region_take(slab_bytes(size_class), UNIT_BYTES);
    if (!start) {
        count(&counters->uncarved_bytes, -(uint64_t)slab_bytes(size_class));
        return NULL;
    }
    huge_refuse(start, slab_bytes(size_class));
    struct slab *slab = &region.slabs[region_unit(start)];
    slab->free = NULL;
    slab->used = slab->hidden = 0;
    store_relaxed(&slab->end, start);
    slab->reciprocal = slot_reciprocal(size_class);
    slab->remote = 0;
    slab->notice = 0;
    slab->size_class = (uint8_t)size_class;
    slab->state = SLAB_ACTIVE;
    slab->notice_pending = 0;
    size_t units = slab_bytes(size_class) >> UNIT_SHIFT;
    for (size_t unit = 0; unit < units; unit++) {
        slab[unit].kind = UNIT_SLAB;
        slab[unit].head = slab;
    }
    slab_set_owner(slab, owner);
    count(&counters->slabs_made, 1);
    return slab;
}

INTERNAL void slab_release(struct slab *slab) {
    size_t units = slab_bytes(slab->size_class) >> UNIT_SHIFT;
    slab_set_owner(slab, NULL);
    for (size_t unit = 0; unit < units; unit++)
        slab[unit].kind = UNIT_NONE;
    count(&counters->slabs_released, 1);
    uint32_t carved = slab_carved(slab);
    uint64_t uncarved = slab_bytes(slab->size_class) - carved;
    bool due = region_give(slab_start(slab), carved);
    count(&counters->uncarved_bytes, -uncarved);
    if (due)
        purge();
}

/* HALLOC_CONF=prefault:on: the first slot of each step brings the whole step in with one call, for
 * programs that will use it all. */
static void prefault(const struct slab *slab, size_t from, size_t slot) {
    size_t step = align_down(from, PREFAULT_BYTES);
    if (from - step < slot)
        platform_prefault(slab_start(slab) + step,
                          min_size(PREFAULT_BYTES, slab_bytes(slab->size_class) - step));
}

/*      carved                      page end
 *      v                           v
 *      | new | new | new | new | new ...|   linked in address order, marked; the last may reach
 *                                           into the next page, but its first words do not
 */
static void *carve(struct slab *slab) {
    size_t slot = slot_bytes(slab->size_class);
    size_t limit = slab_bytes(slab->size_class) / slot * slot;
    size_t from = slab_carved(slab);
    if (from == limit)
        return NULL;
    if (conf.prefault)
        prefault(slab, from, slot);
    size_t page_end = align_down(from, CARVE_BYTES) + CARVE_BYTES;
    char *start = slab_start(slab), *first = start + from, *last = first;
    size_t to = from + slot;
    for (; to < page_end && to < limit; to += slot) {
        slot_set_free(last, start + to);
        last = start + to;
    }
    slot_set_free(last, NULL);
    store_relaxed(&slab->end, start + to);
    count(&counters->uncarved_bytes, -(uint64_t)(to - from));
    count_occupied();
    return first;
}

INTERNAL void *slab_take_all(struct slab *slab) {
    if (!slab->free)
        remote_collect(slab);
    void *list = slab->free;
    if (list)
        slab->free = NULL;
    else
        list = carve(slab);
    slab->used = (uint16_t)slab_carved_slots(slab);
    return list;
}

INTERNAL void slab_set_full(struct slab *slab) {
    slab->state = SLAB_FULL;
    slab->hidden = (uint16_t)(slab->used - 1);
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

INTERNAL const char *slab_check(const struct slab *slab) {
    uint32_t count;
    size_t slot = slot_bytes(slab->size_class);
    if (slab_carved(slab) % slot || slab_carved(slab) > slab_bytes(slab->size_class))
        return "slab: carved is not whole slots of the slab";
    if (slab->state == SLAB_FULL && slab->free)
        return "slab: a full slab has free slots";
    if (!slab_list_is_sound(slab, &count))
        return "slab 2: the list of free slots leads astray";
    if (slab_used(slab) + count != slab_carved_slots(slab))
        return "slab 1: used and free slots do not add up to those carved";
    size_t units = slab_bytes(slab->size_class) >> UNIT_SHIFT;
    for (size_t unit = 0; unit < units; unit++)
        if (slab[unit].owner != slab->owner || slab[unit].head != slab || slab[unit].kind != UNIT_SLAB)
            return "slab 4: a unit disagrees with its slab's head";
    return NULL;
}
