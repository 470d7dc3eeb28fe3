/* refill.c - a thread's list is empty, a slab needs attention, or a slot is foreign; and periodic work. */
#include "../region/purge.h"
#include "../sample/sample.h"
#include "thread_cache.h"

/* The next slab to allocate from, nearest first. */
static struct slab *find_slab(struct thread_cache *cache, unsigned size_class) {
    struct slab *slab = cache->partial[size_class].first;
    if (slab) {
        slab_list_remove(&cache->partial[size_class], slab);
        return slab;
    }
    slab = shared_adopt(size_class, cache);
    if (unlikely(!slab && load_relaxed(&has_orphans)))
        slab = orphans_adopt(size_class, cache);
    count(&counters->slabs_adopted, slab != NULL);
    return slab ? slab : slab_make(size_class, cache);
}

static NOINLINE void give_memory_back(struct thread_cache *cache) {
    if (!conf.purge)
        return;
    uint64_t now = platform_milliseconds();
    if (now - cache->purged_at < PURGE_LOOK_MS)
        return;
    size_t earned = (now - cache->purged_at) * GIVE_UP_UNITS_PER_MS;
    cache->give_up_units = min_size(cache->give_up_units + earned, GIVE_UP_UNITS_MOST);
    cache->purged_at = now;
    store_relaxed(&purge_thread_is_due, conf.purge_thread);
    cache_flush_foreign(cache);
    purge_if_due();
    if (now - cache->thinned_at < PURGE_INTERVAL_MS)
        return;
    if (cache->thinned_at)
        cache_thin(cache, false);
    cache->thinned_at = now;
}

/* Has the thread more in its active slabs than it should keep beside others? Then each of them is given up
 * when no object is left there (trim.c). */
static bool holds_much(const struct thread_cache *cache) {
    size_t bytes = 0;
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++)
        bytes += cache->active[size_class] ? slab_bytes(cache->active[size_class]) : 0;
    return bytes * load_relaxed(&live_caches) > kept_most();
}

static void tick(struct thread_cache *cache) {
    if (++cache->ticks % PERIOD_TICKS)
        return;
    give_memory_back(cache);
    size_t share = load_relaxed(&counters->used_bytes) >> FOREIGN_SHARE_SHIFT;
    cache->foreign_most = min_size(share, FOREIGN_MOST_BYTES);
    cache->holds_much = load_relaxed(&live_caches) > 1 && cache->give_up_units && holds_much(cache);
}

/* The list of the class is empty, and gets slots. False: out of memory. */
static bool refill(struct thread_cache *cache, unsigned size_class) {
    count(&counters->refills, 1);
    void **list = &cache->list[size_class];
    for (struct slab *slab = cache->active[size_class];;) {
        char *last = slab ? slab->last : NULL;
        *list = slab ? slab_take_all(slab) : NULL;
        if (*list) {
            if (unlikely(load_relaxed(&conf.sample_bytes)))
                sample_cut(&cache->until_sample[size_class], slab, list, last);
            else if (cache->holds_much)
                slab->frees_left = 1;
            return true;
        }
        cache->active[size_class] = NULL; /* full, and on no list: cache_empty must not find it */
        if (slab && !slab_carved(slab)) { /* the limit has no room for its first slot */
            slab_release(slab);
            return false;
        }
        if (slab) { /* From here on it is anybody's: it may even be made again, for another class. */
            slab_set_full(slab);
            shared_give_full(slab);
        }
        slab = find_slab(cache, size_class);
        if (!slab)
            return false;
        slab_activate(slab, list);
        cache->active[size_class] = slab;
    }
}

/* Says so if that is why malloc took nothing from the list (slot_pop). */
static void drop_damaged(void **list) {
    if (*list && !slot_is_marked(*list))
        *list = slot_is_damaged(*list);
}

/* A tick may give memory back: a program's own madvise may then allocate, and so fill the list. The start of
 * the purging thread may empty the cache (threads.h). */
INTERNAL void *cache_refill(struct thread_cache *cache, unsigned size_class) {
    void *slot;
    drop_damaged(&cache->list[size_class]);
    foreign_list(cache, size_class);
    tick(cache);
    if (unlikely(load_relaxed(&purge_thread_is_due))) /* not in free: libc holds locks of its own there */
        purge_thread_start();
    while (!(slot = slot_pop(&cache->list[size_class]))) {
        drop_damaged(&cache->list[size_class]);
        if (!refill(cache, size_class))
            return NULL;
    }
    return slot;
}

INTERNAL void cache_slab_event(struct thread_cache *cache, struct slab *slab) {
    if (slab->state != SLAB_ACTIVE)
        return partial_share(cache, slab);
    if (unlikely(load_relaxed(&conf.sample_bytes)))
        sample_frees(&cache->until_sample[slab->size_class], slab, &cache->list[slab->size_class]);
    else if (cache->holds_much)
        cache_give_up_if_unused(cache, slab);
    else
        slab->frees_left = ACTIVE_FREES;
    tick(cache);
}

/* --- Frees into others' slabs ---------------------------------------------------------------------- */

/* A full slab is taken over, if the thread has no partial slab of that class. Others can't use the free slots
 * of a thread's slabs: so one is enough, unless there are no others. After E. Berger et al. (Hoard, 2000). */
INTERNAL void cache_free_foreign(struct thread_cache *cache, struct slab *slab, void *slot) {
    unsigned size_class = slab->size_class;
    if (load_relaxed(&slab->owner) == OWNER_FULL &&
        (!cache->partial[size_class].first || load_relaxed(&live_caches) <= 1) && slab_claim(slab, cache)) {
        slab_list_append(&cache->partial[size_class], slab);
        slab_put(slab, slot);
        return cache_freed(cache, slab);
    }
    count(&counters->remote_frees, 1);
    struct foreign *foreign = &cache->foreign[size_class];
    slot_set_free(slot, foreign->first);
    foreign->first = slot;
    foreign->bytes += slot_bytes(size_class);
    size_t most = min_size(cache->foreign_most, FOREIGN_MOST_SLOTS * slot_bytes(size_class));
    if (unlikely(foreign->bytes > max_size(most, FOREIGN_FEW_BYTES))) {
        foreign_flush(foreign);
        tick(cache);
    }
}
