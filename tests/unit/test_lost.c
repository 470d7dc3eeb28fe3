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
    struct slab *plain = lost_slab(gone), *watched = lost_slab(gone), *told = lost_slab(gone);
    remote_watch(watched); /* its thread stopped before it could take the wish back */
    char *slot = slab_start(told);
    slot_set_free(slot, NULL);
    remote_watch(told);
    child_assert(remote_publish(told, slot, slot, 1) & REMOTE_WATCHED); /* a notice is on its way to it */
    store_relaxed(&gone->state, CACHE_ORPHAN);
    live_caches = 2; /* who sends it is another thread of this child */
    has_orphans = true;
    child_assert(orphans_adopt());
    child_assert(plain->owner == OWNER_SHARED && watched->owner == OWNER_SHARED);
    child_assert(told->owner == gone);
    live_caches = 1; /* there is nobody who could send one */
    has_orphans = true;
    child_assert(orphans_adopt());
    child_assert(told->owner == OWNER_SHARED);
}

static void a_slab_that_a_notice_may_be_about_is_not_taken_over(void **state UNUSED) {
    in_fresh_heap(adopt, "");
}

int main(void) {
    const struct CMUnitTest tests[] = {test(a_slab_that_a_notice_may_be_about_is_not_taken_over)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
