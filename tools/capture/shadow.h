/*
 * shadow.h - which object is at this address? A table that shadows the address space.
 *
 *      address    | 24 bits: leaf | 20 bits: entry | 0000 |
 *
 *      root -> [ leaf | leaf | ... ]      each leaf covers 16 MiB of addresses: an entry of 8 bytes for
 *                 |                       every 16 bytes; made when first needed
 *                 v
 *               [ name | 0 | name | ... ]
 *
 * An entry is the object's name: thread + 1, and its number there; 0 if no known object begins there. There
 * is no hash and no lock. The owner of the object owns the entry. Neighbours in memory are neighbours here,
 * so both are in the cache at the same time. The table costs half of the touched heap in memory that the
 * program does not see, and less for larger objects. Some allocators give tiny objects 8 bytes (jemalloc,
 * tcmalloc), so two of them share the place of one entry. So addresses with bit 3 set have leaves of their
 * own.
 *
 * Addresses of more than 48 bits occur only if a program asks the kernel for them. They are not recorded.
 */
#ifndef HALLOC_CAPTURE_SHADOW_H
#define HALLOC_CAPTURE_SHADOW_H

#include "capture.h"

#define SHADOW_LEAF_BITS 24
#define SHADOW_LEAF_ENTRIES ((size_t)1 << (SHADOW_LEAF_BITS - 4))
#define SHADOW_ROOT_ENTRIES ((size_t)1 << (48 - SHADOW_LEAF_BITS + 1))

/* Atomic: two threads that need the same leaf must agree on one. NULL: no leaf. */
extern _Atomic(uint64_t *) *shadow_root;

/* False: no memory for the root. */
bool shadow_start(void);
uint64_t *shadow_make_leaf(size_t index);

static inline size_t shadow_leaf_index(uintptr_t address) {
    return address >> SHADOW_LEAF_BITS << 1 | (address >> 3 & 1);
}

/* The entry; NULL if there is none, or it can't be made. */
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

/* The object begins. False: there is no entry for it. */
static inline bool shadow_set(const void *pointer, uint64_t name) {
    uint64_t *entry = shadow_entry((uintptr_t)pointer, true);
    if (unlikely(!entry))
        return false;
    *entry = name;
    return true;
}

/* The object ends. Returns its name, or 0 if it is unknown. */
static inline uint64_t shadow_take(const void *pointer) {
    uint64_t *entry = shadow_entry((uintptr_t)pointer, false);
    if (unlikely(!entry))
        return 0;
    uint64_t name = *entry;
    *entry = 0;
    return name;
}

#endif
