/*
 * test_process_threads.c - the process heap under threads that free each other's objects, end with
 * objects alive, and look at it meanwhile. Afterwards nothing may be left in use.
 */
#include "unit.h"

#include <limits.h>
#include <pthread.h>
#include <sched.h>

#ifdef __SANITIZE_THREAD__
#define ROUNDS 4000
#define THREADS_BORN 300
#define DESTRUCTOR_ROUNDS 1 /* ThreadSanitizer's own state of a thread ends in the last of them */
#else
#define ROUNDS 300000
#define THREADS_BORN 6000
#define DESTRUCTOR_ROUNDS PTHREAD_DESTRUCTOR_ITERATIONS
#endif

/* --- Helpers ---------------------------------------------------------------------------------------- */

static const char *complaint; /* of any thread; the first is as good as the last */

#define thread_assert(condition)                                                                             \
    do {                                                                                                     \
        if (!(condition))                                                                                    \
            __atomic_store_n(&complaint, #condition, __ATOMIC_RELAXED);                                      \
    } while (0)

static void joined(pthread_t thread) {
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (complaint)
        fail_msg("in a thread, not so: %s", complaint);
}

/* All threads but this one have ended, all objects are freed. */
static void nothing_is_left(void) {
    struct heap_totals totals;
    halloc_malloc_trim(0);
    assert_heap_sound();
    stats_totals(&totals);
    assert_int_equal(totals.slots_used, 0);
    assert_int_equal(totals.slabs, 0);
    assert_int_equal(totals.large_blocks, 0);
}

/* An object whose first byte says what it is filled with, and whose size can be asked. */
static void *object_new(uint64_t *random) {
    size_t size = random_below(random, 50) ? random_size(random, 4 * KIB) : random_size(random, 100 * KIB);
    unsigned char seed = (unsigned char)random_next(random);
    unsigned char *ptr = halloc_malloc(size);
    thread_assert(ptr);
    if (ptr)
        memset(ptr, seed, min_size(halloc_malloc_usable_size(ptr), 300));
    return ptr;
}

static void object_end(unsigned char *ptr) {
    size_t size = min_size(halloc_malloc_usable_size(ptr), 300);
    for (size_t index = 1; index < size; index++)
        thread_assert(ptr[index] == ptr[0]);
    halloc_free(ptr);
}

/* --- The first calls of all --------------------------------------------------------------------------- */

static void *first_call(void *barrier) {
    pthread_barrier_wait(barrier);
    unsigned char *ptr = halloc_malloc(100);
    child_assert(ptr && region_contains(ptr) && cache_own && slab_at(ptr)->owner == cache_own);
    halloc_free(ptr);
    return NULL;
}

static void race_to_start(void *argument UNUSED) {
    pthread_barrier_t barrier;
    pthread_t threads[6];
    pthread_barrier_init(&barrier, NULL, COUNT(threads));
    for (size_t index = 0; index < COUNT(threads); index++)
        child_assert(pthread_create(&threads[index], NULL, first_call, &barrier) == 0);
    for (size_t index = 0; index < COUNT(threads); index++)
        pthread_join(threads[index], NULL);
    child_assert(halloc_process_check(NULL));
}

static void threads_race_to_start_the_heap(void **state UNUSED) {
    for (int round = 0; round < 50; round++)
        assert_child_fine(in_child(race_to_start, NULL));
}

/* --- Objects handed from thread to thread ------------------------------------------------------------- */

#define PLACES 256

static void *places[PLACES];

/* Puts an object where another takes it, whoever that is: half of all frees are remote. */
static void *exchange_objects(void *argument) {
    uint64_t random = (uintptr_t)argument;
    for (int round = 0; round < ROUNDS; round++) {
        void *mine = random_below(&random, 3) ? object_new(&random) : NULL;
        size_t place = random_below(&random, PLACES);
        void *other = __atomic_exchange_n(&places[place], mine, __ATOMIC_ACQ_REL);
        if (other)
            object_end(other);
    }
    return NULL;
}

static void clear_places(void) {
    for (size_t place = 0; place < PLACES; place++) {
        if (places[place])
            object_end(places[place]);
        places[place] = NULL;
    }
}

static void objects_change_hands(void **state UNUSED) {
    pthread_t threads[4];
    for (uintptr_t index = 0; index < COUNT(threads); index++)
        threads[index] = started(exchange_objects, (void *)(index + 1));
    for (size_t index = 0; index < COUNT(threads); index++)
        joined(threads[index]);
    clear_places();
    nothing_is_left();
}

static void *look_at_the_heap(void *stop) {
    while (!__atomic_load_n((bool *)stop, __ATOMIC_RELAXED)) {
        struct heap_totals totals;
        stats_totals(&totals);
        thread_assert(totals.slot_bytes_used <= totals.blocks.heap_bytes);
        thread_assert(halloc_process_check(NULL));
        sched_yield();
    }
    return NULL;
}

static void one_looks_while_others_work(void **state UNUSED) {
    pthread_t threads[2];
    bool stop = false;
    pthread_t looker = started(look_at_the_heap, &stop);
    for (uintptr_t index = 0; index < COUNT(threads); index++)
        threads[index] = started(exchange_objects, (void *)(index + 11));
    for (size_t index = 0; index < COUNT(threads); index++)
        joined(threads[index]);
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    joined(looker);
    clear_places();
    nothing_is_left();
}

/* --- Many of one size: slabs full, first free by another, last free by another --------------------------- */

#define BATCH 3000

static struct {
    pthread_barrier_t barrier;
    void *objects[BATCH];
    size_t size;
} batch;

/* Allocates a batch, and again after another has freed it: full slabs must come back. */
static void *make_batches(void *rounds) {
    for (uintptr_t round = 0; round < (uintptr_t)rounds; round++) {
        for (size_t index = 0; index < BATCH; index++) {
            batch.objects[index] = halloc_malloc(batch.size);
            thread_assert(batch.objects[index]);
        }
        pthread_barrier_wait(&batch.barrier);
        pthread_barrier_wait(&batch.barrier);
    }
    return NULL;
}

static void a_full_slab_that_others_free_is_used_again(void **state UNUSED) {
    static const size_t sizes[] = {16, 64, 112, 1024, 5000};
    pthread_barrier_init(&batch.barrier, NULL, 2);
    region.is_short = true; /* so pools keep no empty slabs */
    for (size_t each = 0; each < COUNT(sizes); each++) {
        const uintptr_t rounds = 20;
        batch.size = sizes[each];
        uint64_t first = 0;
        pthread_t maker = started(make_batches, (void *)rounds);
        for (uintptr_t round = 0; round < rounds; round++) {
            pthread_barrier_wait(&batch.barrier);
            uint64_t used = region.engine.used_bytes; /* the maker waits */
            first = round ? first : used;
            assert_true(used <= first + SLAB_LARGE_BYTES); /* each slab is used again */
            for (size_t index = 0; index < BATCH; index++)
                halloc_free(batch.objects[index]);
            cache_flush_foreign(cache_own);
            pthread_barrier_wait(&batch.barrier);
        }
        joined(maker);
        nothing_is_left();
    }
    region.is_short = false;
    pthread_barrier_destroy(&batch.barrier);
}

static void *make_one_batch(void *objects) {
    for (size_t index = 0; index < BATCH; index++)
        ((void **)objects)[index] = halloc_malloc(200);
    return NULL;
}

static void full_slabs_of_a_thread_that_ended_are_not_lost(void **state UNUSED) {
    for (int round = 0; round < 4; round++) {
        joined(started(make_one_batch, batch.objects));
        for (size_t index = 0; index < BATCH; index++)
            halloc_free(batch.objects[index]);
        nothing_is_left();
    }
}

/* --- Threads born and dead --------------------------------------------------------------------------------- */

static void *leave_objects(void *kept) {
    void **objects = kept;
    uint64_t random = (uintptr_t)objects[0];
    for (size_t index = 0; index < 8; index++)
        objects[index] = object_new(&random);
    void *rest[20];
    for (size_t index = 0; index < COUNT(rest); index++)
        rest[index] = object_new(&random);
    for (size_t index = 0; index < COUNT(rest); index++)
        object_end(rest[index]);
    return NULL;
}

/* Each thread's objects die long after it, in a random order. No slab, no cache may pile up. */
static void threads_end_before_their_objects(void **state UNUSED) {
    void *kept[32][8] = {{0}};
    uint64_t random = 5, after_some = 0;
    for (uintptr_t born = 0; born < THREADS_BORN; born++) {
        size_t set = random_below(&random, COUNT(kept));
        for (size_t index = 0; index < 8; index++)
            if (kept[set][index])
                object_end(kept[set][index]);
        kept[set][0] = (void *)(born + 1);
        joined(started(leave_objects, kept[set]));
        if (born == THREADS_BORN / 4)
            after_some = (uint64_t)(region.engine.top - region.base);
    }
    assert_true((uint64_t)(region.engine.top - region.base) <= 2 * after_some);
    for (size_t set = 0; set < COUNT(kept); set++)
        for (size_t index = 0; index < 8; index++)
            if (kept[set][index])
                object_end(kept[set][index]);
    size_t caches_made = 0;
    for (const struct thread_cache *cache = caches; cache; cache = cache->next)
        caches_made++;
    assert_true(caches_made <= 8); /* as many as there were threads at once, in any test so far */
    nothing_is_left();
}

static void *storm(void *argument) {
    uint64_t random = (uintptr_t)argument;
    for (int round = 0; round < 20; round++) {
        size_t place = random_below(&random, PLACES);
        void *other = __atomic_exchange_n(&places[place], object_new(&random), __ATOMIC_ACQ_REL);
        if (other)
            object_end(other);
    }
    return NULL;
}

static void many_threads_end_at_once(void **state UNUSED) {
    for (uintptr_t wave = 0; wave < THREADS_BORN / 30; wave++) {
        pthread_t threads[12];
        for (uintptr_t index = 0; index < COUNT(threads); index++)
            threads[index] = started(storm, (void *)(wave * 100 + index));
        for (size_t index = 0; index < COUNT(threads); index++)
            joined(threads[index]);
    }
    clear_places();
    nothing_is_left();
}

/* --- After a thread's cache is gone --------------------------------------------------------------------------- */

static pthread_key_t late_key;

/* The key of the thread's cache is older, so the destructor of that runs first. */
static void free_what_the_thread_had(void *value) {
    thread_assert(cache_own);
    uint64_t handed_over = counters->remote_batches;
    for (void **each = value, **next; each; each = next) {
        next = *each;
        halloc_free(each);
        halloc_free(halloc_malloc(1000));
    }
    thread_assert(counters->remote_batches == handed_over);
}

static void *end_with_a_list(void *argument UNUSED) {
    void **list = NULL;
    for (int count = 0; count < 1000; count++) {
        void **next = halloc_malloc(100);
        *next = list;
        list = next;
    }
    pthread_setspecific(late_key, list);
    return NULL;
}

static void destructors_of_keys_have_the_threads_cache(void **state UNUSED) {
    assert_int_equal(pthread_key_create(&late_key, free_what_the_thread_had), 0);
    joined(started(end_with_a_list, NULL));
    assert_int_equal(live_caches, 1);
    assert_int_equal(pthread_key_delete(late_key), 0);
    nothing_is_left();
}

/* Runs as often as it may, from the second round on after the destructor of the thread's cache. */
static void allocate_again(void *value) {
    uintptr_t left = (uintptr_t)value;
    uint64_t random = left;
    for (int round = 0; round < 10; round++) {
        void *ptr = object_new(&random);
        if (round % 2)
            object_end(ptr);
        else
            object_end(__atomic_exchange_n(&places[left], ptr, __ATOMIC_ACQ_REL));
    }
    if (left > 1)
        pthread_setspecific(late_key, (void *)(left - 1));
}

static void *end_with_a_key(void *argument UNUSED) {
    uint64_t random = 3;
    object_end(object_new(&random));
    pthread_setspecific(late_key, (void *)(uintptr_t)DESTRUCTOR_ROUNDS);
    return NULL;
}

static void destructors_of_keys_allocate_and_free(void **state UNUSED) {
    uint64_t random = 1;
    assert_int_equal(pthread_key_create(&late_key, allocate_again), 0);
    for (size_t place = 0; place < 16; place++)
        places[place] = object_new(&random);
    for (int round = 0; round < 40; round++)
        joined(started(end_with_a_key, NULL));
    clear_places();
    nothing_is_left();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(threads_race_to_start_the_heap),
        test(objects_change_hands),
        test(one_looks_while_others_work),
        test(a_full_slab_that_others_free_is_used_again),
        test(full_slabs_of_a_thread_that_ended_are_not_lost),
        test(threads_end_before_their_objects),
        test(many_threads_end_at_once),
        test(destructors_of_keys_have_the_threads_cache),
        test(destructors_of_keys_allocate_and_free),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
