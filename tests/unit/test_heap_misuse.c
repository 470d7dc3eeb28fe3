/*
 * test_heap_misuse.c - bad pointers and double frees in classic heaps.
 *
 * Each must write exactly one line that names the call, the pointer and the fault, then abort; and
 * at that moment not a byte of the heap may have changed. With misuse:warn the same line, and the
 * call does nothing. All in children, for abort ends the process.
 */
#include "unit.h"

static halloc_heap *abused;
static char *before; /* the heap's bytes as they were */
static size_t before_bytes;

static void remember_heap(void) {
    before_bytes = (size_t)(abused->engine.top - (char *)abused);
    before = malloc(before_bytes);
    memcpy(before, abused, before_bytes);
}

static bool is_unchanged(void) {
    return memcmp(before, abused, before_bytes) == 0;
}

static void on_abort(int number UNUSED) {
    if (!is_unchanged())
        dprintf(2, "the heap was changed\n");
}

/* --- The calls ------------------------------------------------------------------------------------ */

static void call_heap_deallocate(void *ptr) {
    halloc_heap_deallocate(abused, ptr);
}
static void call_heap_resize_larger(void *ptr) {
    child_assert(!halloc_heap_resize(abused, ptr, 100000));
}
static void call_heap_resize_smaller(void *ptr) {
    child_assert(!halloc_heap_resize(abused, ptr, 1));
}
static void call_heap_usable_size(void *ptr) {
    child_assert(halloc_heap_usable_size(abused, ptr) == 0);
}
static void call_deallocate(void *ptr) {
    halloc_deallocate(ptr);
}

static const struct call {
    void (*make)(void *ptr);
    const char *name;
} calls[] = {
    {call_heap_deallocate, "halloc_heap_deallocate"}, {call_heap_resize_larger, "halloc_heap_resize"},
    {call_heap_resize_smaller, "halloc_heap_resize"}, {call_heap_usable_size, "halloc_heap_usable_size"},
    {call_deallocate, "halloc_deallocate"},
};

/* --- One case: every call, aborting and warning ----------------------------------------------------- */

static const struct call *current;

static void abort_child(void *ptr) {
    signal(SIGABRT, on_abort);
    remember_heap();
    current->make(ptr);
    dprintf(2, "it went on\n");
}

static void warn_child(void *ptr) {
    misuse_warns = true;
    remember_heap();
    errno = 77;
    current->make(ptr);
    child_assert(errno == 77);
    child_assert(is_unchanged());
    child_assert(halloc_heap_check(abused, NULL));
}

static void assert_each_call_is_misuse(void *ptr, const char *fault) {
    for (size_t index = 0; index < COUNT(calls); index++) {
        current = &calls[index];
        assert_misuse(abort_child, ptr, current->name, fault);
        struct ending ending = in_child(warn_child, ptr);
        assert_string_equal(ending.text, misuse_line(current->name, ptr, fault));
        assert_child_fine((struct ending){.status = ending.status});
    }
}

/* A heap, also the default one, with three blocks in use: [a][b][c][free]. */
static char *a, *b, *c;

static int set_up(void **state UNUSED) {
    halloc_heap_options options = {.pages = 8};
    abused = default_heap = halloc_heap_create(&options);
    a = halloc_allocate(400);
    b = halloc_allocate(400);
    c = halloc_allocate(400);
    memset(a, 1, 400);
    memset(b, 1, 400);
    memset(c, 1, 400);
    return 0;
}

static int tear_down(void **state UNUSED) {
    halloc_heap_destroy(abused);
    default_heap = NULL;
    return 0;
}

#define abuse(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

/* --- Pointers that never were this heap's ------------------------------------------------------------- */

static void wild_pointers(void **state UNUSED) {
    static const uintptr_t wild[] = {
        1, 16, 4096, 0x8000000000000000u, 0xdead00000000beefu, UINTPTR_MAX - 15, UINTPTR_MAX};
    for (size_t index = 0; index < COUNT(wild); index++)
        assert_each_call_is_misuse((void *)wild[index], FAULT_FOREIGN);
}

static void pointers_to_the_stack_to_globals_and_to_code(void **state UNUSED) {
    static char global[64];
    char local[64];
    assert_each_call_is_misuse(local, FAULT_FOREIGN);
    assert_each_call_is_misuse(global + 16, FAULT_FOREIGN);
    assert_each_call_is_misuse((void *)(uintptr_t)wild_pointers, FAULT_FOREIGN);
}

static void pointers_of_other_heaps(void **state UNUSED) {
    halloc_heap *other = growing_heap("first");
    void *theirs = halloc_heap_allocate(other, 100), *libcs = malloc(100);
    assert_each_call_is_misuse(theirs, FAULT_FOREIGN);
    assert_each_call_is_misuse(libcs, FAULT_FOREIGN);
    free(libcs);
    halloc_heap_destroy(other);
}

static void pointers_at_the_very_edges_of_the_heap(void **state UNUSED) {
    struct engine *engine = &abused->engine;
    assert_each_call_is_misuse(abused, FAULT_FOREIGN);
    assert_each_call_is_misuse(engine->base - 1, FAULT_FOREIGN);
    assert_each_call_is_misuse(engine->base, FAULT_NO_BLOCK);
    assert_each_call_is_misuse(engine->base + 16, FAULT_NO_BLOCK);
    assert_each_call_is_misuse(engine->top - 16, FAULT_NO_BLOCK);
    assert_each_call_is_misuse(engine->top - 1, FAULT_NO_BLOCK);
    assert_each_call_is_misuse(engine->top, FAULT_FOREIGN);
}

/* --- Pointers into blocks ------------------------------------------------------------------------------- */

static void interior_pointers(void **state UNUSED) {
    static const int offsets[] = {1, 8, 15, 16, 32, 48, 384, -1, -16, -32};
    for (size_t index = 0; index < COUNT(offsets); index++)
        assert_each_call_is_misuse(b + offsets[index], FAULT_NO_BLOCK);
}

static void payloads_that_look_like_a_record(void **state UNUSED) {
    memcpy(b, record_before(b), HEADER_BYTES); /* a true record, but of another place */
    assert_each_call_is_misuse(b + HEADER_BYTES, FAULT_NO_BLOCK);
}

/* --- Blocks freed already --------------------------------------------------------------------------------- */

static void a_block_freed_twice(void **state UNUSED) {
    halloc_deallocate(b);
    assert_each_call_is_misuse(b, FAULT_FREED);
}

static void a_block_freed_twice_with_other_frees_between(void **state UNUSED) {
    char *d = halloc_allocate(50);
    halloc_deallocate(b);
    halloc_deallocate(d);
    assert_each_call_is_misuse(b, FAULT_FREED);
}

static void a_block_that_was_merged_into_the_one_before(void **state UNUSED) {
    halloc_deallocate(a);
    halloc_deallocate(b);
    assert_each_call_is_misuse(a, FAULT_FREED);
    assert_each_call_is_misuse(b, FAULT_NO_BLOCK);
}

static void a_block_that_was_merged_with_the_one_behind(void **state UNUSED) {
    halloc_deallocate(b);
    halloc_deallocate(a);
    assert_each_call_is_misuse(b, FAULT_NO_BLOCK);
    halloc_deallocate(c);
    assert_each_call_is_misuse(c, FAULT_NO_BLOCK);
}

static void a_stale_pointer_into_a_block_since_given_out_larger(void **state UNUSED) {
    halloc_deallocate(a);
    halloc_deallocate(b);
    char *larger = halloc_allocate(800);
    assert_ptr_equal(larger, a);
    assert_each_call_is_misuse(b, FAULT_NO_BLOCK);
}

static void the_tail_of_a_block_that_was_made_smaller(void **state UNUSED) {
    assert_ptr_equal(halloc_heap_resize(abused, b, 64), b);
    char *tail = payload_behind(record_before(b)->next);
    assert_in_range((uintptr_t)tail, (uintptr_t)b, (uintptr_t)c);
    assert_each_call_is_misuse(tail, FAULT_FREED);
    assert_each_call_is_misuse(tail + 16, FAULT_NO_BLOCK);
}

static void a_block_of_a_heap_that_lay_in_the_same_memory_before(void **state UNUSED) {
    static char buffer[32768];
    halloc_heap *good = abused;
    halloc_heap_options options = {.memory = buffer, .memory_bytes = sizeof buffer};
    halloc_heap *former = halloc_heap_create(&options);
    halloc_heap_allocate(former, 1000);
    char *stale = halloc_heap_allocate(former, 1000);
    halloc_heap_destroy(former);
    abused = default_heap = halloc_heap_create(&options);
    char *around = halloc_heap_allocate(abused, 10000);
    assert_true(stale > around && stale < around + 10000);
    assert_each_call_is_misuse(stale, FAULT_NO_BLOCK);
    abused = good;
}

/* --- Without a heap, and splitBlock ------------------------------------------------------------------------ */

static void a_pointer_where_there_is_no_heap_at_all(void **state UNUSED) {
    char local[32];
    default_heap = NULL;
    assert_misuse(call_deallocate, local, "halloc_deallocate", FAULT_FOREIGN);
    default_heap = abused;
}

static void call_split(void *block) {
    splitBlock(block, 16);
}

static void call_split_where_it_warns(void *block) {
    misuse_warns = true;
    remember_heap();
    splitBlock(block, 16);
    child_assert(is_unchanged());
}

static void assert_split_is_misuse(void *block, const char *fault) {
    assert_misuse(call_split, block, "splitBlock", fault);
    struct ending ending = in_child(call_split_where_it_warns, block);
    assert_string_equal(ending.text, misuse_line("splitBlock", block, fault));
    assert_child_fine((struct ending){.status = ending.status});
}

static void split_of_what_is_no_block_of_the_heap(void **state UNUSED) {
    static MemoryBlock forged = {.size = 4096, .isFree = 1};
    assert_split_is_misuse(&forged, FAULT_FOREIGN);
    assert_split_is_misuse((void *)1, FAULT_FOREIGN);
    assert_split_is_misuse((void *)0xdead00000000beefu, FAULT_FOREIGN);
    assert_split_is_misuse((void *)(UINTPTR_MAX - 7), FAULT_FOREIGN);
    assert_split_is_misuse(b, FAULT_NO_BLOCK); /* the payload, not the block */
    assert_split_is_misuse(b - 31, FAULT_NO_BLOCK);
    halloc_deallocate(a);
    halloc_deallocate(b);
    assert_split_is_misuse(record_before(b), FAULT_NO_BLOCK); /* merged away */
    default_heap = NULL;
    assert_misuse(call_split, record_before(c), "splitBlock", FAULT_FOREIGN);
    default_heap = abused;
}

/* A handler of SIGABRT may use the heap: its lock is free then. */
static void allocate_on_abort(int number UNUSED) {
    _exit(halloc_allocate(10) ? 42 : 1);
}

static void abort_with_allocating_handler(void *ptr) {
    signal(SIGABRT, allocate_on_abort);
    halloc_deallocate(ptr);
}

static void a_handler_of_the_abort_may_allocate(void **state UNUSED) {
    struct ending ending = in_child(abort_with_allocating_handler, b + 16);
    assert_true(WIFEXITED(ending.status));
    assert_int_equal(WEXITSTATUS(ending.status), 42);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        abuse(wild_pointers),
        abuse(pointers_to_the_stack_to_globals_and_to_code),
        abuse(pointers_of_other_heaps),
        abuse(pointers_at_the_very_edges_of_the_heap),
        abuse(interior_pointers),
        abuse(payloads_that_look_like_a_record),
        abuse(a_block_freed_twice),
        abuse(a_block_freed_twice_with_other_frees_between),
        abuse(a_block_that_was_merged_into_the_one_before),
        abuse(a_block_that_was_merged_with_the_one_behind),
        abuse(a_stale_pointer_into_a_block_since_given_out_larger),
        abuse(the_tail_of_a_block_that_was_made_smaller),
        abuse(a_block_of_a_heap_that_lay_in_the_same_memory_before),
        abuse(a_pointer_where_there_is_no_heap_at_all),
        abuse(split_of_what_is_no_block_of_the_heap),
        abuse(a_handler_of_the_abort_may_allocate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
