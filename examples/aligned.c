/* aligned.c - an aligned block in a heap, and the blocks in front of it.
 *
 *     gcc -I.. aligned.c ../halloc.c -lrt -o aligned && ./aligned
 */
#include "halloc.h"

static char *first_payload;

static bool print_block(const MemoryBlock *block, void *payload, void *context) {
    (void)context;
    if (!first_payload)
        first_payload = payload;
    size_t place = (size_t)((char *)payload - first_payload);
    printf("  %6zu %8zu bytes  %s\n", place, block->size, block->isFree ? "free" : "in use");
    return true;
}

int main(void) {
    halloc_heap *heap = halloc_heap_create(&(halloc_heap_options){.pages = 4});
    char *small = halloc_heap_allocate(heap, 100);
    printf("one of 100 bytes\n");
    halloc_heap_walk(heap, print_block, NULL);

    char *aligned = halloc_heap_aligned(heap, 1024, 600);
    printf("and one of 600 bytes, aligned to 1024\n");
    halloc_heap_walk(heap, print_block, NULL);

    halloc_heap_deallocate(heap, aligned);
    printf("and it is gone\n");
    halloc_heap_walk(heap, print_block, NULL);
    halloc_heap_deallocate(heap, small);
    halloc_heap_destroy(heap);
    return 0;
}
