/* grow.c - keeps memory by two call sites, one for each line that it reads, and says when it is done. */
#include <stdio.h>
#include <stdlib.h>

static void *kept[200000];
static volatile size_t count;

__attribute__((noinline)) static void keep_first(void) {
    kept[count] = malloc(1000);
    count += 1;
}

__attribute__((noinline)) static void keep_second(void) {
    kept[count] = malloc(1000);
    count += 1;
}

int main(void) {
    char line[16];
    for (int turn = 0; turn < 5 && fgets(line, sizeof line, stdin); turn++) {
        for (int round = 0; round < 20000; round++)
            turn % 2 ? keep_second() : keep_first();
        puts("ready");
        fflush(stdout);
    }
    return 0;
}
