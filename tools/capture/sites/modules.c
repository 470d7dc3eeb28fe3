/*
 * modules.c - which code lies where. An address has a meaning only together with the loaded program and
 * libraries, and libraries come and go.
 *
 * If a frame lies in no known module, the kernel's list of mappings is read. New modules are written beside
 * the sites, in their order of arrival. After dlclose other code may lie at the same addresses. Then a new
 * epoch begins, and everything is unknown until the list has been read again. Each block names its epoch.
 * So a reader takes the modules of a site as they were at that time.
 */
#include "../signal_lock.h"
#include "sites.h"
#include "../../trace/format/checksum.h"
#include "../../trace/format/varint.h"

#include <string.h>

#define RANGES_MOST 512

static struct range {
    uintptr_t start, end;
    uint64_t key; /* a hash of the file, the place in it, and its address */
    bool doubted;
} ranges[RANGES_MOST];
static unsigned range_count;
static struct series series;

static const struct range *find(uint64_t address) {
    for (unsigned index = 0; index < range_count; index++)
        if (!ranges[index].doubted && address - ranges[index].start < ranges[index].end - ranges[index].start)
            return &ranges[index];
    return NULL;
}

static void write_module(const struct mapping *mapping) {
    if (!series_room(&series, BLOCK_MODULES, 1, mapping->path_bytes + 4 * VARINT_BYTES_MOST))
        return;
    uint8_t *at = varint_put_long(series.at, mapping->start);
    at = varint_put_long(at, mapping->end - mapping->start);
    at = varint_put_long(at, mapping->offset);
    at = varint_put_long(at, mapping->path_bytes);
    memcpy(at, mapping->path, mapping->path_bytes);
    series_added(&series, at + mapping->path_bytes);
}

/* The modules that were there are gone. */
static void drop_doubted(const struct mapping *mapping) {
    for (unsigned index = 0; index < range_count;) {
        const struct range *range = &ranges[index];
        if (range->doubted && range->start < mapping->end && mapping->start < range->end)
            ranges[index] = ranges[--range_count];
        else
            index++;
    }
}

/* Only code counts. */
static bool note(void *context, const struct mapping *mapping) {
    (void)context;
    if (!mapping->is_code || find(mapping->start))
        return true;
    uint64_t key = checksum_bytes(mapping->start, mapping->file, mapping->file_bytes);
    key = checksum_step(checksum_step(key, mapping->end), mapping->offset);
    for (unsigned index = 0; index < range_count; index++)
        if (ranges[index].key == key) {
            ranges[index].doubted = false;
            return true;
        }
    drop_doubted(mapping);
    if (range_count == RANGES_MOST)
        return true;
    ranges[range_count++] = (struct range){mapping->start, mapping->end, key, false};
    write_module(mapping);
    return true;
}

void modules_look(const uint64_t *addresses, unsigned count) {
    bool missing = false;
    for (unsigned index = 0; index < count; index++)
        missing |= !find(addresses[index]);
    if (missing)
        maps_read(note, NULL);
}

uint64_t modules_key(const uint64_t *addresses, unsigned count) {
    uint64_t state = count;
    for (unsigned index = 0; index < count; index++) {
        const struct range *range = find(addresses[index]);
        state = checksum_step(checksum_step(state, addresses[index]), range ? range->key : 0);
    }
    return state | 1;
}

void modules_doubt(void) {
    series_close(&series);
    series_epoch++;
    for (unsigned index = 0; index < range_count; index++)
        ranges[index].doubted = true;
}

void modules_forget(bool whole) {
    series_forget(&series, whole);
    range_count = series_epoch = 0;
}
