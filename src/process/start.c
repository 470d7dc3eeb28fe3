/*
 * start.c - see start.h.
 *
 *      conf -> counters -> region or classic heap -> key for thread exit -> fork handlers -> ready
 *
 * Fork handlers come before `ready`, so that no fork finds the heap without them.
 */
#include "start.h"

#include "../platform/counters_file.h"

static bool standing; /* the heap can serve, but its start goes on */

static bool start_heap(void) {
    if (conf.heap == CONF_HEAP_CLASSIC) {
        halloc_heap_options options = {
            .fit = conf.fit ? conf.fit->name : NULL, .growing = true, .reserve_bytes = conf.reserve_bytes};
        process.classic = halloc_heap_create(&options);
        if (process.classic)
            process.classic->lock.rank = RANK_HEAP;
        return process.classic;
    }
    const halloc_policy *policy = conf.fit ? conf.fit : halloc_policy_find(PROCESS_POLICY);
    return region.base || region_start(policy, conf.reserve_bytes);
}

INTERNAL NOINLINE bool process_start(void) {
    if (lock_is_mine(&start_lock))
        return standing;
    int saved = errno;
    lock_acquire(&start_lock);
    if (!process.ready) {
        conf_load();
        conf.sample_bytes = conf.sample_always;
        counting = counters_share() || conf.stats_print;
        conf.harden = conf.harden && conf.heap == CONF_HEAP_PROCESS;
        harden_secret = conf.harden ? platform_random() : 0;
        standing = standing || start_heap();
        if (standing) {
            const halloc_policy *fit =
                process.classic ? process.classic->engine.set[0].policy : region.engine.set[0].policy;
            counters_describe(process.classic ? "classic" : "process", fit->name);
            threads_start();
            fork_handlers_register();
            store_release(&harden_serves, conf.harden && !counting);
            store_release(&process.ready, true);
        }
    }
    lock_release(&start_lock);
    errno = saved;
    return load_acquire(&process.ready);
}
