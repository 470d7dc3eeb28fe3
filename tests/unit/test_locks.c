/*
 * test_locks.c - locks that another thread holds, forks inside of forks, and threads that get no cache: each at the
 * line where it matters.
 *
 * While a thread waits for a lock it pauses, again and again. Here a script stands in the pause: at one of them
 * "another thread" gives its lock back. No second thread is needed, so each run is the same.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* before the first header */
#endif
#include <pthread.h>

static void at_pause(void);
#define __builtin_ia32_pause at_pause

static int register_handlers(void (*before)(void), void (*in_parent)(void), void (*in_child)(void));
#define pthread_atfork(before, in_parent, in_child) register_handlers(before, in_parent, in_child)

#include "fresh.h"

#undef pthread_atfork

/* Instead of libc's. */
static int list_locks, list_unlocks, list_resets;

void _IO_list_lock(void) {
    list_locks++;
}
void _IO_list_unlock(void) {
    list_unlocks++;
}
void _IO_list_resetlock(void) {
    list_resets++;
}

static int registrations;
static size_t made;      /* attempts to start */
static bool asks_inside; /* pthread_atfork allocates, as libc's does at times */

static int register_handlers(void (*before)(void), void (*in_parent)(void), void (*in_child)(void)) {
    registrations++;
    if (asks_inside)
        child_assert(process_start() && halloc_malloc(100) && !process.ready);
    return pthread_atfork(before, in_parent, in_child);
}

/* --- A lock that another thread holds ------------------------------------------------------------------ */

static struct lock lock = LOCK_INIT(RANK_HEAP);
static size_t pauses, released_at; /* at this pause the lock is given back; 0: never */

static struct lock *held;
static void (*meanwhile)(void); /* what the other thread does before; NULL: nothing */

static void act_as_another(void) {
#ifdef HALLOC_DEBUG
    unsigned mine = ranks_held;
    ranks_held = 0;
#endif
    meanwhile();
#ifdef HALLOC_DEBUG
    ranks_held = mine;
#endif
}

static void at_pause(void) {
    if (++pauses != released_at)
        return;
    if (meanwhile)
        act_as_another();
    store_relaxed(&held->owner, NULL);
    store_relaxed(&held->state, FREE);
}

static void hold(struct lock *which, void (*act)(void), size_t until) {
    static char other;
    held = which;
    held->state = LOCKED;
    held->owner = &other;
    meanwhile = act;
    pauses = 0;
    released_at = until;
}

static void held_by_another(size_t until) {
    lock = (struct lock)LOCK_INIT(RANK_HEAP);
    hold(&lock, NULL, until);
}

#ifdef __x86_64__ /* elsewhere the pause is an instruction */
static void give_back_after_fork(void) {
    held->taken_for_fork = 0;
}

static void a_lock_that_another_thread_took_for_a_fork_is_waited_for(void **state UNUSED) {
    held_by_another(3);
    lock.taken_for_fork = 1;
    meanwhile = give_back_after_fork;
    lock_acquire(&lock);
    assert_true(pauses == 3 && lock_is_mine(&lock));
    lock_release(&lock);
    assert_true(lock.state == FREE && !locks_are_in_hand());
}

static void who_wants_a_lock_looks_at_it_for_a_while(void **state UNUSED) {
    held_by_another(3);
    lock_acquire(&lock);
    assert_int_equal(pauses, 3);
    assert_true(lock_is_mine(&lock) &&
                lock.state == LOCKED); /* nobody sleeps: to give it back is no system call */
    lock_release(&lock);
    held_by_another(SPINS);
    lock_acquire(&lock);
    assert_int_equal(pauses, SPINS);
    assert_int_equal(lock.state, LOCKED);
    lock_release(&lock);
    assert_false(locks_are_in_hand());
}

static void a_fork_waits_for_a_lock_or_leaves_it(void **state UNUSED) {
    held_by_another(SPINS + 7);
    lock_before_fork(&lock, 1, false); /* it tries longer than others before they sleep */
    assert_true(lock_is_mine(&lock) && lock.taken_for_fork == 1 && locks_are_in_hand());
    assert_int_equal(pauses, SPINS + 7);
    lock_after_fork(&lock, 1, false);
    assert_true(lock.state == FREE && !lock.owner && !locks_are_in_hand());
    held_by_another(0);
    lock_before_fork(&lock, 1, false);
    assert_int_equal(pauses, FORK_TRIES);
    assert_true(lock.state == LOCKED && !lock_is_mine(&lock) && !lock.taken_for_fork && !locks_are_in_hand());
    lock_after_fork(&lock, 1, false); /* it stays the other thread's */
    assert_true(lock.state == LOCKED && lock.owner);
    lock_after_fork(&lock, 1, true); /* who is not in the child */
    assert_true(lock.state == FREE && !lock.owner && !locks_are_in_hand());
    held_by_another(5);
    lock_before_fork(&lock, 1, true);
    assert_true(lock_is_mine(&lock) && lock.state == LOCKED && lock.taken_for_fork == 1);
    lock_after_fork(&lock, 1, true);
    assert_false(locks_are_in_hand());
}

/* --- What another thread did, while this one waited ---------------------------------------------------------- */

static struct slab *slab; /* in the pool of its class, and empty: all of its slots came back */
static struct thread_cache *another;

static void share_empty_slab(void) {
    slab = slab_make(size_class_of(64), another);
    char *first = carve(slab);
    slab->frees_left = slab_carved_slots(slab);
    shared_give(slab);
    remote_publish(slab, first, slab->last, slab->frees_left); /* nobody has looked yet */
}

static void nothing(void) {
}

static void adopt(void) {
    held->state = FREE;
    child_assert(shared_adopt(slab->size_class, another) == slab);
}

static void adopt_and_fill(void) {
    adopt();
    slab_set_full(slab);
}

/* Given up, and not yet on the list: that comes under the lock. */
static void adopt_and_begin_to_share(void) {
    adopt();
    slab->owner = OWNER_SHARED;
}

static void make_again(void) {
    adopt();
    links_of(slab)->remote = 0;
    slab->frees_left = 0;
    slab_release(slab);
    struct slab *other = slab_make(size_class_of(128), another);
    child_assert(other == slab);
    *other = (struct slab){.owner = OWNER_SHARED,
                           .last = other->last,
                           .reciprocal = other->reciprocal,
                           .list = &other->free,
                           .kind = UNIT_SLAB,
                           .size_class = other->size_class,
                           .state = SLAB_SHARED};
    other->last += 128; /* one slot, which came back at once */
    other->frees_left = 1;
    slab_list_append(&pools[other->size_class].list, other);
    pools[other->size_class].count++;
    links_of(other)->remote = (uint64_t)1 << REMOTE_FIRST_BITS | (uintptr_t)slab_start(other);
}

static void use_a_slot(void) {
    links_of(slab)->remote -= (uint64_t)1 << REMOTE_FIRST_BITS;
}

static void wait_for_the_pool(void (*act)(void), bool released) {
    share_empty_slab();
    size_t used = region.engine.used_blocks;
    hold(shared_lock(slab->size_class), act, 2);
    shared_release_if_empty(slab);
    child_assert(pauses == 2 && region.engine.used_blocks == used - released);
    child_assert(released == (slab->kind == UNIT_NONE));
}

static void meet_at_the_pool(void) {
    halloc_free(halloc_malloc(1));
    another = cache_borrow();
    wait_for_the_pool(nothing, true);
    wait_for_the_pool(adopt, false);
    child_assert(slab->owner == another && slab->state == SLAB_PARTIAL);
    wait_for_the_pool(adopt_and_fill, false);
    child_assert(slab->owner == OWNER_FULL);
    wait_for_the_pool(adopt_and_begin_to_share, false);
    wait_for_the_pool(make_again, false);
    child_assert(slab->state == SLAB_SHARED && slab->size_class == size_class_of(128));
    child_assert(pools[size_class_of(128)].count == 1 && pools[size_class_of(64)].count == 0);
    hold(&pools[size_class_of(128)].lock, adopt, 2);
    child_assert(!shared_adopt(size_class_of(128), cache_own) && pauses == 2);
    struct slab *owned = slab;
    pauses = 0;
    shared_release_if_empty(owned); /* it has an owner: nobody waits for the lock */
    child_assert(pauses == 0 && owned->owner == another);
    wait_for_the_pool(use_a_slot, false);
    child_assert(slab->state == SLAB_SHARED && pools[slab->size_class].count == 1);
}

static void the_last_free_and_other_threads_may_meet(void **state UNUSED) {
    in_fresh_heap(meet_at_the_pool, "purge:off");
}

static void no_orphans(void) {
    has_orphans = false;
}

static void adopt_orphans_once(void) {
    const struct slab *orphan = slab_at(halloc_malloc(1));
    cache_own->holder = NULL;
    has_orphans = true;
    hold(&caches_lock, no_orphans, 2);
    child_assert(!orphans_adopt(orphan->size_class, cache_own));
    child_assert(pauses == 2 && orphan->owner == cache_own);
    has_orphans = true;
    child_assert(orphans_adopt(orphan->size_class, cache_own) == orphan && !has_orphans);
}

static void one_thread_adopts_orphans(void **state UNUSED) {
    in_fresh_heap(adopt_orphans_once, "");
}

static void another_starts(void) {
    made++;
    start_lock.state = FREE;
    child_assert(process_start() && region.base);
}

static void start_twice(void *argument UNUSED) {
    hold(&start_lock, another_starts, 2);
    child_assert(halloc_malloc(1) && made == 1 && registrations == 1);
    size_t mapped = fake.calls;
    child_assert(process_start() && fake.calls == mapped);
}

/* Once the heap serves, no request asks for the lock of its start. */
static void ask_while_another_has_the_start(void) {
    hold(&start_lock, NULL, 1);
    child_assert(halloc_malloc(100000) && pauses == 0);
}

static void after_the_start_nobody_waits_for_it(void **state UNUSED) {
    in_fresh_heap(ask_while_another_has_the_start, "");
}

static void one_thread_starts_the_heap(void **state UNUSED) {
    assert_child_fine(in_child(start_twice, NULL));
}
#endif

static void *take_and_give(void *argument UNUSED) {
    lock_acquire(&lock);
    uintptr_t found = lock.state;
    lock_release(&lock);
    return (void *)found;
}

/* Whoever comes after a sleeper can't know whether there are more: it wakes one, too. */
static void sleep_until_released(void *argument UNUSED) {
    alarm(300);
    held_by_another(0);
    pthread_t thread;
    child_assert(pthread_create(&thread, NULL, take_and_give, NULL) == 0);
    while (load_relaxed(&lock.state) != CONTENDED)
        usleep(1000);
    usleep(20000); /* it may be asleep by now */
    set_free(&lock);
    void *found;
    pthread_join(thread, &found);
    child_assert((uintptr_t)found == CONTENDED && lock.state == FREE && !lock.owner);
}

static void who_sleeps_is_woken(void **state UNUSED) {
    assert_child_fine(in_child(sleep_until_released, NULL));
}

static void *take_for_a_fork(void *done) {
    lock_before_fork(&lock, 1, true);
    uintptr_t found = lock_is_mine(&lock) ? lock.state : FREE;
    lock_after_fork(&lock, 1, false);
    store_release((bool *)done, true);
    return (void *)found;
}

/* However long that takes. */
static void fork_once_it_is_free(void *argument UNUSED) {
    bool done = false;
    void *found;
    held_by_another(0);
    pthread_t thread;
    child_assert(pthread_create(&thread, NULL, take_for_a_fork, &done) == 0);
    while (load_relaxed(&lock.state) != CONTENDED && !load_acquire(&done))
        usleep(1000);
    set_free(&lock);
    pthread_join(thread, &found);
    child_assert((uintptr_t)found == CONTENDED && lock.state == FREE && !lock.owner);
}

static void a_patient_fork_sleeps_until_the_lock_is_free(void **state UNUSED) {
    assert_child_fine(in_child(fork_once_it_is_free, NULL));
}

static void ask_too_early(long number UNUSED, long a UNUSED, long b UNUSED, long c UNUSED,
                          bool refused UNUSED) {
    if (!lock_is_mine(&start_lock) || standing)
        return;
    made++;
    child_assert(!process_start());
}

/* A program's own mmap allocates, or libc does, while the heap starts. */
static void start_inside_of_the_start(void *argument UNUSED) {
    setenv("HALLOC_CONF", argument, 1);
    fake.watch = ask_too_early;
    asks_inside = true;
    child_assert(halloc_malloc(1) && made > 0 && registrations == 1 && process.ready);
}

static void who_asks_inside_of_the_start_is_served_as_soon_as_it_stands(void **state UNUSED) {
    made = 0;
    assert_child_fine(in_child(start_inside_of_the_start, ""));
    assert_child_fine(in_child(start_inside_of_the_start, "heap:classic"));
}

/* In the child of a fork, while another thread started the heap: what stands is used. */
static void start_again(void) {
    void *base = region.base, *classic = process.classic;
    for (int before = 0; before < (classic ? 1 : 2); before++) {
        standing = !before; /* or that thread could not even say so */
        process.ready = false;
        fake_refuse(0, 0);
        child_assert(process_start() && process.ready && standing && fake.calls == 0);
        child_assert(region.base == base && process.classic == classic);
    }
}

static void a_start_that_a_fork_interrupted_goes_on(void **state UNUSED) {
    in_fresh_heap(start_again, "");
    in_fresh_heap(start_again, "heap:classic");
}

/* --- A thread that waits for itself ------------------------------------------------------------------------ */

static void take_again(int signal UNUSED) {
#ifdef HALLOC_DEBUG
    ranks_held = 0; /* which would tell it first */
#endif
    lock_acquire(&lock);
}

static void wait_for_itself(void *handler) {
    lock = (struct lock)LOCK_INIT(RANK_HEAP);
    signal(SIGILL, SIG_DFL); /* cmocka catches it */
    if (handler)
        signal(SIGABRT, take_again);
    lock_acquire(&lock);
    take_again(0);
}

static void who_waits_for_itself_ends_also_where_its_handler_does_the_same(void **state UNUSED) {
    struct ending ending = in_child(wait_for_itself, NULL);
    assert_true(WIFSIGNALED(ending.status) && WTERMSIG(ending.status) == SIGABRT);
    assert_non_null(strstr(ending.text, "malloc was called from inside malloc"));
    ending = in_child(wait_for_itself, &lock);
    assert_true(WIFSIGNALED(ending.status));
    assert_true(WTERMSIG(ending.status) == SIGILL || WTERMSIG(ending.status) == SIGTRAP);
    const char *line = strstr(ending.text, "malloc was called from inside malloc");
    assert_true(line && !strstr(line + 1, "halloc: "));
}

/* --- Locks that a fork took ------------------------------------------------------------------------------ */

static void a_lock_that_was_taken_for_a_fork_lets_its_thread_in(void **state UNUSED) {
    lock = (struct lock)LOCK_INIT(RANK_HEAP);
    lock_before_fork(&lock, 1, true);
    lock_acquire(&lock); /* other handlers of that fork allocate */
    lock_release(&lock);
    assert_true(lock_is_mine(&lock) && lock.state == LOCKED && lock.taken_for_fork == 1);
    lock_before_fork(&lock, 2, true); /* or fork */
    assert_int_equal(lock.taken_for_fork, 1);
    lock_after_fork(&lock, 2, false);
    assert_true(lock_is_mine(&lock));
    lock_after_fork(&lock, 2, true);
    assert_true(lock_is_mine(&lock) && locks_are_in_hand());
    lock_after_fork(&lock, 1, false);
    assert_true(lock.state == FREE && !lock.taken_for_fork && !locks_are_in_hand());
    lock_acquire(&lock);
    lock_before_fork(&lock, 1, false); /* a signal handler forks: who holds it goes on after that */
    lock_after_fork(&lock, 1, true);
    assert_true(lock_is_mine(&lock) && lock.state == LOCKED && !lock.taken_for_fork && locks_are_in_hand());
    lock_release(&lock);
    assert_false(locks_are_in_hand());
}

static struct lock *visited[SIZE_CLASSES + 20];
static size_t visits;

static void visit_one(struct lock *each, unsigned level UNUSED, bool flag UNUSED) {
    visited[visits++] = each;
}

static void look_at_all_locks(void) {
    halloc_free(halloc_malloc(1));
    halloc_heap *own = halloc_heap_create(NULL);
    visit_locks(visit_one, 1, true);
    child_assert(visits == 2 + 1 + 1 + SIZE_CLASSES + 1 + !!process.classic);
    for (size_t index = 1; index < visits; index++) {
        child_assert(visited[index - 1]->rank <= visited[index]->rank);
        for (size_t before = 0; before < index; before++)
            child_assert(visited[before] != visited[index]);
    }
    child_assert(visited[2] == &own->lock); /* lists_lock is taken around those of heaps */
    child_assert(!process.classic || visited[visits - 1] == &process.classic->lock);
}

static void a_fork_visits_each_lock_once_in_the_order_of_ranks(void **state UNUSED) {
    in_fresh_heap(look_at_all_locks, "");
    in_fresh_heap(look_at_all_locks, "heap:classic");
}

/* --- The handlers of fork ---------------------------------------------------------------------------------- */

static bool is_held_back(int number) {
    sigset_t now;
    pthread_sigmask(SIG_SETMASK, NULL, &now);
    return sigismember(&now, number);
}

/* All are taken, or none is. */
static bool locks_are(unsigned taken_for_fork) {
    visits = 0;
    visit_locks(visit_one, 1, true);
    visited[visits++] = &lists_lock;
    for (size_t index = 0; index < visits; index++)
        if (visited[index]->taken_for_fork != taken_for_fork ||
            lock_is_mine(visited[index]) != !!taken_for_fork ||
            visited[index]->state != (taken_for_fork ? LOCKED : FREE))
            return false;
    return locks_are_in_hand() == !!taken_for_fork;
}

static void fork_inside_of_forks(bool has_threads) {
    before_fork();
    child_assert(levels == 1 && locks_are(1) && has_list_lock == has_threads);
    child_assert(is_held_back(SIGUSR1) && !is_held_back(SIGSEGV) && !is_held_back(SIGTRAP));
    before_fork(); /* by another handler */
    child_assert(levels == 2 && locks_are(1) && has_list_lock == has_threads);
    after_fork(false);
    child_assert(levels == 1 && locks_are(1) && has_list_lock == has_threads && is_held_back(SIGUSR1));
    after_fork(false);
    child_assert(levels == 0 && locks_are(0) && !has_list_lock && !is_held_back(SIGUSR1));
    before_fork();
    before_fork();
    after_fork(true); /* in the child that the handler made: libc's lock is as good as new there */
    child_assert(levels == 1 && locks_are(1) && !has_list_lock && is_held_back(SIGUSR1));
    after_fork(true);
    child_assert(levels == 0 && locks_are(0) && !is_held_back(SIGUSR1));
    child_assert(list_locks == 2 * has_threads && list_unlocks == has_threads && list_resets == has_threads);
}

/* A signal handler that interrupted malloc forks. */
static void fork_with_a_lock_in_hand(void) {
    lock_acquire(&caches_lock);
    before_fork();
    child_assert(!has_list_lock && is_held_back(SIGUSR1) && region.lock.taken_for_fork == 1);
    child_assert(!caches_lock.taken_for_fork);
    after_fork(true);
    child_assert(lock_is_mine(&caches_lock) && !lock_is_mine(&region.lock));
    lock_release(&caches_lock);
    child_assert(locks_are(0) && !is_held_back(SIGUSR1));
    child_assert(list_locks == 0 && list_unlocks == 0 && list_resets == 0);
}

static void *wait_for_the_end(void *argument UNUSED) {
    for (;;)
        pause();
    return NULL;
}

static void fork_alone_and_not(void) {
    pthread_t thread;
    halloc_free(halloc_malloc(1));
    halloc_heap_create(NULL);
    alarm(300);
    if (&__libc_single_threaded && __libc_single_threaded)
        fork_inside_of_forks(false);
    child_assert(pthread_create(&thread, NULL, wait_for_the_end, NULL) == 0);
    fork_inside_of_forks(true);
    list_locks = list_unlocks = list_resets = 0;
    fork_with_a_lock_in_hand();
    fork_handlers_register();
    child_assert(registrations == 1);
}

static void forks_nest(void **state UNUSED) {
    in_fresh_heap(fork_alone_and_not, "");
    in_fresh_heap(fork_alone_and_not, "heap:classic");
}

static void figures_of_the_parent_are_forgotten(void **state UNUSED) {
    struct {
        struct engine engine;
        halloc_free_set behind;
    } parents;
    memset(&parents, 7, sizeof parents);
    halloc_free_set behind = parents.behind;
    forget_parents_figures(&parents.engine);
    assert_int_equal(parents.engine.peak_used_bytes, parents.engine.used_bytes);
    for (int index = 0; index < 2; index++)
        assert_true(parents.engine.set[index].finds == 0 && parents.engine.set[index].inserts == 0 &&
                    parents.engine.set[index].removes == 0);
    assert_memory_equal(&behind, &parents.behind, sizeof behind);
}

/* --- Caches of threads ----------------------------------------------------------------------------------- */

static void orphan(void) {
    halloc_free(halloc_malloc(1));
    struct thread_cache *dead = cache_borrow(), *other = cache_borrow();
    cache_return(dead);
    other->holder = "another thread";
    size_t live = live_caches;
    threads_orphan_others();
    child_assert(!other->holder && !dead->holder && cache_own->holder == thread_mark());
    child_assert(live_caches == live - 1 && has_orphans);
    has_orphans = false;
    threads_orphan_others(); /* nobody else is left */
    child_assert(live_caches == live - 1 && !has_orphans);
}

static void only_other_threads_are_lost(void **state UNUSED) {
    in_fresh_heap(orphan, "");
}

/* Each is memory of its own, and a mapping has as many as fit. */
static void make_many(void) {
    halloc_free(halloc_malloc(1));
    size_t each = CACHES_BYTES / sizeof(struct thread_cache),
           left = (size_t)(spare_end - spare) / sizeof *caches;
    child_assert(left == each - 1);
    fake_refuse(0, 0);
    struct thread_cache *made[200];
    child_assert(2 * each + left <= COUNT(made));
    for (size_t index = 0; index < 2 * each + left; index++) {
        child_assert((made[index] = cache_borrow()) && made[index]->holder == thread_mark());
        child_assert(fake.calls == (index + each - left) / each);
        made[index]->ticks = (uint32_t)index;
    }
    for (size_t index = 0; index < 2 * each + left; index++)
        child_assert(made[index]->ticks == index && !made[index]->holds_much);
    child_assert(live_caches == 2 * each + left + 1 && spare == spare_end);
    fake_refuse(1, 1);
    child_assert(!cache_borrow() && fake.calls == 1); /* nothing to give back */
    child_assert(live_caches == 2 * each + left + 1);
    cache_return(made[5]);
    child_assert(live_caches == 2 * each + left && cache_borrow() == made[5]);
}

static void caches_share_mappings(void **state UNUSED) {
    in_fresh_heap(make_many, "");
}

/* A thread whose cache is gone, or never came, borrows one for each call. */
static void live_without(void) {
    char *object = halloc_malloc(100);
    struct thread_cache *own = cache_bar_own();
    size_t live = live_caches, before = counters->threads_live;
    char *other = halloc_malloc(100);
    child_assert(other && !cache_mine() && cache_fast == &empty_cache && live_caches == live);
    halloc_free(other);
    halloc_free(object);
    child_assert(remote_count(links_of(slab_at(object))->remote) == 1);
    let_in(own);
    child_assert(cache_own == own && cache_fast == own && counters->threads_live == before);
    cache_own = NULL; /* it has none yet, and the system has none left */
    cache_fast = &empty_cache;
    spare = spare_end = NULL;
    dead_caches = NULL;
    fake_refuse(1, UINT64_MAX);
    child_assert(!halloc_malloc(100) && !cache_own && cache_fast == &empty_cache && live_caches == live);
    fake_refuse(0, 0);
    child_assert(halloc_malloc(100) && cache_own && cache_fast == cache_own && live_caches == live + 1);
}

static void a_thread_without_a_cache_borrows_one(void **state UNUSED) {
    in_fresh_heap(live_without, "");
}

static bool was_barred;

static void look_at_own_cache(long number, long a UNUSED, long b UNUSED, long c UNUSED, bool refused UNUSED) {
    if (number != SYS_madvise)
        return;
    child_assert(cache_is_barred && !cache_own && cache_fast == &empty_cache);
    was_barred = true;
}

/* A program's own madvise may allocate: with a cache that nobody goes through. */
static void give_back_by_madvise(void) {
    char *objects[500];
    for (size_t index = 0; index < COUNT(objects); index++)
        objects[index] = halloc_malloc(1000);
    for (size_t index = 1; index < COUNT(objects); index++)
        halloc_free(objects[index]);
    struct thread_cache *own = cache_own;
    fake.watch = look_at_own_cache;
    child_assert(cache_thin(own, true) > 0 && was_barred);
    fake.watch = NULL;
    child_assert(cache_own == own && cache_fast == own && !cache_is_barred);
    cache_own = NULL;
    cache_fast = &empty_cache;
    cache_thin(own, true);
    cache_empty(own);
    child_assert(!cache_own && cache_fast == &empty_cache && !cache_is_barred);
}

static void a_cache_is_out_of_reach_while_it_is_gone_through(void **state UNUSED) {
    in_fresh_heap(give_back_by_madvise, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {
#ifdef __x86_64__
        test(a_lock_that_another_thread_took_for_a_fork_is_waited_for),
        test(who_wants_a_lock_looks_at_it_for_a_while),
        test(a_fork_waits_for_a_lock_or_leaves_it),
        test(the_last_free_and_other_threads_may_meet),
        test(one_thread_adopts_orphans),
        test(one_thread_starts_the_heap),
        test(after_the_start_nobody_waits_for_it),
#endif
        test(who_sleeps_is_woken),
        test(a_patient_fork_sleeps_until_the_lock_is_free),
        test(who_asks_inside_of_the_start_is_served_as_soon_as_it_stands),
        test(a_start_that_a_fork_interrupted_goes_on),
        test(who_waits_for_itself_ends_also_where_its_handler_does_the_same),
        test(a_lock_that_was_taken_for_a_fork_lets_its_thread_in),
        test(a_fork_visits_each_lock_once_in_the_order_of_ranks),
        test(forks_nest),
        test(figures_of_the_parent_are_forgotten),
        test(only_other_threads_are_lost),
        test(caches_share_mappings),
        test(a_thread_without_a_cache_borrows_one),
        test(a_cache_is_out_of_reach_while_it_is_gone_through),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
