/*
 * capture.h - the recorder: a library that is preloaded before the allocator to be recorded.
 *
 *      the program      malloc(24)
 *                          |
 *      standard_names.c    malloc and its kin        operators.c   those of C++
 *                          |   \
 *                          |    enter.c         may this call be recorded?
 *                          |    append.h        one operation, a dozen instructions; append.c: the rarer ones
 *                          |       \
 *      below.c          the        recorder.c     a thread's recorder, from its first call to its last
 *                    allocator          \
 *                      below             trace_block.c   the thread's own block, mapped from the file
 *                                        file.c          makes the file larger; no thread waits for that
 *                                        room.c          has the disk room for that?
 *
 *      shadow.h    which object is at this address?
 *      sites.c     call sites, with --stacks           modules.c      the code at those sites
 *      series.c    how both are written                maps.c         what is mapped where
 *      stack.c     where a thread's stack ends         descriptor.c   the file's descriptor, out of the way
 *      traced.c    what the process knows of itself    life.c         its start, fork, its end
 *
 * The program must not notice the recorder. The recorder takes its memory from mmap, never from the
 * allocator. It prints nothing. It takes no file descriptor that the program would get. It keeps errno. A
 * call that can't be recorded is still served, and is counted as missed. Within malloc it calls no function
 * of libc that takes a lock or allocates: the program may be inside that same function (pthread_getattr_np,
 * for example).
 *
 * Threads share only the shadow map. Each of its entries has one owner at a time: the thread that owns the
 * object. The program's own synchronisation passes that ownership on, so plain loads and stores are enough.
 */
#ifndef HALLOC_CAPTURE_H
#define HALLOC_CAPTURE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE 1
#endif

#include "../trace/format/format.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORTED __attribute__((visibility("default")))
#define FLAT __attribute__((flatten)) /* all that is called is inlined: the three most frequent functions */
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* Keeps the compiler from moving stores across it. Only a signal or a kill can see their order; other CPUs
 * do not matter. */
static inline void keep_order(void) {
    atomic_signal_fence(memory_order_seq_cst);
}

/* --- below.c: the allocator below ------------------------------------------------------------------ */

struct next_names {
    void *(*malloc)(size_t);
    void (*free)(void *);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
    void *(*memalign)(size_t, size_t);
    void *(*aligned_alloc)(size_t, size_t);
    int (*posix_memalign)(void **, size_t, size_t);
    void *(*valloc)(size_t);
    void *(*pvalloc)(size_t);
    void (*free_sized)(void *, size_t);
    void (*free_aligned_sized)(void *, size_t, size_t);
    size_t (*usable_size)(void *);
    int (*dlclose)(void *);
};
extern struct next_names next;

/* Finds them. Meanwhile dlsym may itself allocate, from early memory. */
void next_find(void);
void *next_symbol(const char *name);
void operators_find(void); /* operators.c: the same for C++'s new and delete */

/* Early memory: a few KiB for calls that come before next_find has ended. Never reused. */
void *early_allocate(size_t size, size_t alignment);
#define EARLY_BYTES                                                                                          \
    65536 /* dlsym needs a few hundred bytes; another library that starts within it, some KiB */
extern char early[EARLY_BYTES];
static inline bool early_owns(const void *pointer) {
    return (uintptr_t)pointer - (uintptr_t)early < EARLY_BYTES;
}
size_t early_size(const void *pointer);

/* --- recorder.c: a thread's own state ------------------------------------------------------------- */

/*
 * 1. `at` is in block's operations column, at most `limit`; [limit, +OPERATION_BYTES_MOST) is room.
 * 2. name >> 40 is the thread's number plus 1; the low bits are the next object's number in it.
 * 3. Only the thread that has set `inside` uses the rest.
 */
struct recorder {
    uint8_t *at, *limit;
    uint64_t name;
    struct trace_block *block;
    uint8_t *times, *sites, *places; /* NULL: no such column */
    bool has_columns;                /* one of them, at least: a frequent question has one answer */
    uint8_t *times_limit, *sites_limit, *places_limit;
    uint64_t last_ns, last_place, last_other;
    void *new_frame, *new_caller;      /* inside C++'s new: its caller; else new_caller is NULL */
    uintptr_t stack_bottom, stack_top; /* top 0: unknown */
    uint64_t epoch;                    /* the process that made it: fork starts a new epoch */
    struct recorder *next;             /* in the list of free ones, or of those in use */
    unsigned failures;                 /* failures recorded so far */
    unsigned missed;                   /* calls since the recording stopped that nobody was told of */
    unsigned exit_rounds;              /* how often the thread's end has been put off             */
    atomic_uint inside;                /* a call is being recorded; calls within it are not */
};

#define NAME_BITS 40
#define NAME_MASK (((uint64_t)1 << NAME_BITS) - 1)

extern _Thread_local struct recorder *recorder_mine;

/* The thread's own, made now; if the thread has ended, the late one. NULL: there is none. */
struct recorder *recorder_make(void);
/* Writes the last times of open blocks, and tells of missed calls. At exit. */
void recorder_note_ends(void);
void recorder_forget_all(void);
void recorder_thread_ends(void *recorder);
bool recorder_thread_is_over(void);

/* --- trace_block.c -------------------------------------------------------------------------------- */

/* False: no room for a block. Then this recorder records no more. */
bool trace_block_open(struct recorder *recorder);
void trace_block_close(struct recorder *recorder);
/* The block is full: closes it and opens the next. False: as above. */
bool recorder_next_block(struct recorder *recorder);

/* --- enter.c -------------------------------------------------------------------------------------- */

/* For a thread that has no recorder yet, or is inside one. NULL: the call can't be recorded. */
struct recorder *recorder_enter_slow(void);
/* In a forked child: forgets the parent's recording. */
void enter_as_child(void);

/* --- file.c --------------------------------------------------------------------------------------- */

/* Makes a file and maps its header. False: impossible; nothing will be recorded. */
bool file_create(void);
void file_forget(void);
struct trace_block *file_take_slot(void); /* slot_bytes of zeros in the file; NULL: no room */
void file_leave_slot(struct trace_block *block);
extern uint32_t file_slot_bytes;
extern uint32_t file_column_at[COLUMNS + 1];
void file_stop(enum trace_stop stop); /* stops the recording; the file says why */

/* --- descriptor.c --------------------------------------------------------------------------------- */

int descriptor_open(const char *path, int flags);
/* This descriptor is the file's now. It gets another number, and stays open. */
int descriptor_keep(int fd);
/* The file's descriptor, checked or opened again; -1: there is none. */
int descriptor_get(void);
/* In a forked child: closes it if it is still the parent's file. */
void descriptor_forget(void);

/* --- room.c --------------------------------------------------------------------------------------- */

/* Reserves room on the disk for [from, from + *bytes) of a file. If there is less room, reserves fewer
 * whole units, and sets *bytes. */
enum trace_stop room_take(int fd, uint64_t from, uint64_t *bytes, uint64_t unit);

/* --- traced.c ------------------------------------------------------------------------------------- */

struct traced {
    atomic_bool ready;   /* next_find is done, and the session is known */
    bool recording;      /* there is a session: HALLOC_TRACE names it         */
    atomic_bool stopped; /* no room: nothing is begun any more */
    uint32_t columns;    /* enum trace_column, as bits                        */
    uint32_t frames;     /* frames of a call site; 0: none */
    uint64_t session;
    uint64_t epoch; /* counts forks                                      */
    uint64_t start_ns;
    uint32_t first_thread; /* in a forked child: lower numbers are its parent's */
    atomic_uint threads;   /* thread numbers given by this process and its parents */
    atomic_ulong missed;
    struct trace_file *file;          /* NULL: none yet, or it could not be made */
    uint64_t identity, main_identity; /* of this process; of the process that writes base_path */
    uint64_t most_bytes;              /* the largest size of the file */
    char base_path[480], path[512];   /* as given; of this process */
};
extern struct traced traced;

/* 0 in a child. The kernel, or the handler of fork, has cleared it. */
extern atomic_uint *traced_same;

static inline bool traced_is_child(void) {
    return !atomic_load_explicit(traced_same, memory_order_relaxed);
}

/* This thread is in the recorder's own start: these allocations are not the program's. */
extern _Thread_local bool traced_starting;

void traced_start(void);
/* In a child: the C library's handler calls it, for kernels that clear no page. */
void traced_note_fork(void);
void traced_missed(void);
/* After the recording has stopped. `own` is the thread's count: all threads share the other, so thousands are
 * added together, and the rest by traced_tell_missed. */
void traced_missed_again(unsigned *own);
void traced_tell_missed(unsigned *own);
uint64_t traced_clock_ns(void);
uint64_t traced_now_ns(void); /* since the trace began */

/* --- sites.c -------------------------------------------------------------------------------------- */

/* The number of the call site of the frames above this one; 0: none. `caller` is the return address. */
uint32_t site_here(struct recorder *recorder, void *frame, void *caller);
void sites_forget(void);

/* --- maps.c --------------------------------------------------------------------------------------- */

struct mapping {
    uintptr_t start, end;
    uint64_t offset;
    bool is_code;
    const char *path; /* or "[stack]", or empty; without a zero at its end */
    size_t path_bytes;
    const char *file; /* device, inode and path: they identify the file */
    size_t file_bytes;
};

/* Visits the mappings of the process, in the order of their addresses, until a visit returns false. */
typedef bool maps_visit(void *context, const struct mapping *mapping);
void maps_read(maps_visit *visit, void *context);
void maps_forget(void);

/* --- stack.c -------------------------------------------------------------------------------------- */

/* Finds the stack of this thread, which is new to the recorder. */
void stack_find(struct recorder *recorder);

#endif
