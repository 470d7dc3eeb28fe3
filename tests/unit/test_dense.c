/*
 * test_dense.c - huge pages are wished for where the heap is full, and nowhere else. Each test in a heap of its own.
 */
#define TEST_HUGE_EDGES_MOST 40
#include "fresh.h"

/* --- Wishes ------------------------------------------------------------------------------------- */

static size_t wished_steps(void) {
    size_t steps = 0;
    for (size_t step = 0; step < sizeof wished * 8; step++)
        steps += is_wished(step);
    return steps;
}

static void wish_once(void) {
    char *block = taken(8 * MIB, 2 * MIB);
    size_t calls = fake.calls;
    huge_wish(block, 8 * MIB, true);
    child_assert(fake.calls == calls + 1 && wished_steps() == 4);
    huge_wish(block, 8 * MIB, true);
    child_assert(fake.calls == calls + 1);
    huge_wish(block + 2 * MIB + 5, 10, false);
    child_assert(fake.calls == calls + 2 && wished_steps() == 3);
    child_assert(!huge_is_wished(block + 2 * MIB, 2 * MIB) && huge_is_wished(block + 2 * MIB, 2 * MIB + 1));
    huge_wish(block, 8 * MIB, true); /* for that step alone */
    child_assert(fake.calls == calls + 3 && wished_steps() == 4);
}

/* What goes back in small pages is wished for no more. */
static void purge_a_short_stretch(void) {
    char *block = taken(2 * MIB, 2 * MIB);
    taken(UNIT_BYTES, 1);
    huge_wish(block, 2 * MIB, true);
    memset(block, 1, 2 * MIB);
    region_give(block, 2 * MIB);
    child_assert(huge_is_wished(block, 2 * MIB) && purge_to(0, SIZE_MAX) >= 2 * MIB &&
                 !huge_is_wished(block, 2 * MIB));
}

static void each_step_is_wished_for_once(void **state UNUSED) {
    in_fresh_heap(wish_once, "");
    in_fresh_heap(purge_a_short_stretch, "purge:off");
}

static void wish_nothing(void) {
    char *block = taken(8 * MIB, 2 * MIB);
    size_t calls = fake.calls;
    huge_wish(block, 8 * MIB, true);
    dense_choose_large(block, 8 * MIB, false);
    dense_learn(block, 8 * MIB);
    child_assert(fake.calls == calls);
}

/* At the start of the region nothing lies before a block of no bytes. */
static void wish_for_no_bytes(void) {
    child_assert(large_take(0, 64 * KIB, false));
    huge_wish(region.base, 0, true);
    child_assert(wished_steps() == 0);
}

static void no_bytes_need_no_huge_page(void **state UNUSED) {
    in_fresh_heap(wish_for_no_bytes, "");
}

static void never_and_system_wish_nothing(void **state UNUSED) {
    in_fresh_heap(wish_nothing, "thp:system");
    in_fresh_heap(wish_nothing, "thp:never");
    in_fresh_heap(wish_nothing, "thp:all");
}

/* Each edge is a mapping more to the kernel, and threads and mmap need some as well. */
static void alternate(void) {
    enum { PAIRS = HUGE_EDGES_MOST };
    char *steps = taken(PAIRS * 4 * MIB, 2 * MIB);
    for (size_t pair = 0; pair < PAIRS; pair++) {
        huge_wish(steps + pair * 4 * MIB, 2 * MIB, true);
        size_t found = 0;
        for (size_t step = 1; step < sizeof wished * 8; step++)
            found += is_wished(step) != is_wished(step - 1);
        child_assert((ptrdiff_t)found == edges);
        child_assert(edges <= HUGE_EDGES_MOST);
    }
    child_assert(edges > HUGE_EDGES_MOST - 2);
    ptrdiff_t before = edges;
    huge_wish(steps, PAIRS * 4 * MIB, false); /* what makes fewer goes on */
    child_assert(edges < before && wished_steps() == 0);
}

static void wishes_that_alternate_stop_at_so_many_edges(void **state UNUSED) {
    in_fresh_heap(alternate, "");
}

/* --- Density ------------------------------------------------------------------------------------ */

/* Slabs of one size class, all of each carved or only its first page. The lists don't matter here. */
static void make_slabs_of(size_t slot, size_t bytes, bool full) {
    for (size_t made = 0; made < bytes;) {
        struct slab *slab = slab_make(size_class_of(slot), cache_own);
        child_assert(slab);
        made += slab_bytes(slab);
        void *slots = carve(slab);
        while (slots && full)
            slots = carve(slab);
    }
}

static void make_slabs(size_t bytes, bool full) {
    make_slabs_of(32, bytes, full);
}

static void fill_with_sparse_slabs(void) {
    make_slabs(100 * MIB, false);
    child_assert(wished_steps() == 0);
}

/* Bytes at the frontier for which the system was asked for huge pages. */
static size_t asked_bytes;

static void watch_wishes(long number, long a, long b, long c, bool refused UNUSED) {
    if (number == SYS_madvise && c == MADV_HUGEPAGE && (char *)a + b == region.engine.top)
        asked_bytes += (size_t)b;
}

static void wish_for_all_that_grows(void) {
    char *before = region.engine.top;
    fake.watch = watch_wishes;
    child_assert(halloc_malloc(30 * MIB));
    child_assert(asked_bytes == (size_t)(region.engine.top - before) && asked_bytes > 29 * MIB);
}

static void all_that_grows_gets_huge_pages_where_all_is_asked_for(void **state UNUSED) {
    in_fresh_heap(wish_for_all_that_grows, "thp:all");
}

static void slabs_that_are_not_carved_get_no_huge_pages(void **state UNUSED) {
    in_fresh_heap(fill_with_sparse_slabs, "");
}

/* Bytes at the frontier for which the system is told to give no huge pages unasked, from where on. */
static size_t refused_bytes;
static char *refused_from;

static void watch_advice(long number, long a, long b, long c, bool refused UNUSED) {
    if (number != SYS_madvise || c != MADV_NOHUGEPAGE || (char *)a + b != region.engine.top)
        return;
    refused_from = refused_bytes ? refused_from : (char *)a;
    refused_bytes += (size_t)b;
}

/* What a retreat of the frontier maps anew knows nothing of it. */
static void use_a_little_of_slabs(void) {
    live_caches = 100;
    fake.watch = watch_advice;
    make_slabs(3 * MIB, false);
    child_assert(refused_bytes == 0);
    make_slabs(100 * MIB, false);
    child_assert(refused_from > region.base + 3 * MIB && refused_from < region.base + 13 * MIB);
    child_assert(refused_bytes == (size_t)(region.engine.top - refused_from));
    void *block = halloc_malloc(200 * MIB);
    char *top = region.engine.top;
    halloc_free(block);
    purge_to(0, SIZE_MAX);
    child_assert(region.engine.top < top);
    refused_bytes = 0;
    child_assert(halloc_malloc(200 * MIB));
    child_assert(refused_bytes == (size_t)(region.engine.top - refused_from) && refused_bytes > 50 * MIB);
}

static void use_slabs_up(void) {
    live_caches = 100;
    fake.watch = watch_advice;
    make_slabs(50 * MIB, true);
    make_slabs(40 * MIB, false);
    child_assert(refused_bytes == 0);
    make_slabs(50 * MIB, false);
    child_assert(refused_bytes > 0);
}

/* Half of each is carved, and then one slot less. */
static void use_half_of_slabs(void) {
    struct slab *slab = NULL;
    halloc_malloc_trim(0);
    live_caches = 2;
    for (size_t bytes = 0; bytes < DENSE_LEAST_BYTES; bytes += SLAB_SMALL_BYTES) {
        slab = slab_make(size_class_of(4096), cache_own);
        slab->last = slab_start(slab) + SLAB_SMALL_BYTES / 2 - 4096;
    }
    judge_heap();
    child_assert(!region.none_unasked);
    slab->last -= 4096;
    judge_heap();
    child_assert(region.none_unasked);
}

static void the_system_is_refused_huge_pages_once_slabs_are_sparse(void **state UNUSED) {
    in_fresh_heap(use_half_of_slabs, "");
    in_fresh_heap(use_a_little_of_slabs, "");
    in_fresh_heap(use_slabs_up, "");
}

/* Two thirds are carved: enough for one thread, which soon carves the rest. */
static size_t wishes_of(uint32_t threads) {
    live_caches = threads;
    make_slabs(2 * MIB, false);
    make_slabs(4 * MIB, true);
    make_slabs(2 * MIB, true);
    return wished_steps();
}

static void fill_alone(void) {
    child_assert(wishes_of(1) > 0);
}

static void fill_in_company(void) {
    child_assert(wishes_of(2) == 0);
}

static void a_thread_that_is_alone_may_have_more_uncarved(void **state UNUSED) {
    in_fresh_heap(fill_alone, "");
    in_fresh_heap(fill_in_company, "");
}

static void fill_with_gaps(void) {
    for (int count = 0; count < 100; count++)
        child_assert(halloc_aligned_alloc(2 * MIB, 4096));
    child_assert(wished_steps() == 0);
}

static void a_page_in_each_huge_page_gets_none(void **state UNUSED) {
    in_fresh_heap(fill_with_gaps, "");
}

static void fill_with_blocks(void) {
    for (int count = 0; count < 1000; count++)
        child_assert(halloc_malloc(100 * KIB)); /* who knows what is written there? */
    for (int count = 0; count < 10; count++)
        child_assert(halloc_malloc(10 * MIB));
    child_assert(wished_steps() == 0);
}

static void blocks_that_nobody_wrote_get_no_huge_pages(void **state UNUSED) {
    in_fresh_heap(fill_with_blocks, "");
}

static void fill_with_full_slabs(void) {
    make_slabs(100 * MIB, true);
    child_assert(wished_steps() > 40 && wished_steps() <= 51);
    size_t wishes = wished_steps();
    make_slabs(100 * MIB, false); /* threads come that use little */
    child_assert(wished_steps() <=
                 wishes + 15); /* an eighth, DENSE_ALONE_BYTES, and as much until the next walk */
}

static void a_full_heap_gets_huge_pages_until_it_is_sparse(void **state UNUSED) {
    in_fresh_heap(fill_with_full_slabs, "");
}

/* Carving touches a page of each: the program may write no more, as to the buffers of its connections. */
static void fill_with_buffers(void) {
    make_slabs_of(16 * KIB, 100 * MIB, true);
    make_slabs_of(32 * KIB, 100 * MIB, true);
    child_assert(wished_steps() == 0);
    make_slabs_of(8 * KIB, 20 * MIB, true); /* judged apart from them */
    child_assert(wished_steps() > 0);
    size_t wishes = wished_steps();
    make_slabs_of(16 * KIB, 20 * MIB, true); /* also where small ones are dense */
    child_assert(wished_steps() <= wishes + 1);
}

static void fill_with_buffers_and_sparse_slabs(void) {
    make_slabs_of(16 * KIB, 100 * MIB, true);
    make_slabs(20 * MIB, false);
    child_assert(wished_steps() == 0);
}

static void slots_above_8_kib_count_as_large_blocks(void **state UNUSED) {
    in_fresh_heap(fill_with_buffers, "");
    in_fresh_heap(fill_with_buffers_and_sparse_slabs, "");
}

static void let_blocks_come_back(void) {
    char *block = large_take(20 * MIB, 1, false);
    memset(block, 1, 20 * MIB);
    large_give(block);
    block = large_take(16 * MIB, 1, false);
    child_assert(huge_is_wished(block, 16 * MIB)); /* for as much came back full */
    char *zeroed = large_take(16 * MIB, 2 * MIB, true);
    child_assert(!huge_is_wished(zeroed, 16 * MIB));
    for (int count = 0; count < 200; count++) { /* hardly written, each; one in so many is looked at */
        char *sparse = large_take(2 * MIB, 2 * MIB, false);
        *sparse = 1;
        large_give(sparse);
    }
    char *other = large_take(16 * MIB, 2 * MIB, false);
    child_assert(!huge_is_wished(other, 16 * MIB));
}

static void blocks_count_as_full_as_far_as_such_came_back(void **state UNUSED) {
    in_fresh_heap(let_blocks_come_back, "purge:off");
}

/* One block moves, since another lies behind it; that one grows in its place. */
static void grow(size_t written, bool wished) {
    char *first = large_take(4 * MIB, 2 * MIB, false), *moves = large_take(4 * MIB, 2 * MIB, false);
    char *stands = large_take(2 * MIB, 2 * MIB, false);
    memset(moves, 1, written);
    memset(stands, 1, written / 2);
    moves = move(moves, large_bytes(moves), 8 * MIB, "realloc");
    child_assert(moves > stands && huge_is_wished(moves, 8 * MIB) == wished);
    large_give(moves);
    child_assert(large_expand(stands, 8 * MIB) && huge_is_wished(stands, 8 * MIB) == wished);
    child_assert(!huge_is_wished(first, 4 * MIB));
}

static void grow_full(void) {
    grow(4 * MIB, true);
}

static void grow_sparse(void) {
    grow(100 * KIB, false);
}

static void a_block_that_grows_gets_huge_pages_if_it_was_full(void **state UNUSED) {
    in_fresh_heap(grow_full, "purge:off");
    in_fresh_heap(grow_sparse, "purge:off");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(each_step_is_wished_for_once),
        test(no_bytes_need_no_huge_page),
        test(never_and_system_wish_nothing),
        test(wishes_that_alternate_stop_at_so_many_edges),
        test(all_that_grows_gets_huge_pages_where_all_is_asked_for),
        test(slabs_that_are_not_carved_get_no_huge_pages),
        test(the_system_is_refused_huge_pages_once_slabs_are_sparse),
        test(a_thread_that_is_alone_may_have_more_uncarved),
        test(a_page_in_each_huge_page_gets_none),
        test(blocks_that_nobody_wrote_get_no_huge_pages),
        test(a_full_heap_gets_huge_pages_until_it_is_sparse),
        test(slots_above_8_kib_count_as_large_blocks),
        test(blocks_count_as_full_as_far_as_such_came_back),
        test(a_block_that_grows_gets_huge_pages_if_it_was_full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
