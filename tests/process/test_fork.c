/*
 * test_fork.c - children of processes whose threads are all in the midst of malloc.
 *
 * A child must be able to allocate, and to free what any thread of the parent allocated, though
 * those threads do not exist in it. A hang is a failure: each child has an alarm.
 */
#include "process.h"

#include <sys/time.h>

#define CHILD_SECONDS 500

/* --- Threads that never stop allocating --------------------------------------------------------------- */

#define THREADS 3
#define PLACES 512

static void *places[PLACES]; /* objects of all threads, freed by whoever comes along */
static bool stop;

static void *new_object(uint64_t *random) {
    size_t size = random_below(random, 30) ? random_size(random, 3 * KIB) : random_size(random, 300 * KIB);
    unsigned char *ptr = malloc(size);
    if (ptr)
        memset(ptr, (int)random_next(random), size < 100 ? size : 100);
    return ptr;
}

static void exchange_some(uint64_t *random, int rounds) {
    for (int round = 0; round < rounds; round++) {
        void *mine = random_below(random, 8) ? new_object(random) : NULL;
        free(__atomic_exchange_n(&places[random_below(random, PLACES)], mine, __ATOMIC_ACQ_REL));
    }
}

static void *never_stop(void *argument) {
    uint64_t random = (uintptr_t)argument;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        exchange_some(&random, 100);
    return NULL;
}

static pthread_t threads[THREADS];

static void start_threads(void *(*work)(void *)) {
    __atomic_store_n(&stop, false, __ATOMIC_RELAXED);
    for (uintptr_t index = 0; index < THREADS; index++)
        assert_int_equal(pthread_create(&threads[index], NULL, work, (void *)(index + 1)), 0);
}

static void stop_threads(void) {
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (size_t index = 0; index < THREADS; index++)
        assert_int_equal(pthread_join(threads[index], NULL), 0);
}

/* --- What a child does ---------------------------------------------------------------------------------- */

static void *child_thread(void *argument) {
    uint64_t random = (uintptr_t)argument;
    exchange_some(&random, 300);
    return NULL;
}

/* Frees everything there is, and allocates, with a thread of its own as well. */
static void live_a_little(void) {
    alarm(CHILD_SECONDS);
    uint64_t random = (uint64_t)getpid();
    exchange_some(&random, 500);
    pthread_t thread;
    child_assert(pthread_create(&thread, NULL, child_thread, (void *)random) == 0);
    exchange_some(&random, 500);
    child_assert(pthread_join(thread, NULL) == 0);
    for (size_t place = 0; place < PLACES; place++) {
        free(places[place]);
        places[place] = NULL;
    }
    const char *broken;
    if (!halloc_process_check(&broken)) {
        dprintf(2, "broken: %s\n", broken);
        _exit(98);
    }
    malloc_trim(0);
}

/* A child, and a child of that, and so on; each ends well only if its own did. */
static void live_for_generations(int generations) {
    live_a_little();
    for (; generations > 1; generations--) {
        pid_t grandchild = fork();
        child_assert(grandchild >= 0);
        if (grandchild) {
            int status;
            child_assert(waitpid(grandchild, &status, 0) == grandchild && status == 0);
            break;
        }
        live_a_little();
    }
    _exit(0);
}

static void child_of(void *generations) {
    live_for_generations((int)(intptr_t)generations);
}

/* --- The tests ---------------------------------------------------------------------------------------------- */

static void children_live_while_all_threads_allocate(void **state UNUSED) {
    start_threads(never_stop);
    for (int child = 0; child < 150; child++)
        assert_child_fine(in_child(child_of, (void *)1));
    stop_threads();
    assert_heap_sound();
}

static void grandchildren_live_too(void **state UNUSED) {
    start_threads(never_stop);
    for (int child = 0; child < 20; child++)
        assert_child_fine(in_child(child_of, (void *)4));
    stop_threads();
}

static void *fork_often(void *failures) {
    for (int round = 0; round < 30; round++) {
        pid_t child = fork();
        if (child == 0)
            live_for_generations(1);
        int status;
        if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
            __atomic_fetch_add((int *)failures, 1, __ATOMIC_RELAXED);
    }
    return NULL;
}

static void several_threads_fork_at_once(void **state UNUSED) {
    int failures = 0;
    pthread_t forkers[3];
    start_threads(never_stop);
    for (size_t index = 0; index < COUNT(forkers); index++)
        assert_int_equal(pthread_create(&forkers[index], NULL, fork_often, &failures), 0);
    for (size_t index = 0; index < COUNT(forkers); index++)
        assert_int_equal(pthread_join(forkers[index], NULL), 0);
    stop_threads();
    assert_int_equal(failures, 0);
}

static void *born_and_dying(void *argument) {
    uint64_t random = (uintptr_t)argument;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
        pthread_t thread;
        if (pthread_create(&thread, NULL, child_thread, (void *)random_next(&random)) == 0)
            pthread_join(thread, NULL);
    }
    return NULL;
}

static void children_live_while_threads_are_born_and_die(void **state UNUSED) {
    start_threads(born_and_dying);
    for (int child = 0; child < 100; child++)
        assert_child_fine(in_child(child_of, (void *)1));
    stop_threads();
}

/* A child inherits slabs of threads that are gone: it adopts those that are sound, so generations of
 * children that each allocate do not grow without end. */
static void slabs_of_threads_left_behind_serve_the_child(void *argument UNUSED) {
    alarm(CHILD_SECONDS);
    for (size_t place = 0; place < PLACES; place++) {
        free(places[place]);
        places[place] = NULL;
    }
    struct mallinfo2 before = mallinfo2();
    for (size_t place = 0; place < PLACES / 2; place++)
        child_assert((places[place] = malloc(200)));
    struct mallinfo2 after = mallinfo2();
    child_assert(after.arena == before.arena);
    _exit(0);
}

static void *allocate_and_wait(void *barrier) {
    for (size_t place = 0; place < PLACES; place++)
        places[place] = malloc(200);
    pthread_barrier_wait(barrier);
    pthread_barrier_wait(barrier);
    return NULL;
}

static void a_child_uses_what_threads_left(void **state UNUSED) {
    pthread_barrier_t barrier;
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    for (size_t place = 0; place < PLACES; place++)
        free(places[place]);
    assert_int_equal(pthread_create(&thread, NULL, allocate_and_wait, &barrier), 0);
    pthread_barrier_wait(&barrier);
    assert_child_fine(in_child(slabs_of_threads_left_behind_serve_the_child, NULL));
    pthread_barrier_wait(&barrier);
    assert_int_equal(pthread_join(thread, NULL), 0);
    for (size_t place = 0; place < PLACES; place++) {
        free(places[place]);
        places[place] = NULL;
    }
}

/* --- From a signal handler in the midst of malloc ------------------------------------------------------------- */

static volatile sig_atomic_t forks_made, forks_wanted;
static volatile int worst_status;

/* The child returns into the interrupted malloc and goes on as the parent does, to its end. */
static volatile sig_atomic_t in_signal_child;

static void fork_in_handler(int number UNUSED) {
    int saved = errno;
    if (!in_signal_child && forks_made < forks_wanted) {
        forks_made++;
        pid_t child = fork();
        if (child == 0) {
            in_signal_child = 1;
            signal(SIGALRM, SIG_DFL);
            alarm(CHILD_SECONDS);
        } else {
            int status = -1;
            waitpid(child, &status, 0);
            if (status)
                worst_status = status;
        }
    }
    errno = saved;
}

static void tick(int microseconds) {
    struct itimerval timer = {{0, microseconds}, {0, microseconds}};
    assert_int_equal(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

/* Mostly large blocks: each call holds the heap's lock for a good part of its time. */
static void work_until_forked(void) {
    uint64_t random = 9;
    void *mine[32] = {0};
    for (int extra = 0; forks_made < forks_wanted || extra < 200; extra += in_signal_child) {
        size_t at = random_below(&random, COUNT(mine));
        free(mine[at]);
        mine[at] = random_below(&random, 2) ? malloc(40 * KIB + random_below(&random, 300 * KIB))
                                            : malloc(random_size(&random, 4 * KIB));
        if (in_signal_child && extra == 199)
            _exit(0);
        /* In this order: the last fork may come between the two, and its child must not leave. */
        if (forks_made >= forks_wanted && !in_signal_child)
            break;
    }
    for (size_t at = 0; at < COUNT(mine); at++)
        free(mine[at]);
}

static void signals_fork(int count) {
    struct sigaction action = {.sa_handler = fork_in_handler}, old;
    sigemptyset(&action.sa_mask);
    forks_made = worst_status = 0;
    forks_wanted = count;
    assert_int_equal(sigaction(SIGALRM, &action, &old), 0);
    tick(300);
    work_until_forked();
    tick(0);
    assert_int_equal(sigaction(SIGALRM, &old, NULL), 0);
    assert_int_equal(worst_status, 0);
    assert_heap_sound();
}

static void a_handler_forks_in_the_midst_of_malloc(void **state UNUSED) {
    signals_fork(400);
}

static void a_handler_forks_while_other_threads_allocate(void **state UNUSED) {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGALRM);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    start_threads(never_stop);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    signals_fork(100);
    stop_threads();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(malloc_is_ours),
        test(children_live_while_all_threads_allocate),
        test(grandchildren_live_too),
        test(several_threads_fork_at_once),
        test(children_live_while_threads_are_born_and_die),
        test(a_child_uses_what_threads_left),
        test(a_handler_forks_in_the_midst_of_malloc),
        test(a_handler_forks_while_other_threads_allocate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
