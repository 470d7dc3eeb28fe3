/*
 * test_reading.c - what is written is read: every operation, in an order that could have been; by stepping,
 * by seeking, thread by thread; and what was live at any point.
 */
#include "scene.h"

#define CALLS 60000u
#define THREADS 5u

static struct trace *trace;
static struct operation *all;
static size_t count;

static int open_scene(void **state) {
    (void)state;
    scene_write(scene_file("reading"), CALLS, THREADS, 1);
    trace = scene_open(scene_path);
    all = scene_read(trace, &count);
    return 0;
}

static int close_scene(void **state) {
    (void)state;
    free(all);
    trace_close(trace);
    return unlink(scene_file("reading"));
}

/* Field by field: what lies between them means nothing. */
static void assert_same(const struct operation *got, const struct operation *wanted) {
    assert_true(got->number == wanted->number && got->object == wanted->object &&
                got->previous == wanted->previous && got->size == wanted->size &&
                got->time_ns == wanted->time_ns && got->address == wanted->address &&
                got->usable == wanted->usable);
    assert_true(got->thread == wanted->thread && got->other_thread == wanted->other_thread &&
                got->site == wanted->site && got->kind == wanted->kind && got->failed == wanted->failed &&
                got->alignment_log2 == wanted->alignment_log2);
}

/* --- One thread: exactly what was written ---------------------------------------------------------- */

static void every_operation_of_one_thread_in_its_order(void **state) {
    (void)state;
    struct trace_writer *writer = trace_writer_open(scene_file("one"), "echo  hi", false);
    struct trace_problem problem;
    uint64_t first = trace_write_begin(writer, 0, OPERATION_MALLOC, 24, 0);
    uint64_t second = trace_write_begin(writer, 0, OPERATION_CALLOC, 0, 0);
    uint64_t third = trace_write_begin(writer, 0, OPERATION_ALIGNED, UINT64_C(1) << 40, 12);
    first = trace_write_realloc(writer, 0, first, 1000000);
    trace_write_event(writer, 0, OPERATION_FREE_NULL);
    trace_write_failure(writer, 0, OPERATION_REALLOC, UINT64_MAX, 3);
    trace_write_free(writer, 0, second);
    trace_write_realloc(writer, 0, TRACE_UNKNOWN, 7);
    trace_write_event(writer, 0, OPERATION_FORK);
    trace_write_free(writer, 0, first);
    trace_write_free(writer, 0, TRACE_UNKNOWN);
    trace_write_event(writer, 0, OPERATION_THREAD_EXIT);
    (void)third;
    assert_true(trace_writer_close(writer, &problem));
    struct trace *one = scene_open(scene_path);
    const uint64_t none = OBJECT_NONE;
    const struct operation wanted[] = {
        {.kind = OPERATION_MALLOC, .object = 0, .previous = none, .size = 24},
        {.kind = OPERATION_CALLOC, .object = 1, .previous = none, .size = 0},
        {.kind = OPERATION_ALIGNED,
         .object = 2,
         .previous = none,
         .size = UINT64_C(1) << 40,
         .alignment_log2 = 12},
        {.kind = OPERATION_REALLOC, .object = 3, .previous = 0, .size = 1000000},
        {.kind = OPERATION_FREE_NULL, .object = none, .previous = none},
        {.kind = OPERATION_FAILURE,
         .object = none,
         .previous = none,
         .size = UINT64_MAX,
         .failed = OPERATION_REALLOC,
         .alignment_log2 = 3},
        {.kind = OPERATION_FREE, .object = 1, .previous = none},
        {.kind = OPERATION_REALLOC, .object = 4, .previous = none, .size = 7},
        {.kind = OPERATION_FORK, .object = none, .previous = none},
        {.kind = OPERATION_FREE, .object = 3, .previous = none},
        {.kind = OPERATION_FREE_UNKNOWN, .object = none, .previous = none},
        {.kind = OPERATION_THREAD_EXIT, .object = none, .previous = none},
    };
    size_t read;
    struct operation *got = scene_read(one, &read);
    assert_int_equal(read, sizeof wanted / sizeof *wanted);
    for (size_t index = 0; index < read; index++) {
        assert_int_equal(got[index].number, index);
        assert_int_equal(got[index].kind, wanted[index].kind);
        assert_int_equal(got[index].object, wanted[index].object);
        assert_int_equal(got[index].previous, wanted[index].previous);
        assert_int_equal(got[index].size, wanted[index].size);
        assert_int_equal(got[index].failed, wanted[index].failed);
        assert_int_equal(got[index].alignment_log2, wanted[index].alignment_log2);
    }
    const struct trace_totals *totals = trace_totals(one);
    assert_int_equal(totals->objects, 5);
    assert_int_equal(totals->peak_bytes, (UINT64_C(1) << 40) + 1000007);
    assert_int_equal(totals->peak_after, 7);
    assert_int_equal(totals->end_objects, 2);
    assert_int_equal(totals->end_bytes, (UINT64_C(1) << 40) + 7);
    assert_string_equal(trace_command(one), "echo  hi");
    free(got);
    trace_close(one);
    unlink(scene_path);
}

static void an_empty_trace_is_a_trace(void **state) {
    (void)state;
    struct trace_problem problem;
    struct trace_writer *writer = trace_writer_open(scene_file("empty"), "", false);
    assert_true(trace_writer_close(writer, &problem));
    struct trace *empty = scene_open(scene_path);
    size_t read;
    free(scene_read(empty, &read));
    assert_int_equal(read, 0);
    assert_false(trace_damage(empty)->found);
    trace_close(empty);
    unlink(scene_path);
}

/* --- Several threads ------------------------------------------------------------------------------------ */

static void an_object_begins_before_it_ends_whoever_ends_it(void **state) {
    (void)state;
    struct live live = {0};
    struct live_entry ended;
    size_t elsewhere = 0;
    for (size_t index = 0; index < count; index++) {
        uint64_t ends = operation_ended_object(&all[index]);
        assert_true(ends == OBJECT_NONE || live_is(&live, ends));
        elsewhere += all[index].other_thread != all[index].thread;
        assert_true(live_step(&live, &all[index], &ended));
    }
    assert_true(elsewhere > count / 10); /* or nothing was tested */
    assert_int_equal(live.count, trace_totals(trace)->end_objects);
    assert_int_equal(live.bytes, trace_totals(trace)->end_bytes);
    live_free(&live);
}

/* Sizes grow with each call of the scene, so a thread's must grow. */
static void a_threads_own_order_stays(void **state) {
    (void)state;
    uint64_t last[THREADS] = {0};
    size_t seen = 0;
    for (size_t index = 0; index < count; index++)
        if (operation_begins_object(&all[index]) || all[index].kind == OPERATION_FAILURE) {
            assert_true(all[index].size >= last[all[index].thread]);
            last[all[index].thread] = all[index].size;
            seen++;
        }
    assert_true(seen > count / 3);
}

static void objects_are_numbered_densely(void **state) {
    (void)state;
    uint64_t objects = trace_totals(trace)->objects;
    char *seen = calloc(objects, 1);
    for (size_t index = 0; index < count; index++)
        if (operation_begins_object(&all[index])) {
            assert_true(all[index].object < objects);
            assert_int_equal(seen[all[index].object]++, 0);
        }
    assert_null(memchr(seen, 0, objects));
    free(seen);
}

static void threads_read_alone_have_the_same_operations(void **state) {
    (void)state;
    size_t together = 0;
    for (uint32_t thread = 0; thread < THREADS; thread++) {
        struct trace_cursor *cursor = trace_cursor_open_thread(trace, thread);
        struct operation operation;
        uint64_t last = 0;
        while (trace_next(cursor, &operation)) {
            assert_int_equal(operation.thread, thread);
            assert_same(&operation, &all[operation.number]);
            assert_true(!last || operation.number > last);
            last = operation.number;
            together++;
        }
        trace_cursor_close(cursor);
    }
    assert_int_equal(together, count);
}

/* --- Anywhere ---------------------------------------------------------------------------------------------- */

static void seeking_gives_what_stepping_gives(void **state) {
    (void)state;
    struct trace_cursor *cursor = trace_cursor_open(trace);
    struct operation operation;
    uint64_t seed = 7;
    for (unsigned trial = 0; trial < 2000; trial++) {
        uint64_t number = scene_random(&seed) % count;
        assert_true(trace_seek(cursor, number));
        for (unsigned step = 0; step < 3 && number < count; step++, number++) {
            assert_true(trace_next(cursor, &operation));
            assert_same(&operation, &all[number]);
        }
    }
    assert_false(trace_seek(cursor, count));
    assert_false(trace_next(cursor, &operation));
    assert_true(trace_seek(cursor, 0));
    assert_true(trace_next(cursor, &operation));
    assert_int_equal(operation.number, 0);
    trace_cursor_close(cursor);
}

static void what_was_live_is_told_at_any_point(void **state) {
    (void)state;
    scene_write(scene_file("long"), 300000, 2, 3); /* with checkpoints */
    struct trace *longer = scene_open(scene_path);
    size_t read, marks;
    struct operation *operations = scene_read(longer, &read);
    const struct trace_mark *mark = trace_marks(longer, &marks);
    const uint64_t points[] = {0, 1, 65535, 65536, 65537, 150000, 299999, 300000};
    assert_int_equal(marks, (read + 4095) / 4096);
    struct live live = {0};
    struct live_entry entry;
    size_t at = 0;
    for (size_t point = 0; point < sizeof points / sizeof *points; point++) {
        for (; at < points[point]; at++) {
            if (at % 4096 == 0) {
                assert_int_equal(mark[at / 4096].operation, at);
                assert_int_equal(mark[at / 4096].live_bytes, live.bytes);
                assert_int_equal(mark[at / 4096].live_objects, live.count);
            }
            live_step(&live, &operations[at], &entry);
        }
        size_t lives;
        struct trace_live *array = trace_live_before(longer, points[point], &lives);
        assert_int_equal(lives, live.count);
        uint64_t object = 0;
        for (size_t index = 0; index < lives; index++) {
            assert_true(live_next(&live, &object, &entry));
            assert_int_equal(array[index].object, entry.object);
            assert_int_equal(array[index].size, entry.size);
        }
        free(array);
    }
    live_free(&live);
    free(operations);
    trace_close(longer);
    unlink(scene_path);
}

static void a_second_reading_has_the_same_order(void **state) {
    (void)state;
    scene_write(scene_file("again"), CALLS, THREADS, 1);
    struct trace *again = scene_open(scene_path);
    size_t read;
    struct operation *operations = scene_read(again, &read);
    assert_int_equal(read, count);
    for (size_t index = 0; index < count; index++)
        assert_same(&operations[index], &all[index]);
    free(operations);
    trace_close(again);
    unlink(scene_path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operation_of_one_thread_in_its_order),
        cmocka_unit_test(an_empty_trace_is_a_trace),
        cmocka_unit_test(an_object_begins_before_it_ends_whoever_ends_it),
        cmocka_unit_test(a_threads_own_order_stays),
        cmocka_unit_test(objects_are_numbered_densely),
        cmocka_unit_test(threads_read_alone_have_the_same_operations),
        cmocka_unit_test(seeking_gives_what_stepping_gives),
        cmocka_unit_test(what_was_live_is_told_at_any_point),
        cmocka_unit_test(a_second_reading_has_the_same_order),
    };
    return cmocka_run_group_tests(tests, open_scene, close_scene);
}
