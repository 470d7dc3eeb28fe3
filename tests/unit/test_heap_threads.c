/*
 * test_heap_threads.c - one heap, several threads, and forks in the midst of it.
 */
#include "unit.h"

#include <pthread.h>

#define THREADS 4
#define ROUNDS 20000

static halloc_heap *shared;

/* --- Threads that allocate, resize and free on one heap ---------------------------------------------- */

static void *churn(void *argument) {
    uint64_t random = (uint64_t)(uintptr_t)argument;
    unsigned char *ptrs[16] = {0};
    size_t sizes[16];
    for (int round = 0; round < ROUNDS; round++) {
        size_t at = random_below(&random, 16), size = random_size(&random, 800);
        unsigned seed = (unsigned)((uintptr_t)argument * 16 + at);
        if (ptrs[at] && !is_filled(ptrs[at], sizes[at], seed))
            return "contents changed";
        unsigned char *moved = ptrs[at] && round % 3 == 0 ? halloc_heap_resize(shared, ptrs[at], size) : NULL;
        if (moved) {
            ptrs[at] = moved;
        } else {
            halloc_heap_deallocate(shared, ptrs[at]);
            ptrs[at] = halloc_heap_allocate(shared, size);
        }
        if (ptrs[at])
            fill_bytes(ptrs[at], sizes[at] = size, seed);
    }
    for (size_t at = 0; at < 16; at++)
        halloc_heap_deallocate(shared, ptrs[at]);
    return NULL;
}

static void start_threads(pthread_t threads[THREADS], void *(*work)(void *)) {
    for (uintptr_t index = 0; index < THREADS; index++)
        assert_int_equal(pthread_create(&threads[index], NULL, work, (void *)(index + 1)), 0);
}

static void join_threads(pthread_t threads[THREADS]) {
    for (size_t index = 0; index < THREADS; index++) {
        void *complaint;
        assert_int_equal(pthread_join(threads[index], &complaint), 0);
        if (complaint)
            fail_msg("%s", (char *)complaint);
    }
}

static void threads_share_a_heap_under_every_policy(void **state UNUSED) {
    for (size_t index = 0; index < POLICIES; index++) {
        pthread_t threads[THREADS];
        shared = index % 2 ? growing_heap(policy_names[index]) : fixed_heap(policy_names[index], 12);
        start_threads(threads, churn);
        for (int look = 0; look < 50; look++)
            assert_sound(shared); /* also while they are at it */
        join_threads(threads);
        assert_sound(shared);
        assert_int_equal(stats_of(shared).used_blocks, 0);
        halloc_heap_destroy(shared);
    }
}

static void *use_original(void *argument) {
    uint64_t random = (uint64_t)(uintptr_t)argument;
    for (int round = 0; round < 3000; round++) {
        size_t size = random_size(&random, 2000);
        char *ptr = halloc_allocate(size);
        if (!ptr)
            return "no memory";
        fill_bytes(ptr, size, (unsigned)size);
        MemoryBlock *seen = findFreeBlock(size); /* may be gone already: not to be followed */
        if (seen && !heap_contains(halloc_default_heap(), seen))
            return "found outside the heap";
        splitBlock(record_before(ptr), size);
        if (!is_filled(ptr, size, (unsigned)size))
            return "contents changed";
        halloc_deallocate(ptr);
    }
    return NULL;
}

/* So that all arrive where there is no heap yet. */
static pthread_barrier_t gate;

static void *allocate_together(void *argument UNUSED) {
    pthread_barrier_wait(&gate);
    char *ptr = halloc_allocate(100);
    return ptr ? NULL : "no memory";
}

static void threads_race_for_the_first_heap_and_get_one(void **state UNUSED) {
    pthread_t threads[THREADS];
    pthread_barrier_init(&gate, NULL, THREADS);
    for (int times = 0; times < 500; times++) {
        assert_null(halloc_default_heap());
        start_threads(threads, allocate_together);
        join_threads(threads);
        assert_sound(default_heap);
        assert_int_equal(stats_of(default_heap).used_blocks, THREADS);
        halloc_heap_destroy(default_heap);
        default_heap = NULL;
        assert_null(heaps); /* no second one was made and lost */
    }
    pthread_barrier_destroy(&gate);
}

static void threads_share_the_original_heap(void **state UNUSED) {
    pthread_t threads[THREADS];
    start_threads(threads, use_original);
    join_threads(threads);
    assert_sound(default_heap);
    assert_int_equal(stats_of(default_heap).used_blocks, 0);
    halloc_heap_destroy(default_heap);
    default_heap = NULL;
}

static void *make_and_destroy(void *argument UNUSED) {
    for (int round = 0; round < 300; round++) {
        halloc_heap *heap = halloc_heap_create(&(halloc_heap_options){.pages = 2});
        if (!heap || !halloc_heap_allocate(heap, 4000))
            return "no heap";
        halloc_heap_destroy(heap);
    }
    return NULL;
}

/* TSan does not see memory unmapped by a raw system call, and takes the next heap at the same place
 * for the one before. */
#if defined(__SANITIZE_THREAD__)
#define BLIND_TO_UNMAPPING 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define BLIND_TO_UNMAPPING 1
#endif
#endif

static void heaps_are_made_and_destroyed_by_many_threads(void **state UNUSED) {
#ifdef BLIND_TO_UNMAPPING
    skip();
#endif
    pthread_t threads[THREADS];
    start_threads(threads, make_and_destroy);
    join_threads(threads);
    assert_null(heaps);
}

static void *wait_for_lock(void *argument) {
    struct lock *lock = argument;
    lock_acquire(lock);
    lock_release(lock);
    return NULL;
}

/* --- The lock itself ----------------------------------------------------------------------------------- */

static struct lock plain_lock = LOCK_INIT(RANK_HEAP);
static uint64_t protected;

static void *count_up(void *argument UNUSED) {
    for (int round = 0; round < 50000; round++) {
        lock_acquire(&plain_lock);
        if (!lock_is_mine(&plain_lock))
            return "held, and not mine";
        protected++;
        lock_release(&plain_lock);
        if (lock_is_mine(&plain_lock))
            return "released, and still mine";
    }
    return NULL;
}

static void a_lock_lets_one_in_at_a_time(void **state UNUSED) {
    pthread_t threads[THREADS];
    protected = 0;
    start_threads(threads, count_up);
    join_threads(threads);
    assert_int_equal(protected, THREADS * 50000);
    assert_int_equal(plain_lock.state, 0);
}

static void a_sleeper_is_woken(void **state UNUSED) {
    pthread_t sleeper;
    lock_acquire(&plain_lock);
    assert_int_equal(pthread_create(&sleeper, NULL, wait_for_lock, &plain_lock), 0);
    while (load_relaxed(&plain_lock.state) != 2) /* it says so before it sleeps */
        usleep(100);
    usleep(1000);
    lock_release(&plain_lock);
    assert_int_equal(pthread_join(sleeper, NULL), 0);
}

static void another_threads_lock_is_not_mine(void **state UNUSED) {
    pthread_t other;
    lock_acquire(&plain_lock);
    pthread_create(&other, NULL, wait_for_lock, &plain_lock);
    assert_true(lock_is_mine(&plain_lock));
    lock_release(&plain_lock);
    pthread_join(other, NULL);
    assert_false(lock_is_mine(&plain_lock));
}

/* --- Fork ---------------------------------------------------------------------------------------------- */

static bool stop_churning;

static void *churn_until_told(void *argument) {
    void *complaint = NULL;
    while (!load_relaxed(&stop_churning) && !complaint) {
        char *ptr = halloc_heap_allocate(shared, 100 + (uintptr_t)argument);
        if (ptr)
            memset(ptr, 1, 100);
        halloc_heap_deallocate(shared, ptr);
    }
    return complaint;
}

/* An alarm ends a child that waits for a lock whose holder is not there. */
static void child_uses_heap(void *argument UNUSED) {
    signal(SIGALRM, SIG_DFL);
    alarm(500);
    child_assert(halloc_heap_check(shared, NULL));
    for (int round = 0; round < 50; round++) {
        char *ptr = halloc_heap_allocate(shared, 1000);
        child_assert(ptr);
        memset(ptr, 1, 1000);
        halloc_heap_deallocate(shared, ptr);
    }
    child_assert(halloc_heap_check(shared, NULL));
}

static void children_of_busy_parents_find_a_whole_heap_and_its_lock_free(void **state UNUSED) {
    pthread_t threads[THREADS];
    shared = fixed_heap("segregated", 16);
    stop_churning = false;
    start_threads(threads, churn_until_told);
    for (int times = 0; times < 150; times++)
        assert_child_fine(in_child(child_uses_heap, NULL));
    store_relaxed(&stop_churning, true);
    join_threads(threads);
    assert_sound(shared);
    assert_int_equal(stats_of(shared).used_blocks, 0);
    halloc_heap_destroy(shared);
}

/* A signal handler that interrupted the heap's own work forks: our lock is held, by us. */
static void a_fork_while_this_thread_holds_the_lock_does_not_wait_for_itself(void **state UNUSED) {
    shared = fixed_heap("first", 4);
    lock_acquire(&shared->lock);
    pid_t child = fork();
    if (child == 0) {
        alarm(500);
        child_assert(lock_is_mine(&shared->lock)); /* what was interrupted goes on in the child, too */
        lock_release(&shared->lock);
        child_uses_heap(NULL);
        _exit(0);
    }
    assert_true(lock_is_mine(&shared->lock));
    lock_release(&shared->lock);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_non_null(halloc_heap_allocate(shared, 10));
    halloc_heap_destroy(shared);
}

static uint32_t walkers_inside;

/* Long enough inside for the other thread to be waiting in fork. */
static bool allocate_while_walking(const MemoryBlock *block UNUSED, void *payload UNUSED,
                                   void *context UNUSED) {
    store_release(&walkers_inside, 1);
    usleep(5000);
    for (unsigned size_class = 0; size_class < SIZE_CLASSES; size_class += 5) {
        void *large = halloc_malloc(300 * KIB), *small = halloc_malloc(slot_bytes(size_class));
        halloc_free(large);
        halloc_free(small);
    }
    return false;
}

static void *walk_until_told(void *argument UNUSED) {
    while (!load_relaxed(&stop_churning))
        halloc_heap_walk(shared, allocate_while_walking, NULL);
    return NULL;
}

static void fork_waits_for_a_walk_whose_visitor_allocates(void **state UNUSED) {
    pthread_t walker;
    shared = growing_heap("first");
    halloc_heap_allocate(shared, 100);
    halloc_free(halloc_malloc(1)); /* the process heap has started */
    store_relaxed(&stop_churning, false);
    signal(SIGALRM, SIG_DFL);
    alarm(500);
    assert_int_equal(pthread_create(&walker, NULL, walk_until_told, NULL), 0);
    for (int times = 0; times < 20; times++) {
        store_relaxed(&walkers_inside, 0);
        while (!load_acquire(&walkers_inside))
            usleep(100);
        assert_child_fine(in_child(child_uses_heap, NULL));
    }
    store_relaxed(&stop_churning, true);
    assert_int_equal(pthread_join(walker, NULL), 0);
    alarm(0);
    halloc_heap_destroy(shared);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(threads_share_a_heap_under_every_policy),
        test(threads_share_the_original_heap),
        test(threads_race_for_the_first_heap_and_get_one),
        test(heaps_are_made_and_destroyed_by_many_threads),
        test(a_lock_lets_one_in_at_a_time),
        test(a_sleeper_is_woken),
        test(another_threads_lock_is_not_mine),
        test(children_of_busy_parents_find_a_whole_heap_and_its_lock_free),
        test(a_fork_while_this_thread_holds_the_lock_does_not_wait_for_itself),
        test(fork_waits_for_a_walk_whose_visitor_allocates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
