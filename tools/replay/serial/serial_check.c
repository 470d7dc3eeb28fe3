/*
 * serial_check.c - checks every byte, every block, every invariant.
 *
 * A block in use is filled to its last byte with a pattern of its object. An overlap, a bad move or a lost
 * block changes some of that, and the change is found when the object ends. A map of owners finds two
 * overlapping blocks at once, headers included. The heap's validator runs after every operation of a small
 * heap. In a large heap it runs so often that the total time does not become quadratic.
 */
#include "serial_inside.h"

#include <inttypes.h>
#include <stdarg.h>

/* Up to this many blocks the validator runs after every operation. Beyond, it looks at this many blocks for
 * each operation, on average. */
#define CHECK_BLOCKS_SMALL 256
#define CHECK_BLOCKS_EACH 16

bool serial_fail(struct serial *serial, const struct operation *operation, const char *format, ...) {
    if (serial->broken[0])
        return false; /* only the first error is reported */
    int length =
        snprintf(serial->broken, sizeof serial->broken, "operation %" PRIu64 " (%s): ", operation->number,
                 operation_kind_name(operation->kind));
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(serial->broken + length, sizeof serial->broken - (size_t)length, format, arguments);
    va_end(arguments);
    return false;
}

/* --- Bytes ------------------------------------------------------------------------------------------- */

/* The words behind the label. Sizes are multiples of 8. */
static uint64_t word_of(uint64_t object, size_t index) {
    return (object + 1) * UINT64_C(0x9e3779b97f4a7c15) + index * UINT64_C(0x9ddfea08eb382d69);
}

static void fill(void *payload, size_t granted, uint64_t object) {
    uint64_t *words = payload;
    for (size_t index = sizeof(struct label) / 8; index < granted / 8; index++)
        words[index] = word_of(object, index);
}

/* The offset of the first byte within `bytes` that differs from its fill; SIZE_MAX: none. */
static size_t first_wrong(const void *payload, size_t bytes, uint64_t object) {
    const uint64_t *words = payload;
    for (size_t index = sizeof(struct label) / 8; index < bytes / 8; index++) {
        uint64_t difference = words[index] ^ word_of(object, index);
        if (difference)
            return index * 8 + (size_t)__builtin_ctzll(difference) / 8;
    }
    return SIZE_MAX;
}

static bool all_zero(const void *payload, size_t bytes) {
    const unsigned char *at = payload;
    for (size_t index = 0; index < bytes; index++)
        if (at[index])
            return false;
    return true;
}

/* --- Blocks ------------------------------------------------------------------------------------------ */

/* Is the record between base and top, with enough room below the top, at an aligned place? */
static bool check_place(struct serial *serial, const struct operation *operation, void *payload) {
    const struct engine *engine = &serial->heap->engine;
    size_t alignment = operation->kind == OPERATION_ALIGNED ? (size_t)1 << operation->alignment_log2 : 16;
    uint64_t offset = offset_of(serial, payload);
    if ((char *)payload < engine->base + engine->header_bytes || (char *)payload >= engine->top)
        return serial_fail(serial, operation, "the block lies outside the heap, at offset %" PRId64,
                           (int64_t)offset);
    if ((uintptr_t)payload % (alignment < 16 ? 16 : alignment))
        return serial_fail(serial, operation, "offset %" PRIu64 " is not aligned to %zu bytes", offset,
                           alignment);
    size_t granted = record_of(serial, payload)->size;
    if (granted > (size_t)(engine->top - (char *)payload))
        return serial_fail(serial, operation, "the block at offset %" PRIu64 " ends beyond the heap", offset);
    if (granted < operation->size)
        return serial_fail(serial, operation,
                           "%" PRIu64 " bytes were asked for, and %zu given at offset %" PRIu64,
                           operation->size, granted, offset);
    return true;
}

static bool claim(struct serial *serial, const struct operation *operation, void *payload) {
    const MemoryBlock *record = record_of(serial, payload);
    uint32_t other;
    size_t extent = record->size + serial->heap->engine.header_bytes;
    if (owners_claim(serial->owners, record, extent, (uint32_t)operation->object, &other))
        return true;
    return serial_fail(serial, operation,
                       "%zu bytes at offset %" PRIu64 " overlap object %" PRIu32 ", which is in use",
                       record->size, offset_of(serial, payload), other);
}

bool check_given(struct serial *serial, const struct operation *operation, void *payload, bool zeroed) {
    if (!check_place(serial, operation, payload) || !claim(serial, operation, payload))
        return false;
    if (zeroed && !all_zero(payload, operation->size))
        return serial_fail(serial, operation, "the block at offset %" PRIu64 " is not zeroed",
                           offset_of(serial, payload));
    fill(payload, record_of(serial, payload)->size, operation->object);
    return true;
}

/* Are `bytes` of the object's block, now at `payload`, as the object left them? */
static bool check_bytes(struct serial *serial, const struct operation *operation, void *payload, size_t bytes,
                        uint64_t object, const char *when) {
    const struct label *label = label_of(payload);
    size_t wrong = label->object == object ? first_wrong(payload, bytes, object) : 0;
    if (wrong == SIZE_MAX)
        return true;
    return serial_fail(serial, operation,
                       "byte %zu of object %" PRIu64 " at offset %" PRIu64 " has changed %s", wrong, object,
                       offset_of(serial, payload), when);
}

bool check_taken(struct serial *serial, const struct operation *operation, void *payload) {
    uint64_t object = operation_ended_object(operation);
    const MemoryBlock *record = record_of(serial, payload);
    const struct engine *engine = &serial->heap->engine;
    if (record->isFree || record->size > (size_t)(engine->top - (char *)payload))
        return serial_fail(serial, operation,
                           "object %" PRIu64 " at offset %" PRIu64 " is in use, and its block is not", object,
                           offset_of(serial, payload));
    return check_bytes(serial, operation, payload, record->size, object, "since it was written");
}

bool check_resized(struct serial *serial, const struct operation *operation, void *old, size_t old_granted,
                   void *payload) {
    size_t header = serial->heap->engine.header_bytes;
    owners_release(serial->owners, record_of(serial, old), old_granted + header,
                   (uint32_t)operation->previous);
    if ((payload && !check_place(serial, operation, payload)) ||
        !claim(serial, operation, payload ? payload : old))
        return false;
    bool moved = payload && payload != old;
    if (!payload)
        payload = old;
    size_t granted = record_of(serial, payload)->size;
    /* Bytes beyond the request need not move with the rest. */
    uint64_t asked = moved ? operation->size : granted;
    size_t kept = asked < old_granted ? asked : old_granted;
    if (!check_bytes(serial, operation, payload, kept, operation->previous, "by the realloc"))
        return false;
    fill(payload, granted, operation->object);
    return true;
}

/* --- The policy -------------------------------------------------------------------------------------- */

/* The replay that asks, and its operation: for each thread, because policies have no context. */
static _Thread_local struct serial *watching;
static _Thread_local const struct operation *watched_operation;

/* Why the found block is a bad choice; NULL: it is good. Only a block within the heap is checked. */
static const char *what_is_wrong(const struct engine *engine, const MemoryBlock *block, size_t size) {
    if ((const char *)block < engine->base || (const char *)block >= engine->top ||
        (uintptr_t)block % _Alignof(MemoryBlock))
        return "that is no block of the heap";
    if (block->isFree != 1)
        return "that is not free";
    return block->size < size ? "that is too small" : NULL;
}

static MemoryBlock *any_that_fits(const struct engine *engine, size_t size) {
    MemoryBlock *block = engine->first;
    while (block && (!block->isFree || block->size < size))
        block = block->next;
    return block;
}

/* The engine trusts its policy. A wrong block would damage the heap before a validator could find it. So
 * such a block is replaced by any that fits, and the replay ends after this operation. */
static MemoryBlock *watched_find(const halloc_free_set *set, size_t size) {
    struct serial *serial = watching;
    MemoryBlock *block = serial->policy->find(set, size);
    const char *wrong = block ? what_is_wrong(&serial->heap->engine, block, size) : NULL;
    if (!wrong)
        return block;
    serial_fail(serial, watched_operation, "for %zu bytes the policy's find gave a block %s", size, wrong);
    return any_that_fits(&serial->heap->engine, size);
}

void check_watch(struct serial *serial) {
    halloc_free_set *set = &serial->heap->engine.set[0];
    serial->policy = set->policy;
    serial->watched = *set->policy;
    serial->watched.find = watched_find;
    set->policy = &serial->watched;
}

void check_begin(struct serial *serial, const struct operation *operation) {
    watching = serial;
    watched_operation = operation;
}

/* --- The heap ---------------------------------------------------------------------------------------- */

bool check_heap(struct serial *serial, const struct operation *operation) {
    const char *what;
    if (serial->broken[0])
        return false;
    if (operation->number < serial->check_next)
        return true;
    size_t blocks = serial->heap->engine.block_count;
    serial->check_next = operation->number + (blocks <= CHECK_BLOCKS_SMALL ? 1 : blocks / CHECK_BLOCKS_EACH);
    if (halloc_heap_check(serial->heap, &what))
        return true;
    return serial_fail(serial, operation, "the heap is broken: invariant %s", what);
}
