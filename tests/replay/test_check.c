/* --check: mistakes are planted, and each must be found, by the operation at which it can first be seen. */
#include "replay.h"
#include "tools/replay/measure/harness.h"
#include "tools/replay/owners.h"
#include "tools/replay/measure/job_steps.h"

/* --- Policies with a mistake ------------------------------------------------------------------------- */

/* First fit, but for what a test changes. Each mistake waits until the heap has seen some life. */
#define MISTAKE_AFTER 200

static MemoryBlock *sound_find(const halloc_free_set *set, size_t size) {
    for (MemoryBlock *block = set->root[0]; block; block = block->nextFree)
        if (block->size >= size)
            return block;
    return NULL;
}

static void sound_insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, 0, block);
}

static void sound_remove(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, 0, block);
}

/* Takes whatever comes first, large enough or not. */
static MemoryBlock *greedy_find(const halloc_free_set *set, size_t size) {
    MemoryBlock *block = sound_find(set, size);
    return set->finds > MISTAKE_AFTER && block ? set->root[0] : block;
}

/* Forgets a block now and then. */
static void forgetful_insert(halloc_free_set *set, MemoryBlock *block) {
    if (set->inserts % 256 == 255)
        return;
    sound_insert(set, block);
}

static void forgetful_remove(halloc_free_set *set, MemoryBlock *block) {
    for (MemoryBlock *other = set->root[0]; other; other = other->nextFree)
        if (other == block) {
            sound_remove(set, block);
            return;
        }
}

/* Cuts the block that it inserts by itself, and gets the size wrong. */
static void cutting_insert(halloc_free_set *set, MemoryBlock *block) {
    if (set->inserts > MISTAKE_AFTER && block->size > 400)
        block->size -= 16;
    sound_insert(set, block);
}

/* Gives a block twice: it stays on the list. */
static void keeping_remove(halloc_free_set *set, MemoryBlock *block) {
    if (set->removes < MISTAKE_AFTER)
        sound_remove(set, block);
}

/* Writes to a neighbour. */
static void scribbling_insert(halloc_free_set *set, MemoryBlock *block) {
    if (set->inserts > MISTAKE_AFTER && block->next && !block->next->isFree && block->next->size >= 48)
        ((char *)block->next)[32 + 40] ^= 1;
    sound_insert(set, block);
}

static const halloc_policy broken_policies[] = {
    {.name = "greedy", .find = greedy_find, .insert = sound_insert, .remove = sound_remove},
    {.name = "forgetful", .find = sound_find, .insert = forgetful_insert, .remove = forgetful_remove},
    {.name = "cutting", .find = sound_find, .insert = cutting_insert, .remove = sound_remove},
    {.name = "keeping", .find = sound_find, .insert = sound_insert, .remove = keeping_remove},
    {.name = "scribbling", .find = sound_find, .insert = scribbling_insert, .remove = sound_remove},
};

/* In a child, for a heap that is broken may break anything. What it found goes to `found`. */
static int check_in_child(const struct trace *trace, const char *policy, char found[400]) {
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        struct serial *serial = replay_open(trace, policy, true);
        const char *broken = replay_all(serial);
        if (broken && write(ends[1], broken, strlen(broken)) < 0)
            _exit(2);
        _exit(broken != NULL);
    }
    close(ends[1]);
    ssize_t length = read(ends[0], found, 399);
    found[length > 0 ? length : 0] = 0;
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status))
        fail_msg("%s: died of signal %d", policy, WTERMSIG(status));
    return WEXITSTATUS(status);
}

static void a_policy_with_a_mistake_is_found_out(void **state) {
    (void)state;
    static const char *const words[COUNT(broken_policies)] = {
        "gave a block that is too small", "free", "invariant", "a free list", "has changed",
    };
    struct trace *trace = replay_generated("exponential", 6000, 100, 1, 1);
    for (size_t index = 0; index < COUNT(broken_policies); index++) {
        char found[400];
        assert_true(halloc_policy_register(&broken_policies[index]));
        if (check_in_child(trace, broken_policies[index].name, found) != 1)
            fail_msg("%s was not found out", broken_policies[index].name);
        assert_non_null(strstr(found, "operation "));
        if (!strstr(found, words[index]))
            fail_msg("%s: %s", broken_policies[index].name, found);
    }
    trace_close(trace);
}

static void every_policy_passes_on_every_shape(void **state) {
    (void)state;
    const struct shape *shape;
    for (size_t index = 0; (shape = shape_at(index)); index++) {
        struct trace *trace = replay_generated(shape->name, 4000, 150, 2, 7);
        for (size_t policy = 0; policy < COUNT(policy_names); policy++) {
            struct serial *serial = replay_open(trace, policy_names[policy], true);
            const char *broken = replay_all(serial);
            if (broken)
                fail_msg("%s on %s: %s", policy_names[policy], shape->name, broken);
            assert_int_equal(serial_number(serial), trace_totals(trace)->operations);
            serial_close(serial);
        }
        trace_close(trace);
    }
    struct trace *trace = replay_mixed(20000, 3, 1);
    for (size_t policy = 0; policy < COUNT(policy_names); policy++) {
        struct serial *serial = replay_open(trace, policy_names[policy], true);
        assert_null(replay_all(serial));
        serial_close(serial);
    }
    trace_close(trace);
}

/* Rounds to sizes that its free blocks don't have: a block often has some bytes more than was asked for. When
 * it moves, realloc keeps what the program asked for, and need not keep those. */
static size_t coarse_round(const halloc_free_set *set, size_t size) {
    return (size + set->header_bytes + 79) / 80 * 80 - set->header_bytes;
}

static void bytes_that_nobody_asked_for_need_not_move(void **state) {
    (void)state;
    static const halloc_policy coarse = {.name = "coarse",
                                         .find = sound_find,
                                         .insert = sound_insert,
                                         .remove = sound_remove,
                                         .round_size = coarse_round};
    assert_true(halloc_policy_register(&coarse));
    struct trace *trace = replay_mixed(20000, 3, 1);
    struct serial *serial = replay_open(trace, "coarse", true);
    const char *broken = replay_all(serial);
    if (broken)
        fail_msg("%s", broken);
    serial_close(serial);
    trace_close(trace);
}

/* --- Allocators with a mistake ----------------------------------------------------------------------- */

/* Memory from a bump pointer, 16 bytes in front of each block for its size; nothing is used again. */
static char *bump_at, *bump_memory;
static uint64_t bump_calls;
#define BUMP_BYTES ((size_t)256 << 20)

static void *bump_allocate(size_t size) {
    char *ptr = bump_at + 16;
    memcpy(bump_at, &size, sizeof size);
    bump_at += 16 + (size + 15) / 16 * 16;
    bump_calls++;
    return ptr;
}

static void *bump_zeroed(size_t count, size_t size) {
    return memset(bump_allocate(count * size), 0, count * size);
}

static void *bump_aligned(size_t alignment, size_t size) {
    bump_at += alignment - ((uintptr_t)bump_at + 16) % alignment;
    return bump_allocate(size);
}

static void *bump_resize(void *ptr, size_t size) {
    size_t old = 0;
    if (ptr)
        memcpy(&old, (char *)ptr - 16, sizeof old);
    return memcpy(bump_allocate(size), ptr ? ptr : "", old < size ? old : size);
}

static void bump_release(void *ptr) {
    (void)ptr;
}

#define AFTER 100 /* calls that are fine */

static void *misaligned_allocate(size_t size) {
    return (char *)bump_allocate(size + 8) + (bump_calls > AFTER ? 8 : 0);
}

static void *overlapping_allocate(size_t size) {
    void *ptr = bump_allocate(size);
    if (bump_calls > AFTER)
        bump_at -= 16;
    return ptr;
}

static void *dirty_zeroed(size_t count, size_t size) {
    void *ptr = bump_zeroed(count, size);
    if (bump_calls > AFTER)
        ((char *)ptr)[count * size - 1] = 1;
    return ptr;
}

static void *misaligned_aligned(size_t alignment, size_t size) {
    return (char *)bump_aligned(alignment, size + 16) + (bump_calls > AFTER && alignment > 16 ? 16 : 0);
}

static void *losing_resize(void *ptr, size_t size) {
    char *moved = bump_resize(ptr, size);
    if (bump_calls > AFTER && ptr)
        moved[0] ^= 1;
    return moved;
}

static void scribbling_release(void *ptr) {
    if (ptr && bump_calls > AFTER && (char *)ptr + 4096 < bump_at)
        for (int byte = 0; byte < 4096; byte += 64)
            ((char *)ptr)[byte] ^= 1;
}

static const struct broken_allocator {
    struct allocator calls;
    const char *words;
} broken_allocators[] = {
    {{misaligned_allocate, bump_zeroed, bump_aligned, bump_resize, bump_release, NULL},
     "is not aligned to 16"},
    {{overlapping_allocate, bump_zeroed, bump_aligned, bump_resize, bump_release, NULL}, ""},
    {{bump_allocate, dirty_zeroed, bump_aligned, bump_resize, bump_release, NULL},
     "that calloc gave is not zero"},
    {{bump_allocate, bump_zeroed, misaligned_aligned, bump_resize, bump_release, NULL}, "is not aligned to"},
    {{bump_allocate, bump_zeroed, bump_aligned, losing_resize, bump_release, NULL},
     "has changed by the realloc"},
    {{bump_allocate, bump_zeroed, bump_aligned, bump_resize, scribbling_release, NULL}, "has changed since"},
};

static void play_on_bump(struct steps *steps, const struct allocator *allocator) {
    steps_rewind(steps, PASS_CHECK);
    bump_memory = calloc(1, BUMP_BYTES);
    bump_at = bump_memory + (16 - (uintptr_t)bump_memory % 16) % 16;
    bump_calls = 0;
    assert_true(harness_play(steps->job, allocator));
    assert_true((size_t)(bump_at - bump_memory) < BUMP_BYTES);
    free(bump_memory);
}

static void an_allocator_with_a_mistake_is_found_out(void **state) {
    (void)state;
    static const struct allocator bump = {bump_allocate, bump_zeroed,  bump_aligned,
                                          bump_resize,   bump_release, NULL};
    struct trace *trace = replay_mixed(5000, 1, 2);
    struct steps steps;
    assert_true(steps_make(&steps, trace, false));
    play_on_bump(&steps, &bump);
    assert_false(steps.job->answer.broken);
    assert_true(steps.job->answer.finished);
    assert_int_equal(steps.job->answer.done, 5000);
    for (size_t index = 0; index < COUNT(broken_allocators); index++) {
        play_on_bump(&steps, &broken_allocators[index].calls);
        const struct answer *answer = &steps.job->answer;
        assert_false(answer->finished);
        if (!answer->broken || !strstr(answer->what, broken_allocators[index].words))
            fail_msg("allocator %zu: '%s'", index, answer->what);
        assert_true(answer->broken_index > AFTER / 2 && answer->broken_index < 5000);
    }
    steps_free(&steps);
    trace_close(trace);
}

static void an_overlap_is_told_by_both_blocks(void **state) {
    (void)state;
    struct owners *owners = owners_open();
    uint32_t other = 77;
    char *at = (char *)0x100000000ff0;
    assert_true(owners_claim(owners, at, 100, 1, &other));
    assert_false(owners_claim(owners, at + 99, 1, 2, &other));
    assert_int_equal(other, 1);
    assert_false(owners_claim(owners, at - 16, 24, 2, &other));
    assert_int_equal(other, 1);
    assert_true(owners_claim(owners, at - 16, 16, 2, &other)); /* the failed one left nothing behind */
    assert_true(owners_claim(owners, at + 104, 1, 0, &other));
    assert_false(owners_release(owners, at, 100, 2));
    assert_true(owners_release(owners, at, 100, 1));
    assert_true(owners_claim(owners, at, 100, UINT32_MAX - 2, &other));
    owners_clear(owners);
    assert_true(owners_claim(owners, at - 16, 300, 5, &other));
    owners_close(owners);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(a_policy_with_a_mistake_is_found_out),      test(every_policy_passes_on_every_shape),
        test(bytes_that_nobody_asked_for_need_not_move), test(an_allocator_with_a_mistake_is_found_out),
        test(an_overlap_is_told_by_both_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
