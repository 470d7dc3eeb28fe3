/* site.c - allocates by three call sites: one keeps a lot, one keeps a little for ever, one frees at once. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *kept[2000000];
static volatile size_t count;

__attribute__((noinline)) static void keep_much(void) {
    kept[count] = malloc(1000);
    count += 1;
}

__attribute__((noinline)) static void keep_little(void) {
    kept[count] = malloc(100);
    count += 1;
}

__attribute__((noinline)) static void keep_nothing(void) {
    void *ptr = malloc(2000);
    memset(ptr, 1, 2000);
    free(ptr);
    count += 0;
}

int main(int argc, char **argv) {
    size_t rounds = argc > 1 ? (size_t)atoi(argv[1]) : 100000;
    for (size_t round = 0; round < rounds; round++) {
        keep_much();
        keep_little();
        keep_nothing();
    }
    if (argc > 2) {
        puts("ready");
        fflush(stdout);
        for (;;) { /* allocates on, as a service does */
            keep_nothing();
            usleep(10);
        }
    }
    return 3;
}
