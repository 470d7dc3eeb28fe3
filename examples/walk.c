/*
 * walk.c - a heap in four steps, with places to stop at in a debugger.
 *
 *      gcc -g -O0 -I. -o walk examples/walk.c halloc.c -lrt && gdb -ex 'break look' -ex run ./walk
 *
 * The program allocates 5,000 objects of 100 bytes. It frees every second one, then the rest. Then it gives the
 * free memory back to the system. `run 32` does the same in a large heap: it first allocates 32 MiB, and keeps it.
 */
#include <malloc.h>
#include <stdlib.h>

#define OBJECTS 5000

static char *object[OBJECTS], *large, *vast;

/* Stop here: `up` leads to main. */
static __attribute__((noinline)) void look(void) {
    __asm__ volatile("");
}

int main(int count, char **arguments) {
    if (count > 1)
        vast = malloc((size_t)atoi(arguments[1]) << 20);
    for (int at = 0; at < OBJECTS; at++)
        object[at] = malloc(100);
    large = malloc(1000000);
    if (!large)
        return 1;
    for (int at = 0; at < OBJECTS; at += 2)
        free(object[at]);
    look();
    for (int at = 1; at < OBJECTS; at += 2)
        free(object[at]);
    free(large);
    look();
    malloc_trim(0);
    look();
    return 0;
}
