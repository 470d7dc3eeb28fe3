/* classify.c - which kind of pointer is it? See process.h. */
#include "process.h"

#include "../platform/fatal.h"
#include "../region/zero.h"
#include "../sample/guard.h"
#include "../slab/large.h"
#include "start.h"

/* What a pointer that starts neither a slot nor a block is. A walk under the lock: the program is about to
 * end. */
static const char *stray_fault(const void *ptr) {
    const char *fault = FAULT_FOREIGN;
    if (guarded_at(ptr)) {
        guard_tell(ptr);
        return guarded_at(ptr)->sample.object == ptr ? FAULT_FREED : FAULT_NO_BLOCK;
    }
    if (zero_contains(ptr) || (region_contains(ptr) && unit_of(ptr)->kind == UNIT_CACHED))
        return FAULT_FREED;
    lock_acquire(&region.lock);
    const struct engine *engine = &region.engine;
    for (const MemoryBlock *block = engine->first; block; block = block->next)
        if ((const char *)ptr >= block_payload(engine, block) && (const char *)ptr < block_end(engine, block))
            fault = block->isFree ? FAULT_FREED : FAULT_NO_BLOCK;
    lock_release(&region.lock);
    return fault;
}

/* A sample in place of a slot has what the slot would have. 0: no block starts there. */
static size_t block_bytes(const void *ptr) {
    size_t bytes = large_is_block(ptr) ? region_block_bytes(ptr) : 0;
    bool is_small = bytes && bytes <= SLOT_MOST_BYTES && unit_of(ptr)->kind == UNIT_SAMPLED;
    return is_small ? slot_bytes(size_class_of(sample_of(ptr)->size)) : bytes;
}

/* First what it is, then whether it is in use. Where the heap could not start, nothing lies in it. */
INTERNAL size_t process_usable_slowly(void *ptr, const char *call) {
    if (process_is_ready() && process.classic) {
        size_t used = heap_usable(process.classic, ptr, call);
        return used ? used : MISUSED;
    }
    if (unlikely(guard_is_object(ptr)))
        return guarded_at(ptr)->sample.size;
    struct slab *slab = slab_of(ptr);
    size_t bytes = conf.harden ? harden_bytes(ptr) : slab ? slot_bytes(slab->size_class) : block_bytes(ptr);
    const char *fault = NULL;
    if (conf.harden && bytes)
        fault = harden_fault(ptr, call, &bytes);
    else if (slab)
        fault = !slab_is_slot(slab, ptr) ? FAULT_NO_BLOCK : slot_is_free(slab, ptr) ? FAULT_FREED : NULL;
    else if (!bytes && !(zero_contains(ptr) && zero_is_taken(ptr)))
        fault = stray_fault(ptr);
    if (!fault)
        return bytes;
    fatal_of(call, fault, ptr, conf.harden && slab ? slot_bytes(slab->size_class) : 0);
    return MISUSED;
}
