/*
 * test_bounds.c - bounds and second conditions that only a look at the insides tells from their neighbours.
 *
 * Each test here failed with the mutant that it was written for (tests/mutants), and no other test did.
 */
#include "fresh.h"

#include <sys/mman.h>

/* --- Contents, and where objects lie after they were resized ------------------------------------------- */

static void bytes_of_a_new_object_are_left_alone(void) {
    char *object = halloc_malloc(100);
    memset(object, 7, 100);
    halloc_free(object);
    char *again = halloc_malloc(100);
    child_assert(again == object && again[50] == 7 && again[99] == 7);
    memset(again, 7, 100);
    halloc_free(again);
    child_assert(halloc_calloc(1, 100) == object && object[50] == 0 && object[99] == 0);
}

static void malloc_clears_nothing(void **state UNUSED) {
    in_fresh_heap(bytes_of_a_new_object_are_left_alone, "");
    in_fresh_heap(bytes_of_a_new_object_are_left_alone, "stats_print:on");
    in_fresh_heap(bytes_of_a_new_object_are_left_alone, "heap:classic");
}

static void shrink(void) {
    static const struct {
        size_t from, to;
        bool stays;
    } cases[] = {
        {1000, 513, true},     {1000, 512, false},    {64, 1, true},         {65, 1, false},
        {40000, 20000, false}, {40000, 32768, false}, {40000, 32769, true},  {32768, 40000, false},
        {100000, 33000, true}, {32768, 16385, true},  {32768, 16384, false},
    };
    for (size_t index = 0; index < COUNT(cases); index++) {
        char *ptr = halloc_malloc(cases[index].from), *was = ptr;
        child_assert(halloc_malloc_usable_size(ptr) >= cases[index].from);
        ptr = halloc_realloc(ptr, cases[index].to);
        if ((ptr == was) != cases[index].stays)
            dprintf(2, "from %zu to %zu\n", cases[index].from, cases[index].to);
        child_assert((ptr == was) == cases[index].stays);
        halloc_free(ptr);
    }
}

static void an_object_moves_when_half_of_its_slot_would_be_wasted(void **state UNUSED) {
    in_fresh_heap(shrink, "");
}

static void settings_that_count(void) {
    bool wanted = strcmp(getenv("HALLOC_CONF"), "stats_print:on") == 0;
    halloc_free(halloc_malloc(1));
    child_assert(counting == wanted);
    child_assert(!wanted || (counters->allocations == 2 && counters->frees == 2));
}

static void requests_are_counted_where_somebody_asked(void **state UNUSED) {
    in_fresh_heap(settings_that_count, "");
    in_fresh_heap(settings_that_count, "stats_print:on");
}

/* --- Locks, reservations, names ------------------------------------------------------------------------ */

static void a_lock_is_nobodys_after_its_release(void **state UNUSED) {
    static struct lock lock = LOCK_INIT(RANK_LISTS);
    assert_false(lock_is_mine(&lock));
    lock_acquire(&lock);
    assert_true(lock_is_mine(&lock));
    lock_release(&lock);
    assert_false(lock_is_mine(&lock));
}

static void a_name_is_cut_where_its_room_ends(void **state UNUSED) {
    char name[8] = "........";
    copy_name(name, 5, "abcdefgh");
    assert_memory_equal(name, "abcd....", 8);
    copy_name(name, 5, "xy");
    assert_memory_equal(name, "xycd....", 8);
}

static void memory_is_full_of_which_an_eighth_is_empty(void **state UNUSED) {
    assert_true(is_full(7000, 8000));
    assert_false(is_full(6999, 8000));
    assert_true(is_full(8000, 8000));
}

/* --- Damage that checkers tell ------------------------------------------------------------------------- */

static void an_active_slab_is_checked(void) {
    struct slab *slab = slab_at(halloc_malloc(100));
    child_assert(!cache_check(cache_own));
    slab->fast_owner = NULL;
    child_assert(strncmp(cache_check(cache_own), "slab 4", 6) == 0);
    slab->fast_owner = cache_own;
    child_assert(!cache_check(cache_own));
}

static void a_partial_slab_is_checked(void) {
    void *objects[2000];
    for (size_t index = 0; index < COUNT(objects); index++)
        objects[index] = halloc_malloc(100);
    for (size_t index = 0; index < COUNT(objects); index += 2)
        halloc_free(objects[index]);
    struct slab *slab = cache_own->partial[size_class_of(100)].first;
    child_assert(slab && !cache_check(cache_own));
    slab->state = SLAB_SHARED;
    child_assert(strncmp(cache_check(cache_own), "cache 2", 7) == 0);
    slab->state = SLAB_PARTIAL;
    struct thread_cache *owner = slab->owner;
    slab->owner = OWNER_SHARED;
    child_assert(strncmp(cache_check(cache_own), "cache 2", 7) == 0);
    slab->owner = owner;
    uint64_t carved = slab->frees_left;
    slab->frees_left++;
    child_assert(strncmp(cache_check(cache_own), "slab 1", 6) == 0);
    slab->frees_left = (uint32_t)carved;
}

static void a_link_out_of_the_table(void) {
    halloc_free(halloc_malloc(1));
    MemoryBlock *first = region.engine.first, *next = first->next;
    child_assert(next);
    static MemoryBlock stray;
    MemoryBlock *const wrong[] = {region.engine.table - 1, &stray, (MemoryBlock *)16,
                                  region.engine.table +
                                      ((region.engine.top - region.engine.base) >> UNIT_SHIFT)};
    for (size_t index = 0; index < COUNT(wrong); index++) {
        first->next = wrong[index];
        const char *broken = region_check();
        child_assert(broken && strcmp(broken, "2: a next link leads out of the heap") == 0);
    }
    first->next = next;
    first->tag ^= 1; /* a record in the table needs none */
    child_assert(!region_check());
    size_t size = first->size;
    first->size = 0;
    child_assert(strncmp(region_check(), "6:", 2) == 0);
    first->size = size;
    region.engine.set[0].count++;
    child_assert(strcmp(region_check(), "a free block is on no free list") == 0);
    region.engine.set[0].count--;
    child_assert(!region_check());
}

static void each_checker_tells_what_it_is_for(void **state UNUSED) {
    in_fresh_heap(an_active_slab_is_checked, "");
    in_fresh_heap(a_partial_slab_is_checked, "");
    in_fresh_heap(a_link_out_of_the_table, "");
}

/* --- A thread's large blocks --------------------------------------------------------------------------- */

static void share(void) {
    void *blocks[8];
    for (size_t index = 0; index < COUNT(blocks); index++)
        blocks[index] = halloc_malloc(8 * UNIT_BYTES); /* 128 KiB */
    for (size_t index = 0; index < COUNT(blocks); index++)
        halloc_free(blocks[index]);
    child_assert(cache_own->large.bytes == LARGE_CACHE_BYTES && cache_own->large.count == 8);
    large_cache_empty(&cache_own->large);
    live_caches = 3; /* others, as it seems */
    for (size_t index = 0; index < COUNT(blocks); index++)
        blocks[index] = halloc_malloc(8 * UNIT_BYTES);
    for (size_t index = 0; index < COUNT(blocks); index++)
        halloc_free(blocks[index]);
    child_assert(cache_own->large.bytes == LARGE_CACHE_LEAST_BYTES && cache_own->large.count == 2);
    live_caches = 1;
}

static void a_thread_keeps_its_share_of_large_blocks(void **state UNUSED) {
    in_fresh_heap(share, "");
}

/* --- Huge pages: the edges between wishes -------------------------------------------------------------- */

static void edges_of_wishes(void) {
    halloc_free(halloc_malloc(1));
    size_t last = sizeof wished * 8;
    child_assert(more_edges(0, 1, true) == 2 && more_edges(5, 6, true) == 2 &&
                 more_edges(last - 1, last, true) == 2);
    ptrdiff_t before = edges;
    change_bit(7, true);
    child_assert(more_edges(8, 9, true) == 0 && more_edges(6, 7, true) == 0 && more_edges(9, 10, true) == 2);
    child_assert(more_edges(7, 8, false) == -2 && more_edges(8, 9, false) == 0);
    child_assert(huge_is_wished(region.base + 7 * HUGE_STEP_BYTES, 1));
    child_assert(huge_is_wished(region.base + 7 * HUGE_STEP_BYTES - 1, 2));
    child_assert(!huge_is_wished(region.base + 7 * HUGE_STEP_BYTES - 1, 1));
    child_assert(!huge_is_wished(region.base + 8 * HUGE_STEP_BYTES, HUGE_STEP_BYTES));
    change_bit(7, false);
    child_assert(edges == before);
    edges = HUGE_EDGES_MOST - 1;
    change_steps(100, 101, true);
    child_assert(is_wished(100) && edges == HUGE_EDGES_MOST + 1);
    change_steps(200, 201, true);
    child_assert(!is_wished(200));
    change_steps(101, 103, true); /* longer, with no edge more */
    child_assert(is_wished(101) && is_wished(102) && edges == HUGE_EDGES_MOST + 1);
    change_steps(100, 103, false);
    child_assert(!is_wished(100) && !is_wished(102) && edges == HUGE_EDGES_MOST - 1);
    edges = HUGE_EDGES_MOST;
    change_steps(300, 301, true);
    child_assert(!is_wished(300));
    edges = before;
}

static void edges_are_counted_and_bounded(void **state UNUSED) {
    in_fresh_heap(edges_of_wishes, "");
}

/* --- Purging ------------------------------------------------------------------------------------------- */

static void nothing_to_wait_for(void) {
    alarm(500);
    halloc_free(halloc_malloc(1));
    lock_acquire(&region.lock);
    child_assert(!purge_wait()); /* nobody purges */
    purges.purger = thread_mark();
    purges.count = 1;
    child_assert(!purge_wait()); /* it would wait for itself */
    purges.count = 0;
    uint32_t batches = purges.batches;
    purge_after_fork();
    child_assert(purges.purger == thread_mark() && purges.batches == batches);
    purges.purger = NULL;
    purge_after_fork();
    child_assert(purges.batches == batches);
    purges.purger = "another thread";
    purge_after_fork();
    child_assert(!purges.purger && purges.batches == batches); /* this thread is changing the heap */
    region.lock.taken_for_fork = 1;
    purges.purger = "another thread";
    child_assert(
        !purge_wait()); /* a handler of fork that allocates: nobody else could have the lock meanwhile */
    purge_after_fork();
    child_assert(!purges.purger && purges.batches == batches + 1);
    purge_after_fork();
    child_assert(purges.batches == batches + 1); /* nobody was purging */
    region.lock.taken_for_fork = 0;
    lock_release(&region.lock);
}

/* A signal handler that sets a limit of addresses, in a thread that is changing the heap. */
static void heed_in_the_midst(void) {
    halloc_free(halloc_malloc(1));
    lock_acquire(&region.lock);
    region_open();
    child_assert(lock_is_mine(&region.lock));
    lock_release(&region.lock);
    region_open();
}

static void a_limit_of_addresses_may_be_set_in_a_signal_handler(void **state UNUSED) {
    in_fresh_heap(heed_in_the_midst, "");
}

static void who_purges_waits_for_nobody(void **state UNUSED) {
    in_fresh_heap(nothing_to_wait_for, "");
}

/* On the line a block stays, and a byte beyond it memory goes back. */
static void the_line(void) {
    halloc_free(halloc_malloc(1));
    fake.milliseconds = 1000;
    region_give(taken(64 * MIB, 1), 64 * MIB);
    lock_acquire(&region.lock);
    size_t resident = region_resident_bytes();
    purges.recent_peak_bytes = (resident - PURGE_FLOOR_BYTES) / 9 * 8;
    size_t peak = purges.recent_peak_bytes;
    size_t line = peak + (peak >> PURGE_SHARE_SHIFT) + PURGE_FLOOR_BYTES;
    purges.recent_peak_bytes += resident - line; /* on the line, or an eighth of it above */
    child_assert(!is_due());
    purges.recent_peak_bytes -= UNIT_BYTES;
    child_assert(is_due());
    purges.purger = "another thread";
    child_assert(!is_due());
    purges.purger = NULL;
    conf.purge = false;
    child_assert(!is_due());
    conf.purge = true;
    lock_release(&region.lock);
}

/* The clock is read at one release in sixteen: then what is not in use any more is forgotten. */
static void with_time(void) {
    halloc_free(halloc_malloc(1));
    fake.milliseconds = 1000;
    lock_acquire(&region.lock);
    forget_with_time();
    size_t used = region.engine.used_bytes;
    purges.recent_peak_bytes = used + 1024;
    purges.purged_bytes = 512;
    purges.releases = 0;
    fake.milliseconds += PURGE_INTERVAL_MS - 1;
    for (unsigned release = 1; release <= PURGE_LOOK_RELEASES; release++)
        is_due();
    child_assert(purges.recent_peak_bytes == used + 1024 && purges.purged_bytes == 512);
    fake.milliseconds += 1;
    for (unsigned release = 1; release < PURGE_LOOK_RELEASES; release++)
        is_due();
    child_assert(purges.recent_peak_bytes == used + 1024);
    is_due();
    child_assert(purges.recent_peak_bytes == used + 256 && purges.purged_bytes == 128);
    fake.milliseconds += 2 * PURGE_INTERVAL_MS;
    forget_with_time();
    child_assert(purges.recent_peak_bytes == used + 16 && purges.purged_bytes == 8);
    purges.recent_peak_bytes = SIZE_MAX / 2;
    fake.milliseconds += 32 * PURGE_INTERVAL_MS;
    forget_with_time();
    child_assert(purges.recent_peak_bytes == used && purges.purged_bytes == 0);
    purges.purged_bytes = 100;
    purge_note(40);
    child_assert(purges.purged_bytes == 60 && purges.recent_peak_bytes == used + 40);
    purge_note(90);
    child_assert(purges.purged_bytes == 0 && purges.recent_peak_bytes == used + 100);
    lock_release(&region.lock);
}

static void memory_goes_back_past_the_line_and_with_time(void **state UNUSED) {
    in_fresh_heap(the_line, "");
    in_fresh_heap(with_time, "");
}

/* --- splitBlock beside the heap ------------------------------------------------------------------------ */

static char *expected; /* shared with the child */

static void split_beside(void *at_top) {
    child_assert(make_heap(1) == 0);
    halloc_heap *heap = halloc_default_heap();
    char *place = at_top ? heap->engine.top - 16 : heap->engine.base - 32;
    strcpy(expected, misuse_line("splitBlock", place, FAULT_FOREIGN));
    halloc_splitBlock((MemoryBlock *)place, 64);
}

static void a_split_of_what_lies_partly_outside_is_foreign(void **state UNUSED) {
    expected = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(expected, MAP_FAILED);
    assert_string_equal(in_child(split_beside, NULL).text, expected);
    assert_string_equal(in_child(split_beside, &expected).text, expected);
    munmap(expected, 4096);
}

/* --- Misuse that is only warned of --------------------------------------------------------------------- */

static void after_a_warning(void) {
    misuse_warns = 1;
    halloc_heap *heap = fixed_heap("first", 1);
    char *object = halloc_heap_allocate(heap, 100), stray[64];
    child_assert(!heap_expand(heap, stray, 10, "expand"));
    child_assert(!halloc_heap_resize(heap, stray, 10));
    child_assert(halloc_heap_usable_size(heap, stray) == 0);
    halloc_heap_deallocate(heap, stray);
    halloc_heap_deallocate(heap, object);
    child_assert(!heap_expand(heap, object, 10, "expand") && !halloc_heap_resize(heap, object, 10));
    child_assert(halloc_heap_check(heap, NULL) && stats_of(heap).used_blocks == 0);
}

static void a_call_that_was_warned_of_changes_nothing(void **state UNUSED) {
    in_fresh_heap(after_a_warning, "");
}

static void no_block_begins_before_the_heap(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("first", 1);
    struct engine later = heap->engine;
    char *first = block_payload(&later, later.first);
    assert_ptr_equal(engine_block_at(&later, first), later.first);
    later.base += later.header_bytes; /* its record is genuine, and lies before this one's memory */
    assert_null(engine_block_at(&later, first));
    halloc_heap_destroy(heap);
}

static void a_record_may_not_begin_less_than_a_header_before_the_top(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("first", 1);
    MemoryBlock *first = heap->engine.first;
    const char *broken;
    first->next = (MemoryBlock *)(heap->engine.top - 16);
    assert_false(halloc_heap_check(heap, &broken));
    assert_string_equal(broken, "2: a next link leads out of the heap");
    first->next =
        (MemoryBlock *)(heap->engine.top - HEADER_BYTES); /* room for a header, and for nothing more */
    assert_false(halloc_heap_check(heap, &broken));
    assert_string_equal(broken, "1: a block does not begin where its predecessor ends");
    halloc_heap_destroy(heap);
}

/* --- Counting, and the file of counters ---------------------------------------------------------------- */

static void large_ones_are_counted(void) {
    halloc_free(halloc_malloc(100000));
    child_assert(counters->allocations == 2 && counters->frees == 2 && empty_cache.large.count == 0);
}

static void take_the_file(void) {
    bool good = getenv("GOOD");
    halloc_free(halloc_malloc(1));
    child_assert((shared_file != NULL) == good && counting == good);
    child_assert(!good || counters->allocations >= 1);
    child_assert(!good || (counters->pid == (uint64_t)getpid() && counters->parent == (uint64_t)getppid() &&
                           strcmp(counters->program, platform_program()) == 0));
    child_assert(good || (counters == &own_counters && !counters->pid));
    fake_refuse(0, 0);
    child_assert(counters_share() == good && (!good || (fake.calls == 0 && shared_file->taken == 1)));
    unsetenv("HALLOC_REPORT");
    fake_refuse(0, 0);
    child_assert(counters_share() == good && fake.calls == 0); /* nobody asked for a file */
    if (!good)
        return;
    shared_file->taken = COUNTERS_RECORDS_MOST - 1;
    child_assert(take_counters() == &shared_file->records[COUNTERS_RECORDS_MOST - 1]);
    child_assert(take_counters() == &own_counters && take_counters() == &own_counters);
}

/* What it says where the file is not there, and where it is no such file. */
static void use_a_report(void *name) {
    setenv("HALLOC_REPORT", name, 1);
    child_assert(!counters_share() && counters == &own_counters);
}

static void with_file(uint64_t magic, size_t bytes, bool good) {
    char name[60];
    snprintf(name, sizeof name, "/tmp/halloc-counters-%d", (int)getpid());
    setenv("HALLOC_REPORT", name, 1);
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(&magic, sizeof magic, 1, file), 1);
    assert_int_equal(ftruncate(fileno(file), (off_t)bytes), 0);
    fclose(file);
    if (good)
        setenv("GOOD", "1", 1);
    in_fresh_heap(take_the_file, "");
    unsetenv("HALLOC_REPORT");
    unsetenv("GOOD");
    unlink(name);
}

static void a_file_of_counters_has_its_mark_and_its_length(void **state UNUSED) {
    in_fresh_heap(large_ones_are_counted, "stats_print:on");
    with_file(COUNTERS_MAGIC, sizeof(struct counters_file), true);
    with_file(COUNTERS_MAGIC, sizeof(struct counters_file) - 1, false);
    with_file(COUNTERS_MAGIC + 1, sizeof(struct counters_file), false);
    struct ending ending = in_child(use_a_report, "/nowhere/at/all");
    assert_child_fine(ending);
    assert_string_equal(ending.text, ""); /* `halloc run` has ended */
    ending = in_child(use_a_report, "/dev/null");
    assert_child_fine(ending);
    assert_non_null(strstr(ending.text, "HALLOC_REPORT"));
}

/* --- Addresses ----------------------------------------------------------------------------------------- */

static void addresses(void) {
    halloc_free(halloc_malloc(1));
    child_assert(zero_contains(region.zeros) && zero_contains(region.zeros + ZERO_BYTES - 1));
    child_assert(!zero_contains(region.zeros + ZERO_BYTES) && !zero_contains(region.zeros - 1));
    child_assert(halloc_good_size(SLOT_MOST_BYTES) == SLOT_MOST_BYTES &&
                 halloc_good_size(40000) == 3 * UNIT_BYTES);
    child_assert(halloc_good_size(SLOT_MOST_BYTES + 1) == 3 * UNIT_BYTES && halloc_good_size(17) == 32);
    size_t page = platform_page_bytes();
    char *two = platform_map(2 * page, false);
    child_assert(two && !platform_release(two + 1, page) && platform_release(two, page));
    child_assert(platform_release(two + page, page));
}

/* A cached block of the right size may lie at the wrong place. */
static void alignments(void) {
    char *blocks[8];
    for (size_t index = 0; index < COUNT(blocks); index++)
        blocks[index] = halloc_malloc(40000);
    for (size_t index = 0; index < COUNT(blocks); index++)
        halloc_free(blocks[index]);
    child_assert(cache_own->large.count > 0);
    for (size_t alignment = 2 * UNIT_BYTES; alignment <= 2 * MIB; alignment *= 2)
        for (int times = 0; times < 3; times++)
            child_assert((uintptr_t)halloc_memalign(alignment, 40000) % alignment == 0);
    for (size_t below = 1; below < 200; below++)
        child_assert(!halloc_memalign(64, SIZE_MAX - below) && !halloc_memalign(2 * MIB, SIZE_MAX - below));
    char *small = halloc_malloc(100), *large = halloc_malloc(40000);
    child_assert(halloc_expand(small, 50) && halloc_expand(small, 112) && !halloc_expand(small, 113));
    child_assert(halloc_expand(large, 50) && halloc_expand(large, 3 * UNIT_BYTES));
    child_assert(!halloc_aligned_alloc(24, 100) && !halloc_aligned_alloc(0, 100) &&
                 halloc_aligned_alloc(32, 100));
    child_assert(!halloc_malloc((size_t)PTRDIFF_MAX + 1) && !halloc_malloc(SIZE_MAX));
}

static void addresses_end_where_they_should(void **state UNUSED) {
    in_fresh_heap(addresses, "");
    in_fresh_heap(alignments, "");
}

/* --- Periodic work ------------------------------------------------------------------------------------- */

static void looks(void) {
    halloc_free(halloc_malloc(1));
    fake.milliseconds = 100000;
    struct thread_cache *cache = cache_own;
    cache->purged_at = cache->thinned_at = 100000;
    fake.milliseconds += PURGE_LOOK_MS - 1;
    give_memory_back(cache);
    child_assert(cache->purged_at == 100000);
    fake.milliseconds += 1;
    give_memory_back(cache);
    child_assert(cache->purged_at == 100000 + PURGE_LOOK_MS && cache->thinned_at == 100000);
    fake.milliseconds = 100000 + PURGE_INTERVAL_MS - 1;
    give_memory_back(cache);
    child_assert(cache->purged_at == fake.milliseconds && cache->thinned_at == 100000);
    fake.milliseconds += PURGE_LOOK_MS;
    give_memory_back(cache);
    child_assert(cache->thinned_at == fake.milliseconds);
    cache->purged_at = fake.milliseconds - PURGE_LOOK_MS;
    cache->thinned_at = fake.milliseconds - PURGE_INTERVAL_MS;
    give_memory_back(cache);
    child_assert(cache->thinned_at == fake.milliseconds);
    cache->ticks = 0;
    cache->purged_at = 0;
    for (unsigned ticks = 1; ticks < PERIOD_TICKS; ticks++)
        tick(cache);
    child_assert(cache->purged_at == 0);
    tick(cache);
    child_assert(cache->purged_at == fake.milliseconds);
    conf.purge = 0; /* by mallopt, later */
    cache->purged_at = cache->thinned_at = 5;
    give_memory_back(cache);
    child_assert(cache->purged_at == 5 && cache->thinned_at == 5);
}

static void a_thinned_slab(void) {
    char *objects[2000];
    for (size_t index = 0; index < COUNT(objects); index++)
        memset(objects[index] = halloc_malloc(1000), 1, 1000);
    for (size_t index = 0; index < COUNT(objects); index++)
        if (index % 20)
            halloc_free(objects[index]);
    uint64_t before = counters->purged_bytes;
    size_t given = cache_thin(cache_own, true);
    child_assert(given >= 50 * 4096 && counters->purged_bytes == before + given);
    child_assert(objects[20][0] == 1 && objects[20][999] == 1);
}

static void walks(void) {
    halloc_free(halloc_malloc(1));
    size_t enough = max_size(counters->used_bytes / 8, HUGE_STEP_BYTES);
    void *block = taken(MIB, 1);
    region.clean_taken_bytes = enough - 1;
    dense_choose_large(block, MIB, false);
    child_assert(region.clean_taken_bytes == enough - 1);
    region.clean_taken_bytes = enough;
    dense_choose_large(block, MIB, false);
    child_assert(region.clean_taken_bytes == 0);
    conf.thp = CONF_THP_SYSTEM;
    region.clean_taken_bytes = enough;
    dense_choose_large(block, MIB, false);
    child_assert(region.clean_taken_bytes == enough);
}

static void what_can_not_be_given_back(void) {
    halloc_free(halloc_malloc(1));
    region_give(taken(MIB, 1), MIB);
    purges.recent_peak_bytes = 0;
    end_purge(&(struct work){.fruitless = 1, .purged = 1});
    child_assert(purges.recent_peak_bytes == 0 && purges.purged_bytes == UNIT_BYTES);
    end_purge(&(struct work){.fruitless = 0, .purged = 0});
    child_assert(purges.recent_peak_bytes == 0);
    end_purge(&(struct work){.fruitless = 1, .purged = 0});
    child_assert(purges.recent_peak_bytes == region_resident_bytes());
}

static void periodic_work_is_done_when_it_is_due(void **state UNUSED) {
    in_fresh_heap(looks, "");
    in_fresh_heap(a_thinned_slab, "");
    in_fresh_heap(walks, "");
    in_fresh_heap(what_can_not_be_given_back, "");
}

/* --- Policies ------------------------------------------------------------------------------------------ */

const halloc_policy halloc_user_policy = {
    .name = "mine", .summary = "", .find = first_find, .insert = first_insert, .remove = first_remove};

static void policies(void) {
    static const halloc_policy whole = {
        .name = "whole", .summary = "", .find = first_find, .insert = first_insert, .remove = first_remove};
    volatile size_t shipped_count =
        POLICIES; /* or gcc sees that the places end, but not that it is asked first */
    for (size_t index = 0; index < shipped_count; index++)
        child_assert(halloc_policy_at(index) == halloc_policy_find(policy_names[index]));
    child_assert(halloc_policy_at(shipped_count) == &halloc_user_policy &&
                 !halloc_policy_at(shipped_count + 1));
    halloc_policy bad[4] = {whole, whole, whole, whole};
    bad[0].name = NULL;
    bad[1].find = NULL;
    bad[2].insert = NULL;
    bad[3].remove = NULL;
    for (size_t index = 0; index < COUNT(bad); index++)
        child_assert(!halloc_policy_register(&bad[index]));
    child_assert(!halloc_policy_register(NULL) && !halloc_policy_register(&fit_first));
    halloc_policy many[REGISTERED_MOST + 1];
    static char names[REGISTERED_MOST + 1][8];
    for (size_t index = 0; index <= REGISTERED_MOST; index++) {
        many[index] = whole;
        many[index].name = names[index];
        snprintf(names[index], sizeof names[index], "p%zu", index);
        child_assert(halloc_policy_register(&many[index]) == (index < REGISTERED_MOST));
        child_assert(!halloc_policy_register(&many[index])); /* known by now, or no room */
    }
    child_assert(halloc_policy_at(shipped_count + 3) == &many[3]);
    child_assert(halloc_policy_at(shipped_count + REGISTERED_MOST) == &halloc_user_policy);
    child_assert(halloc_policy_find("mine") == &halloc_user_policy && !halloc_policy_find(NULL));
}

static void policies_have_their_places(void **state UNUSED) {
    in_fresh_heap(policies, "");
}

/* --- A system that gives nothing ----------------------------------------------------------------------- */

static void trim_before_the_start(void *argument UNUSED) {
    fake_refuse(1, UINT64_MAX);
    child_assert(halloc_malloc_trim(0) == 0);
    fake_refuse(0, 0);
}

/* The region tries with less than it wanted only if that is less. */
static void tries(void) {
    halloc_free(halloc_malloc(1));
    struct engine *engine = &region.engine;
    size_t had = (size_t)(engine->top - engine->base);
    fake_refuse(1, UINT64_MAX);
    child_assert(!region_grow(engine, 4 * MIB - had)); /* to the end of a huge page: no step to take back */
    uint64_t once = fake.calls;
    fake_refuse(1, UINT64_MAX);
    child_assert(!region_grow(engine, 4 * MIB - had - 2 * UNIT_BYTES));
    child_assert(once > 0 && fake.calls > once);
    fake_refuse(0, 0);
    char *top = engine->top, *limit = engine->limit;
    engine->limit = top + UNIT_BYTES;
    child_assert(!region_grow(engine, 2 * UNIT_BYTES) && engine->top == top); /* nor with what is left */
    engine->limit = limit;
}

static void a_system_that_gives_nothing_is_asked_once(void **state UNUSED) {
    assert_child_fine(in_child(trim_before_the_start, NULL));
    in_fresh_heap(tries, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(malloc_clears_nothing),
        test(an_object_moves_when_half_of_its_slot_would_be_wasted),
        test(requests_are_counted_where_somebody_asked),
        test(a_lock_is_nobodys_after_its_release),
        test(a_name_is_cut_where_its_room_ends),
        test(memory_is_full_of_which_an_eighth_is_empty),
        test(each_checker_tells_what_it_is_for),
        test(a_thread_keeps_its_share_of_large_blocks),
        test(edges_are_counted_and_bounded),
        test(a_limit_of_addresses_may_be_set_in_a_signal_handler),
        test(who_purges_waits_for_nobody),
        test(memory_goes_back_past_the_line_and_with_time),
        test(a_split_of_what_lies_partly_outside_is_foreign),
        test(a_call_that_was_warned_of_changes_nothing),
        test(no_block_begins_before_the_heap),
        test(a_record_may_not_begin_less_than_a_header_before_the_top),
        test(a_file_of_counters_has_its_mark_and_its_length),
        test(addresses_end_where_they_should),
        test(periodic_work_is_done_when_it_is_due),
        test(policies_have_their_places),
        test(a_system_that_gives_nothing_is_asked_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
