/*
 * shadow.h - which object is at this address? A table that shadows the address space.
 *
 *      address    | 24 bits: leaf | 20 bits: entry | 0000 |
 *
 *      root -> [ leaf | leaf | ... ]      each leaf covers 16 MiB of addresses, an entry for every 16
 *                 |                       bytes, 8 bytes an entry; made when first needed
 *                 v
 *               [ name | 0 | name | ... ]
 *
 * An entry is the object's name: thread + 1 and number, 0 where no object that we know begins. No hash,
 * no lock: an entry belongs to whoever owns the object, and neighbours in memory are neighbours here, so
 * it is in the cache when they are. Costs half of the touched heap in memory that the program does not
 * see, less for larger objects. Allocators that give tiny objects 8 bytes (jemalloc, tcmalloc) put two
 * in one entry's place: addresses with bit 3 set have leaves of their own.
 *
 * Addresses of more than 48 bits don't occur unless a program asks the kernel for them: not recorded.
 */
#ifndef HALLOC_CAPTURE_SHADOW_H
#define HALLOC_CAPTURE_SHADOW_H

#include "capture.h"

#define SHADOW_LEAF_BITS 24
#define SHADOW_LEAF_ENTRIES ((size_t)1 << (SHADOW_LEAF_BITS - 4))
#define SHADOW_ROOT_ENTRIES ((size_t)1 << (48 - SHADOW_LEAF_BITS + 1))

/* Atomic, so that two threads that need the same leaf agree on one. NULL: no leaf. */
extern _Atomic(uint64_t *) *shadow_root;

/* False: no memory for the root. */
bool shadow_start(void);
uint64_t *shadow_make_leaf(size_t index);

static inline size_t shadow_leaf_index(uintptr_t address) {
    return address >> SHADOW_LEAF_BITS << 1 | (address >> 3 & 1);
}

/* The entry, or NULL if there is none (and none can be made). */
static inline uint64_t *shadow_entry(uintptr_t address, bool make) {
    if (unlikely(address >> 48))
        return NULL;
    size_t index = shadow_leaf_index(address);
    uint64_t *leaf = atomic_load_explicit(&shadow_root[index], memory_order_acquire);
    if (unlikely(!leaf)) {
        leaf = make ? shadow_make_leaf(index) : NULL;
        if (!leaf)
            return NULL;
    }
    return leaf + (address >> 4 & (SHADOW_LEAF_ENTRIES - 1));
}

/* The object begins. False: it can't be remembered. */
static inline bool shadow_set(const void *pointer, uint64_t name) {
    uint64_t *entry = shadow_entry((uintptr_t)pointer, true);
    if (unlikely(!entry))
        return false;
    *entry = name;
    return true;
}

/* The object ends: its name, 0 if we know none. */
static inline uint64_t shadow_take(const void *pointer) {
    uint64_t *entry = shadow_entry((uintptr_t)pointer, false);
    if (unlikely(!entry))
        return 0;
    uint64_t name = *entry;
    *entry = 0;
    return name;
}

#endif
