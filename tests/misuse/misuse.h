/*
 * misuse.h - what both programs of misuse share: a table of kinds, and the main that looks one up.
 *
 *      misuse                    prints the kinds
 *      misuse KIND BYTES         makes this mistake with an object of so many bytes
 *
 * A mistake that nothing stops ends with "went on" on standard output, and status 0. What the compiler could see
 * through goes by way of `hidden`.
 */
#ifndef HALLOC_MISUSE_H
#define HALLOC_MISUSE_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct kind {
    const char *name;
    void (*make)(size_t bytes);
};

/* The compiler does not know what comes back. */
static void *hidden(void *ptr) {
    __asm__ volatile("" : "+r"(ptr) : : "memory");
    return ptr;
}

static int misuse_main(int argc, char **argv, const struct kind *kinds, size_t count) {
    for (size_t index = 0; index < count && argc < 2; index++)
        puts(kinds[index].name);
    if (argc < 2)
        return 0;
    for (size_t index = 0; index < count && argc == 3; index++) {
        if (strcmp(argv[1], kinds[index].name) == 0) {
            kinds[index].make(strtoul(argv[2], NULL, 10));
            return puts("went on") < 0;
        }
    }
    fprintf(stderr, "usage: misuse KIND BYTES; the kinds: misuse\n");
    return 2;
}

#endif
