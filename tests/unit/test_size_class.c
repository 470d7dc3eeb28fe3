/*
 * test_size_class.c - every size, every class, every offset: small enough spaces to try them all.
 */
#include "unit.h"

static void a_size_gets_the_smallest_slot_that_holds_it(void **state UNUSED) {
    for (size_t size = 1; size <= SLOT_MOST_BYTES; size++) {
        unsigned size_class = size_class_of(size);
        assert_in_range(size_class, 0, SIZE_CLASSES - 1);
        assert_true(slot_bytes(size_class) >= size);
        assert_true(size_class == 0 || slot_bytes(size_class - 1) < size);
    }
}

static void classes_ascend_and_are_aligned(void **state UNUSED) {
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        assert_int_equal(slot_bytes(size_class) % ALIGNMENT_BYTES, 0);
        assert_true(size_class == 0 || slot_bytes(size_class) > slot_bytes(size_class - 1));
        assert_int_equal(size_class_of(slot_bytes(size_class)), size_class);
    }
    assert_int_equal(slot_bytes(SIZE_CLASSES - 1), SLOT_MOST_BYTES);
}

/* Above 128 bytes at most an eighth of a slot is wasted, and below less than the alignment. */
static void little_is_wasted(void **state UNUSED) {
    for (size_t size = 1; size <= SLOT_MOST_BYTES; size++) {
        size_t slot = slot_bytes(size_class_of(size));
        assert_true(slot <= 128 ? slot - size < ALIGNMENT_BYTES : (slot - size) * 8 <= slot);
    }
}

static void slabs_hold_enough_slots(void **state UNUSED) {
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        size_t slot = slot_bytes(size_class), most = SLAB_BYTES_OF(slot), half = most / 2;
        assert_true(most / slot >= 4 && most / slot <= UINT16_MAX && most % slot * 5 < most);
        assert_true(slot > SLOT_CROWDED_BYTES || (half / slot >= 16 && half % slot * 16 < half));
        assert_true(half % UNIT_BYTES == 0 && half >= 2 * UNIT_BYTES);
    }
}

/* The reciprocal tells exactly the starts of carved slots, and which slot it is: at every place of a slab,
 * and however many are carved. */
static void the_reciprocal_is_exact_at_every_offset(void **state UNUSED) {
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class++) {
        uint32_t slot = (uint32_t)slot_bytes(size_class), bytes = SLAB_BYTES_OF(slot), slots = bytes / slot;
        char *start = (char *)GIB; /* looked at by its value only */
        for (uint32_t carved = 0; carved <= slots; carved += carved < slots ? max_size(slots / 3, 1) : 1) {
            carved = (uint32_t)min_size(carved, slots);
            struct slab slab = {.reciprocal = SLOT_RECIPROCAL(slot_bytes(size_class))};
            slab.last = start + carved * slot - slot;
            for (uint32_t offset = 0; offset < bytes; offset++)
                if (slab_is_slot(&slab, start + offset) != (offset % slot == 0 && offset < carved * slot))
                    fail_msg("class %u, %u carved, offset %u", size_class, carved, offset);
            for (uint32_t index = 0; index < carved; index++)
                assert_int_equal(slab_slot_number(&slab, start + index * slot), carved - 1 - index);
        }
    }
}

/* What is rounded up to an alignment falls into a class whose slots all lie at multiples of it. */
static void aligned_sizes_get_aligned_slots(void **state UNUSED) {
    for (size_t alignment = 16; alignment <= UNIT_BYTES; alignment *= 2) {
        for (size_t size = 0; size <= SLOT_MOST_BYTES; size += 1 + size / 100) {
            size_t rounded = aligned_slot_size(size, alignment);
            assert_true(rounded >= size && (rounded >= alignment || alignment == ALIGNMENT_BYTES));
            if (rounded <= SLOT_MOST_BYTES)
                assert_int_equal(slot_bytes(size_class_of(rounded)) % alignment, 0);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_size_gets_the_smallest_slot_that_holds_it),
        test(classes_ascend_and_are_aligned),
        test(little_is_wasted),
        test(slabs_hold_enough_slots),
        test(the_reciprocal_is_exact_at_every_offset),
        test(aligned_sizes_get_aligned_slots),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
