/*
 * test_damage.c - a file that is cut off or changed anywhere: the damage is named with its place, what
 * precedes it is read as it was, and nothing crashes (this test is run under the sanitizers as well).
 */
#include "scene.h"

#define CALLS 120u

static uint8_t *good;
static size_t good_length, good_count;
static struct operation *wanted;

static int open_scene(void **state) {
    (void)state;
    scene_write(scene_file("good"), CALLS, 1, 5);
    good = scene_bytes(scene_path, &good_length);
    struct trace *trace = scene_open(scene_path);
    wanted = scene_read(trace, &good_count);
    trace_close(trace);
    return unlink(scene_path);
}

static int close_scene(void **state) {
    (void)state;
    free(good);
    free(wanted);
    return unlink(scene_file("bad"));
}

/* Reads all there is to read. Returns whether something was said to be wrong. */
static bool read_all(const char *path, const struct operation *expected, size_t most, size_t *count) {
    struct trace_problem problem;
    struct trace *trace = trace_open(path, &problem);
    *count = 0;
    if (!trace) {
        assert_true(problem.found);
        assert_true(problem.what[0]);
        return true;
    }
    bool damaged = trace_damage(trace)->found;
    struct trace_cursor *cursor = trace_cursor_open(trace);
    struct operation operation;
    while (trace_next(cursor, &operation)) {
        assert_true(!expected || *count < most);
        if (expected) {
            assert_int_equal(operation.kind, expected[*count].kind);
            assert_int_equal(operation.size, expected[*count].size);
            assert_int_equal(operation.object, expected[*count].object);
        }
        if (operation_begins_object(&operation))
            assert_true(operation.object < trace_totals(trace)->objects);
        uint64_t ended = operation_ended_object(&operation);
        assert_true(ended == OBJECT_NONE || ended < trace_totals(trace)->objects);
        ++*count;
    }
    for (uint64_t number = 0; number < *count + 2; number += 1 + *count / 3) {
        size_t lives;
        if (trace_seek(cursor, number))
            trace_next(cursor, &operation);
        free(trace_live_before(trace, number, &lives));
    }
    struct trace_frame frames[4];
    for (uint32_t site = 0; site < 3; site++)
        trace_site(trace, site, frames, 4);
    trace_cursor_close(cursor);
    trace_close(trace);
    return damaged;
}

static void cut_off_anywhere_what_precedes_is_read(void **state) {
    (void)state;
    size_t count, some = 0;
    for (size_t length = 0; length < good_length; length++) {
        scene_put(scene_file("bad"), good, length);
        assert_true(read_all(scene_path, wanted, good_count, &count));
        some += count > 0;
    }
    assert_true(some > 0); /* the footer cut off, all operations are there */
    scene_put(scene_file("bad"), good, good_length);
    assert_false(read_all(scene_path, wanted, good_count, &count));
    assert_int_equal(count, good_count);
}

static void a_changed_bit_anywhere_is_noticed(void **state) {
    (void)state;
    size_t count, harmless = 0;
    for (size_t bit = 0; bit < 8 * good_length; bit++) {
        good[bit / 8] ^= (uint8_t)(1u << bit % 8);
        scene_put(scene_file("bad"), good, good_length);
        if (!read_all(scene_path, wanted, good_count, &count)) {
            assert_int_equal(count, good_count);
            harmless++;
        }
        good[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    assert_true(harmless <= 2 * 7 * 8); /* in what fills two blocks up to a multiple of 8 */
}

static void bytes_after_the_end_are_noticed(void **state) {
    (void)state;
    size_t count;
    uint8_t *longer = calloc(1, good_length + 8);
    memcpy(longer, good, good_length);
    scene_put(scene_file("bad"), longer, good_length + 8);
    assert_true(read_all(scene_path, wanted, good_count, &count));
    assert_int_equal(count, good_count);
    free(longer);
}

static void the_offset_is_that_of_the_block(void **state) {
    (void)state;
    struct trace_problem problem;
    const struct trace_file *file = (const struct trace_file *)good;
    uint32_t first = file->first;
    good[first + 100] ^= 1;
    scene_put(scene_file("bad"), good, good_length);
    struct trace *trace = trace_open(scene_path, &problem);
    good[first + 100] ^= 1;
    assert_non_null(trace);
    assert_true(trace_damage(trace)->found);
    assert_int_equal(trace_damage(trace)->offset, first);
    assert_int_equal(trace_totals(trace)->operations, 0);
    trace_close(trace);
}

/* Without the second of three blocks, the third can't say which objects it means. */
static void a_missing_block_is_noticed(void **state) {
    (void)state;
    size_t length, count;
    scene_write(scene_file("bad"), 3 * BLOCK_OPERATIONS_MOST, 1, 9);
    uint8_t *bytes = scene_bytes(scene_path, &length);
    struct trace_file *file = (struct trace_file *)bytes;
    file->file_bytes = file->footer_at = 0; /* as while it is written: no footer to contradict */
    file->checksum = checksum_file(file);
    const struct trace_block *first = (const struct trace_block *)(bytes + file->first);
    size_t gap = file->first + first->stride;
    const struct trace_block *second = (const struct trace_block *)(bytes + gap);
    size_t after = gap + second->stride;
    size_t third = ((const struct trace_block *)(bytes + after))->stride;
    memmove(bytes + gap, bytes + after, third);
    scene_put(scene_path, bytes, gap + third);
    assert_true(read_all(scene_path, NULL, 0, &count));
    assert_int_equal(count, BLOCK_OPERATIONS_MOST);
    free(bytes);
}

/* --- As the recorder leaves it ----------------------------------------------------------------------- */

#define SLOT 8192u

/* The good file's blocks in slots, open, behind a header that is still being recorded into. */
static uint8_t *make_open(size_t *length) {
    const struct trace_file *file = (const struct trace_file *)good;
    uint8_t *open = calloc(8, SLOT);
    struct trace_file *header = (struct trace_file *)open;
    memcpy(header, file, file->first);
    header->first = FILE_HEADER_BYTES;
    header->slot_bytes = SLOT;
    header->checksum = header->file_bytes = header->footer_at = 0;
    *length = FILE_HEADER_BYTES;
    for (size_t at = file->first; at < good_length;) {
        const struct trace_block *block = (const struct trace_block *)(good + at);
        at += block->stride;
        if (block->kind != BLOCK_OPERATIONS)
            break;
        struct trace_block *slot = (struct trace_block *)(open + *length);
        memcpy(slot, block, block->stride);
        slot->stride = SLOT;
        slot->checksum = 0;
        slot->begins = 0;
        memset(slot->bytes, 0, sizeof slot->bytes);
        *length += SLOT;
    }
    *length += SLOT; /* one that nobody has taken */
    return open;
}

static void an_open_block_is_read_as_far_as_it_counts(void **state) {
    (void)state;
    size_t length, count;
    uint8_t *open = make_open(&length);
    struct trace_block *block = (struct trace_block *)(open + FILE_HEADER_BYTES);
    for (uint32_t operations = 0; operations <= good_count; operations++) {
        block->count = operations;
        scene_put(scene_file("bad"), open, length);
        assert_false(read_all(scene_path, wanted, good_count, &count));
        assert_int_equal(count, operations);
    }
    free(open);
}

static void finishing_an_open_file_keeps_every_operation(void **state) {
    (void)state;
    size_t length, count;
    struct trace_problem problem;
    struct trace_totals totals;
    uint8_t *open = make_open(&length);
    scene_put(scene_file("bad"), open, length);
    assert_true(trace_finish(scene_path, scene_path, &totals, &problem));
    assert_false(problem.found);
    assert_false(read_all(scene_path, wanted, good_count, &count));
    assert_int_equal(count, good_count);
    assert_true(totals.file_bytes < length / 4);
    free(scene_bytes(scene_path, &length));
    assert_int_equal(length, totals.file_bytes);
    free(open);
}

/* Nothing tells what is wrong with an open block; nothing may crash, either. */
static void any_change_of_an_open_file_is_survived(void **state) {
    (void)state;
    size_t length, count;
    uint8_t *open = make_open(&length);
    for (size_t bit = 0; bit < 8 * (FILE_HEADER_BYTES + 500); bit++) {
        if (bit == 8 * offsetof(struct trace_file, command))
            bit = 8 * FILE_HEADER_BYTES;
        open[bit / 8] ^= (uint8_t)(1u << bit % 8);
        scene_put(scene_file("bad"), open, length);
        read_all(scene_path, NULL, 0, &count);
        open[bit / 8] ^= (uint8_t)(1u << bit % 8);
    }
    for (size_t cut = 0; cut < FILE_HEADER_BYTES + 600; cut++) {
        scene_put(scene_file("bad"), open, cut);
        read_all(scene_path, NULL, 0, &count);
    }
    free(open);
}

static void random_bytes_with_good_checksums_are_survived(void **state) {
    (void)state;
    uint64_t seed = 11;
    uint8_t *copy = malloc(good_length);
    for (unsigned trial = 0; trial < 20000; trial++) {
        size_t count, changed = 1 + scene_random(&seed) % 4;
        memcpy(copy, good, good_length);
        const struct trace_file *file = (const struct trace_file *)copy;
        for (size_t at = file->first; at < good_length;) {
            struct trace_block *block = (struct trace_block *)(copy + at);
            at += block->stride;
            uint32_t column = block->bytes[0];
            for (size_t change = 0; change < changed; change++)
                ((uint8_t *)block)[sizeof *block + scene_random(&seed) % column] =
                    (uint8_t)scene_random(&seed);
            block->checksum = checksum_block(block);
        }
        scene_put(scene_file("bad"), copy, good_length);
        read_all(scene_path, NULL, 0, &count);
    }
    free(copy);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cut_off_anywhere_what_precedes_is_read),
        cmocka_unit_test(a_changed_bit_anywhere_is_noticed),
        cmocka_unit_test(bytes_after_the_end_are_noticed),
        cmocka_unit_test(the_offset_is_that_of_the_block),
        cmocka_unit_test(a_missing_block_is_noticed),
        cmocka_unit_test(an_open_block_is_read_as_far_as_it_counts),
        cmocka_unit_test(finishing_an_open_file_keeps_every_operation),
        cmocka_unit_test(any_change_of_an_open_file_is_survived),
        cmocka_unit_test(random_bytes_with_good_checksums_are_survived),
    };
    return cmocka_run_group_tests(tests, open_scene, close_scene);
}
