/*
 * unit.h - what the unit tests share.
 *
 * A unit test is one translation unit: this header brings the whole library in as source, so that
 * the test sees its insides, and then cmocka (common.h). A test that scripts failures or page sizes defines
 * HALLOC_FAKE_PLATFORM first. Names of tests are sentences: what holds, not what is called.
 */
#ifndef HALLOC_UNIT_H
#define HALLOC_UNIT_H

#define HALLOC_LIBRARY
#define HALLOC_NO_OVERRIDE 1

/* A test that needs another value of a tunable defines it under this name first. */
#define HALLOC_SINGLE_FILE 1
#include "../../src/base/base.h"

#include "../../src/base/config.h"
#ifdef TEST_NOTES_FROM_BYTES /* 1: slabs note in every heap */
#undef NOTES_FROM_BYTES
#define NOTES_FROM_BYTES TEST_NOTES_FROM_BYTES
#endif
#ifdef TEST_HUGE_EDGES_MOST
#undef HUGE_EDGES_MOST
#define HUGE_EDGES_MOST TEST_HUGE_EDGES_MOST
#endif

#include "../../halloc.c"

#include "../common.h"

/* What the owner of a slab does to free a slot; its thread cache is left out. */
UNUSED static void slab_give(struct slab *slab, void *slot, bool listed) {
    if (listed)
        slab_list(slab, slot);
    else
        slab_note(slab, slot);
    slab->frees_left--;
}

UNUSED static const char *const policy_names[] = {"bump",  "first",      "next",  "best",
                                                  "worst", "segregated", "buddy", "tlsf"};
#define POLICIES COUNT(policy_names)

/* Usable bytes of the block that starts at ptr; 0 if none does. */
UNUSED static size_t large_bytes(const void *ptr) {
    return large_is_block(ptr) ? region_block_bytes(ptr) : 0;
}

/* --- Heaps ---------------------------------------------------------------------------------- */

UNUSED static halloc_heap *fixed_heap(const char *fit, size_t pages) {
    halloc_heap *heap = halloc_heap_create(&(halloc_heap_options){.fit = fit, .pages = pages});
    assert_non_null(heap);
    return heap;
}

UNUSED static halloc_heap *growing_heap(const char *fit) {
    halloc_heap *heap = halloc_heap_create(&(halloc_heap_options){.fit = fit, .growing = true});
    assert_non_null(heap);
    return heap;
}

/* Every invariant holds; otherwise the test fails with its words. */
#define assert_sound(heap)                                                                                   \
    do {                                                                                                     \
        const char *broken_;                                                                                 \
        if (!halloc_heap_check((heap), &broken_))                                                            \
            fail_msg("broken: %s", broken_);                                                                 \
    } while (0)

UNUSED static halloc_heap_stats stats_of(halloc_heap *heap) {
    halloc_heap_stats stats;
    halloc_heap_get_stats(heap, &stats);
    return stats;
}

/* The record in front of a payload of a classic heap. */
UNUSED static MemoryBlock *record_before(void *payload) {
    return (MemoryBlock *)((char *)payload - HEADER_BYTES);
}

UNUSED static void *payload_behind(MemoryBlock *block) {
    return (char *)block + HEADER_BYTES;
}

/* --- Misuse ---------------------------------------------------------------------------------------- */

/* The one line that misuse writes. */
UNUSED static const char *misuse_line(const char *call, const void *pointer, const char *fault) {
    static char line[400];
    snprintf(line, sizeof line, "halloc: %s(0x%lx): %s\n", call, (unsigned long)pointer, fault);
    return line;
}

/* act(pointer) must abort, after exactly the line that names the call, the pointer and the fault. */
UNUSED static void assert_misuse(void (*act)(void *), void *pointer, const char *call, const char *fault) {
    struct ending ending = in_child(act, pointer);
    assert_string_equal(ending.text, misuse_line(call, pointer, fault));
    assert_true(WIFSIGNALED(ending.status));
    assert_int_equal(WTERMSIG(ending.status), SIGABRT);
}

#endif
