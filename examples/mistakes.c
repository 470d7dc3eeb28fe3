/*
 * mistakes.c - eleven ways to misuse a heap, chosen by number. Which of them does the allocator notice?
 *
 *      gcc -g examples/mistakes.c -o mistakes && halloc run -- ./mistakes 1
 *
 * It prints "went on" if nothing stopped it. The pointers are volatile, so the compiler can't see the mistake.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const what[] = {
    "",
    "frees an object twice, with another free in between",
    "frees the inside of an object",
    "frees a variable on the stack",
    "resizes an object that is free",
    "frees a buffer of 1 MB twice",
    "writes past the end of an object, into the next one",
    "writes before the start of an object",
    "writes over the whole of a free object, then frees it again",
    "writes into the first bytes of a free object",
    "as 8, in a heap of 32 MiB, after 5,000 more objects",
    "as 9, in a heap of 32 MiB, after 5,000 more objects",
};
#define MISTAKES (int)(sizeof what / sizeof *what)

static char *volatile a, *volatile b, *volatile large, *volatile stray, *volatile vast;

/* Makes the heap large, and fills the slab of the first objects. So malloc takes from another slab. */
static void move_on(void) {
    vast = malloc(32 << 20);
    for (int at = 0; at < 5000; at++) {
        char *volatile next = malloc(40);
        memset(next, 'm', 40);
    }
}

static void make(int mistake) {
    char local[64];
    if (mistake > 9) {
        move_on();
        mistake -= 2;
    }
    switch (mistake) {
    case 1: free(a), free(b), free(a); break;
    case 2:
        stray = a + 8;
        free(stray);
        break;
    case 3:
        stray = local;
        free(stray);
        break;
    case 4:
        free(a);
        b = realloc(a, 100);
        break;
    case 5:
        large = malloc(1000000);
        free(large), free(large);
        break;
    case 6:
        memset(a, 'x', 80);
        free(b);
        break;
    case 7:
        memset(b - 8, 'x', 8);
        free(b);
        break;
    case 8:
        free(a);
        memset(a, 0, 40);
        free(a);
        break;
    case 9:
        free(a);
        memcpy(a, "dangling", 8);
        break;
    }
}

int main(int count, char **arguments) {
    int mistake = count > 1 ? atoi(arguments[1]) : 0;
    if (mistake < 1 || mistake >= MISTAKES) {
        for (int at = 1; at < MISTAKES; at++)
            printf("%d  %s\n", at, what[at]);
        return 0;
    }
    a = malloc(40), b = malloc(40);
    memset(a, 'a', 40), memset(b, 'b', 40);
    make(mistake);
    for (int at = 0; at < 1000; at++) { /* more allocations of the same size */
        char *next = malloc(40);
        memset(next, 'n', 40);
    }
    puts("went on");
    return 0;
}
