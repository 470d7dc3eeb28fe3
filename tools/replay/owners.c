/*
 * owners.c - see owners.h for the picture.
 */
#define _GNU_SOURCE 1
#include "owners.h"

#include <stdlib.h>
#include <sys/mman.h>

#define LEAF_SHIFT 30 /* bytes of address that a leaf covers, as a power of two */
#define CELL_SHIFT 3  /* bytes of address that a cell covers */
#define ROOT_BITS 17  /* 47 bits of address in all: what user space has */
#define LEAVES ((size_t)1 << ROOT_BITS)
#define LEAF_BYTES (sizeof(uint32_t) << (LEAF_SHIFT - CELL_SHIFT))

struct owners {
    uint32_t *leaves[LEAVES]; /* a cell holds owner + 1; 0: free */
};

static void *map_zeros(size_t bytes) {
    /* Shared memory, so that it does not count as memory of the checked program. */
    void *memory =
        mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

struct owners *owners_open(void) {
    return map_zeros(sizeof(struct owners));
}

void owners_clear(struct owners *owners) {
    for (size_t index = 0; index < LEAVES; index++) {
        if (owners->leaves[index])
            munmap(owners->leaves[index], LEAF_BYTES);
        owners->leaves[index] = NULL;
    }
}

void owners_close(struct owners *owners) {
    if (!owners)
        return;
    owners_clear(owners);
    munmap(owners, sizeof *owners);
}

/* The leaf of an address, made if it is not there. */
static uint32_t *leaf_of(struct owners *owners, uintptr_t address) {
    size_t index = address >> LEAF_SHIFT;
    if (index >= LEAVES)
        return NULL;
    uint32_t *leaf = __atomic_load_n(&owners->leaves[index], __ATOMIC_ACQUIRE);
    if (leaf)
        return leaf;
    uint32_t *made = map_zeros(LEAF_BYTES);
    if (made && !__atomic_compare_exchange_n(&owners->leaves[index], &leaf, made, false, __ATOMIC_ACQ_REL,
                                             __ATOMIC_ACQUIRE)) {
        munmap(made, LEAF_BYTES); /* another thread was first */
        made = leaf;
    }
    return made;
}

static uint32_t *cell_of(struct owners *owners, uintptr_t cell) {
    uint32_t *leaf = leaf_of(owners, cell << CELL_SHIFT);
    return leaf ? leaf + (cell & (((uintptr_t)1 << (LEAF_SHIFT - CELL_SHIFT)) - 1)) : NULL;
}

static uintptr_t end_cell(const void *at, size_t bytes) {
    return ((uintptr_t)at + bytes + ((1u << CELL_SHIFT) - 1)) >> CELL_SHIFT;
}

bool owners_release(struct owners *owners, const void *at, size_t bytes, uint32_t owner) {
    bool all = true;
    for (uintptr_t index = (uintptr_t)at >> CELL_SHIFT; index < end_cell(at, bytes); index++) {
        uint32_t *cell = cell_of(owners, index), mine = owner + 1;
        all = cell &&
              __atomic_compare_exchange_n(cell, &mine, 0, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED) && all;
    }
    return all;
}

bool owners_claim(struct owners *owners, const void *at, size_t bytes, uint32_t owner, uint32_t *other) {
    uintptr_t first = (uintptr_t)at >> CELL_SHIFT, end = end_cell(at, bytes);
    for (uintptr_t index = first; index < end; index++) {
        uint32_t *cell = cell_of(owners, index), nobody = 0;
        if (cell &&
            __atomic_compare_exchange_n(cell, &nobody, owner + 1, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
            continue;
        *other = nobody ? nobody - 1 : UINT32_MAX;
        while (index-- > first)
            __atomic_store_n(cell_of(owners, index), 0, __ATOMIC_RELAXED);
        return false;
    }
    return true;
}
