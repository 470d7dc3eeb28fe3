/*
 * test_fit_constant.c - the policies that search nothing: TLSF and bump. What each takes, what it passes
 * over, and what that costs.
 */
#include "unit.h"

#define BLOCKS 500
#define GRANULES(count) (16 * (size_t)(count)-HEADER_BYTES) /* the payload of so many, header included */

static MemoryBlock tlsf_records[BLOCKS];
static halloc_free_set tlsf_set;

static void begin_tlsf(void) {
    memset(tlsf_records, 0, sizeof tlsf_records);
    memset(&tlsf_set, 0, sizeof tlsf_set);
    free_set_init(&tlsf_set, &fit_tlsf, HEADER_BYTES, ALIGNMENT_BYTES);
}

static void add(size_t index, size_t size) {
    tlsf_records[index] = (MemoryBlock){.size = size, .isFree = 1};
    free_set_insert(&tlsf_set, &tlsf_records[index]);
}

static size_t found(size_t size) {
    MemoryBlock *block = free_set_find(&tlsf_set, size);
    return block ? block->size : 0;
}

/* --- TLSF ----------------------------------------------------------------------------------------- */

static void tlsf_gives_each_small_size_a_list_and_takes_from_it(void **state UNUSED) {
    begin_tlsf();
    for (size_t granules = 3; granules < 16; granules++)
        add(granules, GRANULES(granules));
    for (size_t granules = 3; granules < 16; granules++)
        assert_int_equal(found(GRANULES(granules)), GRANULES(granules));
    free_set_remove(&tlsf_set, &tlsf_records[7]); /* the end of a level: the next level's first list */
    assert_int_equal(found(GRANULES(7)), GRANULES(8));
    free_set_remove(&tlsf_set, &tlsf_records[9]);
    assert_int_equal(found(GRANULES(9)), GRANULES(10));
}

static void tlsf_passes_over_a_list_where_a_block_might_not_fit(void **state UNUSED) {
    begin_tlsf();
    add(0, GRANULES(35)); /* lists of four granules: 32 to 35 */
    add(1, GRANULES(36));
    assert_int_equal(found(GRANULES(32)), GRANULES(35)); /* all of that list fit */
    assert_int_equal(found(GRANULES(33)), GRANULES(36)); /* the block of 35 would have done */
    memset(&tlsf_set, 0, sizeof tlsf_set);
    free_set_init(&tlsf_set, &fit_segregated, HEADER_BYTES, ALIGNMENT_BYTES);
    add(0, GRANULES(35));
    add(1, GRANULES(36));
    assert_int_equal(found(GRANULES(33)), GRANULES(35));
}

static void tlsf_looks_at_the_head_of_its_own_list_when_nothing_lies_above(void **state UNUSED) {
    begin_tlsf();
    add(0, GRANULES(35));
    assert_int_equal(found(GRANULES(33)), GRANULES(35));
    assert_int_equal(found(GRANULES(36)), 0);
    add(1, GRANULES(33)); /* the new head hides the other: that is the bound on time */
    assert_int_equal(found(GRANULES(34)), 0);
}

static void tlsf_holds_blocks_of_any_size(void **state UNUSED) {
    begin_tlsf();
    add(0, ((size_t)1 << 46) - HEADER_BYTES);
    add(1, ((size_t)1 << 40) - HEADER_BYTES); /* both in the last list, this one at its head */
    assert_int_equal(found((size_t)1 << 45), ((size_t)1 << 46) - HEADER_BYTES);
    assert_int_equal(found(((size_t)1 << 40) - HEADER_BYTES), ((size_t)1 << 40) - HEADER_BYTES);
    assert_int_equal(found((size_t)1 << 46), 0);
}

/* The least granules that whatever lies in the same list may have: eight lists a doubling. */
static size_t list_begin(size_t granules) {
    size_t step = granules < 16 ? 1 : (size_t)1 << (floor_log2(granules) - 3);
    return granules / step * step;
}

/* Of blocks that fit surely, those of the first list: by a plain search. 0: there is none. */
static size_t lowest_sure_list(const bool *is_in, size_t size) {
    size_t granules = (size + HEADER_BYTES) / 16, lowest = 0;
    for (size_t index = 0; index < BLOCKS; index++) {
        size_t begin = is_in[index] ? list_begin((tlsf_records[index].size + HEADER_BYTES) / 16) : 0;
        if (begin >= granules && (!lowest || begin < lowest))
            lowest = begin;
    }
    return lowest;
}

static void tlsf_takes_from_the_first_list_that_surely_fits_at_one_probe(void **state UNUSED) {
    static bool is_in[BLOCKS];
    uint64_t random = 11;
    begin_tlsf();
    memset(is_in, 0, sizeof is_in);
    for (int step = 0; step < 20000; step++) {
        size_t at = random_below(&random, BLOCKS);
        is_in[at] = !is_in[at];
        if (is_in[at])
            add(at, free_set_round(&tlsf_set, random_size(&random, 100000)));
        else
            (random_below(&random, 2) ? free_set_take : free_set_remove)(&tlsf_set, &tlsf_records[at]);
        size_t size = free_set_round(&tlsf_set, random_size(&random, 110000)), probes = tlsf_set.probes;
        MemoryBlock *chosen = free_set_find(&tlsf_set, size);
        size_t list = lowest_sure_list(is_in, size);
        if (list)
            assert_int_equal(list_begin((chosen->size + HEADER_BYTES) / 16), list);
        else if (chosen)
            assert_true(chosen->size >= size && is_in[chosen - tlsf_records]);
        assert_true(tlsf_set.probes - probes <= 1);
    }
}

static void tlsf_grows_a_heap_by_no_more_than_first_fit_does(void **state UNUSED) {
    size_t bytes[2];
    for (int side = 0; side < 2; side++) {
        halloc_heap_options options = {
            .fit = side ? "tlsf" : "first", .pages = 1, .growing = true, .step_bytes = 16};
        halloc_heap *heap = halloc_heap_create(&options);
        for (size_t size = 4000; size < 300000; size += 1234)
            assert_non_null(halloc_heap_allocate(heap, size));
        bytes[side] = stats_of(heap).heap_bytes;
        halloc_heap_destroy(heap);
    }
    assert_int_equal(bytes[0], bytes[1]);
}

/* --- Bump ----------------------------------------------------------------------------------------- */

#define PIECES 10

static halloc_heap *bumped;
static char *pieces[PIECES];

static void make_pieces(void) {
    bumped = fixed_heap("bump", 1);
    for (size_t index = 0; index < PIECES; index++) {
        pieces[index] = halloc_heap_allocate(bumped, 100);
        assert_true(!index || pieces[index] == pieces[index - 1] + 112 + HEADER_BYTES);
    }
}

static void bump_never_takes_a_hole(void **state UNUSED) {
    make_pieces();
    halloc_heap_deallocate(bumped, pieces[3]);
    halloc_heap_deallocate(bumped, pieces[4]);
    char *next = halloc_heap_allocate(bumped, 100);
    assert_ptr_equal(next, pieces[PIECES - 1] + 112 + HEADER_BYTES);
    size_t end = stats_of(bumped).free_bytes - (2 * 112 + HEADER_BYTES);
    assert_non_null(halloc_heap_allocate(bumped, end));
    assert_null(halloc_heap_allocate(bumped, 16)); /* though two pieces' room is free */
    assert_sound(bumped);
    halloc_heap_destroy(bumped);
}

static void bump_wins_back_what_is_freed_as_a_stack_does(void **state UNUSED) {
    make_pieces();
    for (size_t index = PIECES; index-- > 0;) {
        halloc_heap_deallocate(bumped, pieces[index]);
        assert_ptr_equal(halloc_heap_allocate(bumped, 100), pieces[index]);
        halloc_heap_deallocate(bumped, pieces[index]);
    }
    halloc_heap_destroy(bumped);
}

static void bump_wins_all_back_when_the_last_block_in_use_goes(void **state UNUSED) {
    make_pieces();
    char *end = pieces[PIECES - 1] + 112 + HEADER_BYTES;
    for (size_t index = 0; index < PIECES - 1; index++) {
        halloc_heap_deallocate(bumped, pieces[index]);
        assert_ptr_equal(payload_behind(engine_find(&bumped->engine, 16)), end);
    }
    halloc_heap_deallocate(bumped, pieces[PIECES - 1]);
    assert_int_equal(stats_of(bumped).free_blocks, 1);
    assert_ptr_equal(halloc_heap_allocate(bumped, 100), pieces[0]);
    halloc_heap_destroy(bumped);
}

static void bump_grows_a_block_in_place_into_a_hole_behind_it(void **state UNUSED) {
    make_pieces();
    halloc_heap_deallocate(bumped, pieces[5]);
    assert_ptr_equal(halloc_heap_resize(bumped, pieces[4], 200), pieces[4]);
    assert_sound(bumped);
    halloc_heap_destroy(bumped);
}

/* A queue: the oldest goes, another comes. Ten are live, and the heap holds all that ever were. */
static void bump_needs_room_for_all_that_was_ever_asked_for(void **state UNUSED) {
    char *queue[PIECES];
    halloc_heap *heap = growing_heap("bump");
    for (size_t index = 0; index < PIECES; index++)
        queue[index] = halloc_heap_allocate(heap, 1000);
    for (size_t step = 0; step < 10000; step++) {
        halloc_heap_deallocate(heap, queue[step % PIECES]);
        queue[step % PIECES] = halloc_heap_allocate(heap, 1000);
    }
    halloc_heap_stats stats = stats_of(heap);
    assert_true(stats.heap_bytes > 10000 * 1000);
    assert_int_equal(stats.used_blocks, PIECES);
    assert_true(stats.probes <= stats.finds);
    assert_sound(heap);
    halloc_heap_destroy(heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(tlsf_gives_each_small_size_a_list_and_takes_from_it),
        test(tlsf_passes_over_a_list_where_a_block_might_not_fit),
        test(tlsf_looks_at_the_head_of_its_own_list_when_nothing_lies_above),
        test(tlsf_holds_blocks_of_any_size),
        test(tlsf_takes_from_the_first_list_that_surely_fits_at_one_probe),
        test(tlsf_grows_a_heap_by_no_more_than_first_fit_does),
        test(bump_never_takes_a_hole),
        test(bump_wins_back_what_is_freed_as_a_stack_does),
        test(bump_wins_all_back_when_the_last_block_in_use_goes),
        test(bump_grows_a_block_in_place_into_a_hole_behind_it),
        test(bump_needs_room_for_all_that_was_ever_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
