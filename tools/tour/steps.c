/*
 * steps.c - the steps of the tour on one heap, and the order of all ten.
 *
 * Each step asks what will happen, does it by the public functions of halloc.h, looks at the heap, and
 * describes it. The numbers in its sentences are read from the heap, like the pictures.
 */
#include "steps.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* --- What every step does ------------------------------------------------------------------------ */

static bool tour_show(struct tour *tour) {
    if (!tour_look_checked(tour, tour->heap, tour->variables))
        return false;
    halloc_heap_stats stats;
    halloc_heap_get_stats(tour->heap, &stats);
    tour_draw(&tour->screen, &tour->picture, stats.heap_bytes);
    return true;
}

static bool tour_allocate(struct tour *tour, int variable, size_t size) {
    char name = (char)('a' + variable);
    void *payload = halloc_allocate(size);
    if (!payload)
        return tour_fail("a request that should fit did not");
    tour->variables[variable] = payload;
    tour_print(&tour->screen, TOUR_CALL, "%c = halloc_allocate(%zu)", name, size);
    return true;
}

static void tour_deallocate(struct tour *tour, int variable) {
    halloc_deallocate(tour->variables[variable]);
    tour->variables[variable] = NULL;
    tour_print(&tour->screen, TOUR_CALL, "halloc_deallocate(%c)", 'a' + variable);
}

/* --- 1 to 3: one block becomes many ------------------------------------------------------------- */

static bool tour_empty(struct tour *tour) {
    const struct tour_screen *screen = &tour->screen;
    tour_print(screen, TOUR_ASK, "A heap of one page is made. Nobody has asked yet: how many blocks?");
    if (!tour_pause(tour))
        return false;
    halloc_initializeHeap(1);
    tour_print(screen, TOUR_CALL, "halloc_initializeHeap(1)");
    tour->heap = halloc_default_heap();
    if (!tour->heap)
        return tour_fail("there is no heap to look at");
    halloc_heap_stats stats;
    halloc_heap_get_stats(tour->heap, &stats);
    if (strcmp(stats.fit, "first") != 0)
        return tour_fail("the tour tells of first fit, and HALLOC_CONF chooses another: unset it");
    tour->scale = stats.heap_bytes / 4096 ? stats.heap_bytes / 4096 : 1;
    if (!tour_show(tour))
        return false;
    tour_print(screen, TOUR_SAY,
               "One, and it is free. A block is a header, drawn %s, and a payload: %s in use, %s free. They "
               "are numbered by address. 'at' is where the header lies, from %p on; 'bytes' is the payload.",
               screen->unicode ? "┃" : "|", screen->unicode ? "▒" : "#", screen->unicode ? "·" : ".",
               (const void *)tour->picture.blocks[0].header);
    tour_print(screen, TOUR_SOURCE,
               "src/classic/original.c: halloc_initializeHeap; src/classic/heap.c: heap_map");
    return true;
}

static bool tour_find_and_split(struct tour *tour) {
    const struct tour_screen *screen = &tour->screen;
    size_t size = 440 * tour->scale;
    tour_print(screen, TOUR_ASK, "You want %zu bytes. Which block serves, and what becomes of its rest?",
               size);
    if (!tour_pause(tour))
        return false;
    MemoryBlock *found = findFreeBlock(size);
    if (!found)
        return tour_fail("findFreeBlock found nothing in an empty heap");
    tour_print(screen, TOUR_CALL, "found = findFreeBlock(%zu)   gives block %d, %zu bytes", size,
               tour_number(&tour->picture, found), found->size);
    splitBlock(found, size);
    tour_print(screen, TOUR_CALL, "splitBlock(found, %zu)", size);
    if (!tour_show(tour))
        return false;
    tour_print(screen, TOUR_SAY,
               "Two blocks, both free still. The rest got a header of its own. %zu became %zu: sizes are "
               "rounded up, so that every payload begins at a multiple of 16.",
               size, tour_size(tour, 1));
    if (!tour_allocate(tour, TOUR_A, size) || !tour_show(tour))
        return false;
    const struct tour_block *block = &tour->picture.blocks[0];
    tour_print(screen, TOUR_SAY,
               "To allocate is just this: find, split if much larger, mark as in use. a points at the "
               "payload, at +%zu. The header before it now says: size %zu, isFree %d, prev %s, next +%zu.",
               tour_offset(&tour->picture, tour->variables[TOUR_A]), block->copy.size, block->copy.isFree,
               block->copy.prev ? "set" : "NULL", tour_offset(&tour->picture, block->copy.next));
    tour_print(screen, TOUR_SOURCE,
               "src/classic/original.c: findFreeBlock, splitBlock; src/engine/block.c: engine_take");
    return true;
}

static bool tour_more(struct tour *tour) {
    static const size_t sizes[] = {640, 352, 736, 384};
    tour_print(&tour->screen, TOUR_ASK, "Four requests more. Where will they lie?");
    if (!tour_pause(tour))
        return false;
    for (int index = 0; index < 4; index++)
        if (!tour_allocate(tour, TOUR_B + index, sizes[index] * tour->scale))
            return false;
    if (!tour_show(tour))
        return false;
    tour_print(&tour->screen, TOUR_SAY,
               "One behind the other. Each time there was one free block, and its front was cut off. "
               "Every header is linked to the one before it and the one after it.");
    tour_print(&tour->screen, TOUR_SOURCE, "src/engine/block.c: engine_take, cut_tail, add_free");
    return true;
}

/* --- 4 to 7: holes, and what becomes of them ------------------------------------------------------ */

static bool tour_hole(struct tour *tour) {
    tour_print(&tour->screen, TOUR_ASK, "b is freed. It lies between two blocks in use. What moves?");
    if (!tour_pause(tour))
        return false;
    tour_deallocate(tour, TOUR_B);
    if (!tour_show(tour))
        return false;
    tour_print(&tour->screen, TOUR_SAY,
               "Nothing: a block in use never moves. The hole goes to the head of the free list, whose links "
               "lie in the payloads of free blocks: nobody else uses those.");
    tour_print(&tour->screen, TOUR_SOURCE,
               "src/engine/block.c: engine_give; src/engine/fit/first.c: first_insert");
    return true;
}

static bool tour_first_fit(struct tour *tour) {
    const struct tour_screen *screen = &tour->screen;
    size_t size = 340 * tour->scale;
    tour_deallocate(tour, TOUR_D);
    if (!tour_show(tour))
        return false;
    putchar('\n');
    tour_print(screen, TOUR_ASK, "You ask for %zu bytes. Both holes are large enough. Which is taken?", size);
    if (!tour_pause(tour))
        return false;
    int found = tour_number(&tour->picture, findFreeBlock(size));
    size_t hole = tour_size(tour, found);
    if (!tour_allocate(tour, TOUR_F, size) || !tour_show(tour))
        return false;
    int taken = tour_number(&tour->picture, tour->variables[TOUR_F]);
    tour_print(screen, TOUR_SAY,
               "Block %d: it was first on the list. First fit goes by the list, not by address: heap order "
               "and list order are two things. The hole had %zu bytes, so it was split, and its rest, "
               "block %d, now heads the list.",
               found, hole, taken + 1);
    tour_print(screen, TOUR_SOURCE,
               "src/engine/fit/first.c: first_find; src/engine/block.c: engine_take, cut_tail");
    return true;
}

static bool tour_coalesce(struct tour *tour) {
    const struct tour_screen *screen = &tour->screen;
    size_t header = tour->picture.header_bytes;
    tour_print(screen, TOUR_ASK,
               "c is freed. Before it lies a hole, behind it f. Will there be a hole more?");
    if (!tour_pause(tour))
        return false;
    int block = tour_number(&tour->picture, tour->variables[TOUR_C]);
    size_t left = tour_size(tour, block - 1), middle = tour_size(tour, block);
    tour_deallocate(tour, TOUR_C);
    if (!tour_show(tour))
        return false;
    tour_print(screen, TOUR_SAY,
               "No: free neighbours become one block, or coalesce. %zu + %zu, and the %zu bytes of a header "
               "that is needed no more: %zu.",
               left, middle, header, tour_size(tour, block - 1));
    putchar('\n');
    tour_print(screen, TOUR_ASK, "f is freed, and has a hole on each side. How many are there then?");
    if (!tour_pause(tour))
        return false;
    block = tour_number(&tour->picture, tour->variables[TOUR_F]);
    left = tour_size(tour, block - 1), middle = tour_size(tour, block);
    size_t right = tour_size(tour, block + 1);
    tour_deallocate(tour, TOUR_F);
    if (!tour_show(tour))
        return false;
    tour_print(screen, TOUR_SAY,
               "Three blocks became one: %zu + %zu + %zu + 2 headers = %zu. It took no search: each "
               "header leads to its neighbours.",
               left, middle, right, tour_size(tour, block - 1));
    tour_print(screen, TOUR_SOURCE, "src/engine/block.c: engine_give, coalesce, absorb");
    return true;
}

static bool tour_fragmentation(struct tour *tour) {
    const struct tour_screen *screen = &tour->screen;
    size_t size = 2000 * tour->scale;
    tour_print(screen, TOUR_ASK, "%zu bytes are free. Can you have %zu of them?", tour->picture.free_bytes,
               size);
    if (!tour_pause(tour))
        return false;
    errno = 0;
    if (halloc_allocate(size))
        return tour_fail("a request that should not fit did");
    int error = errno;
    tour_print(screen, TOUR_CALL, "g = halloc_allocate(%zu)   gives NULL: %s", size, strerror(error));
    tour_strip(screen, &tour->picture, "heap");
    tour_bar(screen, &tour->picture, "asked", size);
    halloc_heap_stats stats;
    halloc_heap_get_stats(tour->heap, &stats);
    tour_print(screen, TOUR_SAY,
               "No: the largest hole has %zu. Memory that is free, but in pieces too small, is called "
               "fragmentation. One block stands in the way here; it can't be moved, but it can be freed:",
               stats.largest_free_bytes);
    tour_deallocate(tour, TOUR_E);
    if (!tour_allocate(tour, TOUR_G, size) || !tour_show(tour))
        return false;
    tour_print(screen, TOUR_SOURCE, "src/engine/block.c: engine_take, grow_for");
    return true;
}

/* --- 10, and the order of all ---------------------------------------------------------------------- */

static bool tour_read_on(struct tour *tour) {
    const struct tour_screen *screen = &tour->screen;
    const char *broken;
    if (!halloc_heap_check(tour->heap, &broken))
        return tour_fail(broken);
    halloc_heap_stats stats;
    halloc_heap_get_stats(tour->heap, &stats);
    tour_print(screen, TOUR_SAY,
               "Your heap made %zu searches, %zu splits and %zu merges. At each picture "
               "all invariants of a heap were checked, and held. Read on in this order:",
               stats.finds, stats.splits, stats.merges);
    tour_print(screen, TOUR_SAY, "halloc.h            the manual: five functions, heaps, policies");
    tour_print(screen, TOUR_SAY, "src/engine/block.c  the engine: engine_take, then engine_give");
    tour_print(screen, TOUR_SAY, "src/engine/fit/     the policies, a short file each; write your own");
    tour_print(screen, TOUR_SAY, "halloc.c            all files, from the bottom up");
    return true;
}

TOUR_INTERNAL const struct tour_step *tour_step_at(int index) {
    static const struct tour_step steps[TOUR_STEPS] = {
        {"An empty heap", tour_empty},
        {"Find, split, mark as in use", tour_find_and_split},
        {"More blocks", tour_more},
        {"A hole", tour_hole},
        {"First fit, and two orders", tour_first_fit},
        {"Coalescing", tour_coalesce},
        {"Fragmentation", tour_fragmentation},
        {"Other policies", tour_policies},
        {"Misuse", tour_misuse},
        {"Read on", tour_read_on},
    };
    return &steps[index];
}
