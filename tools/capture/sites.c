/*
 * sites.c - call sites: who called malloc, and who called him.
 *
 * Frames are found by the frame pointer: each function that keeps one stores its caller's at [fp], and the
 * return address beside it. Two loads a frame. Code that is compiled without (most distributions' is) ends
 * the list early, but the direct caller, which the compiler knows, is always there. Every step is checked:
 * upwards, aligned, inside this thread's stack; so a register used for something else does no harm.
 *
 * A list of frames is a site; it is written once, and its number stands in the trace. Sites are known by
 * a 64-bit hash: two of a million would have to agree in all bits. Readers need no lock: an entry's number
 * is stored last.
 *
 * Addresses mean something only with the map of the process: when a frame lies in no module that we know,
 * the map is read again, and written beside the sites (modules in the order of their coming).
 */
#include "capture.h"
#include "lock.h"
#include "../trace/checksum.h"
#include "../trace/varint.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define FRAMES_MOST 64

struct known_site {
    _Atomic uint64_t hash;
    _Atomic uint32_t number; /* 0: being made */
};

#define SITES_MOST ((size_t)1 << 20) /* 16 MiB that are not touched before they are needed */

static struct lock lock;
static struct known_site *_Atomic known;
static uint32_t sites;
static struct trace_block *site_block, *module_block;
static uint8_t *site_at, *module_at;

/* What is known to be mapped from files, so that the map is not read at every site. */
#define RANGES_MOST 512
static struct range { uintptr_t start, end; } ranges[RANGES_MOST];
static unsigned range_count;

/* --- Blocks of sites and modules ------------------------------------------------------------------ */

static void close_site_block(struct trace_block **block, uint8_t *at) {
    if (!*block)
        return;
    (*block)->bytes[0] = (uint32_t)(at - (uint8_t *)*block) - (*block)->at[0];
    (*block)->checksum = checksum_block(*block);
    file_leave_slot(*block);
    *block = NULL;
}

/* Room for `bytes` more, in this block or a new one. */
static bool room(struct trace_block **block, uint8_t **at, unsigned kind, size_t bytes) {
    if (*block && *at + bytes <= (uint8_t *)*block + file_slot_bytes)
        return true;
    close_site_block(block, *at);
    *block = file_take_slot();
    if (!*block)
        return false;
    (*block)->kind = (uint16_t)kind;
    (*block)->columns = 1;
    (*block)->stride = file_slot_bytes;
    (*block)->at[0] = sizeof **block;
    (*block)->first_object = sites + 1;
    (*block)->first_ns = process_now_ns();
    *at = (uint8_t *)*block + sizeof **block;
    atomic_signal_fence(memory_order_seq_cst);
    (*block)->magic = BLOCK_MAGIC;
    return true;
}

/* --- Modules -------------------------------------------------------------------------------------- */

static bool is_known(uintptr_t address) {
    for (unsigned index = 0; index < range_count; index++)
        if (address - ranges[index].start < ranges[index].end - ranges[index].start)
            return true;
    return false;
}

/* Only code is of interest. */
static bool note_mapping(void *context, const struct mapping *mapping) {
    (void)context;
    if (!mapping->is_code || is_known(mapping->start) || range_count == RANGES_MOST)
        return true;
    ranges[range_count++] = (struct range){mapping->start, mapping->end};
    if (!room(&module_block, &module_at, BLOCK_MODULES, mapping->path_bytes + 4 * VARINT_BYTES_MOST))
        return true;
    module_at = varint_put_long(module_at, mapping->start);
    module_at = varint_put_long(module_at, mapping->end - mapping->start);
    module_at = varint_put_long(module_at, mapping->offset);
    module_at = varint_put_long(module_at, mapping->path_bytes);
    memcpy(module_at, mapping->path, mapping->path_bytes);
    module_at += mapping->path_bytes;
    atomic_signal_fence(memory_order_seq_cst);
    module_block->count++;
    return true;
}

/* --- Sites ---------------------------------------------------------------------------------------- */

static unsigned walk(const struct recorder *recorder, uintptr_t frame, void *caller,
                     uint64_t frames[FRAMES_MOST]) {
    unsigned count = 1, most = process.frames < FRAMES_MOST ? process.frames : FRAMES_MOST;
    frames[0] = (uintptr_t)caller;
    uintptr_t at = frame, last = recorder->stack_top - 2 * sizeof at; /* no sum that may overflow below */
    bool inside = recorder->stack_top && at >= recorder->stack_bottom;
    /* The first frame is ours, whose return address we have. */
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
    bool missing = false;
    for (unsigned index = 0; index < count; index++)
        missing |= !is_known(frames[index]);
    if (missing)
        maps_read(note_mapping, NULL);
    if (!room(&site_block, &site_at, BLOCK_SITES, (count + 1) * VARINT_BYTES_MOST))
        return false;
    uint8_t *at = varint_put_long(site_at, count);
    uint64_t last = 0;
    for (unsigned index = 0; index < count; index++) {
        at = varint_put_long(at, zigzag(frames[index] - last));
        last = frames[index];
    }
    site_at = at;
    atomic_signal_fence(memory_order_seq_cst);
    site_block->count++;
    sites++;
    return true;
}

static uint32_t find_site(uint64_t hash, size_t *slot) {
    for (*slot = hash % SITES_MOST;; *slot = (*slot + 1) % SITES_MOST) {
        uint64_t there = atomic_load_explicit(&known[*slot].hash, memory_order_acquire);
        if (there == hash)
            return atomic_load_explicit(&known[*slot].number, memory_order_acquire);
        if (!there)
            return 0;
    }
}

static uint32_t add_site(uint64_t hash, const uint64_t *frames, unsigned count) {
    size_t slot;
    lock_take(&lock);
    if (!known) {
        void *memory = (void *)syscall(SYS_mmap, NULL, SITES_MOST * sizeof *known, PROT_READ | PROT_WRITE,
                                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
        atomic_thread_fence(memory_order_release);
        known = memory == MAP_FAILED ? NULL : memory;
    }
    uint32_t number = known ? find_site(hash, &slot) : 0;
    if (known && !number && sites < SITES_MOST / 2 && write_site(frames, count)) {
        number = sites;
        atomic_store_explicit(&known[slot].number, number, memory_order_release);
        atomic_store_explicit(&known[slot].hash, hash, memory_order_release);
    }
    lock_give(&lock);
    return number;
}

uint32_t site_here(struct recorder *recorder, void *frame, void *caller) {
    uint64_t frames[FRAMES_MOST];
    if (recorder->new_caller) {
        frame = recorder->new_frame;
        caller = recorder->new_caller;
    }
    unsigned count = walk(recorder, (uintptr_t)frame, caller, frames);
    uint64_t hash = checksum_bytes(count, frames, count * sizeof *frames) | 1;
    size_t slot;
    uint32_t number = known ? find_site(hash, &slot) : 0;
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
    if (whole && site_block)
        file_leave_slot(site_block);
    if (whole && module_block)
        file_leave_slot(module_block);
    site_block = module_block = NULL;
    if (known) /* it stays where it is: a call that a handler interrupted may be looking at it */
        syscall(SYS_madvise, known, SITES_MOST * sizeof *known, MADV_DONTNEED);
    sites = 0;
    range_count = 0;
}
