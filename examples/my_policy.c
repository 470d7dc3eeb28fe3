/* my_policy.c - a fit policy of your own: it takes the free block at the lowest address. So the high end of
 * the heap empties.
 *
 *     gcc -I.. my_policy.c ../halloc.c -lrt -o my_policy && ./my_policy
 *
 * In the lab, and under a whole program's malloc:
 *     halloc lab check my_policy.c
 *     gcc -I.. -shared -fPIC my_policy.c -o my_policy.so
 *     halloc run --heap classic --policy my_policy.so -- python3
 */
#include "halloc.h"

static MemoryBlock *find(const halloc_free_set *set, size_t size) {
    MemoryBlock *lowest = NULL;
    for (MemoryBlock *block = set->root[0]; block; block = block->nextFree)
        if (halloc_probe(set, block) >= size && (!lowest || block < lowest))
            lowest = block;
    return lowest;
}

static void insert(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_push(set, 0, block);
}

static void take_out(halloc_free_set *set, MemoryBlock *block) {
    halloc_list_unlink(set, 0, block);
}

/* Halloc finds the policy by this name, so no program needs to register it. */
const halloc_policy halloc_user_policy = {
    .name = "lowest", .find = find, .insert = insert, .remove = take_out};

int main(void) {
    halloc_heap *heap = halloc_heap_create(&(halloc_heap_options){.fit = "lowest", .pages = 1});
    void *low = halloc_heap_allocate(heap, 100), *wall = halloc_heap_allocate(heap, 100);
    void *high = halloc_heap_allocate(heap, 100);
    halloc_heap_deallocate(heap, low);
    halloc_heap_deallocate(heap, high); /* freed last: first fit would take this one */
    void *next = halloc_heap_allocate(heap, 50);
    printf("free: %p and %p, in use between them: %p; placed at %p\n", low, high, wall, next);
    return next == low ? 0 : 1;
}
