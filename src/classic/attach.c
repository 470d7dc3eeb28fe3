/*
 * attach.c - a heap in memory that processes share.
 *
 *      memory, at one address in every process
 *      | struct shared | struct halloc_heap | [header|payload] [header|payload] ...
 *        who may attach, the lock              links are addresses, as in every classic heap
 *
 * The blocks' links and the program's own pointers are addresses. So each process maps the memory where the
 * first one did, and halloc_heap_attach refuses any other place. Offsets would serve at every place, but
 * each reader of a MemoryBlock would have to add them up.
 *
 * Only the policy's functions lie elsewhere in each program. So the record keeps the policy's name, and who
 * takes the lock puts the address in that is true for him.
 *
 * The lock is libc's robust mutex: when its owner dies, the kernel gives it to the next in line, and says so.
 * What the dead process was changing may be half done. Then the heap is lost: each later call fails with
 * ENOTRECOVERABLE, in every process, and nobody waits. A death outside the lock costs only what the dead
 * process had allocated.
 */
#include "heap.h"

#include <pthread.h>
#include <sys/random.h>

struct shared {
    const void *home; /* this record's address in every process; programs read it (halloc.h) */
    uint64_t layout;  /* written last: from then on there is a heap */
    size_t bytes;
    char fit[32];
    pthread_mutex_t mutex;
    bool is_lost;
    char probe; /* is written only to see whether that is allowed */
};

_Static_assert(sizeof(struct shared) <= SHARED_BYTES && SHARED_BYTES % ALIGNMENT_BYTES == 0,
               "it has its place");

/* Who reads the record must know it: the same version of Halloc, and the same libc's mutex. BUFSIZ tells
 * glibc (8 KiB) from musl (1 KiB). */
#define LAYOUT_TAG (UINT64_C(0x68656170) << 32) /* "heap" */
#define LAYOUT                                                                                               \
    (LAYOUT_TAG | BUFSIZ << 16 | HALLOC_VERSION_MAJOR << 16 | HALLOC_VERSION_MINOR << 8 |                    \
     HALLOC_VERSION_PATCH)

INTERNAL halloc_heap *shared_begin(halloc_heap *heap, const halloc_heap_options *options) {
    struct shared *shared = memset(options->memory, 0, sizeof *shared);
    const char *fit = heap->engine.set[0].policy->name;
    pthread_mutexattr_t kind;
    pthread_mutexattr_init(&kind);
    pthread_mutexattr_setpshared(&kind, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_settype(&kind, PTHREAD_MUTEX_ERRORCHECK);
    if (strlen(fit) >= sizeof shared->fit || pthread_mutexattr_setrobust(&kind, PTHREAD_MUTEX_ROBUST) ||
        pthread_mutex_init(&shared->mutex, &kind))
        return fail_with(ENOTSUP);
    strcpy(shared->fit, fit);
    shared->home = shared;
    shared->bytes = options->memory_bytes;
    heap->shared = shared;
    store_release(&shared->layout, LAYOUT);
    return heap;
}

/* Whether the heap is lost is asked under the lock. So each waiter wakes the next, and none sleeps on. */
INTERNAL bool shared_enter(halloc_heap *heap) {
    struct shared *shared = heap->shared;
    int error = pthread_mutex_lock(&shared->mutex);
    if (error == EOWNERDEAD) {
        shared->is_lost = true;
        error = pthread_mutex_consistent(&shared->mutex);
    }
    if (!error && shared->is_lost) {
        pthread_mutex_unlock(&shared->mutex);
        error = ENOTRECOVERABLE;
    }
    if (error)
        return fail_with(error);
    heap->engine.set[0].policy = halloc_policy_find(shared->fit);
    return true;
}

INTERNAL void shared_leave(halloc_heap *heap) {
    pthread_mutex_unlock(&heap->shared->mutex);
}

HALLOC_API halloc_heap *halloc_heap_attach(void *memory, size_t memory_bytes) {
    struct shared *shared = memory;
    if (!memory || (uintptr_t)memory % ALIGNMENT_BYTES || memory_bytes < sizeof *shared)
        return fail_with(EINVAL);
    uint64_t layout = load_acquire(&shared->layout);
    int error = layout >> 32 != LAYOUT_TAG >> 32 ? ENOENT : layout != LAYOUT ? ENOTSUP : 0;
    if (!error && shared->home != memory)
        error = EADDRNOTAVAIL;
    if (!error && (memory_bytes < shared->bytes || !halloc_policy_find(shared->fit)))
        error = EINVAL;
    if (error)
        return fail_with(error);
    if (getrandom(&shared->probe, 1, GRND_NONBLOCK) != 1) /* EFAULT, where we would crash */
        return NULL;
    halloc_heap *heap = (halloc_heap *)((char *)memory + SHARED_BYTES);
    return shared_enter(heap) ? shared_leave(heap), heap : NULL;
}
