/*
 * append.c - the rarer operations: events, failures, sized frees, realloc. See append.h.
 */
#include "append.h"
#include "../trace/format/operation.h"

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
