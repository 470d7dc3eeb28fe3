/*
 * test_region.c - the range of the process heap, its tables and frontier; what is clean and what is
 * dirty; and what a purge gives back.
 */
#include "fresh.h"

#include <sys/resource.h>

/* --- The range ------------------------------------------------------------------------------------------ */

static void look_at_the_layout(void) {
    child_assert(process_is_ready());
    char *tables = (char *)region.engine.table;
    child_assert((char *)region.slabs < (char *)region.dirt);
    child_assert((char *)region.dirt < tables && tables < region.base);
    child_assert(region.base - (tables + region.limit_units * sizeof(MemoryBlock)) >= (ptrdiff_t)GUARD_BYTES);
    child_assert((uintptr_t)region.base % REGION_ALIGNMENT_BYTES == 0);
    child_assert(!region_contains(NULL) && !region_contains(region.base - 1));
    child_assert(!region_contains((void *)UINTPTR_MAX));
    child_assert(region_contains(region.base));
}

static void tables_lie_before_the_blocks(void **state UNUSED) {
    in_fresh_heaps(look_at_the_layout, "");
    in_fresh_heaps(look_at_the_layout, "reserve:100M");
}

static void look_at_the_ends(void) {
    child_assert(process_is_ready() && region_contains(region.base));
    child_assert(region_contains(region.base + region.bytes - 1));
    child_assert(!region_contains(region.base + region.bytes) && !region_contains(region.base - 1));
}

static void the_region_ends_with_its_last_byte(void **state UNUSED) {
    in_fresh_heaps(look_at_the_ends, "");
}

static void grow_far(void) {
    child_assert(process_is_ready());
    char *first = taken(100 * KIB, 1), *tail = NULL;
    for (int step = 0; step < 40; step++) { /* past what the tables first cover */
        char *block = taken(20 * MIB, 1);
        block[0] = block[20 * MIB - 1] = 1;
        child_assert(unit_of(block)->kind == UNIT_NONE);
        tail = block;
    }
    child_assert(region.engine.top - region.base >= (ptrdiff_t)(800 * MIB));
    child_assert(region_contains(tail) && region_block_bytes(tail) == 20 * MIB);
    child_assert(region.bytes >= (size_t)(region.engine.top - region.base));
    region_give(first, 1);
}

static void the_frontier_moves_and_the_tables_with_it(void **state UNUSED) {
    in_fresh_heaps(grow_far, "");
}

static void use_it_up(void) {
    child_assert(process_is_ready());
    size_t count = 0;
    while (region_take(MIB, 1))
        count++;
    child_assert(count >= 30 && count <= 32);
    child_assert(region.engine.top <= region.engine.limit);
    child_assert(!region_take(MIB, 1));
    child_assert(!halloc_malloc(3 * MIB) && errno == ENOMEM);
}

static void a_small_region_ends_where_it_should(void **state UNUSED) {
    in_fresh_heaps(use_it_up, "reserve:32M");
}

static void take_aligned(void) {
    child_assert(process_is_ready());
    for (size_t alignment = UNIT_BYTES; alignment <= 64 * MIB; alignment *= 2) {
        char *block = taken(40 * KIB, alignment);
        child_assert((uintptr_t)block % alignment == 0);
        child_assert(region_block_bytes(block) == 48 * KIB);
        region_give(block, 0);
    }
}

static void blocks_are_aligned_as_asked(void **state UNUSED) {
    in_fresh_heaps(take_aligned, "");
    in_fresh_heaps(take_aligned, "fit:best");
}

/* With one unit more than whole words of dirty bits, and than a whole guard's. */
static void use_an_odd_end(void) {
    child_assert(process_is_ready() && region.limit_units % 64 == 1);
    if (platform_page_bytes() > UNIT_BYTES)
        return; /* there the last unit is no whole page */
    size_t end = region.limit_units;
    char *all = taken(end * UNIT_BYTES, 1);
    region_give(all, end * UNIT_BYTES);
    child_assert(region.dirty_units == end);
    child_assert(dirty_count(region.dirt, end - 1, end) == 1);
    child_assert(halloc_process_check(NULL));
}

static void a_region_of_any_number_of_units_serves_to_its_end(void **state UNUSED) {
    in_fresh_heaps(use_an_odd_end, "reserve:8589950976");
}

/* --- Clean and dirty ------------------------------------------------------------------------------------- */

static bool all_zero(const char *at, size_t size) {
    for (size_t index = 0; index < size; index++)
        if (at[index])
            return false;
    return true;
}

static void look_at_dirt(void) {
    child_assert(process_is_ready());
    char *block = taken(160 * KIB, 1);
    size_t unit = region_unit(block);
    child_assert(dirty_count(region.dirt, unit, unit + 10) == 0);
    memset(block, 7, 40 * KIB);
    region_give(block, 40 * KIB); /* three units of it */
    child_assert(region.dirty_units == 3);
    char *again = taken(160 * KIB, 1);
    child_assert(again == block);
    block[50 * KIB] = 7; /* in a clean unit: region_clear must not touch it, for it trusts the map */
    region_clear(again, 160 * KIB);
    child_assert(all_zero(again, 48 * KIB) && block[50 * KIB] == 7);
    child_assert(region_resize(again, 16 * KIB)); /* its tail is dirty, whatever it was */
    child_assert(region.dirty_units == 9);
    region_give(again, 16 * KIB);
    child_assert(region.dirty_units == 10);
}

static void a_unit_is_dirty_once_it_was_in_use(void **state UNUSED) {
    in_fresh_heaps(look_at_dirt, "");
}

static void miscount_dirt(void) {
    child_assert(process_is_ready());
    char *block = taken(160 * KIB, 1);
    taken(UNIT_BYTES, 1);
    region_give(block, 160 * KIB);
    child_assert(halloc_process_check(NULL));
    region.dirty_units++;
    child_assert(strstr(region_check(), "dirty_units is not the sum"));
    region.dirty_units--;
    dirty_mark(region.dirt, 0, region_unit(region.engine.top), false); /* behind the back of the sets */
    child_assert(strstr(region_check(), "the second set"));
    dirty_mark(region.dirt, region_unit(block), region_unit(block) + 10, true);
}

static void the_check_finds_dirt_that_was_miscounted(void **state UNUSED) {
    in_fresh_heaps(miscount_dirt, "");
}

static void prefer_the_dirty(void) {
    child_assert(process_is_ready());
    char *low = taken(64 * KIB, 1), *wall = taken(64 * KIB, 1), *high = taken(64 * KIB, 1);
    char *end = taken(64 * KIB, 1);
    region_give(low, 0);         /* clean */
    region_give(high, 64 * KIB); /* dirty, and resident */
    child_assert(taken(64 * KIB, 1) == high);
    child_assert(taken(64 * KIB, 1) == low);
    region_give(wall, 0);
    region_give(end, 0);
}

static void resident_memory_is_used_first(void **state UNUSED) {
    in_fresh_heaps(prefer_the_dirty, "fit:first");
    in_fresh_heaps(prefer_the_dirty, "fit:segregated");
}

/* --- Purging ----------------------------------------------------------------------------------------------- */

static char *dirty_block(size_t bytes) {
    char *block = taken(bytes, 1);
    memset(block, 9, bytes);
    return block;
}

static void purge_all(void) {
    child_assert(process_is_ready());
    char *blocks[40];
    for (size_t index = 0; index < COUNT(blocks); index++)
        blocks[index] = dirty_block((1 + index % 5) * 128 * KIB);
    for (size_t index = 0; index < COUNT(blocks); index += 2) /* walls stay between */
        region_give(blocks[index], region_block_bytes(blocks[index]));
    size_t dirty = region.dirty_units * UNIT_BYTES;
    child_assert(dirty == (6 + 6 + 3) * 4 * 128 * KIB);
    child_assert(purge_to(0, SIZE_MAX) == dirty);
    child_assert(region.dirty_units == 0 && !purges.purger);
    child_assert(purge_to(0, SIZE_MAX) == 0);
    for (size_t index = 0; index < COUNT(blocks); index++)
        child_assert(index % 2 ? blocks[index][100] == 9 : all_zero(blocks[index], 128 * KIB));
}

static void a_purge_gives_back_what_is_free_and_no_more(void **state UNUSED) {
    in_fresh_heaps(purge_all, "purge:off");
}

static void purge_some(void) {
    child_assert(process_is_ready());
    char *blocks[12];
    for (size_t index = 0; index < COUNT(blocks); index++)
        blocks[index] = dirty_block(index == 4 ? 3 * MIB : 256 * KIB);
    for (size_t index = 0; index < COUNT(blocks); index += 2)
        region_give(blocks[index], region_block_bytes(blocks[index]));
    child_assert(purge_to(2 * MIB, SIZE_MAX) == 3 * MIB); /* the largest first; the rest may stay */
    child_assert(region.dirty_units * UNIT_BYTES == 5 * 256 * KIB);
    child_assert(all_zero(blocks[4], 3 * MIB));
}

static void the_largest_goes_first(void **state UNUSED) {
    in_fresh_heaps(purge_some, "purge:off");
}

static void purge_refused(void) {
    halloc_free(halloc_malloc(1)); /* what the thread needs for itself it has now */
    char *block = dirty_block(MIB);
    region_give(block, MIB);
    fake_refuse(1, UINT64_MAX);
    child_assert(purge_to(0, SIZE_MAX) == 0);
    fake_refuse(0, 0);
    child_assert(region.dirty_units == MIB / UNIT_BYTES && block[5] == 9);
    unsigned char *zeroed = halloc_calloc(1, MIB); /* so it must be cleared by hand */
    child_assert(all_zero((char *)zeroed, MIB));
    halloc_free(zeroed);
    child_assert(purge_to(0, SIZE_MAX) >= MIB - 2 * platform_page_bytes());
}

static void what_the_kernel_did_not_take_stays_dirty(void **state UNUSED) {
    in_fresh_heaps(purge_refused, "purge:off");
}

/* --- Where data is limited --------------------------------------------------------------------------------- */

static size_t data_bytes(void) {
    char line[200];
    size_t kib = 0;
    FILE *status = fopen("/proc/self/status", "r");
    while (status && fgets(line, sizeof line, status) && sscanf(line, "VmData: %zu", &kib) != 1)
        ;
    return kib * KIB;
}

static void ask_for_too_much(void) {
    size_t data = data_bytes(), usable[TABLES];
    char *top = region.engine.top;
    memcpy(usable, region.usable, sizeof usable);
    child_assert(data && setrlimit(RLIMIT_DATA, &(struct rlimit){data + GIB + MIB, RLIM_INFINITY}) == 0);
    child_assert(!region_take(10 * GIB, UNIT_BYTES) && region.engine.top == top);
    child_assert(memcmp(usable, region.usable, sizeof usable) == 0);
    child_assert(!region_take(GIB, UNIT_BYTES) &&
                 region.engine.top == top); /* there is no room for its tables */
    child_assert(region_take(1000 * MIB, UNIT_BYTES) && region_check() == NULL);
}

static void a_request_that_is_refused_keeps_no_memory(void **state UNUSED) {
    in_fresh_heap(ask_for_too_much, "");
    in_fresh_heap(ask_for_too_much, "thp:never");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(tables_lie_before_the_blocks),
        test(the_region_ends_with_its_last_byte),
        test(the_frontier_moves_and_the_tables_with_it),
        test(a_small_region_ends_where_it_should),
        test(a_region_of_any_number_of_units_serves_to_its_end),
        test(blocks_are_aligned_as_asked),
        test(a_unit_is_dirty_once_it_was_in_use),
        test(the_check_finds_dirt_that_was_miscounted),
        test(resident_memory_is_used_first),
        test(a_purge_gives_back_what_is_free_and_no_more),
        test(the_largest_goes_first),
        test(what_the_kernel_did_not_take_stays_dirty),
        test(a_request_that_is_refused_keeps_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
