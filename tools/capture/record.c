/*
 * record.c - the less frequent operations: events, failures, sized frees, realloc. See record.h.
 */
#include "record.h"
#include "../trace/format/operation.h"

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
