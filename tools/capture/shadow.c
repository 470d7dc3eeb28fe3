/*
 * shadow.c - see shadow.h: makes the root and the leaves.
 *
 * Both are reserved without swap: only touched pages cost memory.
 */
#include "shadow.h"

#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

_Atomic(uint64_t *) *shadow_root;

static void *map_zeros(size_t bytes) {
    void *memory = (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
                                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0L);
    return memory == MAP_FAILED ? NULL : memory;
}

bool shadow_start(void) {
    if (!shadow_root)
        shadow_root = map_zeros(SHADOW_ROOT_ENTRIES * sizeof *shadow_root);
    return shadow_root != NULL;
}

uint64_t *shadow_make_leaf(size_t index) {
    uint64_t *leaf = map_zeros(SHADOW_LEAF_ENTRIES * sizeof *leaf), *first = NULL;
    if (!leaf)
        return NULL;
    if (atomic_compare_exchange_strong(&shadow_root[index], &first, leaf))
        return leaf;
    syscall(SYS_munmap, leaf, SHADOW_LEAF_ENTRIES * sizeof *leaf); /* another thread was faster */
    return first;
}
