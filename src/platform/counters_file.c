/*
 * counters_file.c - see counters_file.h.
 */
#include "counters_file.h"

#include <unistd.h>

#include "conf.h"
#include "fatal.h"
#include "platform.h"

static struct counters_file *report_file;

/* Not strncpy: each function of libc that a process calls is a piece of libc that it has in memory. */
static void copy_name(char *to, size_t room, const char *name) {
    memcpy(to, name, min_size(strlen(name), room - 1));
}

INTERNAL void counters_describe(const char *heap, const char *fit) {
    copy_name(counters->heap, sizeof counters->heap, heap);
    copy_name(counters->fit, sizeof counters->fit, fit);
    if (report_file) {
        counters->pid = (uint64_t)getpid();
        counters->parent = (uint64_t)getppid();
        copy_name(counters->program, sizeof counters->program, platform_program());
    }
    store_release(&counters->magic, COUNTERS_MAGIC);
}

/* A record of our own in the file; past the last one this process goes unreported. */
static struct counters *take_record(void) {
    uint64_t index = __atomic_fetch_add(&report_file->taken, 1, __ATOMIC_RELAXED);
    char *records = (char *)report_file + COUNTERS_FILE_HEAD_BYTES;
    return index < COUNTERS_RECORDS_MOST ? (struct counters *)records + index : NULL;
}

INTERNAL void counters_share(void) {
    if (report_file || !conf.report[0])
        return;
    bool too_short;
    struct counters_file *file = platform_share_file(conf.report, COUNTERS_FILE_BYTES, &too_short);
    if (!file && !too_short)
        return; /* `halloc run` has ended, and this program has not; what it writes stays its own */
    if (too_short || file->magic != COUNTERS_MAGIC) {
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

INTERNAL bool counters_are_shared(void) {
    return report_file;
}

INTERNAL void counters_inherit(void) {
    struct counters *shared = report_file ? take_record() : NULL;
    if (!shared)
        return;
    const struct counters *inherited = counters;
    shared->slabs_inherited = load_relaxed(&inherited->slabs_inherited) +
                              load_relaxed(&inherited->slabs_made) - load_relaxed(&inherited->slabs_released);
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
    counters = shared;
    counters_describe(inherited->heap, inherited->fit);
}
