/*
 * test_heap_small.c - heaps in memory that the caller gives, from the smallest on: how little each policy needs, that
 * no byte outside is touched, and that a heap of a few hundred bytes agrees with a model.
 */
#include "unit.h"

static _Alignas(64) unsigned char whole[11264];

#define AROUND 1024 /* bytes before the memory that must stay as they are */

static unsigned char *memory;
static size_t memory_bytes, split_bytes;

/* A heap in so many bytes at AROUND + offset; all else holds 0x5a. */
static halloc_heap *heap_at(const char *fit, size_t offset, size_t bytes) {
    memset(whole, 0x5a, sizeof whole);
    memory = whole + AROUND + offset;
    memory_bytes = bytes;
    return halloc_heap_create(&(halloc_heap_options){
        .fit = fit, .memory = memory, .memory_bytes = bytes, .split_bytes = split_bytes});
}

static void assert_nothing_outside_was_touched(void) {
    for (unsigned char *at = whole; at < whole + sizeof whole; at++)
        if (*at != 0x5a && (at < memory || at >= memory + memory_bytes))
            fail_msg("byte %td of %zu was written", at - memory, memory_bytes);
}

/* What halloc.h promises: HALLOC_HEAP_MIN_BYTES for policies with one list or two. */
static size_t promised_bytes(const char *fit) {
    return strcmp(fit, "buddy") == 0                                    ? 1024
           : strcmp(fit, "segregated") == 0 || strcmp(fit, "tlsf") == 0 ? 3072
                                                                        : HALLOC_HEAP_MIN_BYTES;
}

/* --- The least that a policy needs ----------------------------------------------------------------------- */

static void each_policy_makes_a_heap_of_the_promised_size_at_any_address(void **state UNUSED) {
    for (size_t policy = 0; policy < POLICIES; policy++)
        for (size_t offset = 0; offset < 130; offset++) {
            halloc_heap *heap = heap_at(policy_names[policy], offset, promised_bytes(policy_names[policy]));
            assert_non_null(heap);
            unsigned char *ptr = halloc_heap_allocate(heap, 16);
            assert_non_null(ptr);
            memset(ptr, 0xff, halloc_heap_usable_size(heap, ptr));
            assert_sound(heap);
            halloc_heap_deallocate(heap, ptr);
            assert_sound(heap);
            assert_nothing_outside_was_touched();
        }
}

static void first_fit_serves_several_objects_from_1_kib(void **state UNUSED) {
    split_bytes = 1; /* wherever a header and a granule are left */
    halloc_heap *heap = heap_at("first", 0, 1024);
    for (int index = 0; index < 10; index++)
        assert_non_null(halloc_heap_allocate(heap, 24));
    assert_sound(heap);
    split_bytes = 0;
}

static void too_small_a_buffer_is_refused_and_not_written(void **state UNUSED) {
    for (size_t policy = 0; policy < POLICIES; policy++) {
        size_t bytes = 0;
        errno = 0;
        while (!heap_at(policy_names[policy], 0, bytes)) {
            assert_int_equal(errno, EINVAL);
            memory_bytes = 0; /* all is outside */
            assert_nothing_outside_was_touched();
            errno = 0;
            bytes++;
        }
        assert_in_range(bytes, offsetof(halloc_heap, engine.set[0].root) + 48,
                        promised_bytes(policy_names[policy]));
    }
}

static void a_policy_that_does_not_say_its_roots_has_all(void **state UNUSED) {
    static halloc_policy silent;
    silent = *halloc_policy_find("first");
    silent.name = "silent";
    silent.roots = 0;
    assert_true(halloc_policy_register(&silent));
    assert_null(heap_at("silent", 0, sizeof(halloc_heap) - sizeof(halloc_free_set)));
    halloc_heap *heap = heap_at("silent", 0, 3072);
    heap->engine.set[0].root[HALLOC_ROOTS - 1] = NULL;
    assert_sound(heap);
}

/* --- Against a model ----------------------------------------------------------------------------------------- */

#define LIVE 24

struct live {
    unsigned char *ptr;
    size_t size;
    unsigned seed;
};

static void take(halloc_heap *heap, struct live *slot, uint64_t *dice) {
    size_t size = 1 + random_below(dice, 120), alignment = (size_t)16 << random_below(dice, 3);
    bool resized = slot->ptr;
    unsigned char *ptr =
        resized ? halloc_heap_resize(heap, slot->ptr, size) : halloc_heap_aligned(heap, alignment, size);
    if (!ptr)
        return;
    assert_true(ptr > memory && ptr + size <= memory + memory_bytes);
    assert_true(resized || (uintptr_t)ptr % alignment == 0);
    assert_true(!resized || is_filled(ptr, min_size(slot->size, size), slot->seed));
    *slot = (struct live){ptr, size, (unsigned)random_below(dice, 256)};
    fill_bytes(ptr, size, slot->seed);
}

/* First and best fit look at every free block. So they refuse only what none could hold. */
static bool is_large(const MemoryBlock *block, void *payload UNUSED, void *size) {
    return !block->isFree || block->size < *(size_t *)size;
}

static void agree_with_a_model(const char *fit, size_t offset, size_t bytes) {
    struct live live[LIVE] = {0};
    uint64_t dice = bytes * 131 + offset;
    halloc_heap *heap = heap_at(fit, offset, bytes);
    if (!heap)
        return;
    for (int step = 0; step < 150; step++) {
        struct live *slot = &live[random_below(&dice, LIVE)];
        if (slot->ptr && random_below(&dice, 2)) {
            assert_true(is_filled(slot->ptr, slot->size, slot->seed));
            halloc_heap_deallocate(heap, slot->ptr);
            slot->ptr = NULL;
        } else {
            take(heap, slot, &dice);
        }
        assert_sound(heap);
        size_t used = 0, size = 16 + 16 * random_below(&dice, 8);
        for (int index = 0; index < LIVE; index++) {
            used += live[index].ptr != NULL;
            assert_true(!live[index].ptr || is_filled(live[index].ptr, live[index].size, live[index].seed));
        }
        assert_int_equal(stats_of(heap).used_blocks, used);
        if (strcmp(fit, "first") == 0 || strcmp(fit, "best") == 0) {
            bool none = halloc_heap_walk(heap, is_large, &size);
            void *probe = halloc_heap_allocate(heap, size);
            assert_true(none == !probe);
            halloc_heap_deallocate(heap, probe);
        }
    }
    for (int index = 0; index < LIVE; index++)
        halloc_heap_deallocate(heap, live[index].ptr);
    assert_sound(heap);
    assert_int_equal(stats_of(heap).used_blocks, 0);
    assert_nothing_outside_was_touched();
}

static void the_smallest_heaps_agree_with_a_model(void **state UNUSED) {
    for (size_t policy = 0; policy < POLICIES; policy++) {
        size_t least = promised_bytes(policy_names[policy]);
        for (size_t bytes = least - 150; bytes < least + 1500; bytes += bytes < least + 20 ? 5 : 131)
            for (size_t offset = 0; offset < 64; offset += 1 + offset % 11)
                agree_with_a_model(policy_names[policy], offset, bytes);
        split_bytes = split_bytes ? 0 : 1;
    }
}

static void a_heap_in_a_buffer_stays_within_it_whatever_its_place_and_size(void **state UNUSED) {
    for (size_t policy = 0; policy < POLICIES; policy++)
        for (size_t offset = 0; offset < 130; offset += 1 + offset % 5)
            for (size_t bytes = 0; bytes < 9000; bytes += bytes < 4000 || bytes > 5800 ? 611 : 13) {
                halloc_heap *heap = heap_at(policy_names[policy], offset, bytes);
                assert_true(heap || bytes < promised_bytes(policy_names[policy]));
                if (!heap)
                    continue;
                assert_sound(heap);
                void *ptr;
                while ((ptr = halloc_heap_allocate(heap, 48)))
                    memset(ptr, 0xff, halloc_heap_usable_size(heap, ptr));
                assert_sound(heap);
                assert_nothing_outside_was_touched();
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(each_policy_makes_a_heap_of_the_promised_size_at_any_address),
        test(first_fit_serves_several_objects_from_1_kib),
        test(too_small_a_buffer_is_refused_and_not_written),
        test(a_policy_that_does_not_say_its_roots_has_all),
        test(the_smallest_heaps_agree_with_a_model),
        test(a_heap_in_a_buffer_stays_within_it_whatever_its_place_and_size),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
