/*
 * calls.c - every call that allocates or frees, a known number of times, so that a trace of this program
 * can be checked to the last call. It makes no other: output goes by write(2).
 */
#define _GNU_SOURCE 1
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *volatile keep; /* no call may be optimised away */

static void check(int good, const char *what) {
    if (good)
        return;
    if (write(2, what, strlen(what)) < 0)
        _exit(98);
    _exit(99);
}

int main(void) {
    char *text = malloc(1001);
    check(text != NULL, "malloc");
    text = realloc(text, 2002);
    text = reallocarray(text, 3, 1001);
    keep = calloc(7, 11);
    check(malloc_usable_size(keep) >= 77, "usable size");
    free(keep);
    void *aligned = NULL;
    check(posix_memalign(&aligned, 256, 333) == 0 && (uintptr_t)aligned % 256 == 0, "posix_memalign");
    keep = aligned_alloc(64, 640);
    check((uintptr_t)keep % 64 == 0, "aligned_alloc");
    free(keep);
    keep = memalign(4096, 5);
    free(keep);
    free(NULL);
    free(NULL);
    errno = 0;
    check(malloc(PTRDIFF_MAX) == NULL && errno == ENOMEM, "malloc of too much");
    volatile size_t half = SIZE_MAX / 2;
    check(calloc(half, 3) == NULL && errno == ENOMEM, "calloc of too much");
    check(realloc(text, PTRDIFF_MAX) == NULL, "realloc to too much");
    errno = 77;
    for (int round = 0; round < 20000; round++) /* several blocks, and errno is kept across them */
        free(malloc(round % 100));
    check(errno == 77, "errno is not kept");
    free(text);
    free(aligned);
    keep = realloc(NULL, 4321); /* never freed */
    check(write(1, "made\n", 5) == 5, "write");
    return 42;
}
