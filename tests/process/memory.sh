#!/bin/bash
# What a program does not touch costs no memory, whatever it asked for: compared with what the same program needs on
# libc's own malloc.
. "$(dirname "$0")/lib.sh"

cat >peak.h <<'END'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
__attribute__((constructor)) static void begin(void) {
    if (getenv("NONE_UNASKED")) prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}
static inline void say_peak(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    printf("%ld\n", usage.ru_maxrss);
    fflush(stdout);
}
END

# Where the system gives huge pages to all, it makes resident what nobody touched, under any allocator.
! grep -qs '\[always\]' /sys/kernel/mm/transparent_hugepage/enabled || export NONE_UNASKED=1

not_more_than() { # TENTHS PLUS_KIB PROGRAM [ARGUMENT]...: peak, in tenths of libc's, and a constant
    local tenths=$1 plus=$2 libc halloc
    shift 2
    libc=$("$@") || die "$* on libc's malloc: status $?"
    halloc=$(on_halloc -- "$@") || die "$*: status $?"
    ((halloc * 10 <= libc * tenths + plus * 10)) || die "$*: a peak of $halloc KiB, $libc on libc's malloc"
}

# A few objects of all sizes in each of many threads.
compile threads -I. <<'END'
#include "peak.h"
static pthread_barrier_t there, over;
static void *work(void *argument) {
    for (size_t i = 0; i < 30; i++) memset(malloc(16 + i * 1000), 1, 16 + i * 1000);
    pthread_barrier_wait(&there);
    pthread_barrier_wait(&over);
    return argument;
}
int main(void) {
    enum { THREADS = 100 };
    pthread_barrier_init(&there, NULL, THREADS + 1);
    pthread_barrier_init(&over, NULL, THREADS + 1);
    pthread_t thread;
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&thread, NULL, work, NULL)) return 1;
    pthread_barrier_wait(&there);
    say_peak();
    _exit(0);
}
END
not_more_than 14 2000 ./threads

# A page at each multiple of 2 MiB; large blocks of which a page is written; one large zeroed block after another, and
# many, of each of which a byte is written.
compile sparse -I. <<'END'
#include "peak.h"
int main(int count, char **arguments) {
    (void)count;
    static char *block[2000];
    size_t kib = 1024, mib = 1024 * kib;
    if (!strcmp(arguments[1], "aligned"))
        for (int i = 0; i < 500; i++) memset(block[i] = aligned_alloc(2 * mib, 4096), 1, 4096);
    if (!strcmp(arguments[1], "stacks"))
        for (int i = 0; i < 2000; i++) memset((block[i] = malloc(100 * kib)) + 96 * kib, 1, 4096);
    if (!strcmp(arguments[1], "tables"))
        for (int i = 0; i < 60; i++) memset((block[i] = malloc(8 * mib)) + 5 * mib, 1, 10);
    if (!strcmp(arguments[1], "zeroed"))
        for (int i = 0; i < 10; i++) {
            block[0] = calloc(1, 512 * mib);
            block[0][123 * mib] = 1;
            free(block[0]);
        }
    if (!strcmp(arguments[1], "zeroed-many"))
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 2000; i++) (block[i] = calloc(1, 200 * kib))[77 * kib] = 1;
            for (int i = 0; i < 2000; i++) free(block[i]);
        }
    if (!strcmp(arguments[1], "full-then-sparse")) {
        for (int i = 0; i < 60000; i++) memset(malloc(1000), 1, 1000);
        for (int i = 0; i < 2000; i++) memset((block[i] = malloc(100 * kib)) + 96 * kib, 1, 4096);
    }
    say_peak();
}
END
for pattern in aligned stacks tables zeroed zeroed-many; do
    not_more_than 15 4000 ./sparse $pattern
done
not_more_than 14 4000 ./sparse full-then-sparse
