/* slots.c - where small objects lie. A classic heap puts a header before each; the process heap puts
 * them side by side.
 *
 *     gcc -I.. slots.c ../halloc.c -lrt -o slots && ./slots
 */
#include "halloc.h"

enum { OBJECTS = 6, BYTES = 24 };

static void print_places(const char *heap, char *const *objects) {
    printf("%-14s", heap);
    for (int index = 0; index < OBJECTS; index++)
        printf(" %5td", objects[index] - objects[0]);
    printf("\n");
}

int main(void) {
    char *classic[OBJECTS], *slots[OBJECTS];
    halloc_heap *heap = halloc_heap_create(NULL);
    for (int index = 0; index < OBJECTS; index++) {
        classic[index] = halloc_heap_allocate(heap, BYTES);
        slots[index] = halloc_malloc(BYTES);
    }
    printf("%d objects of %d bytes, each from the first on\n", OBJECTS, BYTES);
    print_places("classic heap", classic);
    print_places("process heap", slots);

    printf("\nmalloc(n)      gives\n");
    static const size_t sizes[] = {0, 1, 16, 17, 100, 129, 1000, 1025, 4368, 32768, 32769};
    for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++)
        printf("%9zu %10zu\n", sizes[index], halloc_good_size(sizes[index]));
    halloc_heap_destroy(heap);
    return 0;
}
