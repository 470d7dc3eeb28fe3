/*
 * append.h - records one operation: the cost that every call of the program pays.
 *
 *      struct recorder *recorder = recorder_enter();      NULL: serve the call, record nothing
 *      pointer = next.malloc(size);
 *      append_begin(recorder, CODE_MALLOC, size, pointer)
 *      recorder_leave(recorder);
 *
 * The operation's bytes are written first, and the block's count after them. So a program that is killed
 * between any two instructions leaves complete operations.
 *
 * What is rare lies in append.c, and is never inlined: other columns, objects of other threads, a new block.
 * So the frequent way needs few registers, and saves few.
 */
#ifndef HALLOC_CAPTURE_APPEND_H
#define HALLOC_CAPTURE_APPEND_H

#include "capture.h"
#include "shadow.h"
#include "../trace/format/varint.h"

#define TIME_EVERY 256 /* without times the clock is read once in this many operations: 0.1 ns each */

static inline struct recorder *recorder_enter(void) {
    struct recorder *recorder = recorder_mine;
    if (unlikely(!recorder || atomic_load_explicit(&recorder->inside, memory_order_relaxed) ||
                 traced_is_child()))
        return recorder_enter_slow();
    atomic_store_explicit(&recorder->inside, 1, memory_order_relaxed);
    return recorder;
}

static inline void recorder_leave(struct recorder *recorder) {
    atomic_store_explicit(&recorder->inside, 0, memory_order_release);
}

/* --- Around each operation ------------------------------------------------------------------------ */

/* append.c */
bool append_make_room(struct recorder *recorder);
void append_time(struct recorder *recorder);
void append_columns(struct recorder *recorder, uint64_t size, void *pointer, uint32_t site);
uint8_t *put_object_of_other(struct recorder *recorder, uint8_t *at, uint64_t name, unsigned code);

/* Is there room for one more? May begin a new block. */
static inline bool append_room(struct recorder *recorder) {
    bool full = recorder->at > recorder->limit || recorder->block->count == BLOCK_OPERATIONS_MOST;
    return likely(!full && !recorder->has_columns) || append_make_room(recorder);
}

static inline void append_done(struct recorder *recorder, uint8_t *at) {
    struct trace_block *block = recorder->block;
    uint32_t count = block->count + 1;
    if (unlikely(recorder->has_columns || count % TIME_EVERY == 0))
        append_time(recorder);
    recorder->at = at;
    keep_order();
    *(volatile uint32_t *)&block->count = count;
}

/* The columns of an operation that begins an object. */
static inline void append_where(struct recorder *recorder, uint64_t size, void *pointer, uint32_t site) {
    if (unlikely(recorder->has_columns))
        append_columns(recorder, size, pointer, site);
}

#define CALL_SITE(recorder)                                                                                  \
    (unlikely((recorder)->has_columns && (recorder)->sites)                                                  \
         ? site_here(recorder, __builtin_frame_address(0), __builtin_return_address(0))                      \
         : 0)

static inline uint8_t *put_code(uint8_t *at, uint64_t argument, unsigned code) {
    return varint_put(at, argument << CODE_BITS | code);
}

static inline uint8_t *put_extension(uint8_t *at, unsigned extension) {
    *at = (uint8_t)(extension << CODE_BITS | CODE_EXTENSION);
    return at + 1;
}

/* --- Operations ----------------------------------------------------------------------------------- */

/* The object that has just begun gets its name. */
static inline void append_name(struct recorder *recorder, void *pointer) {
    if (unlikely(!shadow_set(pointer, recorder->name)))
        traced_missed(); /* its end will never be seen */
    recorder->name++;
}

/* malloc and calloc. */
static inline void append_begin(struct recorder *recorder, unsigned code, uint64_t size, void *pointer,
                                uint32_t site) {
    if (unlikely(!append_room(recorder)))
        return;
    append_name(recorder, pointer);
    append_where(recorder, size, pointer, site);
    append_done(recorder, put_code(recorder->at, size, code));
}

static inline void append_aligned(struct recorder *recorder, uint64_t alignment, uint64_t size, void *pointer,
                                  uint32_t site) {
    if (unlikely(!append_room(recorder)))
        return;
    append_name(recorder, pointer);
    append_where(recorder, size, pointer, site);
    uint8_t *at = put_code(recorder->at, size, CODE_ALIGNED);
    *at++ = (uint8_t)(63 - __builtin_clzll(alignment | 1));
    append_done(recorder, at);
}

/* Is this a name of this process, or one from before the fork? */
static inline bool name_is_known(uint64_t name) {
    return name >> NAME_BITS > traced.first_thread;
}

/* Writes the object before `size`: by distance, or by thread and number. */
static inline uint8_t *put_object(struct recorder *recorder, uint8_t *at, uint64_t name, unsigned own,
                                  unsigned other) {
    if (likely((name ^ recorder->name) >> NAME_BITS == 0))
        return put_code(at, recorder->name - name - 1, own);
    return put_object_of_other(recorder, at, name, other);
}

static inline void append_free(struct recorder *recorder, void *pointer) {
    uint64_t name = shadow_take(pointer);
    if (unlikely(!append_room(recorder)))
        return;
    if (unlikely(!name_is_known(name)))
        append_done(recorder, put_extension(recorder->at, EXTENSION_FREE_UNKNOWN));
    else
        append_done(recorder, put_object(recorder, recorder->at, name, CODE_FREE, CODE_FREE_OTHER));
}

/* The rarer ones: append.c. */
void append_free_sized(struct recorder *recorder, void *pointer, uint64_t size);
void append_realloc(struct recorder *recorder, uint64_t name, uint64_t size, void *pointer, uint32_t site);
void append_failure(struct recorder *recorder, unsigned kind, uint64_t size, uint64_t alignment);
void append_event(struct recorder *recorder, unsigned extension);

#endif
