#!/bin/bash
# What goes back to the system goes through libc's madvise and munmap: a library that stands in front of them sees
# all of it, as one must that registers memory with a network card. It may allocate and free meanwhile.
. "$(dirname "$0")/lib.sh"

compile_library watch <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
atomic_size_t seen_bytes;
static __thread int inside;
static _Atomic(void *) kept[64];
static void work(void) { /* as a careless tool does: takes, keeps, frees what others kept */
    static atomic_uint calls;
    unsigned call = calls++;
    for (unsigned i = 0; i < 40; i++) {
        void *made = memset(malloc(1 + (call * 37 + i * 501) % 9000), 1, 1);
        free(atomic_exchange(&kept[(call + i) % 64], made));
    }
    free(malloc(50000));
    errno = 77;
}
int madvise(void *start, size_t bytes, int advice) {
    static int (*next)(void *, size_t, int);
    if (!next) next = (int (*)(void *, size_t, int))dlsym(RTLD_NEXT, "madvise");
    if (advice == MADV_DONTNEED) seen_bytes += bytes;
    if (!inside++) work();
    inside--;
    int result = next(start, bytes, advice);
    if (!inside++) work();
    inside--;
    return result;
}
int munmap(void *start, size_t bytes) {
    static int (*next)(void *, size_t);
    if (!next) next = (int (*)(void *, size_t))dlsym(RTLD_NEXT, "munmap");
    seen_bytes += bytes;
    if (!inside++) work();
    inside--;
    return next(start, bytes);
}
END
compile gives -D_GNU_SOURCE <<'END'
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
enum { OBJECTS = 40000 };
static void *live(void *argument) {
    unsigned char **object = calloc(OBJECTS, sizeof *object);
    unsigned seed = (unsigned)(size_t)argument;
    for (int round = 0; round < 6; round++) {
        for (int i = 0; i < OBJECTS; i++) {
            size_t size = 1 + (seed = seed * 1103515245 + 12345) % (i % 50 ? 900 : 90000);
            object[i] = memset(malloc(size), i, size);
        }
        for (int i = 0; i < OBJECTS; i++) {
            if (object[i][0] != (unsigned char)i) abort();
            if (i % 20) { errno = 5; free(object[i]); if (errno != 5) abort(); object[i] = NULL; }
        }
        malloc_trim(0);
        for (int i = 0; i < OBJECTS; i++) free(object[i]);
    }
    malloc_trim(0);
    free(object);
    return NULL;
}
int main(void) {
    pthread_t threads[3];
    for (size_t i = 0; i < 3; i++) pthread_create(&threads[i], NULL, live, (void *)(i + 1));
    for (size_t i = 0; i < 3; i++) pthread_join(threads[i], NULL);
    memset(malloc(1 << 20), 1, 1 << 20);
    bool (*check)(const char **) = (bool (*)(const char **))dlsym(RTLD_DEFAULT, "halloc_process_check");
    atomic_size_t *seen = dlsym(RTLD_DEFAULT, "seen_bytes");
    return !check || !check(NULL) ? 3 : !seen || *seen < ((size_t)50 << 20) ? 4 : 0;
}
END
for conf in "" purge:off; do
    HALLOC_CONF=$conf on_halloc ./watch.so -- ./gives || die "memory that others watch, HALLOC_CONF=$conf: status $?"
done

# --- Tools that say yes and do nothing -------------------------------------------------------------------

# What calloc gives is zero all the same: that memory went is not believed before it was seen.
compile_library lies <<'END'
#include <stddef.h>
int madvise(void *start, size_t bytes, int advice) { (void)start, (void)bytes, (void)advice; return 0; }
END
compile zeroed <<'END'
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
int main(void) {
    static unsigned char *block[40];
    for (int round = 0; round < 4; round++) {
        for (int i = 0; i < 40; i++) memset(block[i] = malloc(1 << 20), 7, 1 << 20);
        for (int i = 0; i < 40; i++) free(block[i]);
        malloc_trim(0);
        for (int i = 0; i < 40; i++) {
            block[i] = calloc(1, 1 << 20);
            for (int at = 0; at < 1 << 20; at++) if (block[i][at]) return 1;
        }
        for (int i = 0; i < 40; i++) free(block[i]);
    }
}
END
on_halloc ./lies.so -- ./zeroed || die "calloc where madvise does nothing: status $?"
on_halloc -- ./zeroed || die "calloc: status $?"

# --- A clock that allocates ---------------------------------------------------------------------------------

compile_library clock -D_GNU_SOURCE <<'END'
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
int clock_gettime(clockid_t clock, struct timespec *now) {
    free(malloc(50000));
    return (int)syscall(SYS_clock_gettime, clock, now);
}
END
on_halloc ./clock.so -- ./zeroed || die "a library whose clock allocates: status $?"
