/*
 * page_heap.c - a classic heap in a browser: what JavaScript calls, and what src/ asks of a system.
 *
 *      page (JavaScript)  --- page_malloc, page_free ... --->  src/classic/heap.c, src/engine
 *                         <-- seen: a line, a probe ---------  the policies, watched
 *                         <-- own_find, own_insert ... ------  the reader's policy
 *
 * One instance of the module has one heap. The heap is as `halloc replay` makes it: it begins with one page,
 * and grows by pages. So its counts are the same, too. A place is an offset from the heap's base. 0 is none,
 * because a header comes before the first payload.
 *
 * All of this is compiled for 64-bit addresses, so every record has the layout that it has on Linux. Only
 * then the module is lowered to 32-bit addresses, which every browser has (build.py). The numbers between
 * JavaScript and this file have 32 bits.
 */
#include "../../src/classic/heap.h"

#define IMPORT(name) __attribute__((import_module("page"), import_name(name)))
#define EXPORT(name) __attribute__((export_name(name)))

#define PAGE_BYTES ((size_t)4096)
#define WASM_PAGE_BYTES ((size_t)65536)
#define RESERVE_BYTES GIB

/* What happened: a line of a source file ran, or a search looked at a block. */
enum seen { SEEN_LINE, SEEN_PROBE };
IMPORT("seen") void seen(unsigned what, unsigned value);
IMPORT("misuse") void misuse(unsigned fault, unsigned place);
IMPORT("own_find") unsigned own_find(unsigned size);
IMPORT("own_insert") void own_insert(unsigned block);
IMPORT("own_remove") void own_remove(unsigned block);
IMPORT("own_take") void own_take(unsigned block);

static halloc_heap *heap;
static bool watched;
int halloc_errno;

/* --- What src/ asks of libc and of the system ------------------------------------------------- */

void *memset(void *to, int byte, size_t bytes) {
    for (size_t at = 0; at < bytes; at++)
        ((volatile char *)to)[at] = (char)byte;
    return to;
}

void *memcpy(void *to, const void *from, size_t bytes) {
    for (size_t at = 0; at < bytes; at++)
        ((volatile char *)to)[at] = ((const char *)from)[at];
    return to;
}

int strcmp(const char *one, const char *other) {
    while (*one && *one == *other)
        one++, other++;
    return *(const unsigned char *)one - *(const unsigned char *)other;
}

extern char __heap_base; /* where the linker's own data ends */

size_t platform_page_bytes(void) {
    return PAGE_BYTES;
}

/* Addresses are free of charge: memory comes with platform_commit. There is one heap, so one mapping. */
void *platform_map(size_t bytes, bool usable) {
    (void)bytes, (void)usable;
    return (void *)align_up((size_t)&__heap_base, PAGE_BYTES);
}

bool platform_commit(void *start, size_t bytes) {
    size_t end = (size_t)start + bytes, has = __builtin_wasm_memory_size(0) * WASM_PAGE_BYTES;
    size_t missing = end > has ? align_up(end - has, WASM_PAGE_BYTES) / WASM_PAGE_BYTES : 0;
    return !missing || __builtin_wasm_memory_grow(0, missing) != (size_t)-1;
}

bool platform_release(void *start, size_t bytes) {
    (void)start, (void)bytes;
    return true;
}

bool platform_unmap(void *start, size_t bytes) {
    return platform_release(start, bytes);
}

/* Runs must be the same each time, and nobody attacks this heap. */
uint64_t platform_secret(void) {
    return UINT64_C(0x5eed0f7a9e5ab1e5);
}

struct lock lists_lock;

void lock_acquire(struct lock *lock) { /* there is one thread */
    (void)lock;
}

void lock_release(struct lock *lock) {
    (void)lock;
}

halloc_heap *shared_begin(halloc_heap *of, const halloc_heap_options *options) { /* and one process */
    (void)of, (void)options;
    return NULL;
}

bool shared_enter(halloc_heap *of) {
    return of;
}

void shared_leave(halloc_heap *of) {
    (void)of;
}

static unsigned place_of(const void *payload) {
    return payload ? (unsigned)((const char *)payload - heap->engine.base) : 0;
}

void fatal(const char *call, const char *fault, const void *pointer) {
    (void)call;
    misuse((unsigned)(size_t)fault, place_of(pointer));
}

/* --- Watching ---------------------------------------------------------------------------------- */

/* build.py puts a call of this before every line of the policies and of the engine. */
void page_line(unsigned file_and_line) {
    if (watched)
        seen(SEEN_LINE, file_and_line);
}

void page_probe(const MemoryBlock *block) {
    if (watched)
        seen(SEEN_PROBE, (unsigned)(size_t)block);
}

EXPORT("watch") void page_watch(unsigned on) {
    watched = on;
}

/* --- The reader's policy ------------------------------------------------------------------------ */

/* The first block comes while the heap is made: its record is known by the set. */
static void meet(const halloc_free_set *set) {
    heap = (halloc_heap *)((char *)set - offsetof(halloc_heap, engine.set));
}

static MemoryBlock *forward_find(const halloc_free_set *set, size_t size) {
    meet(set);
    return (MemoryBlock *)(size_t)own_find((unsigned)size);
}

static void forward_insert(halloc_free_set *set, MemoryBlock *block) {
    meet(set);
    own_insert((unsigned)(size_t)block);
}

static void forward_remove(halloc_free_set *set, MemoryBlock *block) {
    meet(set);
    own_remove((unsigned)(size_t)block);
}

static void forward_take(halloc_free_set *set, MemoryBlock *block) {
    meet(set);
    own_take((unsigned)(size_t)block);
}

const halloc_policy halloc_user_policy = {
    .name = "yours",
    .summary = "the policy that you write in the page",
    .find = forward_find,
    .insert = forward_insert,
    .remove = forward_remove,
    .take = forward_take,
};

EXPORT("count_probe") void page_count_probe(unsigned block) {
    heap->engine.set[0].probes++;
    page_probe((const MemoryBlock *)(size_t)block);
}

/* --- The heap ------------------------------------------------------------------------------------ */

EXPORT("open") void page_open(unsigned policy) {
    heap = halloc_heap_create(&(halloc_heap_options){
        .fit = halloc_policy_at(policy)->name,
        .pages = 1,
        .growing = true,
        .reserve_bytes = RESERVE_BYTES,
        .step_bytes = PAGE_BYTES,
    });
}

EXPORT("malloc") unsigned page_malloc(unsigned size, unsigned alignment) {
    return place_of(halloc_heap_aligned(heap, alignment, size));
}

EXPORT("free") void page_free(unsigned place) {
    halloc_heap_deallocate(heap, heap->engine.base + place);
}

EXPORT("realloc") unsigned page_realloc(unsigned place, unsigned size) {
    return place_of(halloc_heap_resize(heap, heap->engine.base + place, size));
}

/* Text of the first broken invariant; 0: all hold. */
EXPORT("check") unsigned page_check(void) {
    const char *broken;
    return halloc_heap_check(heap, &broken) ? 0 : (unsigned)(size_t)broken;
}

/* The block that find would take now; 0: none. */
EXPORT("peek") unsigned page_peek(unsigned size) {
    return (unsigned)(size_t)engine_find(&heap->engine, size);
}

/* The payload that a request gets at least: what find is asked for. */
EXPORT("round") unsigned page_round(unsigned size) {
    return (unsigned)free_set_round(&heap->engine.set[0], size);
}

/* --- Looking: addresses, and counts that may be large ----------------------------------------------- */

EXPORT("base") unsigned page_base(void) {
    return (unsigned)(size_t)heap->engine.base;
}

EXPORT("first") unsigned page_first(void) {
    return (unsigned)(size_t)heap->engine.first;
}

EXPORT("top") unsigned page_top(void) {
    return (unsigned)(heap->engine.top - heap->engine.base);
}

EXPORT("root") unsigned page_root(void) {
    return (unsigned)(size_t)heap->engine.set[0].root;
}

EXPORT("cursor") unsigned page_cursor(void) {
    return (unsigned)(size_t)&heap->engine.set[0].cursor;
}

EXPORT("count") unsigned page_count(void) {
    return (unsigned)heap->engine.set[0].count;
}

EXPORT("finds") double page_finds(void) {
    return (double)heap->engine.set[0].finds;
}

EXPORT("probes") double page_probes(void) {
    return (double)heap->engine.set[0].probes;
}

EXPORT("splits") double page_splits(void) {
    return (double)heap->engine.splits;
}

EXPORT("merges") double page_merges(void) {
    return (double)heap->engine.merges;
}

EXPORT("used") double page_used(void) {
    return (double)heap->engine.used_bytes;
}
