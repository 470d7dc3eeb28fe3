/*
 * ledger.c - what the library's memory accesses would cost on a machine with a processor for every thread.
 *
 * The library and a workload are compiled with -fsanitize=thread, which makes the compiler call a function at
 * each load, store and atomic operation. ThreadSanitizer's library is not linked; these functions are here, and
 * do something else with what they hear:
 *
 *      line of 64 bytes -> who has it: a bit a processor; a writer has it alone       (the MESI protocol, with
 *      a read or write of a line that only others hold: one hand-over                  caches without end)
 *      a write to a line held, but not alone: one claim
 *
 * Thread n runs on processor n modulo 64. Counted by the place in the code (return address); the harness turns
 * places into functions' names. Not in the compiler's sight, and so not here: memset, memcpy, the kernel.
 *
 * To mix the threads as if each had its own processor, a thread yields at some of its atomic operations, chosen
 * by a generator of its own. Which lock is found taken depends on that, so those figures differ a little from
 * one time to the next; on a machine with few processors they rather are too low.
 *
 * At exit one line a place goes to the file in $LEDGER:  image address reads writes atomics
 * handed-over claimed
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define LINES ((size_t)1 << 21) /* places of lines by address; another line there takes the place */
#define SITES 16384

struct line {
    uint32_t lock;
    uint64_t number, holders;
};

struct site {
    void *place;
    uint64_t reads, writes, atomics, handed_over, claimed;
};

static struct line *lines;
static struct site sites[SITES];
static uint32_t threads_seen;
static bool counting;
static __thread uint32_t me __attribute__((tls_model("initial-exec"))); /* 0: not numbered yet */
static __thread uint32_t yield_state __attribute__((tls_model("initial-exec")));

enum access { READ, WRITE, ATOMIC };

static uint64_t my_bit(void) {
    if (!me)
        me = __atomic_add_fetch(&threads_seen, 1, __ATOMIC_RELAXED);
    return (uint64_t)1 << (me - 1) % 64;
}

/* The place's record: open addressing; a place once written stays. */
static struct site *site_of(void *place) {
    size_t at = (uintptr_t)place * 0x9e3779b97f4a7c15 >> 50;
    for (size_t tries = 0; tries < SITES; tries++, at++) {
        struct site *site = &sites[at % SITES];
        void *there = __atomic_load_n(&site->place, __ATOMIC_RELAXED);
        if (!there && __atomic_compare_exchange_n(&site->place, &there, place, false, __ATOMIC_RELAXED,
                                                  __ATOMIC_RELAXED))
            return site;
        if (there == place)
            return site;
    }
    abort();
}

enum move { STAYS, HANDED_OVER, CLAIMED };

/* What an access does to its line. One that nobody has had comes from memory, and is not counted. */
static enum move line_move(uintptr_t address, bool writes) {
    uint64_t number = address >> 6, bit = my_bit();
    struct line *line = &lines[(number * 0x9e3779b97f4a7c15) >> 43];
    while (__atomic_exchange_n(&line->lock, 1, __ATOMIC_ACQUIRE))
        sched_yield();
    uint64_t holders = line->number == number ? line->holders : 0;
    line->number = number;
    line->holders = writes ? bit : holders | bit;
    __atomic_store_n(&line->lock, 0, __ATOMIC_RELEASE);
    if (holders && !(holders & bit))
        return HANDED_OVER;
    return writes && holders && holders != bit ? CLAIMED : STAYS;
}

/* One atomic operation in sixteen gives the processor away. */
static void mix(void) {
    yield_state = yield_state * 1664525 + 1013904223 + me;
    if (yield_state >> 28 == 0)
        sched_yield();
}

static void note(const volatile void *address, enum access access, void *place) {
    if (!counting)
        return;
    struct site *site = site_of(place);
    uint64_t *counter = access == READ ? &site->reads : access == WRITE ? &site->writes : &site->atomics;
    __atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
    enum move move = line_move((uintptr_t)address, access != READ);
    if (move != STAYS)
        __atomic_fetch_add(move == CLAIMED ? &site->claimed : &site->handed_over, 1, __ATOMIC_RELAXED);
    if (access == ATOMIC)
        mix();
}

__attribute__((constructor)) static void ledger_begin(void) {
    void *got = mmap(NULL, LINES * sizeof *lines, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (got == MAP_FAILED)
        abort();
    lines = got;
    counting = true;
}

__attribute__((destructor)) static void ledger_end(void) {
    const char *path = getenv("LEDGER");
    counting = false;
    int file = path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666) : -1;
    if (file < 0)
        return;
    for (size_t at = 0; at < SITES; at++) {
        Dl_info image;
        struct site *site = &sites[at];
        if (site->place && dladdr(site->place, &image))
            dprintf(file, "%s %#zx %lu %lu %lu %lu %lu\n", image.dli_fname,
                    (size_t)((char *)site->place - (char *)image.dli_fbase), site->reads, site->writes,
                    site->atomics, site->handed_over, site->claimed);
    }
    close(file);
}

/* --- What the compiler calls ----------------------------------------------------------------------------- */

#define HEARD __attribute__((visibility("default"), noinline))
#define PLACE __builtin_extract_return_addr(__builtin_return_address(0))
#define PLAIN(bytes)                                                                                         \
    HEARD void __tsan_read##bytes(void *a) {                                                                 \
        note(a, READ, PLACE);                                                                                \
    }                                                                                                        \
    HEARD void __tsan_write##bytes(void *a) {                                                                \
        note(a, WRITE, PLACE);                                                                               \
    }                                                                                                        \
    HEARD void __tsan_volatile_read##bytes(void *a) {                                                        \
        note(a, READ, PLACE);                                                                                \
    }                                                                                                        \
    HEARD void __tsan_volatile_write##bytes(void *a) {                                                       \
        note(a, WRITE, PLACE);                                                                               \
    }                                                                                                        \
    HEARD void __tsan_unaligned_read##bytes(void *a) {                                                       \
        note(a, READ, PLACE);                                                                                \
    }                                                                                                        \
    HEARD void __tsan_unaligned_write##bytes(void *a) {                                                      \
        note(a, WRITE, PLACE);                                                                               \
    }
PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

HEARD void __tsan_read_range(void *a, size_t bytes) {
    for (size_t at = 0; at < bytes; at += 64)
        note((char *)a + at, READ, PLACE);
}
HEARD void __tsan_write_range(void *a, size_t bytes) {
    for (size_t at = 0; at < bytes; at += 64)
        note((char *)a + at, WRITE, PLACE);
}
HEARD void __tsan_init(void) {
}
HEARD void __tsan_func_entry(void *caller) {
    (void)caller;
}
HEARD void __tsan_func_exit(void) {
}
HEARD void __tsan_atomic_thread_fence(int order) {
    (void)order;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
}
HEARD void __tsan_atomic_signal_fence(int order) {
    (void)order;
}

/* All in the strictest order: what is counted does not depend on it. */
#define FETCH(bits, type, name, operation)                                                                   \
    HEARD type __tsan_atomic##bits##_fetch_##name(volatile type *a, type value, int order) {                 \
        (void)order;                                                                                         \
        note(a, ATOMIC, PLACE);                                                                              \
        return operation(a, value, __ATOMIC_SEQ_CST);                                                        \
    }
#define ATOMICS(bits, type)                                                                                  \
    HEARD type __tsan_atomic##bits##_load(const volatile type *a, int order) {                               \
        (void)order;                                                                                         \
        note(a, READ, PLACE);                                                                                \
        return __atomic_load_n(a, __ATOMIC_SEQ_CST);                                                         \
    }                                                                                                        \
    HEARD void __tsan_atomic##bits##_store(volatile type *a, type value, int order) {                        \
        (void)order;                                                                                         \
        note(a, WRITE, PLACE);                                                                               \
        __atomic_store_n(a, value, __ATOMIC_RELEASE);                                                        \
    }                                                                                                        \
    HEARD type __tsan_atomic##bits##_exchange(volatile type *a, type value, int order) {                     \
        (void)order;                                                                                         \
        note(a, ATOMIC, PLACE);                                                                              \
        return __atomic_exchange_n(a, value, __ATOMIC_SEQ_CST);                                              \
    }                                                                                                        \
    HEARD int __tsan_atomic##bits##_compare_exchange_strong(volatile type *a, type *expected, type value,    \
                                                            int order, int otherwise) {                      \
        (void)order, (void)otherwise;                                                                        \
        note(a, ATOMIC, PLACE);                                                                              \
        return __atomic_compare_exchange_n(a, expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);   \
    }                                                                                                        \
    HEARD int __tsan_atomic##bits##_compare_exchange_weak(volatile type *a, type *expected, type value,      \
                                                          int order, int otherwise) {                        \
        (void)order, (void)otherwise;                                                                        \
        note(a, ATOMIC, PLACE);                                                                              \
        return __atomic_compare_exchange_n(a, expected, value, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);   \
    }                                                                                                        \
    FETCH(bits, type, add, __atomic_fetch_add)                                                               \
    FETCH(bits, type, sub, __atomic_fetch_sub)                                                               \
    FETCH(bits, type, or, __atomic_fetch_or)                                                                 \
    FETCH(bits, type, and, __atomic_fetch_and)                                                               \
    FETCH(bits, type, xor, __atomic_fetch_xor)
ATOMICS(8, uint8_t)
ATOMICS(16, uint16_t)
ATOMICS(32, uint32_t)
ATOMICS(64, uint64_t)
