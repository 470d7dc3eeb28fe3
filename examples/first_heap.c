/*
 * first_heap.c - the five functions, once each.
 *
 *     gcc -I.. first_heap.c ../halloc.c -lrt -o first_heap && ./first_heap
 */
#include <string.h>

#include "halloc.h"

/* Prints one line for each block, in address order. */
static bool show(const MemoryBlock *block, void *payload, void *context) {
    (void)context;
    printf("    %p  %5zu bytes  %s\n", payload, block->size, block->isFree ? "free" : "in use");
    return true;
}

static void show_heap(const char *what) {
    printf("%s\n", what);
    halloc_heap_walk(halloc_default_heap(), show, NULL);
}

int main(void) {
    halloc_initializeHeap(1);
    show_heap("A heap of one page is one free block:");

    char *hello = halloc_allocate(100), *world = halloc_allocate(500);
    strcpy(hello, "hello");
    strcpy(world, "world");
    show_heap("Two requests cut two blocks off it:");

    halloc_deallocate(hello);
    show_heap("A block given back is free; its neighbour is in use, so they stay two:");

    MemoryBlock *block = findFreeBlock(200);
    printf("A request of 200 bytes would take the block of %zu: the first is too small.\n", block->size);

    splitBlock(block, 200);
    show_heap("That block, split by hand:");

    halloc_deallocate(world);
    show_heap("The last one given back, free neighbours merge, and the heap is whole again:");
    return 0;
}
