#!/bin/bash
# 04-fifo.sh FILE.c - the contract of chapter 4's queue: sound, and first freed is first taken.
set -u
. "$(dirname "$0")/judge.sh"
file=$(realpath "$1")
root=$(realpath "$(dirname "$0")/../..")

# Here, not there: a trace that fails stays, for the commands that are printed with it.
halloc lab check "$1" >"$work/said" || { cat "$work/said"; exit 1; }

cd "$work" && cat >order.c <<'C'
#include "halloc.h"

int dprintf(int, const char *, ...);

/* Holes with something in use between them, so that they can't merge; freed in this order: 2, 0, 3, 1. */
int main(int count, char **words) {
    static const int order[] = {2, 0, 3, 1};
    halloc_policy_register(&halloc_user_policy);
    halloc_heap *heap = halloc_heap_create(&(halloc_heap_options){.fit = halloc_user_policy.name, .pages = 1});
    void *holes[4], *rest;
    for (int hole = 0; hole < 4; hole++) {
        holes[hole] = halloc_heap_allocate(heap, 208);
        halloc_heap_allocate(heap, 16);
    }
    while ((rest = halloc_heap_allocate(heap, 16)))
        ; /* now nothing else is free */
    for (int index = 0; index < 4; index++)
        halloc_heap_deallocate(heap, holes[order[index]]);
    for (int index = 0; index < 4; index++) {
        void *taken = halloc_heap_allocate(heap, 200);
        int which = 0;
        while (which < 4 && holes[which] != taken)
            which++;
        if (which != order[index]) {
            printf("hole %d was freed as number %d, and hole %d was taken instead\n", order[index], index + 1, which);
            return 1;
        }
    }
    puts("passed: sound, and the first freed is the first taken");
    return count == 2 && dprintf(3, "%s", words[1]) > 0 ? 0 : 1;
}
C
gcc -O1 -w -I"$root" -DHALLOC_LIBRARY order.c "$file" "$root/halloc.c" -lrt -pthread -o order || exit 1
judge ./order
