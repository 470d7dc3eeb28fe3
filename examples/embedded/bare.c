/*
 * bare.c - heaps on a machine without an operating system: one object file, and nothing undefined in it.
 *
 *      gcc -ffreestanding -O2 -Iinclude -c bare.c
 *
 *      static char memory[4096];
 *      halloc_heap *heap = halloc_heap_create(&(halloc_heap_options){.memory = memory, .memory_bytes = 4096});
 *
 * It has section 2 and 3 of halloc.h, for heaps in memory that you give: every policy, every check. Any compiler that
 * knows C17 and GNU's builtins will do, for addresses of 32 or 64 bits. Copy this file, and change what stands under
 * "Yours". docs/embedded.md tells more.
 */
#define HALLOC_SINGLE_FILE 1
#pragma GCC diagnostic ignored "-Wunused-function" /* headers declare more than heaps in given memory need */
#pragma GCC diagnostic ignored "-Wunused-variable"

#include "../../src/classic/heap.h"

/* --- Yours ------------------------------------------------------------------------------------------------- */

int halloc_errno; /* why the last call failed: EINVAL, ENOMEM or EEXIST */

/* One thread, and no interrupt handler, calls the heap. Otherwise hold interrupts back here, or take a lock. */
static void lock_acquire(struct lock *lock) {
    (void)lock;
}

static void lock_release(struct lock *lock) {
    (void)lock;
}

/* A bad pointer was freed: `call` and `fault` say what happened. Nothing is changed if this returns. */
static void fatal(const char *call, const char *fault, const void *pointer) {
    (void)call, (void)fault, (void)pointer;
    __builtin_trap();
}

/* Makes block headers hard to forge. A random number is better, where your machine has one. */
static uint64_t platform_secret(void) {
    return UINT64_C(0x9e3779b97f4a7c15);
}

/* Weak: your libc's, or your own, wins. */
__attribute__((weak)) void *memset(void *to, int byte, size_t bytes) {
    for (volatile char *at = to; bytes--; at++)
        *at = (char)byte;
    return to;
}

__attribute__((weak)) void *memcpy(void *to, const void *from, size_t bytes) {
    volatile char *at = to;
    for (const char *source = from; bytes--; source++)
        *at++ = *source;
    return to;
}

__attribute__((weak)) int strcmp(const char *one, const char *other) {
    while (*one && *one == *other)
        one++, other++;
    return *(const unsigned char *)one - *(const unsigned char *)other;
}

/* --- What is not there: more memory, and other processes ------------------------------------------------------- */

static size_t platform_page_bytes(void) {
    return 4096;
}

static void *platform_map(size_t bytes, bool usable) {
    (void)bytes, (void)usable;
    return NULL; /* a heap without memory that you give: ENOMEM */
}

static bool platform_commit(void *start, size_t bytes) {
    (void)start, (void)bytes;
    return false;
}

static bool platform_release(void *start, size_t bytes) {
    return platform_commit(start, bytes);
}

static bool platform_unmap(void *start, size_t bytes) {
    return platform_commit(start, bytes);
}

static halloc_heap *shared_begin(halloc_heap *heap, const halloc_heap_options *options) {
    (void)heap, (void)options;
    return fail_with(EINVAL);
}

static bool shared_enter(halloc_heap *heap) {
    return heap;
}

static void shared_leave(halloc_heap *heap) {
    (void)heap;
}

/* --- The heaps --------------------------------------------------------------------------------------------- */

#include "../../src/engine/fit.c"
#include "../../src/engine/fit/bump.c"
#include "../../src/engine/fit/first.c"
#include "../../src/engine/fit/next.c"
#include "../../src/engine/fit/best.c"
#include "../../src/engine/fit/worst.c"
#include "../../src/engine/fit/segregated.c"
#include "../../src/engine/fit/buddy.c"
#include "../../src/engine/fit/tlsf.c"

#include "../../src/engine/block.c"
#include "../../src/engine/block_check.c"
#include "../../src/classic/heap.c"
