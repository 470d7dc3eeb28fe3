/*
 * start.c - see start.h. Layer 9.
 *
 *      conf -> counters -> region or classic heap -> key for thread exit -> fork handlers -> ready
 *
 * Fork handlers are registered before the heap is published, so that no fork finds it without.
 */
#include "start.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "conf.h"
#include "counters.h"
#include "mapping.h"
#include "platform.h"
#include "stats.h"

static struct lock start_lock = LOCK_INIT(RANK_START);
static bool standing; /* the heap can serve, though its start has not ended */

/* --- Counters that somebody else may read ------------------------------------------------------------ */

static struct counters_file *report_file;

static void describe_process(const char *heap, const char *fit) {
    counters->pid = (uint64_t)getpid();
    counters->parent = (uint64_t)getppid();
    strncpy(counters->heap, heap, sizeof counters->heap - 1);
    strncpy(counters->fit, fit, sizeof counters->fit - 1);
    strncpy(counters->program, platform_program(), sizeof counters->program - 1);
    store_release(&counters->magic, COUNTERS_MAGIC);
}

/* A record of our own in the file; past the last one this process goes unreported. */
static struct counters *take_record(void) {
    uint64_t index = __atomic_fetch_add(&report_file->taken, 1, __ATOMIC_RELAXED);
    char *records = (char *)report_file + COUNTERS_FILE_HEAD_BYTES;
    return index < COUNTERS_RECORDS_MOST ? (struct counters *)records + index : NULL;
}

static void share_counters(void) {
    struct counters_file *file = platform_share_file(conf.report, COUNTERS_FILE_BYTES);
    if (!file)
        return; /* `halloc run` has ended, and this program has not; what it writes stays its own */
    if (file->magic != COUNTERS_MAGIC) {
        warn("HALLOC_CONF: report", "cannot be used; start programs with `halloc run`");
        return;
    }
    report_file = file;
    struct counters *shared = take_record();
    if (!shared)
        return;
    shared->system_calls = load_relaxed(&counters->system_calls);
    counters = shared;
}

/* --- Fork ---------------------------------------------------------------------------------------------- */

static void before_fork(void) {
    bool patient = !locks_are_in_hand();
    lock_before_fork(&start_lock, patient);
    threads_before_fork(patient);
    mappings_before_fork(patient);
}

static void after_fork(bool in_child) {
    mappings_after_fork(in_child);
    threads_after_fork(in_child);
    lock_after_fork(&start_lock, in_child);
}

static void after_fork_in_parent(void) {
    after_fork(false);
}

/* The parent's calls and peaks are not the child's. */
static void forget_parents_figures(struct engine *engine) {
    engine->peak_used_bytes = engine->used_bytes;
    engine->warm.finds = engine->warm.inserts = engine->warm.removes = 0;
    engine->cold.finds = engine->cold.inserts = engine->cold.removes = 0;
}

/* The child has a record of its own, which starts from what it inherits alive. */
static void after_fork_in_child(void) {
    after_fork(true);
    struct counters *shared = report_file ? take_record() : NULL;
    if (!shared)
        return;
    forget_parents_figures(process.classic ? &process.classic->engine : &region.engine);
    const struct counters *inherited = counters;
    shared->slabs_inherited = load_relaxed(&inherited->slabs_inherited) +
                              load_relaxed(&inherited->slabs_made) -
                              load_relaxed(&inherited->slabs_released);
    shared->large_inherited = load_relaxed(&inherited->large_inherited) +
                              load_relaxed(&inherited->large_taken) -
                              load_relaxed(&inherited->large_released);
    shared->free_dirty_bytes = load_relaxed(&inherited->free_dirty_bytes);
    shared->uncarved_bytes = load_relaxed(&inherited->uncarved_bytes);
    shared->peak_occupied_bytes = load_relaxed(&inherited->used_bytes) - shared->uncarved_bytes;
    shared->live_blocks = load_relaxed(&inherited->live_blocks);
    shared->live_bytes = shared->peak_live_bytes = load_relaxed(&inherited->live_bytes);
    shared->region_bytes = load_relaxed(&inherited->region_bytes);
    shared->used_bytes = shared->peak_used_bytes = load_relaxed(&inherited->used_bytes);
    shared->threads = shared->threads_live = shared->threads_peak = cache_own ? 1 : 0;
    counters = shared;
    describe_process(inherited->heap, inherited->fit);
}

/* --- Start and end --------------------------------------------------------------------------------------- */

static bool start_heap(void) {
    if (conf.heap == CONF_HEAP_CLASSIC) {
        halloc_heap_options options = {.fit = conf.fit ? conf.fit->name : NULL,
                                       .growing = true,
                                       .reserve_bytes = conf.reserve_bytes};
        process.classic = halloc_heap_create(&options);
        return process.classic;
    }
    return region.base || region_start(conf.fit ? conf.fit : halloc_policy_find(PROCESS_POLICY), conf.reserve_bytes);
}

INTERNAL NOINLINE bool process_start(void) {
    if (lock_is_mine(&start_lock))
        return standing;
    int saved = errno;
    lock_acquire(&start_lock);
    if (!process.ready) {
        conf_load();
        if (conf.report[0] && !report_file)
            share_counters();
        process.counting = report_file || conf.stats_print;
        standing = standing || start_heap();
        if (standing) {
            const halloc_policy *fit =
                process.classic ? process.classic->engine.warm.policy : region.engine.warm.policy;
            describe_process(process.classic ? "classic" : "process", fit->name);
            threads_start();
            pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
            store_release(&process.ready, true);
        }
    }
    bool ready = process.ready;
    lock_release(&start_lock);
    errno = saved;
    return ready;
}

static __attribute__((destructor)) void process_end(void) {
    if (!process.ready || !process.counting)
        return;
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) == 0)
        store_relaxed(&counters->peak_rss_bytes, (uint64_t)usage.ru_maxrss * KIB);
    store_relaxed(&counters->ended, 1);
    if (conf.stats_print)
        stats_print();
}
