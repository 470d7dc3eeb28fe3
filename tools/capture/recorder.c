/*
 * recorder.c - a thread's recorder, from its first call to its last.
 *
 * When a thread ends, its destructors call free. So the recorder delays its own end as often as POSIX
 * promises to call destructors again. Later calls go to one recorder that all such threads share, one at a
 * time.
 */
#include "capture.h"
#include "signal_lock.h"
#include "append.h"
#include "../trace/format/operation.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

_Thread_local struct recorder *recorder_mine;
static _Thread_local bool over;

static struct lock lock;
static struct recorder *all, *unused;
static struct recorder late;
static pthread_key_t key;
static bool key_made;

#define EXIT_ROUNDS 3 /* PTHREAD_DESTRUCTOR_ITERATIONS promises 4 */

/* --- Threads -------------------------------------------------------------------------------------- */

static struct recorder *allocate_recorder(void) {
    struct recorder *recorder = unused;
    if (recorder) {
        unused = recorder->next;
        return recorder;
    }
    size_t bytes = 65536;
    char *memory =
        (char *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0L);
    if (memory == MAP_FAILED)
        return NULL;
    size_t stride = (sizeof *recorder + 63) / 64 * 64 + 64; /* no two of them share a cache line */
    for (size_t at = 0; at + stride <= bytes; at += stride) {
        recorder = (struct recorder *)(memory + at);
        recorder->next = unused;
        unused = recorder;
    }
    unused = recorder->next;
    return recorder;
}

static bool set_up(struct recorder *recorder) {
    unsigned number = atomic_fetch_add(&traced.threads, 1);
    if (number >= THREADS_MOST)
        return false;
    *recorder = (struct recorder){.name = (uint64_t)(number + 1) << NAME_BITS, .epoch = traced.epoch};
    return trace_block_open(recorder);
}

/* Everything that may call malloc is called while traced_starting is set. */
static struct recorder *make_recorder(void) {
    lock_take(&lock);
    bool file_made = traced.file || file_create();
    struct recorder *recorder = file_made && shadow_start() ? allocate_recorder() : NULL;
    if (!file_made)
        atomic_store(&traced.stopped, true);
    else if (!recorder)
        file_stop(STOP_NO_MEMORY);
    if (recorder && !set_up(recorder)) {
        recorder->next = unused;
        unused = recorder;
        recorder = NULL;
    }
    if (recorder) {
        recorder->next = all;
        all = recorder;
    }
    if (!key_made)
        key_made = pthread_key_create(&key, recorder_thread_ends) == 0;
    lock_give(&lock);
    if (!recorder)
        return NULL;
    if (traced.frames)
        stack_find(recorder);
    if (key_made)
        pthread_setspecific(key, recorder);
    return recorder;
}

/* The recorder for threads that have ended. `inside` tells which thread has it. A call by a handler that
 * interrupts its own thread there is not recorded. */
static struct recorder *enter_late(void) {
    unsigned me = (unsigned)syscall(SYS_gettid), nobody = 0;
    if (atomic_load(&late.inside) == me)
        return NULL;
    while (!atomic_compare_exchange_weak(&late.inside, &nobody, me)) {
        syscall(SYS_sched_yield);
        nobody = 0;
    }
    if (!late.name || late.epoch != traced.epoch) {
        struct recorder fresh;
        if (!set_up(&fresh))
            fresh.name = 0;
        atomic_init(&fresh.inside, me);
        late = fresh;
    }
    if (late.name && late.block)
        return &late;
    recorder_leave(&late);
    return NULL;
}

/* The thread's own, made now; if the thread has ended, the late one. */
struct recorder *recorder_make(void) {
    int saved = errno;
    uint64_t signals = signals_block();
    struct recorder *recorder;
    traced_starting = true;
    if (over) {
        recorder = enter_late();
    } else {
        recorder = make_recorder();
        if (recorder) {
            atomic_store(&recorder->inside, 1);
            recorder_mine = recorder;
        }
    }
    traced_starting = false;
    if (!recorder)
        traced_missed();
    signals_restore(signals);
    errno = saved;
    return recorder;
}

static void remove_from_all(struct recorder *recorder) {
    struct recorder **link = &all;
    while (*link && *link != recorder)
        link = &(*link)->next;
    if (*link)
        *link = recorder->next;
}

bool recorder_thread_is_over(void) {
    return over;
}

void recorder_thread_ends(void *pointer) {
    struct recorder *recorder = pointer;
    if (recorder->epoch != traced.epoch || recorder != recorder_mine)
        return;
    if (recorder->exit_rounds++ < EXIT_ROUNDS && pthread_setspecific(key, recorder) == 0)
        return;
    atomic_store(&recorder->inside, 1);
    if (append_room(recorder))
        append_event(recorder, EXTENSION_THREAD_EXIT);
    over = true;
    recorder_mine = NULL;
    traced_tell_missed(&recorder->missed);
    lock_take(&lock);
    trace_block_close(recorder);
    remove_from_all(recorder);
    recorder->next = unused;
    unused = recorder;
    lock_give(&lock);
}

/* --- Fork, and the end of the process ------------------------------------------------------------- */

/* An interrupted call writes to its block once more after the handler that forked returns. That write goes
 * to a page of its own. */
static void put_scrap_under(struct trace_block *block) {
    syscall(SYS_mmap, block, (size_t)file_slot_bytes, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0L);
}

/* In a forked child: the recorders and the blocks are the parent's. A block that another thread was
 * changing stays mapped, and is not read again. */
void recorder_forget_all(void) {
    struct recorder *mine = recorder_mine; /* the fork may have come between any two instructions of a call */
    if (mine && mine->block)
        put_scrap_under(mine->block);
    bool whole = lock_forget(&lock);
    for (struct recorder *recorder = whole ? all : NULL; recorder; recorder = recorder->next)
        if (recorder->block && recorder != mine)
            file_leave_slot(recorder->block);
    if (late.block && !atomic_load(&late.inside))
        file_leave_slot(late.block);
    late = (struct recorder){.name = 0};
    all = unused = NULL;
    recorder_mine = NULL;
}

void recorder_note_ends(void) {
    lock_take(&lock);
    uint64_t now = traced_now_ns();
    for (struct recorder *recorder = all; recorder; recorder = recorder->next) {
        traced_tell_missed(&recorder->missed);
        if (recorder->block && !traced.columns)
            recorder->block->last_ns = now;
    }
    if (recorder_mine && recorder_mine->block)
        recorder_mine->block->last_ns = now;
    lock_give(&lock);
}
