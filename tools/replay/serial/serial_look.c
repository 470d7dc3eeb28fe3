/*
 * serial_look.c - the heap between two steps: its blocks in address order and in list order.
 */
#include "serial_inside.h"

static struct serial_block seen(const struct serial *serial, const MemoryBlock *block) {
    char *payload = (char *)block + serial->heap->engine.header_bytes;
    struct serial_block result = {
        .offset = offset_of(serial, payload),
        .size = block->size,
        .is_free = block->isFree,
        .object = OBJECT_NONE,
    };
    if (!block->isFree) {
        result.object = label_of(payload)->object;
        result.requested = label_of(payload)->requested;
    }
    return result;
}

uint64_t serial_header_bytes(const struct serial *serial) {
    return serial->process ? 0 : serial->heap->engine.header_bytes;
}

uint64_t serial_top(const struct serial *serial) {
    if (serial->process)
        return process_top(serial);
    return (uint64_t)(serial->heap->engine.top - serial->heap->engine.base);
}

uint64_t serial_high(const struct serial *serial) {
    return serial->high;
}

void serial_blocks(const struct serial *serial, serial_visit *visit, void *context) {
    if (serial->process) {
        process_blocks(serial, visit, context);
        return;
    }
    for (const MemoryBlock *block = serial->heap->engine.first; block; block = block->next) {
        struct serial_block one = seen(serial, block);
        if (!visit(&one, context))
            return;
    }
}

void serial_free_lists(const struct serial *serial, serial_visit_free *visit, void *context) {
    if (serial->process)
        return;
    const halloc_free_set *set = &serial->heap->engine.set[0];
    for (unsigned list = 0; list < HALLOC_ROOTS; list++) {
        for (const MemoryBlock *block = set->root[list]; block; block = block->nextFree) {
            struct serial_block one = seen(serial, block);
            if (!visit(list, &one, context))
                return;
        }
    }
}

uint64_t serial_rover(const struct serial *serial) {
    const MemoryBlock *cursor = serial->process ? NULL : serial->heap->engine.set[0].cursor;
    return cursor ? seen(serial, cursor).offset : SERIAL_NOWHERE;
}

bool serial_find(const struct serial *serial, uint64_t object, struct serial_block *found) {
    if (serial->process)
        return object < trace_totals(serial->trace)->objects && process_find(serial, object, found);
    void *payload = object < trace_totals(serial->trace)->objects ? payload_of(serial, object) : NULL;
    if (payload)
        *found = seen(serial, record_of(serial, payload));
    return payload != NULL;
}

struct search {
    uint64_t offset;
    struct serial_block *found;
    bool there;
};

static bool is_before(const struct serial_block *block, void *context) {
    struct search *search = context;
    *search->found = *block;
    search->there = search->offset < block->offset + block->size;
    return !search->there;
}

bool serial_at(const struct serial *serial, uint64_t offset, struct serial_block *found) {
    struct search search = {offset, found, false};
    serial_blocks(serial, is_before, &search);
    return search.there;
}

bool serial_peek(const struct serial *serial, uint64_t size, struct serial_block *found) {
    halloc_free_set *set = &serial->heap->engine.set[0];
    const halloc_policy *policy = serial->policy ? serial->policy : set->policy;
    size_t probes = set->probes, header = set->header_bytes;
    if (size > PTRDIFF_MAX)
        return false;
    size = ((size ? size : 1) + header + set->granule - 1) / set->granule * set->granule - header;
    if (policy->round_size)
        size = policy->round_size(set, size);
    const MemoryBlock *block = size ? policy->find(set, size) : NULL;
    set->probes = probes; /* a peek is not counted */
    if (block)
        *found = seen(serial, block);
    return block != NULL;
}
