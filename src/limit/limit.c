/* limit.c - see limit.h. */
#include "limit.h"

#include "../region/purge.h"

/* Guarded by conf_lock. */
static halloc_limit_hook *hook;
static void *hook_argument;

static uint32_t hooks_at_work; /* threads that are inside of the hook */
static TLS enum { NO_HELP, IN_HELP, IN_HOOK } helping;

HALLOC_API void halloc_set_limit_hook(halloc_limit_hook *new_hook, void *argument) {
    lock_acquire(&conf_lock);
    store_relaxed(&hook, new_hook);
    hook_argument = argument;
    lock_release(&conf_lock);
}

INTERNAL void limit_start(void) {
    region.most_bytes = conf.limit_bytes == LIMIT_CGROUP ? LIMIT_FIRST_LOOK_BYTES : conf.limit_bytes;
}

INTERNAL size_t limit_trim(size_t pad) {
    size_t thinned = cache_own ? cache_thin(cache_own, true) : 0;
    if (cache_own)
        cache_empty(cache_own);
    return purge_to(pad) + thinned;
}

/* The next mark: half of the way to the limit, or as far as the request needs. What the heap holds but never
 * wrote to is not in the container's sum yet: so only resident memory is given back to the room. */
static void look_at_cgroup(size_t bytes) {
    lock_acquire(&region.lock);
    size_t region_bytes = (size_t)(region.engine.top - region.base);
    lock_release(&region.lock);
    size_t room = cgroup_room(), resident = platform_resident(region.base, region_bytes);
    lock_acquire(&region.lock);
    size_t holds = region_resident_bytes(), most = (resident ? resident : holds) + room;
    size_t left = most > holds ? most - holds : 0;
    size_t mark = holds + max_size(left / 2, min_size(left, bytes + SLAB_LARGE_BYTES));
    store_relaxed(&region.most_bytes, room == SIZE_MAX ? 0 : max_size(mark, 1));
    lock_release(&region.lock);
}

static bool call_hook(size_t bytes) {
    lock_acquire(&conf_lock);
    halloc_limit_hook *call = hook;
    void *argument = hook_argument;
    lock_release(&conf_lock);
    if (!call)
        return false;
    helping = IN_HOOK;
    __atomic_add_fetch(&hooks_at_work, 1, __ATOMIC_SEQ_CST);
    call(bytes, argument);
    __atomic_sub_fetch(&hooks_at_work, 1, __ATOMIC_SEQ_CST);
    helping = IN_HELP;
    return true;
}

/* What a hook frees is still resident: it goes back to the system, too. */
INTERNAL bool limit_help(size_t bytes, unsigned step) {
    bool wanted = load_relaxed(&region.most_bytes) || load_relaxed(&hook);
    bool in_vain = conf.limit_bytes && bytes > conf.limit_bytes;
    if (step > 1 || !wanted || in_vain || helping || locks_are_in_hand())
        return false;
    helping = IN_HELP;
    bool again = step == 0 || call_hook(bytes);
    if (again && region.base) {
        limit_trim(0);
        if (conf.limit_bytes == LIMIT_CGROUP)
            look_at_cgroup(bytes);
    }
    helping = NO_HELP;
    return again;
}

/* Another thread was in the middle of the hook, and never comes to its end here: what it changes is half
 * changed. */
INTERNAL void limit_after_fork(void) {
    uint32_t own = helping == IN_HOOK;
    if (hooks_at_work > own)
        hook = NULL;
    hooks_at_work = own;
    purge_thread_after_fork();
}
