/*
 * test_zero.c - objects of size 0: all addresses in use, given back, and none to be had.
 */
#include "fresh.h"

#define PLACES (ZERO_BYTES / ALIGNMENT_BYTES)

static void use_all_places(void) {
    static void *places[PLACES];
    for (size_t index = 0; index < PLACES; index++) {
        places[index] = halloc_malloc(0);
        child_assert(zero_contains(places[index]) && halloc_malloc_usable_size(places[index]) == 0);
        child_assert(index == 0 || places[index] != places[index - 1]);
    }
    void *slot = halloc_malloc(0);
    child_assert(slot && !zero_contains(slot) && halloc_malloc_usable_size(slot) == 16);
    halloc_free(slot);
    for (size_t index = 0; index < PLACES; index++) {
        child_assert(zero_is_taken(places[index])); /* so each was given once */
        halloc_free(places[index]);
        child_assert(!zero_is_taken(places[index]));
    }
    child_assert(zero_contains(halloc_malloc(0)));
}

static void where_all_addresses_are_in_use_a_slot_serves(void **state UNUSED) {
    in_fresh_heap(use_all_places, "");
}

static void use_no_place(void) {
    child_assert(halloc_malloc(100));
    region.zeros = NULL; /* as under a limit on addresses */
    void *slot = halloc_malloc(0);
    child_assert(slot && halloc_malloc_usable_size(slot) == 16);
    child_assert(!zero_contains((void *)16));
    halloc_free(slot);
}

static void where_no_addresses_are_reserved_a_slot_serves(void **state UNUSED) {
    in_fresh_heap(use_no_place, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {test(where_all_addresses_are_in_use_a_slot_serves),
                                       test(where_no_addresses_are_reserved_a_slot_serves)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
