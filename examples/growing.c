/* growing.c - the cost of realloc for a growing vector: alone in its heap, and among neighbours.
 *
 *     gcc -I.. growing.c ../halloc.c -lrt -o growing && ./growing
 */
#include "halloc.h"

enum { FINAL_BYTES = 1000000 };

struct outcome {
    size_t calls, moves, copied_bytes, heap_bytes;
};

/* Grows by an nth of its size each time, or by a fixed step. */
static struct outcome grow(size_t nth, size_t step, bool neighbours) {
    struct outcome outcome = {0};
    halloc_heap *heap = halloc_heap_create(NULL);
    char *vector = NULL;
    for (size_t size = 1000, next; size < FINAL_BYTES; size = next) {
        next = nth ? size + size / nth : size + step;
        char *grown = halloc_heap_resize(heap, vector, next);
        outcome.calls++;
        if (vector && grown != vector) {
            outcome.moves++;
            outcome.copied_bytes += size;
        }
        vector = grown;
        if (neighbours)
            halloc_heap_allocate(heap, 40);
    }
    halloc_heap_stats stats;
    halloc_heap_get_stats(heap, &stats);
    outcome.heap_bytes = stats.heap_bytes;
    halloc_heap_destroy(heap);
    return outcome;
}

static void print_row(const char *name, size_t nth, size_t step) {
    struct outcome alone = grow(nth, step, false), among = grow(nth, step, true);
    printf("%-12s %7zu %8zu %11zu %11zu %9zu\n", name, alone.calls, alone.moves, among.moves,
           among.copied_bytes / 1000, among.heap_bytes / 1000);
}

int main(void) {
    printf("A vector grows to 1,000 KB.\n"
           "                        alone    an object of 40 bytes is made after each step\n"
           "by             steps    moves       moves   copied KB   heap KB\n");
    print_row("1,000 bytes", 0, 1000);
    print_row("an eighth", 8, 0);
    print_row("a half", 2, 0);
    print_row("its size", 1, 0);
    return 0;
}
