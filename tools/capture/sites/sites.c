/*
 * sites.c - call sites: the caller of malloc, its caller, and so on.
 *
 * Frames are found by the frame pointer. A function that keeps one stores its caller's at [fp], and the
 * return address beside it. That is two loads a frame. In code without frame pointers (most distributions)
 * the list ends early. But the compiler knows the direct caller, so that one is always there. Every step is
 * checked: it must lead upwards, be aligned, and stay in this thread's stack. So a register with another
 * use does no harm.
 *
 * A list of frames is a site. It is written once, and its number stands in the trace. A site is known by a
 * hash of 64 bits: two of a million would have to agree in all bits. There are two tables:
 *
 *      known       by the frames' addresses      every call asks it. Readers need no lock, because an
 *                                                entry's hash is stored last
 *      written     by addresses and modules      (modules.c) asked if the first does not know the site
 *
 * After dlclose other code may lie at a site's addresses. So dlclose empties the first table. The second
 * tells whether a list of addresses still means the same.
 */
#include "../signal_lock.h"
#include "sites.h"
#include "../../trace/format/checksum.h"
#include "../../trace/format/varint.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define FRAMES_MOST 64

struct known_site {
    _Atomic uint64_t hash;
    _Atomic uint32_t number; /* 0: being made */
};

#define SITES_MOST ((size_t)1 << 20) /* 16 MiB, untouched until they are needed */

static struct lock lock;
static struct known_site *_Atomic known, *written;
static uint32_t sites, known_count;
static struct series series;
static atomic_uint unloaded; /* counts calls of dlclose */
static uint32_t unloaded_seen;

/* --- Sites ---------------------------------------------------------------------------------------- */

static unsigned walk(const struct recorder *recorder, uintptr_t frame, void *caller,
                     uint64_t frames[FRAMES_MOST]) {
    unsigned count = 1, most = traced.frames < FRAMES_MOST ? traced.frames : FRAMES_MOST;
    frames[0] = (uintptr_t)caller;
    uintptr_t at = frame, last = recorder->stack_top - 2 * sizeof at; /* the sums below can't overflow */
    bool inside = recorder->stack_top && at >= recorder->stack_bottom;
    /* The first frame is ours; its return address is known. */
    while (inside && count < most && at % sizeof at == 0 && at <= last) {
        uintptr_t above = ((uintptr_t *)at)[0];
        if (above <= at || above % sizeof at || above > last)
            break;
        uintptr_t back = ((uintptr_t *)above)[1];
        if (back < 4096)
            break;
        frames[count++] = back;
        at = above;
    }
    return count;
}

static bool write_site(const uint64_t *frames, unsigned count) {
    if (!series_room(&series, BLOCK_SITES, sites + 1, (count + 1) * VARINT_BYTES_MOST))
        return false;
    uint8_t *at = varint_put_long(series.at, count);
    uint64_t last = 0;
    for (unsigned index = 0; index < count; index++) {
        at = varint_put_long(at, zigzag(frames[index] - last));
        last = frames[index];
    }
    series_added(&series, at);
    sites++;
    return true;
}

/* --- The tables ----------------------------------------------------------------------------------- */

static struct known_site *make_table(void) {
    void *memory =
        (void *)syscall(SYS_mmap, NULL, SITES_MOST * sizeof(struct known_site), PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
    return memory == MAP_FAILED ? NULL : memory;
}

/* The old table stays in place: an interrupted call, or another thread, may be reading it. */
static void empty_table(struct known_site *table) {
    if (table)
        syscall(SYS_madvise, table, SITES_MOST * sizeof *table, MADV_DONTNEED);
}

static bool make_tables(void) {
    if (!written)
        written = make_table();
    if (!known && written) {
        struct known_site *table = make_table();
        atomic_thread_fence(memory_order_release);
        known = table;
    }
    return known != NULL;
}

static uint32_t find_site(struct known_site *table, uint64_t hash, size_t *slot) {
    for (*slot = hash % SITES_MOST;; *slot = (*slot + 1) % SITES_MOST) {
        uint64_t there = atomic_load_explicit(&table[*slot].hash, memory_order_acquire);
        if (there == hash)
            return atomic_load_explicit(&table[*slot].number, memory_order_acquire);
        if (!there)
            return 0;
    }
}

static void put_site(struct known_site *table, size_t slot, uint64_t hash, uint32_t number) {
    atomic_store_explicit(&table[slot].number, number, memory_order_release);
    atomic_store_explicit(&table[slot].hash, hash, memory_order_release);
}

/* By the meaning of the frames, not only their addresses. */
static uint32_t find_or_write(const uint64_t *frames, unsigned count) {
    size_t slot;
    modules_look(frames, count);
    uint64_t key = modules_key(frames, count);
    uint32_t number = find_site(written, key, &slot);
    if (number || sites >= SITES_MOST / 2 || !write_site(frames, count))
        return number;
    put_site(written, slot, key, sites);
    return sites;
}

static void begin_epoch(uint32_t seen) {
    unloaded_seen = seen;
    series_close(&series);
    modules_doubt();
    empty_table(known);
    known_count = 0;
}

static uint32_t add_site(uint64_t hash, const uint64_t *frames, unsigned count) {
    size_t slot;
    lock_take(&lock);
    uint32_t seen = atomic_load(&unloaded);
    if (seen != unloaded_seen)
        begin_epoch(seen);
    uint32_t number = make_tables() ? find_site(known, hash, &slot) : 0;
    if (known && !number) {
        number = find_or_write(frames, count);
        if (number && known_count < SITES_MOST / 2) {
            put_site(known, slot, hash, number);
            known_count++;
        }
    }
    lock_give(&lock);
    return number;
}

/* After the library is unmapped, and before this thread maps anything else. */
EXPORTED int dlclose(void *handle) {
    if (!next.dlclose)
        traced_start();
    int result = next.dlclose ? next.dlclose(handle) : -1;
    if (traced.frames)
        atomic_fetch_add(&unloaded, 1);
    return result;
}

uint32_t site_here(struct recorder *recorder, void *frame, void *caller) {
    uint64_t frames[FRAMES_MOST];
    if (recorder->new_caller) {
        frame = recorder->new_frame;
        caller = recorder->new_caller;
    }
    unsigned count = walk(recorder, (uintptr_t)frame, caller, frames);
    uint64_t epoch = atomic_load_explicit(&unloaded, memory_order_relaxed);
    uint64_t hash = checksum_bytes(count + (epoch << 32), frames, count * sizeof *frames) | 1;
    size_t slot;
    uint32_t number = known ? find_site(known, hash, &slot) : 0;
    if (likely(number))
        return number;
    int saved = errno;
    number = add_site(hash, frames, count);
    errno = saved;
    return number;
}

/* In a forked child: its file has no sites yet. The modules are the same, but must be written again. */
void sites_forget(void) {
    bool whole = lock_forget(&lock);
    maps_forget();
    series_forget(&series, whole);
    modules_forget(whole);
    empty_table(known);
    empty_table(written);
    sites = known_count = 0;
    unloaded_seen = atomic_load(&unloaded);
}
