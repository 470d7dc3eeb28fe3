/*
 * append.c - the rarer operations: events, failures, sized frees, realloc. See append.h.
 */
#include "append.h"
#include "../trace/format/operation.h"

/* The block is full, or there are columns, and one of them may be. */
bool append_make_room(struct recorder *recorder) {
    bool full = recorder->at > recorder->limit || recorder->block->count == BLOCK_OPERATIONS_MOST ||
                recorder->times > recorder->times_limit || recorder->sites > recorder->sites_limit ||
                recorder->places > recorder->places_limit;
    if (full && atomic_load_explicit(&traced.stopped, memory_order_relaxed)) {
        traced_missed_again(&recorder->missed);
        return false;
    }
    return !full || recorder_next_block(recorder);
}

/* Before the operation counts. */
void append_time(struct recorder *recorder) {
    struct trace_block *block = recorder->block;
    if (!recorder->times && (block->count + 1) % TIME_EVERY != 0)
        return;
    uint64_t now = traced_now_ns();
    if (recorder->times)
        recorder->times = varint_put(recorder->times, now - recorder->last_ns);
    recorder->last_ns = now;
    block->last_ns = now;
}

void append_columns(struct recorder *recorder, uint64_t size, void *pointer, uint32_t site) {
    if (recorder->sites)
        recorder->sites = varint_put(recorder->sites, site);
    if (recorder->places) {
        uint64_t place = (uintptr_t)pointer >> 3;
        uint64_t usable = next.usable_size ? next.usable_size(pointer) : size;
        recorder->places = varint_put(recorder->places, zigzag(place - recorder->last_place));
        recorder->places = varint_put(recorder->places, zigzag(usable - size));
        recorder->last_place = place;
    }
}

uint8_t *put_object_of_other(struct recorder *recorder, uint8_t *at, uint64_t name, unsigned code) {
    at = put_code(at, (name >> NAME_BITS) - 1 - traced.first_thread, code);
    uint64_t number = name & NAME_MASK;
    at = varint_put(at, zigzag(number - recorder->last_other));
    recorder->last_other = number;
    return at;
}

void append_event(struct recorder *recorder, unsigned extension) {
    if (append_room(recorder))
        append_done(recorder, put_extension(recorder->at, extension));
}

void append_failure(struct recorder *recorder, unsigned kind, uint64_t size, uint64_t alignment) {
    recorder->failures++;
    if (!append_room(recorder))
        return;
    uint8_t *at = put_extension(recorder->at, EXTENSION_FAILURE);
    *at++ = (uint8_t)kind;
    at = varint_put(at, size);
    *at++ = (uint8_t)(63 - __builtin_clzll(alignment | 1));
    append_done(recorder, at);
}

/* Like put_object, after the byte of an extension. */
void append_free_sized(struct recorder *recorder, void *pointer, uint64_t size) {
    uint64_t name = shadow_take(pointer);
    if (!append_room(recorder))
        return;
    if (!name_is_known(name)) {
        append_done(recorder, put_extension(recorder->at, EXTENSION_FREE_UNKNOWN));
        return;
    }
    uint8_t *at;
    if ((name ^ recorder->name) >> NAME_BITS == 0) {
        at = put_extension(recorder->at, EXTENSION_FREE_SIZED);
        at = varint_put(at, recorder->name - name - 1);
    } else {
        at = put_extension(recorder->at, EXTENSION_FREE_SIZED_OTHER);
        at = varint_put(at, (name >> NAME_BITS) - 1 - traced.first_thread);
        at = varint_put(at, zigzag((name & NAME_MASK) - recorder->last_other));
        recorder->last_other = name & NAME_MASK;
    }
    append_done(recorder, varint_put(at, size));
}

void append_realloc(struct recorder *recorder, uint64_t name, uint64_t size, void *pointer, uint32_t site) {
    if (!append_room(recorder))
        return;
    uint8_t *at = recorder->at;
    if (name_is_known(name))
        at = put_object(recorder, at, name, CODE_REALLOC, CODE_REALLOC_OTHER);
    else
        at = put_extension(at, EXTENSION_REALLOC_UNKNOWN);
    at = varint_put(at, size);
    append_name(recorder, pointer);
    append_where(recorder, size, pointer, site);
    append_done(recorder, at);
}
