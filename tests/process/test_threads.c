/*
 * test_threads.c - what a long-lived program sees of its threads: no growth from ten thousand of them
 * born and dead, bounded memory between producers and consumers, frees at every stage of an end.
 */
#include "process.h"

static void joined(pthread_t thread) {
    assert_int_equal(pthread_join(thread, NULL), 0);
}

/* --- Ten thousand threads ----------------------------------------------------------------------------- */

#define LIVE 200

static void *live_objects[LIVE];

/* Frees what an earlier thread left, and leaves something of its own. */
static void *short_life(void *argument) {
    uint64_t random = (uintptr_t)argument;
    void *mine[30];
    for (size_t index = 0; index < COUNT(mine); index++)
        mine[index] = malloc(random_size(&random, 3 * KIB));
    for (size_t index = 0; index < COUNT(mine); index++)
        free(mine[index]);
    size_t place = random_below(&random, LIVE);
    free(__atomic_exchange_n(&live_objects[place], malloc(random_size(&random, 2 * KIB)), __ATOMIC_ACQ_REL));
    return NULL;
}

static void ten_thousand_threads_leave_no_trace(void **state UNUSED) {
    size_t resident = 0, in_use = 0, heap = 0;
    for (uintptr_t wave = 0; wave < 2500; wave++) {
        pthread_t threads[4];
        for (uintptr_t index = 0; index < COUNT(threads); index++)
            threads[index] = started(short_life, (void *)(wave * 7919 + index));
        for (size_t index = 0; index < COUNT(threads); index++)
            joined(threads[index]);
        if (wave == 500) {
            resident = resident_bytes();
            in_use = mallinfo2().uordblks;
            heap = mallinfo2().arena;
        }
    }
    assert_true(mallinfo2().uordblks < in_use + 256 * KIB);
    assert_true(mallinfo2().arena <= heap + 4 * MIB);
    assert_true(resident_bytes() < resident + 2 * MIB);
    for (size_t place = 0; place < LIVE; place++) {
        free(live_objects[place]);
        live_objects[place] = NULL;
    }
    malloc_trim(0);
    assert_heap_sound();
}

/* --- A hundred threads that sleep ------------------------------------------------------------------------- */

#define SLEEPERS 100

static pthread_barrier_t asleep, awake;
static pthread_mutex_t serving = PTHREAD_MUTEX_INITIALIZER;

static void *serve_and_sleep(void *argument) {
    uint64_t random = (uintptr_t)argument;
    void *objects[300];
    pthread_mutex_lock(&serving);
    for (size_t request = 0; request < 5; request++) {
        for (size_t index = 0; index < COUNT(objects); index++) {
            size_t size = random_size(&random, 12 * KIB);
            objects[index] = memset(malloc(size), 1, size);
        }
        for (size_t index = 0; index < COUNT(objects); index++)
            free(objects[index]);
    }
    pthread_mutex_unlock(&serving);
    pthread_barrier_wait(&asleep);
    pthread_barrier_wait(&awake);
    return NULL;
}

/* Only one at a time has objects. Each kept a slab of each size once: 2.5 MiB. */
static void threads_that_sleep_keep_little(void **state UNUSED) {
    pthread_t threads[SLEEPERS];
    pthread_barrier_init(&asleep, NULL, SLEEPERS + 1);
    pthread_barrier_init(&awake, NULL, SLEEPERS + 1);
    size_t before = mallinfo2().arena;
    for (uintptr_t index = 0; index < SLEEPERS; index++)
        threads[index] = started(serve_and_sleep, (void *)index);
    pthread_barrier_wait(&asleep);
    assert_true(mallinfo2().arena < before + SLEEPERS * MIB);
    pthread_barrier_wait(&awake);
    for (uintptr_t index = 0; index < SLEEPERS; index++)
        joined(threads[index]);
    assert_heap_sound();
}

/* --- One makes, another frees ---------------------------------------------------------------------------- */

#define RING 1024

static struct {
    void *slots[RING];
    size_t head, tail; /* made and freed so far */
    size_t wanted, most_bytes;
} ring;

static void *produce(void *argument UNUSED) {
    uint64_t random = 3;
    for (size_t made = 0; made < ring.wanted; made++) {
        while (made - __atomic_load_n(&ring.tail, __ATOMIC_ACQUIRE) >= RING)
            sched_yield();
        size_t size = random_size(&random, ring.most_bytes);
        ring.slots[made % RING] = memset(malloc(size), 1, size < 64 ? size : 64);
        __atomic_store_n(&ring.head, made + 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

static void *consume(void *argument UNUSED) {
    for (size_t freed = 0; freed < ring.wanted; freed++) {
        while (freed == __atomic_load_n(&ring.head, __ATOMIC_ACQUIRE))
            sched_yield();
        free(ring.slots[freed % RING]);
        __atomic_store_n(&ring.tail, freed + 1, __ATOMIC_RELEASE);
    }
    return NULL;
}

/* At most RING objects are alive at once, however many go through: the heap must not grow with them. */
static void a_producer_and_a_consumer_need_bounded_memory(void **state UNUSED) {
    static const size_t most[] = {64, 1000, 30000};
    for (size_t index = 0; index < COUNT(most); index++) {
        ring.most_bytes = most[index];
        ring.wanted = 400000;
        ring.head = ring.tail = 0;
        size_t before = mallinfo2().arena;
        pthread_t producer = started(produce, NULL), consumer = started(consume, NULL);
        joined(producer);
        joined(consumer);
        assert_true(mallinfo2().arena <= before + 8 * MIB + 2 * RING * most[index]);
        malloc_trim(0);
        assert_heap_sound();
    }
}

/* --- The end of a thread ------------------------------------------------------------------------------------ */

static pthread_key_t exit_key;

static void destructor(void *value) {
    size_t left = *(size_t *)value;
    free(value);
    free(realloc(malloc(50), 60000));
    free(aligned_alloc(4096, 100));
    if (left > 1) {
        size_t *next = malloc(sizeof *next);
        *next = left - 1;
        pthread_setspecific(exit_key, next);
    }
}

static void *end_in_destructors(void *argument UNUSED) {
    size_t *value = malloc(sizeof *value);
    *value = 4;
    pthread_setspecific(exit_key, value);
    free(malloc(100));
    return NULL;
}

static void *end_without_ever_allocating(void *ptr) {
    free(ptr); /* a first call that frees */
    return NULL;
}

static void *only_ask(void *ptr) {
    return (void *)malloc_usable_size(ptr);
}

static void a_thread_may_end_in_every_way(void **state UNUSED) {
    assert_int_equal(pthread_key_create(&exit_key, destructor), 0);
    for (int round = 0; round < 200; round++) {
        joined(started(end_in_destructors, NULL));
        joined(
            started(end_without_ever_allocating, malloc(random_size(&(uint64_t){(uint64_t)round}, 99999))));
        void *ptr = malloc(10);
        joined(started(only_ask, ptr));
        free(ptr);
    }
    pthread_key_delete(exit_key);
    assert_heap_sound();
}

static void *detached_work(void *argument) {
    uint64_t random = (uintptr_t)argument;
    for (int round = 0; round < 100; round++)
        free(malloc(random_size(&random, 9 * KIB)));
    return NULL;
}

/* The process ends while its threads are at work: exit must not trip over them. */
static void exit_amid_threads(void *argument UNUSED) {
    for (uintptr_t index = 0; index < 16; index++) {
        pthread_t thread;
        child_assert(pthread_create(&thread, NULL, detached_work, (void *)index) == 0);
        pthread_detach(thread);
    }
    exit(0);
}

static void a_process_may_end_amid_its_threads(void **state UNUSED) {
    for (int round = 0; round < 30; round++)
        assert_child_fine(in_child(exit_amid_threads, NULL));
}

/* --- A thread that was alone, and waits --------------------------------------------------------------- */

#ifdef LIBRARY_INTERPOSES
#define OBJECTS 200000

static void *objects[OBJECTS];

static void *free_all(void *argument UNUSED) {
    for (size_t index = 0; index < OBJECTS; index++)
        free(objects[index]);
    malloc_trim(0);
    return NULL;
}

/* The first thread has freed a tenth, so that it owned all slabs. The second frees the rest. */
static void wait_for_another(void *argument UNUSED) {
    size_t before = resident_bytes();
    for (size_t index = 0; index < OBJECTS; index++)
        objects[index] = memset(malloc(200), 1, 200);
    for (size_t index = 0; index < OBJECTS; index += 10) {
        free(objects[index]);
        objects[index] = NULL;
    }
    child_assert(resident_bytes() > before + OBJECTS * 200 * 9 / 10);
    child_assert(pthread_join(started(free_all, NULL), NULL) == 0);
    child_assert(resident_bytes() < before + 4 * MIB);
}

static void what_a_thread_freed_while_it_was_alone_can_be_had_while_it_waits(void **state UNUSED) {
    assert_child_fine(in_child(wait_for_another, NULL));
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        test(malloc_is_ours),
        test(ten_thousand_threads_leave_no_trace),
        test(threads_that_sleep_keep_little),
        test(a_producer_and_a_consumer_need_bounded_memory),
        test(a_thread_may_end_in_every_way),
        test(a_process_may_end_amid_its_threads),
#ifdef LIBRARY_INTERPOSES
        test(what_a_thread_freed_while_it_was_alone_can_be_had_while_it_waits),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
