/*
 * standard_names.c - malloc and its kin: each function calls the allocator below, and records the call.
 *
 * All functions have the same shape. If there is no recorder the call is still served: for the first calls
 * of all, for calls from within the allocator below, and without a session. Before the allocator below is
 * known, early memory serves the call.
 */
#include "capture.h"
#include "append.h"
#include "../trace/format/operation.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* --- Allocation ----------------------------------------------------------------------------------- */

EXPORTED FLAT void *malloc(size_t size) {
    struct recorder *recorder = recorder_enter();
    if (unlikely(!recorder))
        return next.malloc ? next.malloc(size) : early_allocate(size, 16);
    void *pointer = next.malloc(size);
    if (likely(pointer != NULL))
        append_begin(recorder, CODE_MALLOC, size, pointer, CALL_SITE(recorder));
    else
        append_failure(recorder, OPERATION_MALLOC, size, 1);
    recorder_leave(recorder);
    return pointer;
}

EXPORTED FLAT void *calloc(size_t count, size_t size) {
    size_t bytes;
    bool overflows = __builtin_mul_overflow(count, size, &bytes);
    struct recorder *recorder = recorder_enter();
    if (unlikely(!recorder)) /* early memory is zero, and never used again */
        return next.calloc && next.malloc ? next.calloc(count, size)
                                          : early_allocate(overflows ? SIZE_MAX : bytes, 16);
    void *pointer = next.calloc(count, size);
    if (likely(pointer != NULL))
        append_begin(recorder, CODE_CALLOC, bytes, pointer, CALL_SITE(recorder));
    else
        append_failure(recorder, OPERATION_CALLOC, overflows ? SIZE_MAX : bytes, 1);
    recorder_leave(recorder);
    return pointer;
}

static void *early_grow(void *old, size_t size) {
    void *pointer = next.malloc ? next.malloc(size) : early_allocate(size, 16);
    size_t had = early_size(old);
    if (pointer)
        memcpy(pointer, old, had < size ? had : size);
    return pointer;
}

/* The object ends before the call: after a move, another thread may own its address. */
static void *resize(struct recorder *recorder, void *old, size_t size, uint32_t site) {
    uint64_t name = shadow_take(old);
    void *pointer = next.realloc(old, size);
    if (likely(pointer != NULL)) {
        append_realloc(recorder, name, size, pointer, site);
        return pointer;
    }
    shadow_set(old, name);
    if (size == 0)
        append_free(recorder, old); /* glibc and others do the same */
    else
        append_failure(recorder, OPERATION_REALLOC, size, 1);
    return NULL;
}

/* Always inlined: the caller of this function's caller is the call site. */
static inline __attribute__((always_inline)) void *reallocate(void *old, size_t size) {
    if (unlikely(early_owns(old)))
        return early_grow(old, size);
    struct recorder *recorder = recorder_enter();
    if (unlikely(!recorder))
        return next.realloc ? next.realloc(old, size) : early_allocate(size, 16);
    void *pointer;
    uint32_t site = CALL_SITE(recorder);
    if (old) {
        pointer = resize(recorder, old, size, site);
    } else {
        pointer = next.realloc(NULL, size);
        if (pointer)
            append_begin(recorder, CODE_MALLOC, size, pointer, site);
        else
            append_failure(recorder, OPERATION_MALLOC, size, 1);
    }
    recorder_leave(recorder);
    return pointer;
}

EXPORTED void *realloc(void *old, size_t size) {
    return reallocate(old, size);
}

EXPORTED void *reallocarray(void *old, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    return reallocate(old, bytes);
}

/* --- Aligned allocation --------------------------------------------------------------------------- */

static void note_aligned(struct recorder *recorder, size_t alignment, size_t size, void *pointer,
                         uint32_t site) {
    if (pointer)
        append_aligned(recorder, alignment, size, pointer, site);
    else
        append_failure(recorder, OPERATION_ALIGNED, size, alignment);
    recorder_leave(recorder);
}

EXPORTED void *memalign(size_t alignment, size_t size) {
    struct recorder *recorder = recorder_enter();
    if (!recorder)
        return next.memalign ? next.memalign(alignment, size) : early_allocate(size, alignment);
    void *pointer = next.memalign(alignment, size);
    note_aligned(recorder, alignment, size, pointer, CALL_SITE(recorder));
    return pointer;
}

EXPORTED void *aligned_alloc(size_t alignment, size_t size) {
    struct recorder *recorder = recorder_enter();
    if (!recorder)
        return next.aligned_alloc ? next.aligned_alloc(alignment, size) : early_allocate(size, alignment);
    void *pointer = next.aligned_alloc(alignment, size);
    note_aligned(recorder, alignment, size, pointer, CALL_SITE(recorder));
    return pointer;
}

EXPORTED int posix_memalign(void **result, size_t alignment, size_t size) {
    struct recorder *recorder = recorder_enter();
    if (!recorder) {
        if (next.posix_memalign)
            return next.posix_memalign(result, alignment, size);
        *result = early_allocate(size, alignment);
        return *result ? 0 : ENOMEM;
    }
    int error = next.posix_memalign(result, alignment, size);
    note_aligned(recorder, alignment, size, error ? NULL : *result, CALL_SITE(recorder));
    return error;
}

static size_t page_bytes(void) {
    return (size_t)sysconf(_SC_PAGESIZE);
}

EXPORTED void *valloc(size_t size) {
    struct recorder *recorder = recorder_enter();
    if (!recorder)
        return next.valloc ? next.valloc(size) : early_allocate(size, 4096);
    void *pointer = next.valloc ? next.valloc(size) : next.memalign(page_bytes(), size);
    note_aligned(recorder, page_bytes(), size, pointer, CALL_SITE(recorder));
    return pointer;
}

EXPORTED void *pvalloc(size_t size) {
    struct recorder *recorder = recorder_enter();
    if (!recorder)
        return next.pvalloc ? next.pvalloc(size) : early_allocate(size, 4096);
    size_t page = page_bytes();
    void *pointer = next.pvalloc ? next.pvalloc(size) : next.memalign(page, (size + page - 1) & -page);
    note_aligned(recorder, page, size, pointer, CALL_SITE(recorder));
    return pointer;
}

/* --- Freeing -------------------------------------------------------------------------------------- */

EXPORTED FLAT void free(void *pointer) {
    if (unlikely(early_owns(pointer) || (!pointer && recorder_thread_is_over())))
        return; /* libc frees a dozen NULLs when a thread ends; they are not recorded */
    struct recorder *recorder = recorder_enter();
    if (unlikely(!recorder)) {
        if (next.free && pointer)
            next.free(pointer);
        return;
    }
    if (unlikely(!pointer))
        append_event(recorder, EXTENSION_FREE_NULL);
    else
        append_free(recorder, pointer);
    next.free(pointer);
    recorder_leave(recorder);
}

EXPORTED void cfree(void *pointer) {
    free(pointer);
}

/* From C23. If the allocator below lacks them, its free does the same. */
static void free_with_size(void *pointer, size_t alignment, size_t size) {
    if (early_owns(pointer))
        return;
    struct recorder *recorder = recorder_enter();
    if (recorder && !pointer)
        append_event(recorder, EXTENSION_FREE_NULL);
    else if (recorder)
        append_free_sized(recorder, pointer, size);
    if (alignment && next.free_aligned_sized)
        next.free_aligned_sized(pointer, alignment, size);
    else if (!alignment && next.free_sized)
        next.free_sized(pointer, size);
    else if (next.free)
        next.free(pointer);
    if (recorder)
        recorder_leave(recorder);
}

EXPORTED void free_sized(void *pointer, size_t size) {
    free_with_size(pointer, 0, size);
}

EXPORTED void free_aligned_sized(void *pointer, size_t alignment, size_t size) {
    free_with_size(pointer, alignment, size);
}

EXPORTED size_t malloc_usable_size(void *pointer) {
    if (early_owns(pointer))
        return early_size(pointer);
    if (!next.usable_size)
        traced_start();
    return next.usable_size && pointer ? next.usable_size(pointer) : 0;
}
