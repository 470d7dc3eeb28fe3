/* limit.c - see limit.h. */
#include "limit.h"

#include "../harden/harden.h"

/* Guarded by lists_lock. */
static halloc_limit_hook *hook;
static void *hook_argument;

static uint32_t hooks_at_work; /* threads that are inside of the hook */
static TLS bool is_helping;    /* and whether this one is, or on the way there */

HALLOC_API void halloc_set_limit_hook(halloc_limit_hook *new_hook, void *argument) {
    lock_acquire(&lists_lock);
    store_relaxed(&hook, new_hook);
    hook_argument = argument;
    lock_release(&lists_lock);
}

INTERNAL size_t limit_trim(size_t pad) {
    if (conf.harden)
        harden_release();
    size_t thinned = cache_own ? cache_thin(cache_own, true) : 0;
    return purge_to(pad, SIZE_MAX) + thinned;
}

/* The next mark: half of the way to the limit, or as far as the request needs. What the heap holds but never
 * wrote to is not in the container's sum yet: so only resident memory is added to the room. Where the kernel
 * refuses to tell it, half of the room can be had. Where the files can't be read any more (no descriptor is
 * left, another root), what they said last holds. */
static void look_at_cgroup(size_t bytes) {
    static size_t most = SIZE_MAX;
    size_t room = cgroup_room(), region_bytes = (size_t)(load_relaxed(&region.engine.top) - region.base);
    size_t resident = platform_resident(region.base, region_bytes);
    lock_acquire(&region.lock);
    most = room == SIZE_MAX ? most : resident + room;
    size_t holds = region_resident_bytes(), held = max_size(holds, resident);
    size_t left = most > held ? most - held : 0, needed = min_size(left, bytes + SLAB_LARGE_BYTES);
    store_relaxed(&conf.limit_bytes, most == SIZE_MAX ? 0 : max_size(holds + max_size(left / 2, needed), 1));
    lock_release(&region.lock);
}

static bool call_hook(size_t bytes) {
    lock_acquire(&lists_lock);
    halloc_limit_hook *call = hook;
    void *argument = hook_argument;
    lock_release(&lists_lock);
    __atomic_add_fetch(&hooks_at_work, 1, __ATOMIC_SEQ_CST);
    if (call)
        call(bytes, argument);
    __atomic_sub_fetch(&hooks_at_work, 1, __ATOMIC_SEQ_CST);
    return call;
}

/* What a hook frees is still resident: it goes back to the system, too. */
INTERNAL bool limit_help(size_t bytes, unsigned step) {
    size_t limit = load_relaxed(&conf.limit_bytes);
    size_t most = limit && !conf.limit_is_cgroups ? limit : region.limit_units << UNIT_SHIFT;
    bool in_vain = region.base ? bytes > most : !load_relaxed(&hook);
    if (step > 1 || in_vain || is_helping || locks_are_in_hand())
        return false;
    is_helping = true;
    bool again = step == 0 || call_hook(bytes);
    if (again && region.base && (limit || load_relaxed(&hook))) /* else the classic heap serves */
        limit_trim(0);
    else if (again && cache_own && !__atomic_exchange_n(&region.is_short, true, __ATOMIC_RELAXED))
        cache_thin(cache_own, true);
    else if (again && cache_own) /* addresses are short: free blocks that go back give none */
        cache_empty(cache_own);
    if (again && limit && conf.limit_is_cgroups)
        look_at_cgroup(bytes);
    is_helping = false;
    return again;
}

/* If another thread was inside of the hook, it never comes to the end of it here: what it changed stays half
 * changed. */
INTERNAL void limit_after_fork(void) {
    if (hooks_at_work > is_helping)
        hook = NULL;
    hooks_at_work = is_helping;
    purge_thread_is_there = purge_thread_is_due = false;
    purge_after_fork();
}
