/* The replay of a trace on a policy's heap: what is placed where, against numbers worked out by hand and
 * against a model of its own; the way there and back; and looking at the heap. */
#include "replay.h"

#define HEADER 32

/* --- By hand ----------------------------------------------------------------------------------------- */

/* Worked out with pencil: headers of 32 bytes, sizes in steps of 16 from 16, a block split when 128 bytes or
 * more would be left, 4,096 bytes to start with, 32 of them in front of the first payload. */
static void a_small_trace_is_placed_as_worked_out_by_hand(void **state) {
    (void)state;
    struct trace_writer *writer = replay_write();
    uint64_t a = trace_write_begin(writer, 0, OPERATION_MALLOC, 100, 0); /* 112 at 32 */
    uint64_t b = trace_write_begin(writer, 0, OPERATION_CALLOC, 200, 0); /* 208 at 176 */
    trace_write_begin(writer, 0, OPERATION_MALLOC, 1, 0);                /* 16 at 416 */
    trace_write_free(writer, 0, a);
    trace_write_event(writer, 0, OPERATION_FREE_NULL);
    uint64_t d = trace_write_begin(writer, 0, OPERATION_MALLOC, 50, 0); /* a's place, too small to split */
    d = trace_write_realloc(writer, 0, d, 300);                         /* moves: 304 at 464 */
    trace_write_free(writer, 0, b);                                     /* merges with the hole before it */
    trace_write_free(writer, 0, d);
    static const struct {
        enum serial_outcome outcome;
        uint64_t offset, granted, high, live, probes, splits, merges;
    } wanted[] = {
        {SERIAL_PLACED, 32, 112, 144, 100, 1, 1, 0},
        {SERIAL_PLACED, 176, 208, 384, 300, 1, 1, 0},
        {SERIAL_PLACED, 416, 16, 432, 301, 1, 1, 0},
        {SERIAL_FREED, SERIAL_NOWHERE, 0, 432, 201, 0, 0, 0},
        {SERIAL_NOTHING, SERIAL_NOWHERE, 0, 432, 201, 0, 0, 0},
        {SERIAL_PLACED, 32, 112, 432, 251, 1, 0, 0},
        {SERIAL_MOVED, 464, 304, 768, 501, 1, 1, 0},
        {SERIAL_FREED, SERIAL_NOWHERE, 0, 768, 301, 0, 0, 1},
        {SERIAL_FREED, SERIAL_NOWHERE, 0, 768, 1, 0, 0, 1},
    };
    struct trace *trace = replay_written(writer);
    struct serial *serial = replay_open(trace, "first", true);
    struct scoring scoring = {.probes = {0}};
    struct serial_event event;
    for (size_t step = 0; step < COUNT(wanted); step++) {
        assert_int_equal(serial_number(serial), step);
        assert_true(serial_step(serial, &event));
        assert_true(score_add(&scoring, &event));
        assert_int_equal(event.outcome, wanted[step].outcome);
        assert_int_equal(event.offset, wanted[step].offset);
        assert_int_equal(event.granted, wanted[step].granted);
        assert_int_equal(event.high, wanted[step].high);
        assert_int_equal(event.live_bytes, wanted[step].live);
        assert_int_equal(event.probes, wanted[step].probes);
        assert_int_equal(event.splits, wanted[step].splits);
        assert_int_equal(event.merges, wanted[step].merges);
        assert_int_equal(event.top, 4096);
    }
    assert_false(serial_step(serial, &event));
    assert_null(serial_broken(serial));
    struct score score = score_end(&scoring);
    assert_int_equal(score.allocations, 5);
    assert_int_equal(score.probes, 5);
    assert_int_equal(score.probes_999, 1);
    assert_int_equal(score.splits, 4);
    assert_int_equal(score.moves, 1);
    assert_int_equal(score.peak_live_bytes, 501);
    assert_int_equal(score.peak_heap_bytes, 768);
    assert_int_equal(score_peak_overhead(&score) * 1e6, (int)(768.0 / 501 * 1e6));
    /* Sums over the nine operations: heap 144 + 384 + 4 * 432 + 3 * 768, live 2157. */
    double average = (144 + 384 + 4 * 432 + 3 * 768) / 2157.0;
    assert_int_equal(score_average_overhead(&score) * 1e6, (int)(average * 1e6));
    assert_int_equal(score_utilization(&score) * 1e6, (int)(501.0 / 768 * 1e6));
    serial_close(serial);
    trace_close(trace);
}

static void the_score_of_csapp_is_its_formula(void **state) {
    (void)state;
    assert_int_equal(score_csapp(1, 600000, 1) * 1000, 100000);   /* all that there is */
    assert_int_equal(score_csapp(0.5, 6000000, 1) * 1000, 70000); /* faster than 600 Kops/s does not count */
    assert_int_equal(score_csapp(0.9, 300000, 1) * 1000, 74000);  /* 54 + 20 */
    assert_int_equal(score_csapp(0.25, 1000, 0) * 1000, 55000);   /* too fast for the clock */
}

/* --- A model of first fit ---------------------------------------------------------------------------- */

/* Blocks in address order in an array, the free list as another: nothing of the engine's. */
struct model_block {
    uint64_t offset, size;
    uint64_t object; /* OBJECT_NONE: free */
};

static struct model_block blocks[20000];
static uint64_t list[20000]; /* offsets, the head last */
static size_t block_count, list_count;
static uint64_t model_top;

static size_t index_at(uint64_t offset) {
    size_t index = 0;
    while (blocks[index].offset != offset)
        index++;
    return index;
}

static void list_remove(uint64_t offset) {
    size_t index = 0;
    while (list[index] != offset)
        index++;
    memmove(&list[index], &list[index + 1], (--list_count - index) * sizeof *list);
}

static void block_remove(size_t index) {
    memmove(&blocks[index], &blocks[index + 1], (--block_count - index) * sizeof *blocks);
}

static void block_insert(size_t index, struct model_block block) {
    memmove(&blocks[index + 1], &blocks[index], (block_count++ - index) * sizeof *blocks);
    blocks[index] = block;
}

/* The block at `index` is free now and on no list: merges it, and puts it at the head. */
static void model_free(size_t index) {
    blocks[index].object = OBJECT_NONE;
    if (index + 1 < block_count && blocks[index + 1].object == OBJECT_NONE) {
        list_remove(blocks[index + 1].offset);
        blocks[index].size += HEADER + blocks[index + 1].size;
        block_remove(index + 1);
    }
    if (index > 0 && blocks[index - 1].object == OBJECT_NONE) {
        list_remove(blocks[index - 1].offset);
        blocks[index - 1].size += HEADER + blocks[index].size;
        block_remove(index--);
    }
    list[list_count++] = blocks[index].offset;
}

static void model_grow(uint64_t bytes) {
    bytes = (bytes + 4095) / 4096 * 4096;
    block_insert(block_count, (struct model_block){model_top + HEADER, bytes - HEADER, 0});
    model_top += bytes;
    model_free(block_count - 1);
}

static void model_cut(size_t index, uint64_t size) {
    uint64_t rest = blocks[index].size - size;
    if (rest < HALLOC_SPLIT_BYTES)
        return;
    blocks[index].size = size;
    block_insert(index + 1, (struct model_block){blocks[index].offset + size + HEADER, rest - HEADER, 0});
    model_free(index + 1);
}

static uint64_t model_round(uint64_t size) {
    return ((size ? size : 1) + HEADER + 15) / 16 * 16 - HEADER;
}

static uint64_t model_take(uint64_t object, uint64_t size) {
    for (;;) {
        for (size_t at = list_count; at-- > 0;) {
            size_t index = index_at(list[at]);
            if (blocks[index].size < size)
                continue;
            list_remove(blocks[index].offset);
            blocks[index].object = object;
            model_cut(index, size);
            return blocks[index].offset;
        }
        const struct model_block *last = &blocks[block_count - 1];
        uint64_t there = last->object == OBJECT_NONE ? HEADER + last->size : 0;
        model_grow(size + HEADER - (there < size + HEADER ? there : 0));
    }
}

/* In place if what follows is free and large enough, the top grown for it; else a move. */
static uint64_t model_resize(uint64_t previous, uint64_t object, uint64_t size) {
    size_t index = 0;
    while (blocks[index].object != previous)
        index++;
    struct model_block *block = &blocks[index], *next = block + 1;
    bool last = index + 1 == block_count, next_free = !last && next->object == OBJECT_NONE;
    bool at_top = last || (next_free && index + 2 == block_count);
    uint64_t have = block->size + (next_free ? HEADER + next->size : 0);
    if (size > have && at_top && size > block->size) {
        uint64_t missing = size - block->size + HEADER, there = next_free ? HEADER + next->size : 0;
        model_grow(missing - (there < missing ? there : 0));
        next_free = true;
        have = block->size + HEADER + next->size;
    }
    if (size > have) {
        uint64_t offset = model_take(object, size);
        index = 0;
        while (blocks[index].object != previous)
            index++;
        model_free(index);
        return offset;
    }
    if (size > block->size) {
        list_remove(next->offset);
        block->size = have;
        block_remove(index + 1);
    }
    block->object = object;
    model_cut(index, size);
    return blocks[index].offset;
}

static void model_end(uint64_t object) {
    size_t index = 0;
    while (blocks[index].object != object)
        index++;
    model_free(index);
}

static void first_fit_is_what_an_independent_model_says(void **state) {
    (void)state;
    struct trace_writer *writer = replay_write();
    uint64_t names[400], count = 0, random = 3;
    for (int number = 0; number < 30000; number++) {
        uint64_t size = random_below(&random, random_below(&random, 30) ? 400 : 30000),
                 choice = random_below(&random, 8);
        uint64_t index = count ? random_below(&random, count) : 0;
        if (count == COUNT(names) || (count && choice < 3)) {
            trace_write_free(writer, 0, names[index]);
            names[index] = names[--count];
        } else if (count && choice == 3) {
            names[index] = trace_write_realloc(writer, 0, names[index], size);
        } else {
            names[count++] = trace_write_begin(writer, 0, OPERATION_MALLOC, size, 0);
        }
    }
    struct trace *trace = replay_written(writer);
    struct serial *serial = replay_open(trace, "first", false);
    struct serial_event event;
    block_count = list_count = 0;
    model_top = 0;
    model_grow(1);
    while (serial_step(serial, &event)) {
        const struct operation *operation = &event.operation;
        uint64_t size = model_round(operation->size), offset = SERIAL_NOWHERE;
        if (operation->kind == OPERATION_REALLOC)
            offset = model_resize(operation->previous, operation->object, size);
        else if (operation->kind == OPERATION_MALLOC)
            offset = model_take(operation->object, size);
        else
            model_end(operation->object);
        if (offset != event.offset || model_top != event.top)
            fail_msg("operation %d: at %d, top %d; the model says %d and %d", (int)operation->number,
                     (int)event.offset, (int)event.top, (int)offset, (int)model_top);
    }
    assert_true(block_count > 100);
    serial_close(serial);
    trace_close(trace);
}

/* --- There and back ---------------------------------------------------------------------------------- */

/* All that there is to see of a heap, in one number. */
struct digest {
    uint64_t sum, blocks, free_blocks, bytes;
};

static bool digest_block(const struct serial_block *block, void *context) {
    struct digest *digest = context;
    const uint64_t facts[] = {block->offset, block->size, block->is_free, block->object, block->requested};
    for (size_t index = 0; index < COUNT(facts); index++)
        digest->sum = (digest->sum ^ facts[index]) * UINT64_C(0x100000001b3);
    digest->blocks++;
    digest->free_blocks += block->is_free;
    digest->bytes += HEADER + block->size;
    return true;
}

static bool digest_free(unsigned list, const struct serial_block *block, void *context) {
    struct digest *digest = context;
    assert_true(block->is_free);
    digest->sum = (digest->sum ^ list) * UINT64_C(0x100000001b3);
    return digest_block(block, context);
}

static uint64_t digest_of(const struct serial *serial) {
    struct digest all = {0}, listed = {0};
    serial_blocks(serial, digest_block, &all);
    serial_free_lists(serial, digest_free, &listed);
    assert_int_equal(all.bytes, serial_top(serial)); /* blocks tile the heap */
    assert_int_equal(all.free_blocks, listed.blocks);
    return all.sum ^ listed.sum * 3 ^ serial_high(serial) * 5 ^ serial_rover(serial) * 7;
}

/* How many objects of the trace are found; each where the heap says. */
static uint64_t objects_found(const struct serial *serial, const struct trace *trace) {
    struct serial_block block, at;
    uint64_t found = 0;
    for (uint64_t object = 0; object < trace_totals(trace)->objects; object++) {
        if (!serial_find(serial, object, &block))
            continue;
        assert_int_equal(block.object, object);
        if (found++ % 16 == 0)
            assert_true(serial_at(serial, block.offset, &at) && at.object == object);
    }
    return found;
}

static void going_to_any_operation_gives_what_stepping_there_gives(void **state) {
    (void)state;
    struct trace *trace = replay_mixed(40000, 3, 11);
    for (size_t policy = 0; policy < COUNT(policy_names); policy++) {
        struct serial *steps = replay_open(trace, policy_names[policy], false);
        struct serial *jumps = replay_open(trace, policy_names[policy], false);
        uint64_t numbers[40], digests[40], random = 5;
        struct serial_event event, same;
        for (size_t index = 0; index < COUNT(numbers); index++)
            numbers[index] = index * 1000 + random_below(&random, 1000);
        for (size_t index = 0; index < COUNT(numbers); index++) {
            while (serial_number(steps) < numbers[index])
                assert_true(serial_step(steps, &event));
            digests[index] = digest_of(steps);
        }
        for (int jump = 0; jump < 100; jump++) {
            size_t index = random_below(&random, COUNT(numbers));
            assert_true(serial_go_to(jumps, numbers[index]));
            assert_int_equal(serial_number(jumps), numbers[index]);
            assert_int_equal(digest_of(jumps), digests[index]);
            uint64_t live = objects_found(jumps, trace);
            assert_true(serial_go_to(steps, numbers[index]));
            assert_true(serial_step(jumps, &event) && serial_step(steps, &same));
            assert_memory_equal(&event, &same, sizeof event);
            bool ends = event.outcome == SERIAL_FREED;
            assert_int_equal(event.live_objects + ends - (event.outcome == SERIAL_PLACED), live);
        }
        assert_true(serial_go_to(jumps, 40000));
        assert_false(serial_step(jumps, &event));
        assert_false(serial_go_to(jumps, 40001));
        assert_true(halloc_heap_check(serial_heap(jumps), NULL));
        serial_close(steps);
        serial_close(jumps);
    }
    trace_close(trace);
}

static void two_replays_are_the_same_whatever_else_there_is(void **state) {
    (void)state;
    struct trace *trace = replay_mixed(20000, 2, 4);
    for (size_t policy = 0; policy < COUNT(policy_names); policy++) {
        struct serial *one = replay_open(trace, policy_names[policy], false);
        halloc_heap *other = halloc_heap_create(NULL);
        struct serial *two = replay_open(trace, policy_names[policy], true);
        struct serial_event a, b;
        while (serial_step(one, &a)) {
            assert_true(serial_step(two, &b));
            assert_memory_equal(&a, &b, sizeof a);
        }
        serial_close(one);
        halloc_heap_destroy(other);
        serial_close(two);
    }
    trace_close(trace);
}

/* --- Looking ----------------------------------------------------------------------------------------- */

struct sums {
    uint64_t used, requested, objects;
};

static bool add_used(const struct serial_block *block, void *context) {
    struct sums *sums = context;
    if (!block->is_free) {
        sums->used += block->size;
        sums->requested += block->requested;
        sums->objects++;
    }
    return true;
}

static void what_an_event_says_is_what_the_heap_shows(void **state) {
    (void)state;
    struct trace *trace = replay_mixed(3000, 2, 9);
    for (size_t policy = 0; policy < COUNT(policy_names); policy++) {
        struct serial *serial = replay_open(trace, policy_names[policy], false);
        struct serial_event event;
        struct serial_block block, at;
        while (serial_step(serial, &event)) {
            struct sums sums = {0};
            serial_blocks(serial, add_used, &sums);
            assert_int_equal(sums.used, event.used_bytes);
            assert_int_equal(sums.requested, event.live_bytes);
            assert_int_equal(sums.objects, event.live_objects);
            if (event.outcome == SERIAL_FREED)
                assert_false(serial_find(serial, event.operation.object, &block));
            if (event.offset == SERIAL_NOWHERE)
                continue;
            assert_true(serial_find(serial, event.operation.object, &block));
            assert_int_equal(block.offset, event.offset);
            assert_int_equal(block.size, event.granted);
            assert_int_equal(block.requested, event.requested);
            assert_true(serial_at(serial, event.offset + event.granted - 1, &at));
            assert_int_equal(at.offset, event.offset);
        }
        assert_false(serial_at(serial, serial_top(serial), &at));
        serial_close(serial);
    }
    trace_close(trace);
}

static void a_peek_tells_where_the_next_block_will_be(void **state) {
    (void)state;
    struct trace *trace = replay_generated("exponential", 5000, 200, 1, 2);
    for (size_t policy = 0; policy < COUNT(policy_names); policy++) {
        struct serial *serial = replay_open(trace, policy_names[policy], false);
        struct trace_cursor *cursor = trace_cursor_open(trace);
        struct operation operation;
        struct serial_event event;
        struct serial_block hole;
        uint64_t peeked = 0;
        while (trace_next(cursor, &operation)) {
            bool found = operation.kind == OPERATION_MALLOC && serial_peek(serial, operation.size, &hole);
            assert_true(serial_step(serial, &event));
            if (operation.kind == OPERATION_MALLOC)
                assert_int_equal(found, event.grew_bytes == 0);
            if (found)
                assert_int_equal(hole.offset, event.offset);
            peeked += found;
        }
        assert_true(peeked > 2000);
        trace_cursor_close(cursor);
        serial_close(serial);
    }
    trace_close(trace);
}

/* --- Failing ----------------------------------------------------------------------------------------- */

static void what_has_no_room_fails_and_the_rest_goes_on(void **state) {
    (void)state;
    struct trace_writer *writer = replay_write();
    uint64_t a = trace_write_begin(writer, 0, OPERATION_MALLOC, 1000, 0);
    uint64_t b = trace_write_begin(writer, 0, OPERATION_MALLOC, 1 << 20, 0); /* more than there is */
    uint64_t c = trace_write_begin(writer, 0, OPERATION_MALLOC, UINT64_C(1) << 60, 0);
    trace_write_free(writer, 0, b);
    a = trace_write_realloc(writer, 0, a, 1 << 20);
    trace_write_free(writer, 0, c);
    trace_write_free(writer, 0, a);
    struct trace *trace = replay_written(writer);
    const char *why;
    for (int check = 0; check < 2; check++) {
        struct serial *serial =
            serial_open(trace, &(struct serial_options){.reserve_bytes = 1 << 16, .check = check}, &why);
        static const enum serial_outcome wanted[] = {SERIAL_PLACED,  SERIAL_FAILED, SERIAL_FAILED,
                                                     SERIAL_NOTHING, SERIAL_FAILED, SERIAL_NOTHING,
                                                     SERIAL_FREED};
        struct serial_event event;
        for (size_t step = 0; step < COUNT(wanted); step++) {
            assert_true(serial_step(serial, &event));
            assert_int_equal(event.outcome, wanted[step]);
        }
        assert_int_equal(event.old_requested, 1000); /* the realloc failed: the block stayed what it was */
        assert_int_equal(event.live_objects, 0);
        serial_close(serial);
    }
    assert_null(serial_open(trace, &(struct serial_options){.fit = "no such policy"}, &why));
    assert_string_equal(why, "there is no such policy");
    trace_close(trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_small_trace_is_placed_as_worked_out_by_hand),
        test(the_score_of_csapp_is_its_formula),
        test(first_fit_is_what_an_independent_model_says),
        test(going_to_any_operation_gives_what_stepping_there_gives),
        test(two_replays_are_the_same_whatever_else_there_is),
        test(what_an_event_says_is_what_the_heap_shows),
        test(a_peek_tells_where_the_next_block_will_be),
        test(what_has_no_room_fails_and_the_rest_goes_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
