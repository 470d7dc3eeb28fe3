/*
 * test_process_lost.c - a fork while another thread stands at any one instruction of malloc or free.
 *
 * In the child that thread is gone, and what it had in hand stays as it was. One thread is stepped
 * by the processor's trap flag; at each step that may have changed memory the other forks, and the child frees the
 * lost thread's objects and takes over its slabs. Steps with a lock in hand are passed over, for a fork waits for
 * locks. x86-64 only, and not under sanitizers, which are no friends of traps.
 */
#include "unit.h"

#if defined(__x86_64__) && !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)

#include <poll.h>
#include <pthread.h>

#include "../steps.h"

#define OBJECTS 100 /* a full slab and a part of the next: each child copies their pages */

static void *theirs[OBJECTS], *ours[OBJECTS]; /* of the thread that is stepped; of the one that forks */
static int to_forker[2], to_stepper[2];

static void let_the_other_fork(int number UNUSED, siginfo_t *info UNUSED, void *context) {
    char token = 1;
    step_note(context);
    if (!step_has_stored || locks_are_in_hand())
        return;
    step_has_stored = false;
    child_assert(write(to_forker[1], &token, 1) == 1);
    child_assert(read(to_stepper[0], &token, 1) == 1);
}

static void free_one(void **place) {
    void *ptr = *place;
    *place = NULL; /* in a child that is forked within the call the object is lost: it was half free */
    halloc_free(ptr);
}

/* With the other thread stopped anywhere: uses what it left, frees its objects, in this order or
 * the other. */
static void live_without_the_other(bool use_first) {
    alarm(500);
    if (use_first) /* a class that it has no slab of yet */
        halloc_free(halloc_malloc(1300));
    for (size_t index = 0; index < OBJECTS; index++)
        free_one(&theirs[index]);
    for (size_t index = 0; index < OBJECTS; index++) {
        child_assert((theirs[index] = halloc_malloc(700)));
        memset(theirs[index], 1, 700);
    }
    for (size_t index = 0; index < OBJECTS; index++) {
        free_one(&theirs[index]);
        free_one(&ours[index]);
    }
    halloc_free(halloc_malloc(100 * KIB));
    halloc_malloc_trim(0);
    const char *broken = NULL;
    if (!halloc_process_check(&broken))
        dprintf(2, "broken: %s\n", broken);
    child_assert(!broken);
    _exit(0);
}

static void *gone_in_the_child(void *argument UNUSED) {
    for (size_t index = 0; index < OBJECTS; index++)
        theirs[index] = halloc_malloc(700);
    step_on();
    free_one(&theirs[3]); /* the first of a full slab */
    free_one(&theirs[4]);
    theirs[4] = halloc_malloc(5000); /* a new slab */
    for (size_t index = 0; index < 4; index++)
        free_one(&ours[index]); /* foreign, until its end hands them over */
    theirs[3] = halloc_malloc(9000);
    halloc_free(halloc_malloc(70 * KIB));
    cache_empty(cache_own); /* as at its end */
    step_off();
    return NULL;
}

static void fork_after_each_store_of_the_other(void *first_step) {
    on_each_step(let_the_other_fork);
    child_assert(pipe(to_forker) == 0 && pipe(to_stepper) == 0);
    for (size_t index = 0; index < OBJECTS; index++)
        ours[index] = halloc_malloc(700);
    pthread_t thread;
    child_assert(pthread_create(&thread, NULL, gone_in_the_child, NULL) == 0);
    int steps = *(int *)first_step;
    while (pthread_tryjoin_np(thread, NULL) != 0) {
        struct pollfd asked = {.fd = to_forker[0], .events = POLLIN};
        if (poll(&asked, 1, 20) != 1)
            continue;
        char token;
        child_assert(read(to_forker[0], &token, 1) == 1);
        pid_t child = fork();
        if (child == 0)
            live_without_the_other(steps % 2);
        int status = -1;
        waitpid(child, &status, 0);
        if (status) {
            dprintf(2, "forked at step %d of the other thread: status %x\n", steps, (unsigned)status);
            _exit(97);
        }
        steps++;
        child_assert(write(to_stepper[1], &token, 1) == 1);
    }
    child_assert(steps > 300);
}

static void a_fork_after_every_store_of_another_thread(void **state UNUSED) {
    for (int first_step = 0; first_step < 2; first_step++) /* each step meets both orders */
        assert_child_fine(in_child(fork_after_each_store_of_the_other, &first_step));
}

int main(void) {
    const struct CMUnitTest tests[] = {test(a_fork_after_every_store_of_another_thread)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else
int main(void) {
    puts("skipped: the trap flag is x86-64's, and sanitizers don't stand it");
    return 77;
}
#endif
