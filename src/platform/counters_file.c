/* counters_file.c - see counters_file.h. */
#include "counters_file.h"

#include <unistd.h>

#include "conf.h"
#include "fatal.h"
#include "platform.h"

static struct counters_file *shared_file;

/* Not strncpy: each function of libc that a process calls is a piece of libc that it has in memory. */
static void copy_name(char *to, size_t room, const char *name) {
    memcpy(to, name, min_size(strlen(name), room - 1));
}

INTERNAL void counters_describe(const char *heap, const char *fit) {
    copy_name(counters->heap, sizeof counters->heap, heap);
    copy_name(counters->fit, sizeof counters->fit, fit);
    if (shared_file) {
        counters->pid = (uint64_t)getpid();
        counters->parent = (uint64_t)getppid();
        copy_name(counters->program, sizeof counters->program, platform_program());
    }
    store_release(&counters->magic, COUNTERS_MAGIC);
}

/* Counters of our own in the file; NULL when all are taken: then this process goes unreported. */
static struct counters *take_counters(void) {
    uint64_t index = __atomic_fetch_add(&shared_file->taken, 1, __ATOMIC_RELAXED);
    char *first = (char *)shared_file + COUNTERS_FILE_HEAD_BYTES;
    return index < COUNTERS_RECORDS_MOST ? (struct counters *)first + index : NULL;
}

INTERNAL void counters_share(void) {
    if (shared_file || !conf.report[0])
        return;
    bool too_short;
    struct counters_file *file = platform_share_file(conf.report, COUNTERS_FILE_BYTES, &too_short);
    if (!file && !too_short)
        return; /* `halloc run` has ended, and this program has not: it counts for itself */
    if (too_short || file->magic != COUNTERS_MAGIC) {
        warn("HALLOC_CONF: report", "cannot be used; start programs with `halloc run`");
        return;
    }
    shared_file = file;
    struct counters *shared = take_counters();
    if (!shared)
        return;
    shared->system_calls = load_relaxed(&counters->system_calls);
    counters = shared;
}

INTERNAL bool counters_are_shared(void) {
    return shared_file;
}

INTERNAL void counters_inherit(uint64_t threads) {
    struct counters *shared = shared_file ? take_counters() : NULL;
    if (!shared)
        return;
    const struct counters was = *counters;
    *shared = (struct counters){
        .slabs_inherited = was.slabs_inherited + was.slabs_made - was.slabs_released,
        .large_inherited = was.large_inherited + was.large_taken - was.large_released,
        .free_dirty_bytes = was.free_dirty_bytes,
        .uncarved_bytes = was.uncarved_bytes,
        .peak_occupied_bytes = was.used_bytes - was.uncarved_bytes,
        .live_blocks = was.live_blocks,
        .live_bytes = was.live_bytes,
        .peak_live_bytes = was.live_bytes,
        .region_bytes = was.region_bytes,
        .used_bytes = was.used_bytes,
        .peak_used_bytes = was.used_bytes,
        .threads = threads,
        .threads_live = threads,
        .threads_peak = threads,
    };
    counters = shared;
    counters_describe(was.heap, was.fit);
}
