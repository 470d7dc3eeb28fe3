/* fit.c - the table of policies, and the calls to them. */
#include "fit.h"

/* One line a policy. The order is the order of learning. */
static const halloc_policy *const shipped[] = {
    &fit_bump, &fit_first, &fit_next, &fit_best, &fit_worst, &fit_segregated, &fit_buddy, &fit_tlsf,
};

#define SHIPPED (sizeof shipped / sizeof *shipped)
#define REGISTERED_MOST 16

static const halloc_policy *registered[REGISTERED_MOST];
static size_t registered_count;

HALLOC_API const halloc_policy *halloc_policy_at(size_t index) {
    size_t known = SHIPPED + load_acquire(&registered_count);
    if (index < SHIPPED)
        return shipped[index];
    if (index < known)
        return registered[index - SHIPPED];
    return index == known && &halloc_user_policy ? &halloc_user_policy : NULL;
}

HALLOC_API const halloc_policy *halloc_policy_find(const char *name) {
    const halloc_policy *policy;
    for (size_t index = 0; name && (policy = halloc_policy_at(index)); index++)
        if (strcmp(policy->name, name) == 0)
            return policy;
    return NULL;
}

HALLOC_API bool halloc_policy_register(const halloc_policy *policy) {
    if (!policy || !policy->name || !policy->find || !policy->insert || !policy->remove)
        return fail_with(EINVAL);
    lock_acquire(&lists_lock);
    bool is_known = halloc_policy_find(policy->name);
    bool done = !is_known && registered_count < REGISTERED_MOST;
    if (done) {
        registered[registered_count] = policy;
        store_release(&registered_count, registered_count + 1);
    }
    lock_release(&lists_lock);
    return done || fail_with(is_known ? EEXIST : ENOMEM);
}

INTERNAL void free_set_init(halloc_free_set *set, const halloc_policy *policy, size_t header_bytes,
                            size_t granule) {
    /* The memory is zero already: a fresh mapping or a static. So most of an unused set stays untouched. */
    set->policy = policy;
    set->header_bytes = header_bytes;
    set->granule = granule;
}

INTERNAL MemoryBlock *free_set_find(halloc_free_set *set, size_t size) {
    set->finds++;
    return set->policy->find(set, size);
}

INTERNAL void free_set_insert(halloc_free_set *set, MemoryBlock *block) {
    set->inserts++;
    set->count++;
    set->policy->insert(set, block);
}

INTERNAL void free_set_remove(halloc_free_set *set, MemoryBlock *block) {
    set->removes++;
    set->count--;
    set->policy->remove(set, block);
}

INTERNAL void free_set_take(halloc_free_set *set, MemoryBlock *block) {
    if (set->policy->take)
        set->policy->take(set, block);
    free_set_remove(set, block);
}

INTERNAL size_t free_set_round(const halloc_free_set *set, size_t size) {
    if (size > PTRDIFF_MAX)
        return 0;
    size = align_up(max_size(size, 1) + set->header_bytes, set->granule) - set->header_bytes;
    return set->policy->round_size ? set->policy->round_size(set, size) : size;
}

INTERNAL size_t free_set_piece(const halloc_free_set *set, size_t payload, size_t bytes) {
    return set->policy->piece ? set->policy->piece(set, payload, bytes) : bytes;
}

INTERNAL bool free_set_may_merge(const halloc_free_set *set, size_t payload, size_t left, size_t right) {
    return !set->policy->may_merge || set->policy->may_merge(set, payload, left, right);
}

/* Every list is linked both ways, so a cycle needs a block whose prevFree is wrong. Lists that pass hold as
 * many different blocks as they have links. */
INTERNAL const char *free_set_check(const halloc_free_set *set, const void *low, const void *high,
                                    size_t *found) {
    *found = 0;
    for (size_t index = 0; index < policy_roots(set->policy); index++) {
        const MemoryBlock *before = NULL;
        for (const MemoryBlock *block = set->root[index]; block; block = block->nextFree) {
            size_t room = (size_t)((const char *)high - (const char *)block);
            if ((const void *)block < low || (const void *)block >= high || room < sizeof *block ||
                (uintptr_t)block % _Alignof(MemoryBlock))
                return "a free list leads out of the heap";
            if (block->prevFree != before)
                return "a free list's links disagree";
            if (!block->isFree)
                return "a block in use is on a free list";
            if (++*found > set->count)
                return "the free lists hold more blocks than the set";
            before = block;
        }
    }
    return *found == set->count ? NULL : "a free block is on no free list";
}
