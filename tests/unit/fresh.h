/*
 * fresh.h - heaps that have not started, for tests of the region: each test in a child, on pages of the kernel's
 * size, and of 16 and 64 KiB.
 */
#define HALLOC_FAKE_PLATFORM
#include "unit.h"

#include <sys/prctl.h>

/* Each test in a child, where the heap has not started. */
struct fresh {
    void (*act)(void);
    const char *configuration;
    size_t page_bytes;
};

/* On systems that give huge pages unasked, more would be resident than a test expects. */
static void act_fresh(void *argument) {
    const struct fresh *fresh = argument;
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
    setenv("HALLOC_CONF", fresh->configuration, 1);
    fake.page_bytes = fresh->page_bytes;
    fresh->act();
    const char *broken = region.base ? region_check() : NULL; /* a classic heap has none */
    if (broken)
        dprintf(2, "broken: %s\n", broken);
    child_assert(!broken);
}

/* On the kernel's pages, with the heap started. */
UNUSED static void act_after_start(void *argument) {
    setenv("HALLOC_CONF", ((const struct fresh *)argument)->configuration, 1);
    halloc_free(halloc_malloc(1));
    act_fresh(argument);
}

UNUSED static void in_fresh_heap(void (*act)(void), const char *configuration) {
    struct fresh fresh = {act, configuration, 0};
    assert_child_fine(in_child(act_after_start, &fresh));
}

UNUSED static void in_fresh_heaps(void (*act)(void), const char *configuration) {
#ifdef __SANITIZE_THREAD__
    static const size_t pages[] = {0}; /* a race does not depend on them */
#else
    static const size_t pages[] = {0, 16 * KIB, 64 * KIB};
#endif
    for (size_t index = 0; index < COUNT(pages); index++) {
        struct fresh fresh = {act, configuration, pages[index]};
        assert_child_fine(in_child(act_fresh, &fresh));
    }
}

UNUSED static char *taken(size_t bytes, size_t alignment) {
    char *block = region_take(bytes, alignment);
    child_assert(block);
    return block;
}

UNUSED static size_t free_and_dirty(void) {
    return region.dirty_units * UNIT_BYTES;
}
