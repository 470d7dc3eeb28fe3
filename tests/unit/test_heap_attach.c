/*
 * test_heap_attach.c - one heap in several processes: who may attach, that processes started by exec share it, and
 * what is left when one of them is killed, at any time and at each instruction.
 *
 * A worker is this program again, started anew: so its functions lie elsewhere, as they do in a stranger's program.
 * It finds the heap by a file descriptor that it inherits.
 */
#include "unit.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#else
#define SANITIZED 0
#endif

#define BOXES 64

/* The first page of the shared memory; the heap lies behind it. */
struct board {
    char *boxes[BOXES]; /* objects that one process leaves, and any may take */
    int attached;       /* how many workers have come so far */
    int inside;         /* one stands in the heap, and stays there */
};

static int file = -1;
static struct board *board;
static size_t heap_bytes;
static halloc_heap *heap;

#define HEAP_OFFSET ((size_t)4096)

static void *map_heap(void *at, int protection) {
    return mmap(at, HEAP_OFFSET + heap_bytes, protection, MAP_SHARED | (at ? MAP_FIXED_NOREPLACE : 0), file,
                0);
}

static void make_heap_again(const char *fit) {
    heap = halloc_heap_create(&(halloc_heap_options){
        .fit = fit, .memory = (char *)board + HEAP_OFFSET, .memory_bytes = heap_bytes, .shared = true});
    assert_non_null(heap);
    *board = (struct board){0};
}

static void open_heap(const char *fit, size_t bytes) {
    heap_bytes = bytes;
    file = memfd_create("heap", 0);
    assert_int_equal(ftruncate(file, (off_t)(HEAP_OFFSET + bytes)), 0);
    board = map_heap(NULL, PROT_READ | PROT_WRITE);
    assert_true(board != MAP_FAILED);
    make_heap_again(fit);
}

static void close_heap(void) {
    munmap(board, HEAP_OFFSET + heap_bytes);
    close(file);
}

/* --- Workers: this program, started anew ---------------------------------------------------------------- */

/* A policy of the program's own: first fit by another name, at another address in each process. */
static halloc_policy own_policy;

static void know_own_policy(void) {
    own_policy = *halloc_policy_find("first");
    own_policy.name = "own";
    if (!halloc_policy_find("own"))
        child_assert(halloc_policy_register(&own_policy));
}

static char *new_object(uint64_t *dice) {
    size_t size = 2 * sizeof(size_t) + random_size(dice, 1500);
    char *object =
        random_below(dice, 8) ? halloc_heap_allocate(heap, size) : halloc_heap_aligned(heap, 256, size);
    if (!object)
        return NULL;
    memcpy(object, &size, sizeof size);
    fill_bytes(object + sizeof size, size - sizeof size, (unsigned)size);
    return object;
}

static void check_object(const char *object) {
    size_t size;
    memcpy(&size, object, sizeof size);
    child_assert(is_filled(object + sizeof size, size - sizeof size, (unsigned)size));
}

/* Makes an object grow or shrink, and checks that it kept its bytes. */
static char *resized_object(char *object, uint64_t *dice) {
    size_t old, size = 2 * sizeof(size_t) + random_size(dice, 1500);
    memcpy(&old, object, sizeof old);
    char *moved = halloc_heap_resize(heap, object, size);
    if (!moved)
        return object;
    size_t kept = min_size(old, size);
    child_assert(is_filled(moved + sizeof size, kept - sizeof size, (unsigned)old));
    memcpy(moved, &size, sizeof size);
    fill_bytes(moved + sizeof size, size - sizeof size, (unsigned)size);
    return moved;
}

/* Puts an object, or nothing, into a box, and ends the one that lay there, whoever made it. 0 rounds: until killed,
 * or until the heap is lost. */
static void work(uint64_t seed, unsigned rounds) {
    for (unsigned round = 0; !rounds || round < rounds; round++) {
        char **box = &board->boxes[random_below(&seed, BOXES)];
        errno = 0;
        char *object = random_below(&seed, 3) ? new_object(&seed) : NULL;
        if (errno == ENOTRECOVERABLE)
            _exit(7);
        child_assert(!errno || errno == ENOMEM);
        if (object && !random_below(&seed, 4))
            object = resized_object(object, &seed);
        object = __atomic_exchange_n(box, object, __ATOMIC_ACQ_REL);
        if (object) {
            check_object(object);
            halloc_heap_deallocate(heap, object);
        }
        if (rounds && round % 512 == 0)
            child_assert(halloc_heap_check(heap, NULL));
    }
}

static void *work_in_thread(void *seed) {
    work((uintptr_t)seed, 3000);
    return NULL;
}

/* "worker FILE BYTES SEED ROUNDS" */
static int worker(char **arguments) {
    void *home;
    file = atoi(arguments[0]);
    heap_bytes = strtoul(arguments[1], NULL, 10);
    uint64_t seed = strtoul(arguments[2], NULL, 10);
    unsigned rounds = (unsigned)atoi(arguments[3]);
    know_own_policy();
    child_assert(pread(file, &home, sizeof home, HEAP_OFFSET) == sizeof home);
    board = map_heap((char *)home - HEAP_OFFSET, PROT_READ | PROT_WRITE);
    if (board == MAP_FAILED)
        _exit(8); /* something else lies there, by chance */
    heap = halloc_heap_attach(home, heap_bytes);
    child_assert(heap);
    __atomic_add_fetch(&board->attached, 1, __ATOMIC_RELEASE);
    if (rounds &&
        !SANITIZED) { /* ThreadSanitizer does not see what another process does between two threads */
        pthread_t thread;
        child_assert(pthread_create(&thread, NULL, work_in_thread, (void *)(seed + 1)) == 0);
        work(seed, rounds);
        pthread_join(thread, NULL);
    }
    work(seed, rounds);
    _exit(0);
}

static pid_t start_worker(uint64_t seed, unsigned rounds) {
    char numbers[4][24];
    snprintf(numbers[0], 24, "%d", file);
    snprintf(numbers[1], 24, "%zu", heap_bytes);
    snprintf(numbers[2], 24, "%lu", (unsigned long)seed);
    snprintf(numbers[3], 24, "%u", rounds);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child)
        return child;
    execl("/proc/self/exe", "worker", "worker", numbers[0], numbers[1], numbers[2], numbers[3], NULL);
    _exit(98);
}

/* How it ended: an exit status, or 256 and a signal. */
static int ending_of(pid_t child) {
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 256 + WTERMSIG(status);
}

static void await_attached(int count) {
    while (__atomic_load_n(&board->attached, __ATOMIC_ACQUIRE) < count)
        usleep(100);
}

/* --- Sharing ---------------------------------------------------------------------------------------------- */

static void processes_share_a_heap_under(const char *fit) {
    open_heap(fit, 60000);
    pid_t children[2] = {start_worker(10, 3000), start_worker(20, 3000)};
    work(30, 3000);
    for (int index = 0; index < 2; index++)
        assert_int_equal(ending_of(children[index]), 0);
    assert_int_equal(board->attached, 2);
    assert_string_equal(stats_of(heap).fit, fit);
    assert_sound(heap);
    for (int index = 0; index < BOXES; index++) {
        if (board->boxes[index])
            check_object(board->boxes[index]);
        halloc_heap_deallocate(heap, board->boxes[index]);
    }
    assert_int_equal(stats_of(heap).used_blocks, 0);
    assert_sound(heap);
    close_heap();
}

static void processes_started_apart_share_a_heap_of_every_policy(void **state UNUSED) {
    for (size_t policy = 0; policy < POLICIES; policy++)
        processes_share_a_heap_under(policy_names[policy]);
}

static void a_policy_of_the_programs_own_is_found_by_its_name(void **state UNUSED) {
    know_own_policy();
    processes_share_a_heap_under("own");
}

static void what_a_child_allocates_its_parent_may_free(void **state UNUSED) {
    open_heap("first", 10000);
    pid_t child = fork();
    if (!child) {
        board->boxes[0] = halloc_heap_zeroed(heap, 10, 10);
        _exit(board->boxes[0] ? 0 : 1);
    }
    assert_int_equal(ending_of(child), 0);
    assert_int_equal(halloc_heap_usable_size(heap, board->boxes[0]), 112);
    halloc_heap_deallocate(heap, board->boxes[0]);
    assert_int_equal(stats_of(heap).used_blocks, 0);
    close_heap();
}

static bool allocates_inside(const MemoryBlock *block UNUSED, void *payload UNUSED, void *context UNUSED) {
    errno = 0;
    assert_null(halloc_heap_allocate(heap, 10));
    assert_int_equal(errno, EDEADLK);
    return false;
}

static void a_call_from_inside_a_walk_fails_and_does_not_wait(void **state UNUSED) {
    open_heap("first", 10000);
    assert_false(halloc_heap_walk(heap, allocates_inside, NULL));
    assert_non_null(halloc_heap_allocate(heap, 10));
    close_heap();
}

/* Another process scribbled over the record: the lock stays with the thread that has it. */
static bool allocates_inside_of_a_lost_heap(const MemoryBlock *block, void *payload, void *context) {
    heap->shared->is_lost = true;
    return allocates_inside(block, payload, context);
}

static void who_is_inside_is_told_so_whatever_the_record_says(void **state UNUSED) {
    open_heap("first", 10000);
    assert_false(halloc_heap_walk(heap, allocates_inside_of_a_lost_heap, NULL));
    errno = 0;
    assert_null(halloc_heap_allocate(heap, 10));
    assert_int_equal(errno, ENOTRECOVERABLE);
    close_heap();
}

/* --- Who may attach ----------------------------------------------------------------------------------------- */

static void assert_refused(void *memory, size_t bytes, int error) {
    errno = 0;
    assert_null(halloc_heap_attach(memory, bytes));
    assert_int_equal(errno, error);
}

static void attaching_refuses_what_is_no_whole_heap(void **state UNUSED) {
    open_heap("first", 20000);
    char *home = (char *)board + HEAP_OFFSET;
    assert_ptr_equal(halloc_heap_attach(home, 20000), heap);
    assert_ptr_equal(halloc_heap_attach(home, 30000), heap);
    assert_refused(NULL, 20000, EINVAL);
    assert_refused(home, 0, EINVAL);
    assert_refused(home, 19999, EINVAL);
    assert_refused(home + 8, 19000, EINVAL);
    assert_refused(home + 16, 19000, ENOENT);
    assert_refused(board, sizeof(struct shared) - 1, EINVAL);
    assert_refused(board, sizeof(struct shared), ENOENT);
    assert_refused(board, 20000, ENOENT); /* zeros: nobody has made a heap there yet */
    static _Alignas(16) unsigned char garbage[4096];
    uint64_t dice = 5;
    for (int round = 0; round < 1000; round++) {
        for (size_t index = 0; index < sizeof garbage; index++)
            garbage[index] = (unsigned char)random_next(&dice);
        unsigned char first = garbage[0];
        assert_refused(garbage, sizeof garbage, ENOENT);
        assert_int_equal(garbage[0], first);
    }
    close_heap();
}

static void attaching_refuses_another_place_version_or_policy(void **state UNUSED) {
    open_heap("first", 20000);
    struct shared *record = (struct shared *)((char *)board + HEAP_OFFSET);
    char *elsewhere = map_heap(NULL, PROT_READ | PROT_WRITE);
    assert_refused(elsewhere + HEAP_OFFSET, 20000, EADDRNOTAVAIL);
    munmap(elsewhere, HEAP_OFFSET + heap_bytes);
    for (int bit = 0; bit < 32; bit++) { /* of the version, and of the libc */
        record->layout ^= 1u << bit;
        assert_refused(record, 20000, ENOTSUP);
        record->layout ^= 1u << bit;
    }
    strcpy(record->fit, "tightest");
    assert_refused(record, 20000, EINVAL);
    strcpy(record->fit, "first");
    assert_ptr_equal(halloc_heap_attach(record, 20000), heap);
    close_heap();
}

static void attaching_refuses_memory_that_can_not_be_written(void **state UNUSED) {
    open_heap("first", 20000);
    void *home = (char *)board + HEAP_OFFSET;
    assert_int_equal(mprotect(board, HEAP_OFFSET + heap_bytes, PROT_READ), 0);
    assert_refused(home, 20000, EFAULT);
    assert_int_equal(mprotect(board, HEAP_OFFSET + heap_bytes, PROT_READ | PROT_WRITE), 0);
    assert_ptr_equal(halloc_heap_attach(home, 20000), heap);
    close_heap();
}

static void sharing_needs_memory_that_is_aligned_and_has_room_for_the_record(void **state UNUSED) {
    static _Alignas(16) char memory[2048];
    halloc_heap_options options = {.shared = true};
    assert_null(halloc_heap_create(&options));
    assert_int_equal(errno, EINVAL);
    options.memory_bytes = 1500;
    for (int offset = 1; offset < 16; offset++) {
        options.memory = memory + offset;
        errno = 0;
        assert_null(halloc_heap_create(&options));
        assert_int_equal(errno, EINVAL);
    }
    options.memory = memory;
    options.memory_bytes = HALLOC_HEAP_MIN_BYTES;
    for (size_t bytes = 0; bytes < 480; bytes++) {
        options.memory_bytes = bytes;
        assert_null(halloc_heap_create(&options));
    }
    assert_int_equal(memory[0], 0);
    options.memory_bytes = HALLOC_HEAP_MIN_BYTES + 128;
    halloc_heap *small = halloc_heap_create(&options);
    assert_non_null(small);
    assert_non_null(halloc_heap_allocate(small, 16));
    assert_sound(small);
    static halloc_policy long_name;
    long_name = *halloc_policy_find("first");
    long_name.name = "a_policy_whose_name_has_32_bytes";
    assert_true(halloc_policy_register(&long_name));
    options.fit = long_name.name;
    assert_null(halloc_heap_create(&options));
    assert_int_equal(errno, ENOTSUP);
}

/* --- Death ------------------------------------------------------------------------------------------------ */

static void assert_lost(void) {
    const char *broken;
    errno = 0;
    assert_null(halloc_heap_allocate(heap, 10));
    assert_int_equal(errno, ENOTRECOVERABLE);
    assert_null(halloc_heap_zeroed(heap, 1, 10));
    assert_null(halloc_heap_aligned(heap, 64, 10));
    assert_false(halloc_heap_check(heap, &broken));
    assert_string_equal(broken, "a process died while it changed this heap");
    assert_false(halloc_heap_walk(heap, allocates_inside, NULL));
    assert_int_equal(stats_of(heap).heap_bytes, 0);
    char *inside = (char *)heap + 2000;
    assert_int_equal(halloc_heap_usable_size(heap, inside), 0);
    assert_null(halloc_heap_resize(heap, inside, 5000));
    errno = 0;
    halloc_heap_deallocate(heap, inside);
    assert_int_equal(errno, ENOTRECOVERABLE);
    assert_refused((char *)board + HEAP_OFFSET, heap_bytes, ENOTRECOVERABLE);
}

/* After a death: the heap is lost, and all calls say so; or it serves on. */
static bool assert_whole_or_lost(void) {
    errno = 0;
    void *ptr = halloc_heap_allocate(heap, 10);
    if (!ptr && errno == ENOTRECOVERABLE) {
        assert_lost();
        return false;
    }
    assert_sound(heap);
    halloc_heap_deallocate(heap, ptr);
    assert_sound(heap);
    return true;
}

static void a_kill_at_any_time_leaves_a_whole_heap_or_one_that_is_lost(void **state UNUSED) {
    uint64_t dice = 1;
    unsigned lost = 0;
    open_heap("segregated", 60000);
    for (int round = 0; round < 60; round++) {
        pid_t victim = start_worker(random_next(&dice) >> 8, 0),
              other = start_worker(random_next(&dice) >> 8, 0);
        await_attached(2);
        usleep((unsigned)random_below(&dice, 3000));
        kill(victim, SIGKILL);
        assert_int_equal(ending_of(victim), 256 + SIGKILL);
        bool whole = assert_whole_or_lost();
        if (whole)
            kill(other, SIGKILL);
        assert_int_equal(ending_of(other), whole ? 256 + SIGKILL : 7);
        lost += !assert_whole_or_lost();
        make_heap_again("segregated");
    }
    assert_in_range(lost, 0, 60);
    close_heap();
}

static bool stays(const MemoryBlock *block UNUSED, void *payload UNUSED, void *context UNUSED) {
    __atomic_store_n(&board->inside, 1, __ATOMIC_RELEASE);
    pause();
    return false;
}

static void who_waits_for_a_process_that_dies_is_told(void **state UNUSED) {
    open_heap("first", 20000);
    pid_t holder = fork(), waiting[5];
    if (!holder)
        halloc_heap_walk(heap, stays, NULL);
    while (!__atomic_load_n(&board->inside, __ATOMIC_ACQUIRE))
        usleep(100);
    for (size_t index = 0; index < COUNT(waiting); index++)
        if (!(waiting[index] = fork()))
            _exit(halloc_heap_allocate(heap, 10) || errno != ENOTRECOVERABLE ? 1 : 7);
    usleep(20000);
    kill(holder, SIGKILL);
    assert_int_equal(ending_of(holder), 256 + SIGKILL);
    for (size_t index = 0; index < COUNT(waiting); index++)
        assert_int_equal(ending_of(waiting[index]), 7);
    assert_lost();
    close_heap();
}

/* --- Death at each instruction of Halloc: most of a sanitized build are others ----------------------------- */

#if !SANITIZED
static void *kept[4];

/* Memory between neighbours in use, so that the calls of the child split and merge. */
static void make_stepped_heap(void) {
    make_heap_again("segregated");
    for (int index = 0; index < 4; index++)
        kept[index] = halloc_heap_allocate(heap, 300);
    halloc_heap_deallocate(heap, kept[0]);
    halloc_heap_deallocate(heap, kept[2]);
}

/* Kills a child after so many instructions of an allocation, a resize and a free. False: it came to its end. */
static bool kill_after(unsigned long steps) {
    int status;
    pid_t child = fork();
    if (!child) {
        if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
            _exit(97);
        raise(SIGSTOP);
        void *ptr = halloc_heap_allocate(heap, 100);
        ptr = halloc_heap_resize(heap, ptr, 200);
        halloc_heap_deallocate(heap, kept[1]);
        _exit(ptr ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    while (WIFSTOPPED(status) && steps-- > 0) {
        ptrace(PTRACE_SINGLESTEP, child, NULL, NULL);
        waitpid(child, &status, 0);
    }
    if (!WIFSTOPPED(status)) {
        assert_int_equal(WEXITSTATUS(status), 0);
        return false;
    }
    kill(child, SIGKILL);
    assert_int_equal(ending_of(child), 256 + SIGKILL);
    return true;
}

#define DEATHS 150

static void a_kill_at_any_instruction_leaves_a_whole_heap_or_one_that_is_lost(void **state UNUSED) {
    unsigned long steps = 1024, stride;
    unsigned outcomes[2] = {0};
    open_heap("segregated", 8000);
    make_stepped_heap();
    while (kill_after(steps)) {
        steps *= 2;
        make_stepped_heap();
    }
    for (stride = max_size(steps / DEATHS, 1), steps = 0;; steps += stride) {
        make_stepped_heap();
        bool killed = kill_after(steps);
        outcomes[assert_whole_or_lost()]++;
        if (!killed)
            break;
    }
    assert_true(outcomes[0] > 10 && outcomes[1] > 10);
    close_heap();
}
#endif

int main(int count, char **arguments) {
    if (count == 6 && strcmp(arguments[1], "worker") == 0)
        return worker(arguments + 2);
    alarm(500); /* nothing here may wait forever */
    const struct CMUnitTest tests[] = {
        test(processes_started_apart_share_a_heap_of_every_policy),
        test(a_policy_of_the_programs_own_is_found_by_its_name),
        test(what_a_child_allocates_its_parent_may_free),
        test(a_call_from_inside_a_walk_fails_and_does_not_wait),
        test(who_is_inside_is_told_so_whatever_the_record_says),
        test(attaching_refuses_what_is_no_whole_heap),
        test(attaching_refuses_another_place_version_or_policy),
        test(attaching_refuses_memory_that_can_not_be_written),
        test(sharing_needs_memory_that_is_aligned_and_has_room_for_the_record),
        test(a_kill_at_any_time_leaves_a_whole_heap_or_one_that_is_lost),
        test(who_waits_for_a_process_that_dies_is_told),
#if !SANITIZED
        test(a_kill_at_any_instruction_leaves_a_whole_heap_or_one_that_is_lost),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
