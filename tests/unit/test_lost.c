/*
 * test_lost.c - which slabs of threads that are gone the child of a fork takes over.
 */
#include "fresh.h"

/* A slab of a thread that is gone: one page carved, two slots in use. */
static struct slab *lost_slab(struct thread_cache *thread) {
    struct slab *slab = slab_make(size_class_of(200), thread);
    child_assert(slab);
    slab->free = carve(slab);
    slab->frees_left = 2;
    for (int taken = 0; taken < 2; taken++)
        slot_pop(&slab->free);
    return slab;
}

static void adopt(void) {
    struct thread_cache *gone = cache_borrow();
    struct slab *plain = lost_slab(gone), *retiring = lost_slab(gone), *full = lost_slab(gone);
    retiring->state = SLAB_FULL; /* its thread stopped before it gave up the slab */
    slab_set_full(full);
    struct slab *active = lost_slab(gone);
    void **list = &gone->list[active->size_class];
    *list = active->free;
    active->free = NULL;
    slab_activate(active, list);
    struct thread_cache *alive = cache_borrow();
    struct slab *other = lost_slab(alive);
    gone->holder = NULL;
    has_orphans = true;
    child_assert(!orphans_adopt(size_class_of(16), alive));
    child_assert(other->owner == alive && other->frees_left == 2); /* its thread is still there */
    child_assert(plain->owner == OWNER_SHARED && retiring->owner == OWNER_SHARED);
    child_assert(full->owner == OWNER_FULL); /* it needs nobody */
    child_assert(active->owner == OWNER_SHARED && !slab_check(active));
    child_assert(active->frees_left == slab_carved_slots(active)); /* the thread's list is lost with it */
}

static void slabs_are_taken_over_where_their_thread_stopped(void **state UNUSED) {
    in_fresh_heap(adopt, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {test(slabs_are_taken_over_where_their_thread_stopped)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
