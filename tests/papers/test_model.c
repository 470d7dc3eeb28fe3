/* The heap as the papers draw it: blocks are whole units, first fit takes the lowest address, and the calendar
 * tells who goes next. */
#include "tools/papers/calendar.h"
#include "tools/papers/model.h"
#include "tools/generate/random.h"

#include "halloc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define OBJECTS 200
#define MEMORY 4096

static void blocks_lie_one_behind_the_other_in_whole_units(void **state) {
    (void)state;
    struct model model;
    assert_true(model_open(&model, MODEL_FIRST_BY_ADDRESS, MEMORY));
    uint64_t place = 0;
    for (uint64_t units = 1; units <= 40; units++) {
        void *block = model_take(&model, units);
        assert_non_null(block);
        assert_int_equal(model_place(&model, block), place);
        assert_int_equal(model_extent(&model, block), units);
        place += units;
        assert_int_equal(model.used_units, place);
        assert_int_equal(model.high, place);
        assert_int_equal(model.splits, units); /* each was cut from the rest of the memory */
    }
    assert_non_null(model_take(&model, MEMORY - place));
    assert_int_equal(model.splits, 40); /* and that one fits exactly */
    assert_int_equal(model_free_blocks(&model), 0);
    assert_null(model_take(&model, 1));
    model_close(&model);
}

/* The lowest place where so many units are free; MEMORY: nowhere. */
static uint64_t lowest(const bool *used, uint64_t units) {
    uint64_t free_units = 0;
    for (uint64_t at = 0; at < MEMORY; at++) {
        free_units = used[at] ? 0 : free_units + 1;
        if (free_units == units)
            return at + 1 - units;
    }
    return MEMORY;
}

static void first_fit_takes_the_lowest_address_of_all(void **state) {
    (void)state;
    struct model model;
    static bool used[MEMORY];
    void *blocks[OBJECTS] = {NULL};
    uint64_t random = 7, refused = 0;
    assert_true(model_open(&model, MODEL_FIRST_BY_ADDRESS, MEMORY));
    for (int step = 0; step < 20000; step++) {
        void **block = &blocks[random_below(&random, OBJECTS)];
        if (*block) {
            memset(&used[model_place(&model, *block)], false, model_extent(&model, *block));
            model_give(&model, *block);
            *block = NULL;
            continue;
        }
        uint64_t units = random_between(&random, 1, 60), place = lowest(used, units);
        *block = model_take(&model, units);
        refused += !*block;
        assert_int_equal(*block ? model_place(&model, *block) : MEMORY, place);
        if (*block)
            memset(&used[place], true, units);
    }
    assert_in_range(refused, 1, 10000);
    assert_true(halloc_heap_check(model.heap, NULL));
    model_close(&model);
}

static void a_growing_memory_is_as_large_as_it_must_be(void **state) {
    (void)state;
    struct model model;
    assert_true(model_open_growing(&model, "best"));
    for (int count = 0; count < 3000; count++)
        assert_non_null(model_take(&model, 7));
    assert_int_equal(model.high, 3000 * 7);
    assert_int_equal(model.used_blocks, 3000);
    model_close(&model);
}

static void the_calendar_tells_who_goes_next(void **state) {
    (void)state;
    struct calendar calendar = {0};
    uint64_t random = 3, last = 0;
    for (int count = 0; count < 1000; count++)
        assert_true(calendar_add(&calendar, random_below(&random, 500), NULL));
    for (int count = 0; count < 1000; count++) {
        struct guest guest = calendar_next(&calendar);
        assert_true(guest.until >= last);
        last = guest.until;
    }
    assert_int_equal(calendar.count, 0);
    free(calendar.guests);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_lie_one_behind_the_other_in_whole_units),
        cmocka_unit_test(first_fit_takes_the_lowest_address_of_all),
        cmocka_unit_test(a_growing_memory_is_as_large_as_it_must_be),
        cmocka_unit_test(the_calendar_tells_who_goes_next),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
