/*
 * busy.c - as many calls as asked for, half of them frees; then one line on stdout, one on stderr, and status 7.
 */
#include <stdio.h>
#include <stdlib.h>

static void *volatile kept[1000]; /* no call may be optimised away */

int main(int argc, char **argv) {
    unsigned calls = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
    for (unsigned call = 0; call < calls / 2; call++) {
        unsigned at = call * 7919 % 1000;
        free(kept[at]);
        kept[at] = malloc(call % 500);
    }
    fputs("busy: done\n", stderr);
    return puts("done") < 0 ? 1 : 7;
}
