/*
 * operators.c - C++'s new and delete, under the names of the C++ ABI.
 *
 * Those of libstdc++ call malloc and free, and would be seen there. But some allocators bring their own,
 * which don't. So they are recorded here, as malloc, aligned allocation and sized free. The call site is
 * the caller of new. If new throws, the exception passes through these functions (compiled with
 * -fexceptions). It is recorded as a failure.
 */
#include "capture.h"
#include "append.h"
#include "../trace/format/operation.h"

#include <stdlib.h>
#include <string.h>

/* The next definitions after ours, if a C++ library is loaded. */
static void find(void *pointer, const char *name) {
    bool was = traced_starting;
    traced_starting = true; /* allocations by dlsym are not the program's */
    void *symbol = next_symbol(name);
    traced_starting = was;
    memcpy(pointer, &symbol, sizeof symbol);
}

/* Looked up at the first call, if the library came by dlopen. A program that calls new without one has none
 * to call. */
static void find_late(void *pointer, const char *name) {
    void *symbol;
    find(pointer, name);
    memcpy(&symbol, pointer, sizeof symbol);
    if (!symbol)
        abort();
}

/* --- new ------------------------------------------------------------------------------------------
 *
 * The operator below may call malloc, and a new_handler. It may throw, which allocates the exception. All
 * these calls are recorded, with the caller of new as their call site. If none of them recorded the object,
 * because the allocator below has a new of its own, it is recorded here.
 */

struct making {
    struct recorder *recorder;
    size_t size, alignment; /* alignment 0: none given */
    uint64_t name;          /* the next object's name before the call */
    unsigned failures;      /* failures recorded before the call */
    bool made, outermost;   /* made: an object began. outermost: a library's new[] may call new */
};

static struct making start_making(size_t size, size_t alignment, void *frame, void *caller) {
    struct recorder *recorder = recorder_enter();
    struct making making = {.recorder = recorder, .size = size, .alignment = alignment};
    if (!recorder)
        return making;
    making.name = recorder->name;
    making.failures = recorder->failures;
    making.outermost = !recorder->new_caller;
    if (making.outermost) {
        recorder->new_frame = frame;
        recorder->new_caller = caller;
    }
    recorder_leave(recorder);
    return making;
}

/* Runs also when an exception passes: then it is a failure, unless a malloc below has failed and was
 * recorded. */
static void leave_making(struct making *making) {
    if (!making->recorder)
        return;
    if (making->outermost)
        making->recorder->new_caller = NULL;
    if (making->made || making->recorder->failures != making->failures)
        return;
    struct recorder *recorder = recorder_enter();
    if (!recorder)
        return;
    append_failure(recorder, making->alignment ? OPERATION_ALIGNED : OPERATION_MALLOC, making->size,
                   making->alignment);
    recorder_leave(recorder);
}

/* Has this thread begun this object since then? */
static bool is_recorded(const struct making *making, const void *pointer) {
    const uint64_t *entry = shadow_entry((uintptr_t)pointer, false);
    return entry && *entry - making->name <= NAME_MASK && *entry >> NAME_BITS == making->name >> NAME_BITS;
}

static void note_made(struct making *making, void *pointer) {
    making->made = pointer != NULL;
    if (!making->recorder || !pointer || is_recorded(making, pointer))
        return;
    struct recorder *recorder = recorder_enter();
    if (!recorder)
        return;
    uint32_t site = CALL_SITE(recorder);
    if (making->alignment)
        append_aligned(recorder, making->alignment, making->size, pointer, site);
    else
        append_begin(recorder, CODE_MALLOC, making->size, pointer, site);
    recorder_leave(recorder);
}

#define NEW(symbol, parameters, arguments, size, alignment)                                                  \
    static void *(*below_##symbol)parameters;                                                                \
    EXPORTED void *symbol parameters {                                                                       \
        if (unlikely(!below_##symbol))                                                                       \
            find_late(&below_##symbol, #symbol);                                                             \
        struct making making __attribute__((cleanup(leave_making))) =                                        \
            start_making(size, alignment, __builtin_frame_address(0), __builtin_return_address(0));          \
        void *pointer = below_##symbol arguments;                                                            \
        note_made(&making, pointer);                                                                         \
        return pointer;                                                                                      \
    }

/* std::align_val_t is a size_t, a reference to std::nothrow_t a pointer that nobody reads. */
NEW(_Znwm, (size_t size), (size), size, 0)
NEW(_Znam, (size_t size), (size), size, 0)
NEW(_ZnwmRKSt9nothrow_t, (size_t size, const void *tag), (size, tag), size, 0)
NEW(_ZnamRKSt9nothrow_t, (size_t size, const void *tag), (size, tag), size, 0)
NEW(_ZnwmSt11align_val_t, (size_t size, size_t alignment), (size, alignment), size, alignment)
NEW(_ZnamSt11align_val_t, (size_t size, size_t alignment), (size, alignment), size, alignment)
NEW(_ZnwmSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag),
    (size, alignment, tag), size, alignment)
NEW(_ZnamSt11align_val_tRKSt9nothrow_t, (size_t size, size_t alignment, const void *tag),
    (size, alignment, tag), size, alignment)

/* --- delete --------------------------------------------------------------------------------------- */

static struct recorder *note_deleted(void *pointer, size_t size, bool sized) {
    struct recorder *recorder = recorder_enter();
    if (!recorder)
        return NULL;
    if (!pointer)
        append_event(recorder, EXTENSION_FREE_NULL);
    else if (sized)
        append_free_sized(recorder, pointer, size);
    else
        append_free(recorder, pointer);
    return recorder;
}

#define DELETE(symbol, parameters, arguments, size, sized)                                                   \
    static void(*below_##symbol) parameters;                                                                 \
    EXPORTED void symbol parameters {                                                                        \
        struct recorder *recorder = note_deleted(pointer, size, sized);                                      \
        if (unlikely(!below_##symbol))                                                                       \
            find_late(&below_##symbol, #symbol);                                                             \
        below_##symbol arguments;                                                                            \
        if (recorder)                                                                                        \
            recorder_leave(recorder);                                                                        \
    }

DELETE(_ZdlPv, (void *pointer), (pointer), 0, false)
DELETE(_ZdaPv, (void *pointer), (pointer), 0, false)
DELETE(_ZdlPvm, (void *pointer, size_t size), (pointer, size), size, true)
DELETE(_ZdaPvm, (void *pointer, size_t size), (pointer, size), size, true)
DELETE(_ZdlPvRKSt9nothrow_t, (void *pointer, const void *tag), (pointer, tag), 0, false)
DELETE(_ZdaPvRKSt9nothrow_t, (void *pointer, const void *tag), (pointer, tag), 0, false)
DELETE(_ZdlPvSt11align_val_t, (void *pointer, size_t alignment), (pointer, alignment), 0, false)
DELETE(_ZdaPvSt11align_val_t, (void *pointer, size_t alignment), (pointer, alignment), 0, false)
DELETE(_ZdlPvmSt11align_val_t, (void *pointer, size_t size, size_t alignment), (pointer, size, alignment),
       size, true)
DELETE(_ZdaPvmSt11align_val_t, (void *pointer, size_t size, size_t alignment), (pointer, size, alignment),
       size, true)
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, (void *pointer, size_t alignment, const void *tag),
       (pointer, alignment, tag), 0, false)
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, (void *pointer, size_t alignment, const void *tag),
       (pointer, alignment, tag), 0, false)

/* --- All of them -------------------------------------------------------------------------------------
 *
 * dlsym takes the loader's lock. A library's start holds that lock, and may wait for another thread. That
 * thread's first new must not wait for the lock. So all of them are looked up before.
 */
#define FIND(symbol) find(&below_##symbol, #symbol)

void operators_find(void) {
    FIND(_Znwm);
    FIND(_Znam);
    FIND(_ZnwmRKSt9nothrow_t);
    FIND(_ZnamRKSt9nothrow_t);
    FIND(_ZnwmSt11align_val_t);
    FIND(_ZnamSt11align_val_t);
    FIND(_ZnwmSt11align_val_tRKSt9nothrow_t);
    FIND(_ZnamSt11align_val_tRKSt9nothrow_t);
    FIND(_ZdlPv);
    FIND(_ZdaPv);
    FIND(_ZdlPvm);
    FIND(_ZdaPvm);
    FIND(_ZdlPvRKSt9nothrow_t);
    FIND(_ZdaPvRKSt9nothrow_t);
    FIND(_ZdlPvSt11align_val_t);
    FIND(_ZdaPvSt11align_val_t);
    FIND(_ZdlPvmSt11align_val_t);
    FIND(_ZdaPvmSt11align_val_t);
    FIND(_ZdlPvSt11align_val_tRKSt9nothrow_t);
    FIND(_ZdaPvSt11align_val_tRKSt9nothrow_t);
}
