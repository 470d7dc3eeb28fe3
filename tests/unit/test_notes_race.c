/*
 * test_notes_race.c - a thread asks about an object while the owner of its slab carves and notes other slots.
 * In a heap whose resting slabs note what is freed from the start, as large heaps do.
 *
 *      asker               | last: number 0 |                    | note 0: set? |
 *      owner                                 carve, leave, note 0
 */
#define TEST_NOTES_FROM_BYTES 1
#include "unit.h"

#include <pthread.h>
#include <sched.h>

#define BYTES (30 * KIB) /* a slab has four of them, carved one by one: the last has number 0 */

#define ROUNDS 300

static char *asked, *answered, *const no_more = (char *)1;
static bool halted, resumed;

/* Halts the asking thread wherever it is. */
static void halt(int number UNUSED) {
    store_release(&halted, true);
    while (!load_acquire(&resumed))
        sched_yield();
}

static void *ask(void *argument UNUSED) {
    size_t bytes = slot_bytes(size_class_of(BYTES));
    char *object;
    for (bool resize = false; (object = load_acquire(&asked)) != no_more; resize = !resize) {
        if (object && resize)
            child_assert(halloc_realloc(object, BYTES) == object);
        else if (object)
            child_assert(halloc_malloc_usable_size(object) == bytes);
        store_release(&answered, object);
    }
    return NULL;
}

/* The other thread asks about this object now, again and again; NULL: about none. */
static void ask_about(char *object) {
    store_release(&asked, object);
    while (load_acquire(&answered) != object)
        sched_yield();
}

static void halt_the_asker(pthread_t asker) {
    store_release(&halted, false);
    store_release(&resumed, false);
    child_assert(pthread_kill(asker, SIGUSR1) == 0);
    while (!load_acquire(&halted))
        sched_yield();
}

/* Where the asker stands when it is halted is chance: after some hundred rounds it was everywhere. */
static void note_while_another_asks(void *argument UNUSED) {
    pthread_t asker;
    void *others[4];
    signal(SIGUSR1, halt);
    child_assert(pthread_create(&asker, NULL, ask, NULL) == 0);
    for (int round = 0; round < ROUNDS; round++) {
        halloc_malloc_trim(0);
        char *object = halloc_malloc(BYTES);
        struct slab *slab = slab_at(object);
        child_assert(slab_carved_slots(slab) == 1);
        ask_about(object);
        halt_the_asker(asker);
        for (size_t index = 0; index < COUNT(others); index++)
            others[index] = halloc_malloc(BYTES);
        child_assert(slab_at(others[2]) == slab && slab_at(others[3]) != slab);
        halloc_free(others[2]);
        child_assert(slab_slot_number(slab, others[2]) == 0 && slab_noted(slab) == 1);
        store_release(&resumed, true);
        ask_about(NULL);
        others[2] = object;
        for (size_t index = 0; index < COUNT(others); index++)
            halloc_free(others[index]);
    }
    store_release(&asked, no_more);
    child_assert(pthread_join(asker, NULL) == 0);
}

static void an_object_in_use_is_not_taken_for_a_noted_one(void **state UNUSED) {
    assert_child_fine(in_child(note_while_another_asks, NULL));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        test(an_object_in_use_is_not_taken_for_a_noted_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
