/* counters_file.c - see counters_file.h. */
#include "counters_file.h"

#include <unistd.h>

#include "../base/bits.h"
#include "fatal.h"
#include "platform.h"

static struct counters_file *shared_file;

/* Into a record that is zero. Not strncpy: each function of libc that a process calls is a piece of libc that
 * it has in memory. */
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

/* A place in the file; when all are taken, this process counts for itself alone. */
static struct counters *take_counters(void) {
    uint64_t index = __atomic_fetch_add(&shared_file->taken, 1, __ATOMIC_RELAXED);
    return index < COUNTERS_RECORDS_MOST ? &shared_file->records[index] : &own_counters;
}

INTERNAL bool counters_share(void) {
    const char *path = platform_environment("HALLOC_REPORT");
    if (shared_file || !path)
        return shared_file;
    bool too_short;
    struct counters_file *file = platform_share_file(path, sizeof *file, &too_short);
    if (!file && !too_short)
        return false; /* `halloc run` has ended, and this program has not: it counts for itself */
    if (too_short || file->magic != COUNTERS_MAGIC) {
        print_line("halloc: HALLOC_REPORT: cannot be used; start programs with `halloc run`");
        return false;
    }
    shared_file = file;
    counters = take_counters();
    counters->system_calls = own_counters.system_calls;
    return true;
}

INTERNAL bool counters_inherit(uint64_t threads) {
    if (!shared_file)
        return false;
    const struct counters *parent = counters;
    counters = take_counters();
    memcpy(&counters->live_blocks, &parent->live_blocks,
           offsetof(struct counters, allocations) - offsetof(struct counters, live_blocks));
    counters->slabs_inherited += parent->slabs_made - parent->slabs_released;
    counters->large_inherited += parent->large_taken - parent->large_released;
    counters->peak_live_bytes = counters->live_bytes;
    counters->peak_used_bytes = counters->used_bytes;
    counters->peak_occupied_bytes = counters->used_bytes - counters->uncarved_bytes;
    counters->threads = counters->threads_live = counters->threads_peak = threads;
    counters_describe(parent->heap, parent->fit);
    return true;
}
