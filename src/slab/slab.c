/* slab.c - see slab.h for the picture and the invariants. */
#include "slab.h"

#include "remote.h"

static void set_heads(const struct slab *slab, uint32_t number) {
    uint32_t *heads = &region.heads[region_unit(slab_start(slab))];
    size_t units = slab_bytes(slab) >> UNIT_SHIFT;
    for (size_t unit = 0; unit < units; unit++)
        store_release(&heads[unit], (uint32_t)(number * DESCRIPTOR_BYTES));
}

/* Less than NOTES_FROM_BYTES in use for each thread. */
static bool heap_is_small(void) {
    return load_relaxed(&counters->used_bytes) < NOTES_FROM_BYTES * max_size(load_relaxed(&live_caches), 1);
}

/* Of the last page that is carved, the program may write all. */
static size_t written_bytes(const struct slab *slab, size_t carved) {
    return min_size(align_up(carved, platform_page_bytes()), slab_bytes(slab));
}

INTERNAL struct slab *slab_make(unsigned size_class, struct thread_cache *owner) {
    size_t slot = slot_bytes(size_class), most = SLAB_BYTES_OF(slot);
    bool crowded = slot <= SLOT_CROWDED_BYTES && load_relaxed(&live_caches) > 1 && heap_is_small();
    char *start = region_take(most >> crowded, UNIT_BYTES);
    if (!start)
        return NULL;
    dense_choose_slab(start, most >> crowded);
    struct slab *slab = unit_of(start);
    store_relaxed(&slab->state, SLAB_PARTIAL);
    slab->list = &slab->free;
    slab->free = NULL;
    slab->frees_left = 0;
    store_relaxed(&slab->last, start - slot);
    slab->reciprocal = SLOT_RECIPROCAL(slot);
    store_relaxed(&links_of(slab)->remote, 0);
    store_relaxed(&slab->size_class, (uint8_t)size_class);
    slab->is_unwritten = load_relaxed(&conf.limit_bytes) && !conf.harden &&
                         block_is_clean(region.engine.table + region_unit(start));
    if (slab->is_unwritten)
        region_count_written(-slab_bytes(slab), true);
    slab->kind = UNIT_SLAB;
    __atomic_store_n(&slab->owner, owner, __ATOMIC_SEQ_CST);
    set_heads(slab, slab_number(slab));
    count(&counters->uncarved_bytes, slab_bytes(slab));
    count(&counters->slabs_made, 1);
    return slab;
}

INTERNAL void slab_release(struct slab *slab) {
    set_heads(slab, 0);
    memset(slab_notes(slab), 0, slab_note_words(slab) * sizeof(uint64_t));
    slab->kind = UNIT_NONE;
    store_relaxed(&slab->fast_owner, NULL);
    __atomic_store_n(&slab->owner, NULL, __ATOMIC_SEQ_CST);
    count(&counters->slabs_released, 1);
    uint32_t carved = slab_carved(slab);
    uint64_t uncarved = slab_bytes(slab) - carved;
    count(&counters->uncarved_bytes, -uncarved);
    if (slab->is_unwritten)
        region_count_written(slab_bytes(slab) - written_bytes(slab, carved), true);
    region_give(slab_start(slab), carved);
}

/*      carved                      page end
 *      v                           v
 *      | new | new | new | new | new ...|   linked in address order, marked; the last may reach
 *                                           into the next page, but its first words do not
 */
static void *carve(struct slab *slab) {
    size_t slot = slot_bytes(slab->size_class);
    size_t limit = slab_slots(slab) * slot;
    size_t from = slab_carved(slab);
    if (from == limit)
        return NULL;
    size_t page_end = align_down(from, CARVE_BYTES) + CARVE_BYTES;
    size_t slots = (page_end - from + slot - 1) / slot, to = min_size(from + slots * slot, limit);
    if (slab->is_unwritten &&
        !region_count_written(written_bytes(slab, to) - written_bytes(slab, from), false))
        return NULL;
    char *start = slab_start(slab), *first = start + from, *last = first;
    for (size_t next = from + slot; next < to; next += slot) {
        slot_set_free(last, start + next);
        last = start + next;
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
    size_t words = slab_note_words(slab);
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

INTERNAL void slab_activate(struct slab *slab, void **list) {
    list_noted(slab);
    slab->frees_left_seen = 0;
    slab->is_thinned = false;
    store_relaxed(&slab->state, SLAB_ACTIVE);
    slab->frees_left = ACTIVE_FREES;
    slab->list = list;
    store_release(&slab->fast_owner, load_relaxed(&slab->owner)); /* after what was noted: slot_is_free */
}

INTERNAL void slab_note_all(struct slab *slab) {
    void *own = slab->free;
    slab->free = NULL;
    slab->list = &slab->free;
    store_relaxed(&slab->fast_owner, NULL);
    for (; own; own = slot_next(own))
        slab_note(slab, own);
    slab->frees_left = slab_carved_slots(slab) - slab_noted(slab);
}

INTERNAL void *slab_take_all(struct slab *slab) {
    if (!slab->free)
        remote_collect(slab);
    void *list = slab->free;
    slab->free = NULL;
    return list ? list : carve(slab);
}

INTERNAL void slab_set_full(struct slab *slab) {
    store_relaxed(&slab->state, SLAB_FULL);
    slab->list = &slab->free;
    store_relaxed(&slab->fast_owner, NULL);
    __atomic_store_n(&slab->owner, OWNER_FULL, __ATOMIC_SEQ_CST);
}

INTERNAL bool slab_claim(struct slab *slab, struct thread_cache *owner) {
    struct thread_cache *full = OWNER_FULL;
    if (!__atomic_compare_exchange_n(&slab->owner, &full, owner, false, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
        return false;
    slab->frees_left = slab_carved_slots(slab);
    store_relaxed(&slab->state, SLAB_PARTIAL);
    store_relaxed(&slab->fast_owner, heap_is_small() ? owner : NULL);
    return true;
}
