/*
 * shared.c - see shared.h.
 *
 * The last free and the giving away may meet. The freeing thread publishes, then looks at the owner; the
 * giving thread sets the owner, then looks at what was published: one sees the other (Dekker).
 */
#include "shared.h"

static struct pool {
    struct lock lock;
    struct slab_list list;
    size_t count;
} __attribute__((aligned(64))) pools[SIZE_CLASSES] = {
    [0 ... SIZE_CLASSES - 1] = {.lock = LOCK_INIT(RANK_CLASS)},
};

static uint64_t empty_bytes; /* of the pools' slabs in which frees_left is 0 */

static bool all_returned(const struct slab *slab) {
    return remote_count(__atomic_load_n(&links_of(slab)->remote, __ATOMIC_SEQ_CST)) == slab->frees_left;
}

static void take_out(struct pool *pool, struct slab *slab, struct thread_cache *owner) {
    slab_list_remove(&pool->list, slab);
    store_relaxed(&pool->count, pool->count - 1);
    if (slab->frees_left == 0)
        count_always(&empty_bytes, -slab_bytes(slab));
    store_relaxed(&slab->state, SLAB_PARTIAL);
    __atomic_store_n(&slab->owner, owner, __ATOMIC_SEQ_CST);
}

INTERNAL void shared_give(struct slab *slab) {
    struct pool *pool = &pools[slab->size_class];
    lock_acquire(&pool->lock);
    __atomic_store_n(&slab->owner, OWNER_SHARED, __ATOMIC_SEQ_CST);
    store_relaxed(&slab->fast_owner, NULL);
    /* One with objects, until the last of them came back; an empty one, while there is room. */
    size_t most = load_relaxed(&region.is_short) ? 0 : kept_most();
    size_t empty = load_relaxed(&empty_bytes) + slab_bytes(slab);
    bool keep = slab->frees_left ? !all_returned(slab) : empty <= most;
    if (keep) {
        if (slab->frees_left == 0)
            count_always(&empty_bytes, slab_bytes(slab));
        store_relaxed(&slab->state, SLAB_SHARED);
        slab_list_append(&pool->list, slab);
        store_relaxed(&pool->count, pool->count + 1);
    }
    lock_release(&pool->lock);
    if (!keep)
        slab_release(slab);
}

INTERNAL void shared_give_full(struct slab *slab) {
    if (__atomic_load_n(&links_of(slab)->remote, __ATOMIC_SEQ_CST) && slab_claim(slab, OWNER_SHARED))
        shared_give(slab);
}

INTERNAL struct slab *shared_adopt(unsigned size_class, struct thread_cache *owner) {
    struct pool *pool = &pools[size_class];
    if (!load_relaxed(&pool->list.first))
        return NULL;
    lock_acquire(&pool->lock);
    struct slab *slab = pool->list.first;
    if (slab)
        take_out(pool, slab, owner);
    lock_release(&pool->lock);
    return slab;
}

INTERNAL size_t shared_thin(unsigned size_class, struct thread_cache *caller, bool at_once) {
    size_t given = 0;
    struct slab *slab;
    for (size_t left = load_relaxed(&pools[size_class].count);
         left > 0 && (slab = shared_adopt(size_class, caller)); left--) {
        remote_collect(slab);
        if (slab->frees_left == 0) {
            slab_release(slab);
            continue;
        }
        given += slab_thin(slab, at_once);
        shared_give(slab);
    }
    return given;
}

INTERNAL void shared_release_if_empty(struct slab *slab) {
    if (__atomic_load_n(&slab->owner, __ATOMIC_SEQ_CST) != OWNER_SHARED)
        return;
    /* It is adopted only under this lock. Made again for another class, it is not on this pool's list. */
    unsigned size_class = load_relaxed(&slab->size_class);
    struct pool *pool = &pools[size_class];
    lock_acquire(&pool->lock);
    bool ours = load_relaxed(&slab->owner) == OWNER_SHARED && load_relaxed(&slab->size_class) == size_class &&
                load_relaxed(&slab->state) == SLAB_SHARED && all_returned(slab);
    if (ours)
        take_out(pool, slab, NULL);
    lock_release(&pool->lock);
    if (ours)
        slab_release(slab);
}

INTERNAL struct lock *shared_lock(unsigned size_class) {
    return &pools[size_class].lock;
}
