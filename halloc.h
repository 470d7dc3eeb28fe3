/*
 * halloc.h - the manual of Halloc, a heap allocator for Linux.
 *
 * Three ways to use it, from the simplest:
 *
 *   1. A teaching heap, with the five functions of section 1:
 *
 *          halloc_initializeHeap(16);              // a heap of 16 pages
 *          char *text = halloc_allocate(100);
 *          halloc_deallocate(text);
 *
 *   2. Heaps of your own, section 2: any number, each with a fit policy, fixed or growing,
 *      or inside memory that you give.
 *
 *   3. As malloc, section 4: preload or link libhalloc and change nothing. Or call the prefixed
 *      names; they exist whether or not malloc is overridden.
 *
 * What holds everywhere
 *   Units      Sizes are in bytes, unless a name ends in _pages. A page is an OS page.
 *   Alignment  Every pointer is aligned to 16 bytes, or to the alignment asked for if that is more.
 *   Errors     Out of memory: NULL and ENOMEM. A bad argument: NULL (or false) and EINVAL.
 *   Misuse     A pointer that was never given out, one into the middle of an object, or one that
 *              is freed already. One line on stderr names the call, the fault and the pointer;
 *              then abort(). Nothing is changed first.
 *   Threads    Every function may be called from any thread at any time, unless its comment says no.
 *   Signals    No function is async-signal-safe. But a handler may fork(), as far as libc allows it.
 */
#ifndef HALLOC_H
#define HALLOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define HALLOC_VERSION_MAJOR 1
#define HALLOC_VERSION_MINOR 0
#define HALLOC_VERSION_PATCH 0

#if defined(__GNUC__)
#define HALLOC_API __attribute__((visibility("default")))
#define HALLOC_MALLOC __attribute__((malloc))
#else
#define HALLOC_API
#define HALLOC_MALLOC
#endif

/* --- 1. The original five: one heap, a header before every payload --------------------
 *
 * A heap is a range of memory tiled by blocks, in address order, without gaps:
 *
 *      +--------+------------+--------+-------+--------+--------------------+
 *      | header | payload    | header | payl. | header | payload            |
 *      +--------+------------+--------+-------+--------+--------------------+
 *      | in use              | free           | in use                      |
 *
 * A MemoryBlock is one of these headers. It is valid until the next call on its heap: read it, don't
 * keep it.
 */
typedef struct MemoryBlock MemoryBlock;

struct MemoryBlock {
    size_t size;           /* bytes of payload, without this header                       */
    MemoryBlock *next;     /* neighbour at the next higher address, NULL after the last   */
    MemoryBlock *prev;     /* neighbour at the next lower address, NULL before the first  */
    int isFree;            /* 1: free, 0: in use                                          */
    unsigned tag;          /* proves the header genuine: it fits the header's address  */
    MemoryBlock *nextFree; /* the policy's links, only while free. In this heap they lie  */
    MemoryBlock *prevFree; /*   in the payload, which nobody uses then.                   */
};

/* Maps a heap of numPages pages for the functions of this section. Its size is fixed; its policy is
 * first fit, unless HALLOC_CONF=fit:NAME names another. On success errno is 0. A failure writes one
 * line to stderr, sets errno, and leaves an existing heap untouched: EINVAL (no pages), EEXIST (there
 * is a heap already), EOVERFLOW (the bytes overflow size_t), ENOMEM (the kernel has too little memory).
 * Without this call, the first halloc_allocate makes a heap that grows. */
HALLOC_API void halloc_initializeHeap(size_t numPages);

/* Gives a block of at least `size` bytes, not zeroed. NULL with ENOMEM when the heap is full,
 * with EINVAL for 0 bytes. Time: the policy's search. First fit looks at every free block at worst. */
HALLOC_API void *halloc_allocate(size_t size) HALLOC_MALLOC;

/* Takes a block back and merges it with its free neighbours on both sides. NULL is allowed. Keeps
 * errno. Constant time, thanks to boundary tags (Knuth, TAOCP 1, 2.5, algorithm C). */
HALLOC_API void halloc_deallocate(void *ptr);

/* The free block that the next halloc_allocate(size) would take, by the heap's policy. NULL where
 * none fits or no heap exists. Changes nothing. */
HALLOC_API MemoryBlock *halloc_findFreeBlock(size_t size);

/* Cuts the block in two if it is larger than `size` by HALLOC_SPLIT_BYTES or more. The first part then
 * has at least `size` bytes. Otherwise, and for NULL, does nothing. Two free parts stay apart until the
 * next halloc_deallocate merges them. A block of no heap is misuse. */
HALLOC_API void halloc_splitBlock(MemoryBlock *block, size_t size);

/* The original names of the last two. A program may have a splitBlock of its own, so the library exports
 * only prefixed names. A program that includes this header, or compiles halloc.c in, has these too. */
#if defined(HALLOC_SINGLE_FILE) && !defined(HALLOC_LIBRARY)
HALLOC_API MemoryBlock *findFreeBlock(size_t size);
HALLOC_API void splitBlock(MemoryBlock *block, size_t size);
#else
static inline MemoryBlock *findFreeBlock(size_t size) {
    return halloc_findFreeBlock(size);
}

static inline void splitBlock(MemoryBlock *block, size_t size) {
    halloc_splitBlock(block, size);
}
#endif

#define HALLOC_SPLIT_BYTES 128

/* --- 2. Heaps of your own ---------------------------------------------------------------- */

typedef struct halloc_heap halloc_heap;

typedef struct halloc_heap_options {
    const char *fit;      /* a policy's name; NULL: "first"                                  */
    size_t pages;         /* pages to start with; 0: 16. A fixed heap never has more         */
    bool growing;         /* grow as needed ...                                              */
    size_t reserve_bytes; /* ... up to this; 0: 64 GiB of addresses, less where refused      */
    void *memory;         /* use this memory (static, huge pages) and map none. It stays     */
    size_t memory_bytes;  /*   yours and must live until halloc_heap_destroy                 */
    bool shared;          /* other processes may attach to the heap in `memory`              */
    size_t split_bytes;   /* split only a block larger by this; 0: HALLOC_SPLIT_BYTES        */
    size_t step_bytes;    /* grow by multiples of this, a power of two, and whole pages; 0:  */
                          /*   by an eighth of the heap, 64 KiB at least                     */
} halloc_heap_options;

/* Makes a heap. NULL options: a growing heap with first fit. The heap's own record lies at the start of
 * its memory. Errors: ENOMEM, and EINVAL for an unknown policy, a step that is no power of two, memory
 * too small for one block, `memory` and `growing` together, or `shared` without memory that is aligned to
 * 16 bytes. ENOTSUP: the system has no locks between processes, or the shared policy's name is longer
 * than 31 letters. */
HALLOC_API halloc_heap *halloc_heap_create(const halloc_heap_options *options);

/* So much memory, at any address, is enough for a heap whose policy has one root or two: bump, first, next,
 * best, worst. The record takes most of it. Each root more takes the size of a pointer: a heap of buddies
 * needs 1 KiB; segregated fits, TLSF, or a policy that does not say its roots need 3 KiB. A shared heap needs
 * 128 bytes more. In a small heap set split_bytes to 1. */
#define HALLOC_HEAP_MIN_BYTES 512

/* A shared heap in another process. `memory` is where this process mapped the same memory (a file, shm_open,
 * memfd_create: MAP_SHARED), and memory_bytes how much of it. All links are addresses, so it must be mapped
 * where the creator had it. The first 8 bytes tell where:
 *
 *      void *home;
 *      pread(fd, &home, sizeof home, 0);
 *      mmap(home, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED_NOREPLACE, fd, 0);
 *      halloc_heap *heap = halloc_heap_attach(home, bytes);
 *
 * Then each process may allocate, and free what another one allocated. To leave, unmap it: destroy does
 * nothing here. When a process dies, what it allocated stays in use. When it dies inside of a call on
 * the heap, the heap is lost: from then on every call fails with ENOTRECOVERABLE in every process,
 * deallocate does nothing, and nobody waits forever. The objects can still be read. Each process trusts the
 * others, as they can write everything. All must be in one PID namespace. The lock is the running kernel's:
 * don't keep the memory in a file on a disk.
 *
 * Errors: EADDRNOTAVAIL: mapped elsewhere than in its creator. ENOENT: there is no heap, or not yet. ENOTSUP:
 * it is of another version of Halloc, or of another libc. EINVAL: less memory than the heap has, no aligned
 * address, or a policy that this process does not know by its name. EFAULT: mapped without PROT_WRITE.
 * ENOTRECOVERABLE: the heap is lost. */
HALLOC_API halloc_heap *halloc_heap_attach(void *memory, size_t memory_bytes);

/* Gives all memory of the heap back at once, including blocks in use. Constant time. No other thread
 * may be using the heap. NULL is allowed. Memory that you gave stays as it is. */
HALLOC_API void halloc_heap_destroy(halloc_heap *heap);

/* As malloc, calloc and aligned_alloc: at least `size` bytes; 0 bytes is EINVAL. `_zeroed` clears
 * count * size bytes and detects overflow. `_aligned` takes any power of two. */
HALLOC_API void *halloc_heap_allocate(halloc_heap *heap, size_t size);
HALLOC_API void *halloc_heap_zeroed(halloc_heap *heap, size_t count, size_t size);
HALLOC_API void *halloc_heap_aligned(halloc_heap *heap, size_t alignment, size_t size);

/* Resizes in place where the next neighbour allows it. Otherwise moves the block and keeps its contents.
 * Without room: NULL, and the old block is untouched. A NULL pointer allocates. */
HALLOC_API void *halloc_heap_resize(halloc_heap *heap, void *ptr, size_t size);
HALLOC_API void halloc_heap_deallocate(halloc_heap *heap, void *ptr);

/* Bytes that the block at ptr can hold. Constant for the block's life. */
HALLOC_API size_t halloc_heap_usable_size(halloc_heap *heap, void *ptr);

/* Calls visit for every block in address order, with the heap locked. visit may call malloc, but no
 * function on this heap or another heap of this section. Stops when visit returns false, and then returns
 * false. Linear time. */
typedef bool halloc_visit(const MemoryBlock *block, void *payload, void *context);
HALLOC_API bool halloc_heap_walk(halloc_heap *heap, halloc_visit *visit, void *context);

/* Checks every invariant that src/engine/block.h states. Linear time. True when all hold. Otherwise
 * false, and `broken` (if not NULL) receives the first broken invariant in words. */
HALLOC_API bool halloc_heap_check(halloc_heap *heap, const char **broken);

typedef struct halloc_heap_stats {
    const char *fit;           /* the policy in force                                       */
    size_t heap_bytes;         /* all blocks with their headers                             */
    size_t used_bytes;         /* payload of blocks in use                                  */
    size_t free_bytes;         /* payload of free blocks                                    */
    size_t largest_free_bytes; /* payload of the largest free block                         */
    size_t used_blocks, free_blocks;
    size_t peak_used_bytes;
    size_t finds, probes, splits, merges; /* since the heap was made                        */
} halloc_heap_stats;

HALLOC_API void halloc_heap_get_stats(halloc_heap *heap, halloc_heap_stats *stats);

/* The heap that section 1 works on; NULL while there is none. */
HALLOC_API halloc_heap *halloc_default_heap(void);

/* --- 3. Fit policies: which free block to take -------------------------------------------
 *
 * The engine owns headers, splitting, merging, alignment and checking. A policy keeps the set
 * of free blocks and chooses among them: three functions, forty lines. src/engine/fit/ has bump, first,
 * next, best, worst, segregated, buddy and tlsf. examples/my_policy.c is a complete one to start from.
 */
#if UINTPTR_MAX > 0xffffffff
#define HALLOC_ROOTS 264
#define HALLOC_WORDS 6 /* a bit for each root, and one word more */
#else
#define HALLOC_ROOTS 208
#define HALLOC_WORDS 8
#endif

typedef struct halloc_policy halloc_policy;

typedef struct halloc_free_set {
    const halloc_policy *policy;
    size_t header_bytes;                /* bytes before a payload that belong to the block        */
    size_t granule;                     /* block sizes, header included, are multiples of this    */
    size_t count;                       /* blocks in the set                                      */
    size_t finds, inserts, removes;     /* calls of the policy so far                             */
    size_t probes;                      /* blocks that find looked at (halloc_probe)              */
    MemoryBlock *cursor;                /* the policy's own: next fit's rover                     */
    unsigned long bitmap[HALLOC_WORDS]; /* the policy's own: segregated fits' non-empty lists */
    MemoryBlock *root[HALLOC_ROOTS];    /* heads of lists linked by nextFree and prevFree         */
} halloc_free_set;

struct halloc_policy {
    const char *name;
    const char *summary; /* one line, for people */
    bool learning;       /* searches a list without bound: for learning, not for production */
    size_t roots;        /* uses only root[0] to root[roots - 1]; 0: all. Small heaps have no more */

    /* The block to take for `size` bytes of payload. NULL where none fits. Changes nothing. */
    MemoryBlock *(*find)(const halloc_free_set *set, size_t size);
    /* A block became free. It is already merged with its free neighbours. */
    void (*insert)(halloc_free_set *set, MemoryBlock *block);
    /* The block leaves the set: it is taken, or merged into a neighbour. */
    void (*remove)(halloc_free_set *set, MemoryBlock *block);

    /* Optional, NULL for most. */
    /* The block is about to be taken for a request; remove follows. Next fit moves its rover here. */
    void (*take)(halloc_free_set *set, MemoryBlock *block);
    /* Rounds a payload size up to one that this policy can serve. 0: too large. */
    size_t (*round_size)(const halloc_free_set *set, size_t size);
    /* The size of the largest block, header included, that may have its payload at `payload` and fit in
     * `bytes`. All splitting uses it. Buddies need it, because they lie at multiples of their size. */
    size_t (*piece)(const halloc_free_set *set, size_t payload, size_t bytes);
    /* May two free neighbours of these sizes, headers included, become one block? */
    bool (*may_merge)(const halloc_free_set *set, size_t payload, size_t left, size_t right);
};

/* Push a block to the list at root[index], and unlink it. Nearly every policy needs these two. They are
 * inline functions, so that a debugger can step into them. */
static inline void halloc_list_push(halloc_free_set *set, size_t index, MemoryBlock *block) {
    block->prevFree = NULL;
    block->nextFree = set->root[index];
    if (block->nextFree)
        block->nextFree->prevFree = block;
    set->root[index] = block;
}

static inline void halloc_list_unlink(halloc_free_set *set, size_t index, MemoryBlock *block) {
    if (block->prevFree)
        block->prevFree->nextFree = block->nextFree;
    else
        set->root[index] = block->nextFree;
    if (block->nextFree)
        block->nextFree->prevFree = block->prevFree;
}

/* The size of a block, for use in find. Also counts one probe. Probes measure the cost of a search, and are
 * the same on every machine. The count is not the policy's state, so find still changes nothing. */
static inline size_t halloc_probe(const halloc_free_set *set, const MemoryBlock *block) {
    ((halloc_free_set *)set)->probes++;
    return block->size;
}

/* Makes a policy known by its name, for heaps made from now on. The record must stay alive. Errors:
 * false with EINVAL (a hook is missing), EEXIST (the name is taken) or ENOMEM (16 are known). */
HALLOC_API bool halloc_policy_register(const halloc_policy *policy);

/* The policy of that name, NULL if unknown. The policy at that index, NULL after the last. */
HALLOC_API const halloc_policy *halloc_policy_find(const char *name);
HALLOC_API const halloc_policy *halloc_policy_at(size_t index);

/* A program or a preloaded library may define this policy. It is registered before the process heap
 * starts, so that HALLOC_CONF=fit:NAME runs malloc on it. The library refers to it weakly. */
extern const halloc_policy halloc_user_policy __attribute__((weak));

/* --- 4. malloc, by names of its own --------------------------------------------------------
 *
 * Where the C standard leaves room, the semantics are glibc's:
 *
 *      malloc(0)                       a unique pointer; nothing can be read or written there
 *      realloc(p, 0)                   frees p and gives NULL
 *      a size above PTRDIFF_MAX        NULL and ENOMEM
 *      free                            keeps errno
 *      posix_memalign with an error    leaves *out alone
 *
 * An alignment is any power of two up to 1 GiB. Up to 32 KiB, malloc and free take constant time and no
 * lock, except when a thread's cache is refilled.
 */
HALLOC_API void *halloc_malloc(size_t size) HALLOC_MALLOC;
HALLOC_API void *halloc_calloc(size_t count, size_t size) HALLOC_MALLOC;
HALLOC_API void *halloc_zalloc(size_t size) HALLOC_MALLOC; /* calloc(1, size) */
HALLOC_API void *halloc_realloc(void *ptr, size_t size);
HALLOC_API void *halloc_reallocarray(void *ptr, size_t count, size_t size);
HALLOC_API void halloc_free(void *ptr);
HALLOC_API void halloc_free_sized(void *ptr, size_t size); /* looks at `size` under harden:on */
HALLOC_API void halloc_free_aligned_sized(void *ptr, size_t alignment, size_t size);
HALLOC_API void *halloc_aligned_alloc(size_t alignment, size_t size) HALLOC_MALLOC;
HALLOC_API void *halloc_memalign(size_t alignment, size_t size) HALLOC_MALLOC;
HALLOC_API int halloc_posix_memalign(void **out, size_t alignment, size_t size);
HALLOC_API void *halloc_valloc(size_t size) HALLOC_MALLOC;
HALLOC_API void *halloc_pvalloc(size_t size) HALLOC_MALLOC;

/* Bytes usable at ptr. Constant for its life. 0 for NULL. */
HALLOC_API size_t halloc_malloc_usable_size(void *ptr);

/* The bytes that malloc(size) would really give. A program that asks for this size wastes nothing. */
HALLOC_API size_t halloc_good_size(size_t size);

/* Makes ptr hold `size` bytes without moving it. False: nothing changed. Objects above 32 KiB grow into a
 * free neighbour, smaller ones only within their slot. */
HALLOC_API bool halloc_expand(void *ptr, size_t size);

/* Gives free memory back to the OS, all but pad bytes. Returns 1 if any went, else 0. Linear in free
 * blocks. */
HALLOC_API int halloc_malloc_trim(size_t pad);

/* Gives back addresses that are reserved and not in use: from then on memory is mapped as it is needed. If
 * the library is linked into the program, call it after RLIMIT_AS was set, and before mlockall, which would
 * lock no memory that is only reserved. In libhalloc.so setrlimit and mlockall call it. */
HALLOC_API void halloc_heed_limits(void);

/* The program's hook is called when a request is about to fail: memory has run out, or the heap would hold
 * more than HALLOC_CONF=limit: allows. What was free has gone back to the system by then, and `bytes` were
 * asked for. The hook may free memory: a cache's, for example. The request is tried once more after that. If
 * it fails again, it gives NULL and ENOMEM (`new` calls its new_handler, then throws bad_alloc).
 *
 * The hook is called in the thread that made the request, with none of Halloc's locks taken. It may call
 * every function; a request of its own that fails does not call it again. Several threads may be inside of
 * it at a time. It must return: no longjmp, no exception. If your code allocates with a lock held that the
 * hook needs, the hook takes it by pthread_mutex_trylock. There is no call for a request that is larger than
 * the limit, nor for halloc_expand. The child of a fork keeps the hook, but for one case: if another thread
 * was inside of the hook at that moment, the child has none until it sets one. NULL: no hook. */
typedef void halloc_limit_hook(size_t bytes, void *argument);
HALLOC_API void halloc_set_limit_hook(halloc_limit_hook *hook, void *argument);

/* glibc's figures, with glibc's meanings where Halloc has the same thing. mallinfo2 is there only under
 * glibc. */
struct mallinfo2;
#ifdef __GLIBC__
HALLOC_API struct mallinfo2 halloc_mallinfo2(void);
#endif
HALLOC_API void halloc_malloc_stats(void);                    /* to stderr, for people    */
HALLOC_API int halloc_malloc_info(int options, FILE *stream); /* XML; EINVAL if options   */

/* A program may define this: settings in the form of HALLOC_CONF. They are read first, before the first
 * allocation. The environment's HALLOC_CONF is read next, and wins where both set a key. A set-uid program
 * keeps its halloc_conf and ignores the environment. The library refers to it weakly. So a preloaded library
 * finds it only where the program exports it (gcc -rdynamic); a linked one always does. */
extern const char *halloc_conf __attribute__((weak));

/* --- 5. About this build ------------------------------------------------------------------- */

HALLOC_API const char *halloc_version(void); /* "1.0.0" */

/* True when the program's malloc is this library's. It answers "did my override work?" */
HALLOC_API bool halloc_is_overriding(void);

/* Checks the process heap, as halloc_heap_check does for one heap. Other threads may run, so it checks
 * only blocks, tables, and the lists that the calling thread owns. */
HALLOC_API bool halloc_process_check(const char **broken);

#ifdef __cplusplus
}
#endif
#endif
