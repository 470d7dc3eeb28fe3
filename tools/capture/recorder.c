/*
 * recorder.c - a thread's recorder from its first call to its last, and the blocks that it fills.
 *
 * A thread that ends has destructors of its own, which free; so the recorder puts off its end as often as
 * POSIX promises to call destructors again. What comes even later goes to one recorder that all such
 * threads share, one at a time.
 */
#include "capture.h"
#include "lock.h"
#include "record.h"
#include "../trace/format/checksum.h"
#include "../trace/format/operation.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>

_Thread_local struct recorder *recorder_mine;
_Thread_local bool recorder_starting;
static _Thread_local bool over;

static struct lock lock;
static struct recorder *all, *unused;
static struct recorder late;
static pthread_key_t key;
static bool key_made;

#define EXIT_ROUNDS 3 /* of the 4 that PTHREAD_DESTRUCTOR_ITERATIONS promises */

/* --- Blocks --------------------------------------------------------------------------------------- */

static void column_bounds(struct recorder *recorder, unsigned column, uint8_t **at, uint8_t **limit,
                          unsigned most) {
    uint8_t *block = (uint8_t *)recorder->block;
    if (process.columns >> column & 1) {
        *at = block + file_column_at[column];
        *limit = block + file_column_at[column + 1] - most;
    }
}

static bool open_block(struct recorder *recorder) {
    struct trace_block *block = file_take_slot();
    recorder->block = block;
    recorder->at = (uint8_t *)1; /* above the limit: full, until there is a block */
    recorder->limit = NULL;
    recorder->times = recorder->sites = recorder->places = NULL;
    if (!block)
        return false;
    block->columns = (uint16_t)process.columns;
    block->stride = file_slot_bytes;
    block->thread = (uint32_t)(recorder->name >> NAME_BITS) - 1 - process.first_thread;
    block->first_object = recorder->name & NAME_MASK;
    block->first_ns = block->last_ns = process_now_ns();
    for (unsigned column = 0; column < COLUMNS; column++)
        block->at[column] = process.columns >> column & 1 ? file_column_at[column] : 0;
    block->kind = BLOCK_OPERATIONS;
    keep_order();
    *(volatile uint32_t *)&block->magic = BLOCK_MAGIC;
    column_bounds(recorder, COLUMN_OPERATIONS, &recorder->at, &recorder->limit, OPERATION_BYTES_MOST);
    column_bounds(recorder, COLUMN_TIMES, &recorder->times, &recorder->times_limit, VARINT_BYTES_MOST);
    column_bounds(recorder, COLUMN_SITES, &recorder->sites, &recorder->sites_limit, VARINT_BYTES_MOST);
    column_bounds(recorder, COLUMN_PLACES, &recorder->places, &recorder->places_limit, PLACE_BYTES_MOST);
    recorder->last_ns = block->first_ns;
    recorder->last_place = recorder->last_other = 0;
    return true;
}

static void close_block(struct recorder *recorder) {
    struct trace_block *block = recorder->block;
    if (!block)
        return;
    uint8_t *start = (uint8_t *)block;
    uint8_t *const ends[COLUMNS] = {recorder->at, recorder->times, recorder->sites, recorder->places};
    for (unsigned column = 0; column < COLUMNS; column++)
        block->bytes[column] = ends[column] ? (uint32_t)(ends[column] - start) - block->at[column] : 0;
    block->begins = (uint32_t)((recorder->name & NAME_MASK) - block->first_object);
    block->last_ns = process_now_ns();
    keep_order();
    *(volatile uint64_t *)&block->checksum = checksum_block(block);
    file_leave_slot(block);
    recorder->block = NULL;
}

/* A signal handler may fork in the middle of a call, and the child return to it: what it has begun belonged
 * to the parent, and is not recorded. Here none may: what is ours now must be so at the end. */
bool recorder_next_block(struct recorder *recorder) {
    int saved = errno;
    uint64_t signals = signals_block();
    bool ours = recorder->epoch == process.epoch;
    if (ours)
        close_block(recorder);
    bool opened = ours && open_block(recorder);
    if (!opened)
        process_missed();
    signals_restore(signals);
    errno = saved;
    return opened;
}

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
    size_t stride = (sizeof *recorder + 63) / 64 * 64 + 64; /* no two threads' in one cache line */
    for (size_t at = 0; at + stride <= bytes; at += stride) {
        recorder = (struct recorder *)(memory + at);
        recorder->next = unused;
        unused = recorder;
    }
    unused = recorder->next;
    return recorder;
}

static bool set_up(struct recorder *recorder) {
    unsigned number = atomic_fetch_add(&process.threads, 1);
    if (number >= THREADS_MOST)
        return false;
    *recorder = (struct recorder){.name = (uint64_t)(number + 1) << NAME_BITS, .epoch = process.epoch};
    return open_block(recorder);
}

/* All that may call malloc is called while recorder_starting is set. */
static struct recorder *make_recorder(void) {
    lock_take(&lock);
    bool file_made = process.file || file_create();
    struct recorder *recorder = file_made && shadow_start() ? allocate_recorder() : NULL;
    if (!file_made)
        atomic_store(&process.stopped, true);
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
    if (process.frames)
        stack_find(recorder);
    if (key_made)
        pthread_setspecific(key, recorder);
    return recorder;
}

/* The one for threads that have ended. Its `inside` says which of them has it; a handler's call is not
 * recorded that interrupts its own thread there. */
static struct recorder *enter_late(void) {
    unsigned me = (unsigned)syscall(SYS_gettid), nobody = 0;
    if (atomic_load(&late.inside) == me)
        return NULL;
    while (!atomic_compare_exchange_weak(&late.inside, &nobody, me)) {
        syscall(SYS_sched_yield);
        nobody = 0;
    }
    if (!late.name || late.epoch != process.epoch) {
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

/* The thread's own, made now; or, if it has ended, the late one. */
static struct recorder *make_or_share(void) {
    int saved = errno;
    uint64_t signals = signals_block();
    struct recorder *recorder;
    recorder_starting = true;
    if (over) {
        recorder = enter_late();
    } else {
        recorder = make_recorder();
        if (recorder) {
            atomic_store(&recorder->inside, 1);
            recorder_mine = recorder;
        }
    }
    recorder_starting = false;
    if (!recorder)
        process_missed();
    signals_restore(signals);
    errno = saved;
    return recorder;
}

struct recorder *recorder_enter_slow(void) {
    if (recorder_starting)
        return NULL;
    if (unlikely(!atomic_load_explicit(&process.ready, memory_order_acquire))) {
        process_start();
        if (!atomic_load(&process.ready)) {
            process_missed(); /* another thread is at it */
            return NULL;
        }
    }
    if (unlikely(process_is_child()))
        process_become_child();
    /* If it has a recorder, it is inside: the allocator below calls malloc, or a signal handler. */
    if (!process.recording || recorder_mine)
        return NULL;
    if (!atomic_load_explicit(&process.stopped, memory_order_relaxed))
        return make_or_share();
    process_missed();
    return NULL;
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
    if (recorder->epoch != process.epoch || recorder != recorder_mine)
        return;
    if (recorder->exit_rounds++ < EXIT_ROUNDS && pthread_setspecific(key, recorder) == 0)
        return;
    atomic_store(&recorder->inside, 1);
    if (record_room(recorder))
        record_event(recorder, EXTENSION_THREAD_EXIT);
    over = true;
    recorder_mine = NULL;
    lock_take(&lock);
    close_block(recorder);
    remove_from_all(recorder);
    recorder->next = unused;
    unused = recorder;
    lock_give(&lock);
}

/* --- Fork, and the end of the process ------------------------------------------------------------- */

/* A call that was interrupted writes to its block once more when the handler that forked returns: to a page
 * of its own, then. */
static void put_scrap_under(struct trace_block *block) {
    syscall(SYS_mmap, block, (size_t)file_slot_bytes, PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0L);
}

/* In a forked child: the recorders are the parent's, and so are the blocks. What another thread was just
 * changing stays mapped; nobody looks at it. */
void recorder_forget_all(void) {
    struct recorder *mine = recorder_mine; /* between two instructions of any call */
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
    uint64_t now = process_now_ns();
    for (struct recorder *recorder = all; recorder; recorder = recorder->next)
        if (recorder->block && !process.columns)
            recorder->block->last_ns = now;
    if (recorder_mine && recorder_mine->block)
        recorder_mine->block->last_ns = now;
    lock_give(&lock);
}

/* --- The less frequent operations ----------------------------------------------------------------- */

void record_event(struct recorder *recorder, unsigned extension) {
    if (record_room(recorder))
        record_done(recorder, put_extension(recorder->at, extension));
}

void record_failure(struct recorder *recorder, unsigned kind, uint64_t size, uint64_t alignment) {
    recorder->failures++;
    if (!record_room(recorder))
        return;
    uint8_t *at = put_extension(recorder->at, EXTENSION_FAILURE);
    *at++ = (uint8_t)kind;
    at = varint_put(at, size);
    *at++ = (uint8_t)(63 - __builtin_clzll(alignment | 1));
    record_done(recorder, at);
}

/* As put_object, behind an extension's byte. */
void record_free_sized(struct recorder *recorder, void *pointer, uint64_t size) {
    uint64_t name = shadow_take(pointer);
    if (!record_room(recorder))
        return;
    if (!name_is_known(name)) {
        record_done(recorder, put_extension(recorder->at, EXTENSION_FREE_UNKNOWN));
        return;
    }
    uint8_t *at;
    if ((name ^ recorder->name) >> NAME_BITS == 0) {
        at = put_extension(recorder->at, EXTENSION_FREE_SIZED);
        at = varint_put(at, recorder->name - name - 1);
    } else {
        at = put_extension(recorder->at, EXTENSION_FREE_SIZED_OTHER);
        at = varint_put(at, (name >> NAME_BITS) - 1 - process.first_thread);
        at = varint_put(at, zigzag((name & NAME_MASK) - recorder->last_other));
        recorder->last_other = name & NAME_MASK;
    }
    record_done(recorder, varint_put(at, size));
}

void record_realloc(struct recorder *recorder, uint64_t name, uint64_t size, void *pointer, uint32_t site) {
    if (!record_room(recorder))
        return;
    uint8_t *at = recorder->at;
    if (name_is_known(name))
        at = put_object(recorder, at, name, CODE_REALLOC, CODE_REALLOC_OTHER);
    else
        at = put_extension(at, EXTENSION_REALLOC_UNKNOWN);
    at = varint_put(at, size);
    record_name(recorder, pointer);
    record_where(recorder, size, pointer, site);
    record_done(recorder, at);
}
