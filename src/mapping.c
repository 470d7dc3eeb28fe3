/*
 * mapping.c - see mapping.h. Layer 5.
 */
#include "mapping.h"

#include "counters.h"
#include "lock.h"
#include "platform.h"

struct record {
    char *start;
    size_t bytes;
};

/* Sorted by start. Replaced by one twice as large when it is full. */
static struct record *records;
static size_t record_count, record_room;
INTERNAL_DEFINE struct lock mappings_lock = LOCK_INIT(RANK_MAPPINGS);

/* The index of the first record at or above ptr. */
static size_t search(const void *ptr) {
    size_t low = 0, high = record_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (records[middle].start < (const char *)ptr)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct record *find_record(const void *ptr) {
    size_t index = search(ptr);
    return index < record_count && records[index].start == ptr ? &records[index] : NULL;
}

static void *map_usable(size_t bytes, size_t alignment) {
    char *start = platform_reserve(bytes, max_size(alignment, platform_page_bytes()));
    if (start && !platform_commit(start, bytes)) {
        platform_release(start, bytes);
        return NULL;
    }
    return start;
}

static bool make_room(void) {
    if (record_count < record_room)
        return true;
    size_t old_bytes = record_room * sizeof *records;
    size_t bytes = max_size(2 * old_bytes, align_up(GUARD_BYTES, platform_page_bytes()));
    struct record *larger = map_usable(bytes, 1);
    if (!larger)
        return false;
    if (records) {
        memcpy(larger, records, old_bytes);
        platform_release(records, old_bytes);
    }
    records = larger;
    record_room = bytes / sizeof *records;
    return true;
}

static bool add_record(char *start, size_t bytes) {
    lock_acquire(&mappings_lock);
    bool room = make_room();
    if (room) {
        size_t index = search(start);
        memmove(&records[index + 1], &records[index], (record_count - index) * sizeof *records);
        records[index] = (struct record){start, bytes};
        store_relaxed(&record_count, record_count + 1);
    }
    lock_release(&mappings_lock);
    return room;
}

INTERNAL void *mapping_take(size_t bytes, size_t alignment) {
    bytes = align_up(max_size(bytes, 1), platform_page_bytes());
    if (bytes == 0 || bytes > PTRDIFF_MAX)
        return NULL;
    char *start = map_usable(bytes, alignment);
    if (start && !add_record(start, bytes)) {
        platform_release(start, bytes);
        return NULL;
    }
    if (start)
        count(&counters->mappings, 1);
    return start;
}

INTERNAL bool mapping_give(void *ptr) {
    if (!load_relaxed(&record_count))
        return false;
    lock_acquire(&mappings_lock);
    struct record *record = find_record(ptr);
    size_t bytes = record ? record->bytes : 0;
    if (record) {
        size_t after = record_count - (size_t)(record - records) - 1;
        memmove(record, record + 1, after * sizeof *records);
        store_relaxed(&record_count, record_count - 1);
    }
    lock_release(&mappings_lock);
    /* At the limit of mappings munmap may fail where it would split one; then the memory at least. */
    if (bytes && !platform_unmap(ptr, bytes))
        platform_purge(ptr, bytes);
    return bytes != 0;
}

INTERNAL size_t mapping_bytes(const void *ptr) {
    if (!load_relaxed(&record_count))
        return 0;
    lock_acquire(&mappings_lock);
    struct record *record = find_record(ptr);
    size_t bytes = record ? record->bytes : 0;
    lock_release(&mappings_lock);
    return bytes;
}

INTERNAL void mapping_totals(size_t *count, size_t *bytes) {
    lock_acquire(&mappings_lock);
    *count = record_count;
    *bytes = 0;
    for (size_t index = 0; index < record_count; index++)
        *bytes += records[index].bytes;
    lock_release(&mappings_lock);
}
