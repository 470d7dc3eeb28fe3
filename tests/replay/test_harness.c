/* The harness: every step reaches the allocator, in an order in which nothing ends before it began, by one
 * thread or by many. */
#include "replay.h"
#include "tools/replay/measure/harness.h"
#include "tools/replay/measure/job_steps.h"

#include <errno.h>
#include <pthread.h>

/* An allocator that counts, on top of malloc; for threads too. */
static uint64_t calls[5];

static void *counting_allocate(size_t size) {
    __atomic_fetch_add(&calls[0], 1, __ATOMIC_RELAXED);
    return malloc(size);
}

static void *counting_zeroed(size_t count, size_t size) {
    __atomic_fetch_add(&calls[1], 1, __ATOMIC_RELAXED);
    return calloc(count, size);
}

static void *counting_aligned(size_t alignment, size_t size) {
    void *ptr;
    __atomic_fetch_add(&calls[2], 1, __ATOMIC_RELAXED);
    return posix_memalign(&ptr, alignment, size) ? NULL : ptr;
}

static void *counting_resize(void *ptr, size_t size) {
    __atomic_fetch_add(&calls[3], 1, __ATOMIC_RELAXED);
    return realloc(ptr, size);
}

static void counting_release(void *ptr) {
    __atomic_fetch_add(&calls[4], 1, __ATOMIC_RELAXED);
    free(ptr);
}

static const struct allocator counting = {
    counting_allocate, counting_zeroed, counting_aligned, counting_resize, counting_release, NULL,
};

static void count_kinds(const struct trace *trace, uint64_t kinds[OPERATION_KINDS]) {
    struct trace_cursor *cursor = trace_cursor_open(trace);
    struct operation operation;
    memset(kinds, 0, OPERATION_KINDS * sizeof *kinds);
    while (trace_next(cursor, &operation))
        kinds[operation.kind]++;
    trace_cursor_close(cursor);
}

/* What is live at the end would be a leak to the sanitizers: free it in the trace. */
static struct trace *mixed_to_the_end(uint64_t operations, uint32_t threads) {
    struct trace_writer *writer = replay_write();
    uint64_t names[500], count = 0, random = 1;
    for (uint64_t number = 0; number < operations || count; number++) {
        uint32_t thread = (uint32_t)random_below(&random, threads);
        uint64_t size = 1 + random_below(&random, 200), choice = random_below(&random, 8);
        uint64_t index = count ? random_below(&random, count) : 0;
        if (count && (choice < 3 || count == COUNT(names) || number >= operations)) {
            trace_write_free(writer, thread, names[index]);
            names[index] = names[--count];
        } else if (count && choice == 3) {
            names[index] = trace_write_realloc(writer, thread, names[index], size);
        } else if (choice == 4) {
            trace_write_event(writer, thread, OPERATION_FREE_NULL);
        } else {
            enum operation_kind kind = choice == 5   ? OPERATION_CALLOC
                                       : choice == 6 ? OPERATION_ALIGNED
                                                     : OPERATION_MALLOC;
            names[count++] = trace_write_begin(writer, thread, kind, size, choice == 6 ? 5 : 0);
        }
    }
    return replay_written(writer);
}

static void every_call_is_made_in_every_pass_by_one_thread_and_by_many(void **state) {
    (void)state;
    uint64_t kinds[OPERATION_KINDS];
    for (uint32_t threads = 1; threads <= 8; threads *= 2) {
        struct trace *trace = mixed_to_the_end(6000, threads);
        count_kinds(trace, kinds);
        for (enum pass pass = PASS_TIME; pass <= PASS_CHECK; pass++) {
            struct steps steps;
            assert_true(steps_make(&steps, trace, pass != PASS_MEMORY));
            steps_rewind(&steps, pass);
            memset(calls, 0, sizeof calls);
            assert_true(harness_play(steps.job, &counting));
            const struct answer *answer = &steps.job->answer;
            if (answer->broken)
                fail_msg("%u threads: %s", threads, answer->what);
            assert_true(answer->finished);
            assert_int_equal(answer->done, trace_totals(trace)->operations);
            assert_int_equal(answer->failures, 0);
            assert_int_equal(calls[0], kinds[OPERATION_MALLOC]);
            assert_int_equal(calls[1], kinds[OPERATION_CALLOC]);
            assert_int_equal(calls[2], kinds[OPERATION_ALIGNED]);
            assert_int_equal(calls[3], kinds[OPERATION_REALLOC]);
            assert_int_equal(calls[4], kinds[OPERATION_FREE] + kinds[OPERATION_FREE_NULL]);
            assert_int_equal(steps.replayed, trace_totals(trace)->operations);
            if (pass == PASS_MEMORY)
                assert_int_equal(answer->peak_live_bytes, trace_totals(trace)->peak_bytes);
            steps_free(&steps);
        }
        trace_close(trace);
    }
}

/* Of each object: what it points to has been given out and not yet taken back. */
static void *sequence_allocate(size_t size) {
    uint64_t *ptr = malloc(size < 8 ? 8 : size);
    *ptr = 0x600d;
    return ptr;
}

static void sequence_release(void *ptr) {
    static uint64_t wrong;
    if (ptr && *(uint64_t *)ptr >> 8 != 0x600d >> 8) /* the harness writes the first byte */
        __atomic_fetch_add(&wrong, 1, __ATOMIC_RELAXED);
    assert_int_equal(wrong, 0);
    if (ptr)
        *(uint64_t *)ptr = 0;
    free(ptr);
}

static void nothing_is_freed_by_one_thread_before_another_has_it(void **state) {
    (void)state;
    static const struct allocator sequence = {sequence_allocate, calloc,           counting_aligned,
                                              realloc,           sequence_release, NULL};
    struct trace_writer *writer = replay_write();
    for (int round = 0; round < 5000;
         round++) { /* each object is born, grows and dies on a thread of its own */
        uint64_t name = trace_write_begin(writer, (uint32_t)round % 3, OPERATION_MALLOC, 24, 0);
        name = trace_write_realloc(writer, (uint32_t)(round + 1) % 3, name, 48);
        trace_write_free(writer, (uint32_t)(round + 2) % 3, name);
    }
    struct trace *trace = replay_written(writer);
    struct steps steps;
    assert_true(steps_make(&steps, trace, true));
    assert_int_equal(steps.job->threads, 3);
    for (int repeat = 0; repeat < 5; repeat++) {
        steps_rewind(&steps, PASS_TIME);
        assert_true(harness_play(steps.job, &sequence));
        assert_int_equal(steps.job->answer.done, 15000);
    }
    steps_free(&steps);
    trace_close(trace);
}

/* The 1,000th call and every one after it fail. */
static void *failing_allocate(size_t size) {
    static __thread uint64_t count;
    return ++count >= 1000 ? NULL : malloc(size);
}

static void *failing_resize(void *ptr, size_t size) {
    (void)ptr, (void)size;
    return NULL;
}

static void failures_are_counted_and_stepped_over(void **state) {
    (void)state;
    static const struct allocator failing = {failing_allocate, calloc, counting_aligned,
                                             failing_resize,   free,   NULL};
    struct trace *trace = mixed_to_the_end(10000, 3);
    uint64_t kinds[OPERATION_KINDS];
    count_kinds(trace, kinds);
    for (enum pass pass = PASS_TIME; pass <= PASS_CHECK; pass += 2) {
        struct steps steps;
        assert_true(steps_make(&steps, trace, true));
        steps_rewind(&steps, pass);
        assert_true(harness_play(steps.job, &failing));
        assert_true(steps.job->answer.finished);
        /* every realloc, and of each thread's mallocs those from the 1,000th on */
        assert_true(steps.job->answer.failures >= kinds[OPERATION_REALLOC]);
        steps_free(&steps);
    }
    trace_close(trace);
}

/* A heap that takes 100 bytes a call and never gives any back. */
static size_t told_bytes;
static void *told_last;

static void *telling_allocate(size_t size) {
    told_bytes += 100;
    return told_last = malloc(size);
}

static size_t tell(void) {
    return told_bytes;
}

static void a_heap_that_tells_its_size_is_asked_after_each_step(void **state) {
    (void)state;
    static const struct allocator telling = {telling_allocate, calloc,           counting_aligned,
                                             realloc,          counting_release, tell};
    struct trace_writer *writer = replay_write();
    uint64_t names[4];
    for (int index = 0; index < 4; index++)
        names[index] = trace_write_begin(writer, 0, OPERATION_MALLOC, 50, 0);
    for (int index = 0; index < 4; index++)
        trace_write_free(writer, 0, names[index]);
    struct trace *trace = replay_written(writer);
    struct steps steps;
    assert_true(steps_make(&steps, trace, false));
    for (enum pass pass = PASS_TIME; pass <= PASS_CHECK; pass++) {
        steps_rewind(&steps, pass);
        told_bytes = 0;
        assert_true(harness_play(steps.job, &telling));
        assert_true(steps.job->answer.told == (pass == PASS_MEMORY));
        if (pass != PASS_MEMORY)
            continue;
        const struct answer *answer = &steps.job->answer;
        assert_int_equal(answer->samples, 8);
        assert_int_equal(answer->peak_bytes, 400);
        assert_int_equal(answer->peak_live_bytes, 200);
        assert_true(answer->average_bytes == (100 + 200 + 300 + 5 * 400) / 8.0);
        assert_true(answer->average_live == (50 + 100 + 150 + 200 + 150 + 100 + 50) / 8.0);
    }
    steps_free(&steps);
    trace_close(trace);
}

/* 64 MiB are touched, and 400 bytes admitted. */
static void a_heap_that_tells_too_little_is_caught(void **state) {
    (void)state;
    static const struct allocator telling = {telling_allocate, calloc,           counting_aligned,
                                             realloc,          counting_release, tell};
    struct trace_writer *writer = replay_write();
    uint64_t names[4];
    for (int index = 0; index < 4; index++)
        names[index] = trace_write_begin(writer, 0, OPERATION_MALLOC, 16 << 20, 0);
    for (int index = 0; index < 4; index++)
        trace_write_free(writer, 0, names[index]);
    struct trace *trace = replay_written(writer);
    struct steps steps;
    assert_true(steps_make(&steps, trace, false));
    steps_rewind(&steps, PASS_MEMORY);
    told_bytes = 0;
    assert_true(harness_play(steps.job, &telling));
    assert_true(steps.job->answer.broken);
    if (!strstr(steps.job->answer.what, "its heap takes 100 bytes, it says, but "))
        fail_msg("%s", steps.job->answer.what);
    assert_int_equal(told_bytes, 100); /* it ended at once */
    free(told_last);
    steps_free(&steps);
    trace_close(trace);
}

static void a_step_of_a_thread_is_found_in_the_whole_trace(void **state) {
    (void)state;
    struct trace *trace = replay_mixed(9000, 3, 3);
    struct steps steps;
    assert_true(steps_make(&steps, trace, true));
    struct trace_cursor *cursor = trace_cursor_open(trace);
    struct operation operation;
    uint64_t seen[3] = {0};
    for (uint64_t step = 0; trace_next(cursor, &operation); step++) {
        uint64_t index = seen[operation.thread]++;
        if (step % 777 == 0)
            assert_int_equal(steps_number(&steps, trace, operation.thread, index), operation.number);
    }
    trace_cursor_close(cursor);
    steps_free(&steps);
    assert_true(steps_make(&steps, trace, false));
    assert_int_equal(steps_number(&steps, trace, 0, 4321), 4321);
    assert_true(steps.job->slots <= 256); /* no more than are ever live: slots are used again */
    steps_free(&steps);
    trace_close(trace);
}

static void the_harness_alone_allocates_nothing(void **state) {
    (void)state;
    struct trace *trace = replay_generated("vectors", 30000, 500, 4, 1);
    for (int threads = 0; threads < 2; threads++) {
        struct steps steps;
        assert_true(steps_make(&steps, trace, threads));
        steps_rewind(&steps, PASS_TIME);
        assert_true(harness_play(steps.job, &allocator_nothing));
        assert_true(steps.job->answer.finished);
        assert_true(steps.job->answer.ns > 0);
        assert_int_equal(steps.job->answer.done, 30000);
        steps_free(&steps);
    }
    trace_close(trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(every_call_is_made_in_every_pass_by_one_thread_and_by_many),
        test(nothing_is_freed_by_one_thread_before_another_has_it),
        test(failures_are_counted_and_stepped_over),
        test(a_heap_that_tells_its_size_is_asked_after_each_step),
        test(a_heap_that_tells_too_little_is_caught),
        test(a_step_of_a_thread_is_found_in_the_whole_trace),
        test(the_harness_alone_allocates_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
