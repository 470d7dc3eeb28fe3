/*
 * test_heap.c - heaps of one's own, halloc.h section 2: making them, and each verb.
 */
#include "unit.h"

#include <sys/mman.h>

/* --- Making and ending ---------------------------------------------------------------------------- */

static void assert_no_heap(halloc_heap_options options, int error) {
    errno = 0;
    assert_null(halloc_heap_create(&options));
    assert_int_equal(errno, error);
}

static void null_options_make_a_growing_heap_with_first_fit(void **state UNUSED) {
    halloc_heap *heap = halloc_heap_create(NULL);
    assert_string_equal(stats_of(heap).fit, "first");
    assert_int_equal(stats_of(heap).heap_bytes, 16 * platform_page_bytes());
    assert_non_null(halloc_heap_allocate(heap, 4 * MIB));
    assert_sound(heap);
    halloc_heap_destroy(heap);
}

static void every_policy_can_be_chosen_by_name(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++) {
        halloc_heap *heap = fixed_heap(policy_names[index], 3);
        assert_string_equal(stats_of(heap).fit, policy_names[index]);
        assert_int_equal(stats_of(heap).heap_bytes, 3 * platform_page_bytes());
        assert_sound(heap);
        halloc_heap_destroy(heap);
    }
}

static void bad_options_are_refused(void **state UNUSED) {
    static char buffer[65536];
    assert_no_heap((halloc_heap_options){.fit = "tightest"}, EINVAL);
    assert_no_heap((halloc_heap_options){.fit = ""}, EINVAL);
    assert_no_heap((halloc_heap_options){.memory = buffer, .memory_bytes = 65536, .growing = true}, EINVAL);
    assert_no_heap((halloc_heap_options){.memory = buffer, .memory_bytes = SIZE_MAX}, EINVAL);
    assert_no_heap((halloc_heap_options){.memory = buffer, .memory_bytes = 0}, EINVAL);
    assert_no_heap((halloc_heap_options){.memory = (void *)-(uintptr_t)64, .memory_bytes = 65536}, EINVAL);
    assert_no_heap((halloc_heap_options){.pages = SIZE_MAX}, ENOMEM);
    assert_no_heap((halloc_heap_options){.pages = SIZE_MAX / 4096}, ENOMEM);
    assert_no_heap((halloc_heap_options){.pages = (size_t)1 << 36}, ENOMEM);
}

static void a_reserve_that_is_refused_is_made_smaller(void **state UNUSED) {
    halloc_heap *heap =
        halloc_heap_create(&(halloc_heap_options){.growing = true, .reserve_bytes = (size_t)1 << 50});
    assert_non_null(heap);
    assert_non_null(halloc_heap_allocate(heap, 32 * MIB));
    halloc_heap_destroy(heap);
}

/* The program's own memory, with a hole in which a reserve that came out small by overflow would lie, at its
 * multiple of 2 MiB; and what belongs 2 MiB behind that would not:
 *
 *      | own | hole, not quite 3 MiB         | own |
 *                      ^ multiple of 2 MiB         ^ the next
 */
static void a_reserve_beyond_all_addresses_is_made_smaller_and_takes_nobodys_memory(void **state UNUSED) {
    static const size_t reserves[] = {SIZE_MAX - MIB,      SIZE_MAX,
                                      SIZE_MAX - 4095,     SIZE_MAX - 3 * MIB,
                                      (size_t)PTRDIFF_MAX, (size_t)PTRDIFF_MAX + 1};
    for (size_t index = 0; index < COUNT(reserves); index++) {
        char *own = mmap(NULL, 16 * MIB, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(own, MAP_FAILED);
        char *multiple = (char *)align_up((uintptr_t)own + 4 * MIB, 2 * MIB), *above = multiple + 3 * MIB / 2;
        size_t hole = 3 * MIB - 4096, above_bytes = (size_t)(own + 16 * MIB - above);
        munmap(above - hole, hole);
        halloc_heap *heap =
            halloc_heap_create(&(halloc_heap_options){.growing = true, .reserve_bytes = reserves[index]});
        unsigned char present[16 * MIB / 4096];
        assert_int_equal(mincore(above, above_bytes, present), 0); /* an error where a page is not mapped */
        assert_non_null(heap);
        assert_non_null(halloc_heap_allocate(heap, 32 * MIB));
        assert_sound(heap);
        halloc_heap_destroy(heap);
        munmap(own, (size_t)(above - hole - own));
        munmap(above, above_bytes);
    }
}

static void a_heap_grows_up_to_its_reserve_and_no_further(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++) {
        halloc_heap *heap = halloc_heap_create(&(halloc_heap_options){
            .fit = policy_names[index], .growing = true, .reserve_bytes = MIB, .pages = 1});
        size_t count = 0;
        while (halloc_heap_allocate(heap, 4000))
            count++;
        assert_int_equal(errno, ENOMEM);
        assert_int_equal(stats_of(heap).heap_bytes, MIB);
        assert_in_range(count, MIB / 4096 * 9 / 10, MIB / 4000);
        assert_sound(heap);
        halloc_heap_destroy(heap);
    }
}

static void a_growing_buddy_heap_uses_all_of_its_reserve(void **state UNUSED) {
    halloc_heap *heap = halloc_heap_create(
        &(halloc_heap_options){.fit = "buddy", .growing = true, .reserve_bytes = MIB, .pages = 16});
    assert_non_null(halloc_heap_allocate(heap, 512 * KIB - 32));
    assert_sound(heap);
    halloc_heap_destroy(heap);
}

static void absurd_sizes_are_refused_by_every_policy(void **state UNUSED) {
    static const size_t sizes[] = {
        SIZE_MAX,        SIZE_MAX - 31,   PTRDIFF_MAX, PTRDIFF_MAX - 31, PTRDIFF_MAX / 2 + 1,
        (size_t)1 << 62, (size_t)1 << 47, 65 * GIB};
    for (size_t index = 0; index < POLICIES; index++) {
        halloc_heap *heap = growing_heap(policy_names[index]);
        void *block = halloc_heap_allocate(heap, 100);
        size_t bytes = stats_of(heap).heap_bytes;
        for (size_t at = 0; at < COUNT(sizes); at++) {
            errno = 0;
            assert_null(halloc_heap_allocate(heap, sizes[at]));
            assert_int_equal(errno, ENOMEM);
            errno = 0;
            assert_null(halloc_heap_resize(heap, block, sizes[at]));
            assert_int_equal(errno, ENOMEM);
            errno = 0;
            assert_null(halloc_heap_aligned(heap, (size_t)1 << 63, sizes[at]));
            assert_int_equal(errno, ENOMEM);
        }
        assert_null(halloc_heap_aligned(heap, (size_t)1 << 63, 1));
        assert_null(halloc_heap_aligned(heap, (size_t)1 << 47, 1));
        assert_int_equal(stats_of(heap).heap_bytes, bytes);
        assert_sound(heap);
        halloc_heap_destroy(heap);
    }
}

static int visits(const halloc_heap *heap) { /* lines of /proc/self/maps that hold the heap */
    FILE *maps = fopen("/proc/self/maps", "r");
    unsigned long from, to;
    int found = 0;
    char line[512];
    while (fgets(line, sizeof line, maps))
        if (sscanf(line, "%lx-%lx", &from, &to) == 2)
            found += from <= (uintptr_t)heap && (uintptr_t)heap < to;
    fclose(maps);
    return found;
}

static void destroy_gives_all_memory_back_at_once(void **state UNUSED) {
    halloc_heap_destroy(NULL);
    for (int times = 0; times < 300; times++) { /* 300 reserves of 64 GiB: they must go, too */
        halloc_heap *heap = growing_heap("first");
        halloc_heap_allocate(heap, MIB);
        assert_int_equal(visits(heap), 1);
        halloc_heap_destroy(heap);
        assert_int_equal(visits(heap), 0);
    }
    assert_null(heaps);
}

static void heaps_are_apart(void **state UNUSED) {
    halloc_heap *heap[5];
    void *ptrs[5];
    for (size_t index = 0; index < 5; index++) {
        heap[index] = fixed_heap("best", 2);
        ptrs[index] = halloc_heap_allocate(heap[index], 5000);
        fill_bytes(ptrs[index], 5000, (unsigned)index);
    }
    static const size_t order[] = {2, 0, 4, 1, 3}; /* the list of heaps loses its middle and ends */
    for (size_t at = 0; at < 5; at++) {
        halloc_heap_destroy(heap[order[at]]);
        for (size_t left = at + 1; left < 5; left++)
            assert_true(is_filled(ptrs[order[left]], 5000, (unsigned)order[left]));
    }
}

/* --- In memory that the caller gives --------------------------------------------------------------------- */

static void destroy_leaves_given_memory_to_its_owner(void **state UNUSED) {
    char *memory = mmap(NULL, 65536, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    halloc_heap *heap = halloc_heap_create(&(halloc_heap_options){.memory = memory, .memory_bytes = 65536});
    assert_non_null(halloc_heap_allocate(heap, 30000));
    halloc_heap_destroy(heap);
    memset(memory, 1, 65536); /* still there */
    munmap(memory, 65536);
}

static void shared_memory_is_aligned(void **state UNUSED) {
    static _Alignas(16) char memory[4096];
    for (size_t offset = 1; offset < 16; offset++)
        assert_no_heap((halloc_heap_options){.memory = memory + offset, .memory_bytes = 4000, .shared = true},
                       EINVAL);
    assert_non_null(halloc_heap_create(
        &(halloc_heap_options){.memory = memory + 16, .memory_bytes = 4000, .shared = true}));
}

/* One that is not shared may begin at any byte, and end at any: with room for one granule, or piece. */
static void memory_of_a_heap_begins_anywhere_and_ends_behind_its_first_block(void **state UNUSED) {
    static _Alignas(64) char memory[8192];
    for (size_t index = 0; index < POLICIES; index++)
        for (size_t offset = 0; offset < 80; offset++) {
            halloc_heap_options options = {.fit = policy_names[index], .memory = memory + offset};
            halloc_heap *heap = NULL;
            for (; !heap; heap = halloc_heap_create(&options))
                assert_in_range(++options.memory_bytes, 1, sizeof memory - 80);
            size_t tile = heap->engine.set[0].policy->piece ? TILE_BYTES : ALIGNMENT_BYTES;
            assert_ptr_equal(heap->engine.base + HEADER_BYTES + tile, memory + offset + options.memory_bytes);
            assert_sound(heap);
        }
}

/* --- Zeroed, aligned ------------------------------------------------------------------------------------- */

static void zeroed_memory_is_zero_also_where_it_was_used_before(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("first", 4);
    unsigned char *ptr = halloc_heap_allocate(heap, 3000);
    memset(ptr, 0xff, 3000);
    halloc_heap_deallocate(heap, ptr);
    ptr = halloc_heap_zeroed(heap, 300, 10);
    for (size_t index = 0; index < 3000; index++)
        assert_int_equal(ptr[index], 0);
    halloc_heap_destroy(heap);
}

static void zeroed_detects_a_product_that_overflows(void **state UNUSED) {
    static const size_t factors[][2] = {
        {SIZE_MAX, 2}, {2, SIZE_MAX}, {(size_t)1 << 32, (size_t)1 << 32}, {SIZE_MAX / 16 + 1, 16}};
    halloc_heap *heap = growing_heap("first");
    for (size_t index = 0; index < COUNT(factors); index++) {
        errno = 0;
        assert_null(halloc_heap_zeroed(heap, factors[index][0], factors[index][1]));
        assert_int_equal(errno, ENOMEM);
    }
    errno = 0;
    assert_null(halloc_heap_zeroed(heap, 0, 10));
    assert_int_equal(errno, EINVAL);
    assert_null(halloc_heap_zeroed(heap, 10, 0));
    assert_int_equal(errno, EINVAL);
    halloc_heap_destroy(heap);
}

static void bad_arguments_are_refused_with_einval(void **state UNUSED) {
    static const size_t odd[] = {0, 3, 6, 24, 100, SIZE_MAX};
    halloc_heap *heap = growing_heap("first");
    for (size_t index = 0; index < COUNT(odd); index++) {
        errno = 0;
        assert_null(halloc_heap_aligned(heap, odd[index], 10));
        assert_int_equal(errno, EINVAL);
    }
    errno = 0;
    assert_null(halloc_heap_aligned(heap, 64, 0));
    assert_int_equal(errno, EINVAL);
    errno = 0;
    assert_null(halloc_heap_allocate(heap, 0));
    assert_int_equal(errno, EINVAL);
    errno = 0;
    assert_null(halloc_heap_aligned(NULL, 64, 10));
    assert_int_equal(errno, EINVAL);
    void *ptr = halloc_heap_allocate(heap, 10);
    errno = 0;
    assert_null(halloc_heap_resize(heap, ptr, 0));
    assert_int_equal(errno, EINVAL);
    errno = 0;
    assert_null(halloc_heap_resize(heap, NULL, 0));
    assert_int_equal(errno, EINVAL);
    halloc_heap_deallocate(heap, NULL);
    assert_int_equal(halloc_heap_usable_size(heap, NULL), 0);
    assert_sound(heap);
    halloc_heap_destroy(heap);
}

static void any_alignment_up_to_many_mebibytes_is_kept(void **state UNUSED) {
    for (size_t policy = 0; policy < POLICIES; policy++) {
        halloc_heap *heap = growing_heap(policy_names[policy]);
        uint64_t random = 11;
        for (size_t alignment = 1; alignment <= 16 * MIB; alignment *= 2) {
            void *ptrs[6];
            for (size_t index = 0; index < COUNT(ptrs); index++) {
                size_t size = random_size(&random, 20000);
                ptrs[index] = halloc_heap_aligned(heap, alignment, size);
                assert_non_null(ptrs[index]);
                assert_int_equal((uintptr_t)ptrs[index] % max_size(alignment, 16), 0);
                memset(ptrs[index], 0xee, size);
            }
            assert_sound(heap);
            for (size_t index = 0; index < COUNT(ptrs); index += 2)
                halloc_heap_deallocate(heap, ptrs[index]);
        }
        assert_sound(heap);
        halloc_heap_destroy(heap);
    }
}

static void an_aligned_block_leaves_what_lies_before_it_free(void **state UNUSED) {
    halloc_heap *heap = fixed_heap("first", 8);
    halloc_heap_allocate(heap, 16);
    char *ptr = halloc_heap_aligned(heap, 4096, 100);
    MemoryBlock *front = record_before(ptr)->prev;
    assert_int_equal(front->isFree, 1);
    assert_ptr_equal((char *)front + HEADER_BYTES + front->size, record_before(ptr));
    halloc_heap_deallocate(heap, ptr);
    assert_int_equal(stats_of(heap).free_blocks, 1);
    halloc_heap_destroy(heap);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(null_options_make_a_growing_heap_with_first_fit),
        test(every_policy_can_be_chosen_by_name),
        test(bad_options_are_refused),
        test(a_reserve_that_is_refused_is_made_smaller),
        test(a_reserve_beyond_all_addresses_is_made_smaller_and_takes_nobodys_memory),
        test(a_heap_grows_up_to_its_reserve_and_no_further),
        test(a_growing_buddy_heap_uses_all_of_its_reserve),
        test(absurd_sizes_are_refused_by_every_policy),
        test(destroy_gives_all_memory_back_at_once),
        test(heaps_are_apart),
        test(destroy_leaves_given_memory_to_its_owner),
        test(shared_memory_is_aligned),
        test(memory_of_a_heap_begins_anywhere_and_ends_behind_its_first_block),
        test(zeroed_memory_is_zero_also_where_it_was_used_before),
        test(zeroed_detects_a_product_that_overflows),
        test(bad_arguments_are_refused_with_einval),
        test(any_alignment_up_to_many_mebibytes_is_kept),
        test(an_aligned_block_leaves_what_lies_before_it_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
