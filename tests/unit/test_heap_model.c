/*
 * test_heap_model.c - a heap against a model: random calls, and after each the heap must agree.
 *
 * The model is a list of the blocks that should be in use, each with a pattern in its bytes. What
 * is checked: alignment, no overlap, contents kept by every other call and by resizing, zeroed
 * memory zero, failure only where no free block would do, and every few calls the validator and
 * a walk that must meet exactly the model's blocks. For every policy, and for heaps that are
 * fixed, growing, and in memory of ours. The seeds are fixed, so a failure comes again.
 */
#include "unit.h"

#define LIVE 120
#define STEPS_PER_HEAP 6000

struct live {
    unsigned char *ptr;
    size_t size; /* as asked for */
    unsigned seed;
};

static struct live live[LIVE];
static halloc_heap *subject;
static const char *subject_fit;
static uint64_t dice;
static unsigned seeds;
static bool is_growing;

static void assert_no_overlap(const struct live *fresh) {
    size_t size = halloc_heap_usable_size(subject, fresh->ptr);
    assert_true(size >= fresh->size);
    for (size_t index = 0; index < LIVE; index++) {
        const struct live *other = &live[index];
        if (other->ptr && other != fresh)
            assert_true(fresh->ptr + size <= other->ptr || other->ptr + other->size <= fresh->ptr);
    }
}

/* Does a free block lie there that `size` bytes would surely fit in? Segregated fits promise to
 * find one only from the next list on. */
static bool largest_free(const MemoryBlock *block, void *payload UNUSED, void *context) {
    size_t *largest = context;
    bool lost = block->next && strcmp(subject_fit, "bump") == 0; /* only the end of the heap is given */
    if (block->isFree && !lost)
        *largest = max_size(*largest, block->size);
    return true;
}

static void assert_honest_failure(size_t size, size_t alignment) {
    size_t largest = 0;
    assert_int_equal(errno, ENOMEM);
    assert_false(is_growing);
    halloc_heap_walk(subject, largest_free, &largest);
    if (alignment > 16)
        size += alignment + HEADER_BYTES;
    if (strcmp(subject_fit, "segregated") == 0 || strcmp(subject_fit, "tlsf") == 0)
        size += (size + HEADER_BYTES) / 8 + 16; /* the next list begins there */
    assert_true(largest < align_up(size, 16) || (alignment > 16 && strcmp(subject_fit, "buddy") == 0));
}

static void take_one(struct live *slot) {
    size_t size = random_size(&dice, 3000), alignment = 16;
    unsigned kind = (unsigned)random_below(&dice, 4);
    errno = 0;
    if (kind == 0) {
        slot->ptr = halloc_heap_zeroed(subject, 1, size);
        for (size_t index = 0; slot->ptr && index < size; index++)
            assert_int_equal(slot->ptr[index], 0);
    } else if (kind == 1) {
        alignment = (size_t)1 << random_below(&dice, 13);
        slot->ptr = halloc_heap_aligned(subject, alignment, size);
    } else {
        slot->ptr = halloc_heap_allocate(subject, size);
    }
    if (!slot->ptr) {
        assert_honest_failure(size, alignment);
        return;
    }
    assert_int_equal((uintptr_t)slot->ptr % max_size(alignment, 16), 0);
    slot->size = size;
    assert_no_overlap(slot);
    fill_bytes(slot->ptr, size, slot->seed = ++seeds);
}

static void free_one(struct live *slot) {
    assert_true(is_filled(slot->ptr, slot->size, slot->seed));
    memset(slot->ptr, 0xdd, halloc_heap_usable_size(subject, slot->ptr)); /* all of it is ours */
    errno = 77;
    halloc_heap_deallocate(subject, slot->ptr);
    assert_int_equal(errno, 77);
    slot->ptr = NULL;
}

static void resize_one(struct live *slot) {
    size_t size = random_size(&dice, 4000), usable = halloc_heap_usable_size(subject, slot->ptr);
    assert_true(is_filled(slot->ptr, slot->size, slot->seed));
    errno = 0;
    unsigned char *ptr = halloc_heap_resize(subject, slot->ptr, size);
    if (!ptr) {
        assert_honest_failure(size, 16);
        assert_true(size > usable); /* making smaller can't fail */
        assert_int_equal(halloc_heap_usable_size(subject, slot->ptr), usable);
        return;
    }
    if (size <= slot->size)
        assert_ptr_equal(ptr, slot->ptr);
    assert_true(is_filled(ptr, min_size(size, slot->size), slot->seed));
    slot->ptr = ptr;
    slot->size = size;
    assert_no_overlap(slot);
    fill_bytes(ptr, size, slot->seed = ++seeds);
}

/* --- The walk must meet the model's blocks, all and only ------------------------------------------- */

struct met {
    size_t used, free, free_bytes, used_bytes;
    const void *last;
};

static bool meet(const MemoryBlock *block, void *payload, void *context) {
    struct met *met = context;
    assert_true(payload > met->last); /* in address order */
    met->last = payload;
    if (block->isFree) {
        met->free++;
        met->free_bytes += block->size;
        return true;
    }
    size_t index = 0;
    while (index < LIVE && live[index].ptr != payload)
        index++;
    assert_true(index < LIVE);
    met->used++;
    met->used_bytes += block->size;
    return true;
}

static void assert_agrees_with_model(void) {
    struct met met = {0};
    size_t count = 0;
    assert_sound(subject);
    assert_true(halloc_heap_walk(subject, meet, &met));
    for (size_t index = 0; index < LIVE; index++)
        count += live[index].ptr != NULL;
    assert_int_equal(met.used, count);
    halloc_heap_stats stats = stats_of(subject);
    assert_int_equal(stats.used_blocks, count);
    assert_int_equal(stats.free_blocks, met.free);
    assert_int_equal(stats.used_bytes, met.used_bytes);
    assert_int_equal(stats.free_bytes, met.free_bytes);
    assert_int_equal(stats.heap_bytes,
                     met.used_bytes + met.free_bytes + (met.used + met.free) * HEADER_BYTES);
    assert_true(stats.peak_used_bytes >= stats.used_bytes);
}

static void live_through(halloc_heap *heap, const char *fit, bool growing, uint64_t seed) {
    assert_non_null(heap);
    subject = heap;
    subject_fit = fit;
    is_growing = growing;
    dice = seed;
    memset(live, 0, sizeof live);
    for (int step = 0; step < STEPS_PER_HEAP; step++) {
        struct live *slot = &live[random_below(&dice, LIVE)];
        if (!slot->ptr)
            take_one(slot);
        else if (random_below(&dice, 3) == 0)
            resize_one(slot);
        else
            free_one(slot);
        if (step % 8 == 0)
            assert_agrees_with_model();
    }
    for (size_t index = 0; index < LIVE; index++)
        if (live[index].ptr)
            free_one(&live[index]);
    assert_agrees_with_model();
    assert_int_equal(stats_of(heap).used_bytes, 0);
    if (strcmp(fit, "buddy") != 0)
        assert_int_equal(stats_of(heap).free_blocks, 1);
    halloc_heap_destroy(heap);
}

static void a_fixed_heap_agrees_with_its_model_under_every_policy(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++)
        for (uint64_t seed = 1; seed <= 2; seed++)
            live_through(fixed_heap(policy_names[index], 10), policy_names[index], false, seed);
}

static void a_growing_heap_agrees_with_its_model_under_every_policy(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++)
        live_through(growing_heap(policy_names[index]), policy_names[index], true, 10);
}

static void a_heap_in_a_buffer_agrees_with_its_model_under_every_policy(void **state UNUSED) {
    static char buffer[60001];
    for (size_t index = 0; index < POLICIES; index++) {
        halloc_heap_options options = {
            .fit = policy_names[index], .memory = buffer + 1 + 7 * index, .memory_bytes = sizeof buffer - 50};
        live_through(halloc_heap_create(&options), policy_names[index], false, 20);
    }
}

static void a_heap_that_splits_all_it_can_agrees_with_its_model(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++) {
        halloc_heap_options options = {.fit = policy_names[index], .pages = 10, .split_bytes = 1};
        live_through(halloc_heap_create(&options), policy_names[index], false, 30);
    }
}

/* --- Walks, and splits by hand amid it all ---------------------------------------------------------- */

static bool stop_at_third(const MemoryBlock *block UNUSED, void *payload UNUSED, void *context) {
    return ++*(int *)context < 3;
}

static void a_walk_stops_when_told_and_says_so(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("first", 4);
    for (int count = 0; count < 5; count++)
        halloc_heap_allocate(heap, 100);
    int seen = 0;
    assert_false(halloc_heap_walk(heap, stop_at_third, &seen));
    assert_int_equal(seen, 3);
    halloc_heap_destroy(heap);
}

static void splits_by_hand_among_random_calls_do_no_harm(void **state UNUSED) {
    for (size_t policy = 0; policy < POLICIES; policy++) {
        default_heap = fixed_heap(policy_names[policy], 8);
        void *ptrs[40] = {0};
        uint64_t random = 5;
        for (int step = 0; step < 5000; step++) {
            size_t at = random_below(&random, COUNT(ptrs)), size = random_size(&random, 2000);
            if (random_below(&random, 3) == 0)
                splitBlock(ptrs[at] && size % 2 ? record_before(ptrs[at]) : findFreeBlock(size),
                           size / 3 + 1);
            else if (ptrs[at])
                halloc_deallocate(ptrs[at]), ptrs[at] = NULL;
            else
                ptrs[at] = halloc_allocate(size);
            assert_sound(default_heap);
        }
        for (size_t at = 0; at < COUNT(ptrs); at++)
            halloc_deallocate(ptrs[at]);
        halloc_deallocate(halloc_allocate(1)); /* merges what the last split left, if any */
        assert_int_equal(stats_of(default_heap).used_blocks, 0);
        if (strcmp(policy_names[policy], "buddy") != 0)
            assert_int_equal(stats_of(default_heap).free_blocks, 1);
        halloc_heap_destroy(default_heap);
        default_heap = NULL;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_fixed_heap_agrees_with_its_model_under_every_policy),
        test(a_growing_heap_agrees_with_its_model_under_every_policy),
        test(a_heap_in_a_buffer_agrees_with_its_model_under_every_policy),
        test(a_heap_that_splits_all_it_can_agrees_with_its_model),
        test(a_walk_stops_when_told_and_says_so),
        test(splits_by_hand_among_random_calls_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
