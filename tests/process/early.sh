#!/bin/bash
# malloc before anything is ready: from the resolver of an indirect function, from constructors that run
# before ours, from .preinit_array; and while the program's own dlsym, mmap and open call malloc.
. "$(dirname "$0")/lib.sh"

# --- Before any constructor -------------------------------------------------------------------------

compile_library early <<'END'
#include <stdlib.h>
#include <string.h>
void *from_constructor;
static int answer(void) { return 42; }
__attribute__((constructor(101))) static void construct(void) {
    from_constructor = memset(malloc(5000), 1, 5000);
    free(realloc(calloc(1, 100), 70000));
}
static int (*resolve(void))(void) { return answer; }
int early(void) __attribute__((ifunc("resolve")));
END
compile earlier ./early.so -Wl,-rpath,. <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
extern int early(void);
extern void *from_constructor;
static void *before_main[3];
static void preinit(int count, char **arguments, char **environment) {
    (void)count, (void)arguments, (void)environment;
    before_main[0] = memset(malloc(100), 1, 100);
    before_main[1] = calloc(3, 40000);
    before_main[2] = aligned_alloc(4096, 10);
}
__attribute__((section(".preinit_array"), used)) static void (*first)(int, char **, char **) = preinit;
int main(void) {
    for (int index = 0; index < 3; index++)
        free(before_main[index]);
    free(from_constructor);
    printf("%d\n", early());
}
END
for conf in "" heap:classic stats_print:off purge:off,reserve:64M; do
    [[ $(HALLOC_CONF=$conf on_halloc -- ./earlier) == 42 ]] || die "malloc before main, HALLOC_CONF=$conf"
    [[ $(HALLOC_CONF=$conf on_halloc ./early.so -- ./earlier) == 42 ]] || die "early.so preloaded too, HALLOC_CONF=$conf"
    [[ $(HALLOC_CONF=$conf LD_PRELOAD=$library:./early.so timeout 300 ./earlier) == 42 ]] || die "behind halloc"
done

# The configuration holds also for a heap that starts before libc knows its environment.
text=$(HALLOC_CONF=stats_print:on,heap:classic on_halloc -- ./earlier 2>&1)
[[ $text == *"heap classic"* ]] || die "an early start did not read HALLOC_CONF: $text"

# --- A dlsym of the program's that calls calloc ------------------------------------------------------

compile_library my_dlsym <<'END'
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
static __thread int inside;
void *dlsym(void *handle, const char *name) {
    static void *(*real)(void *, const char *);
    if (!real)
        real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
    if (!real)
        real = (void *(*)(void *, const char *))dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
    if (inside)
        return NULL;
    inside = 1;
    for (int size = 1; size < 100000; size *= 3)
        free(calloc(1, size));
    inside = 0;
    return real ? real(handle, name) : NULL;
}
END
on_halloc ./my_dlsym.so -- ./is_ours || die "a dlsym that calls calloc"
on_halloc ./my_dlsym.so -- perl -e 'my @a = map { "x" x $_ } 1..2000; print scalar @a, "\n"' >out || die "perl"
[[ $(<out) == 2000 ]] || die "perl under a dlsym that calls calloc: $(<out)"

# --- mmap, munmap, madvise, mprotect, open, read of the program's that call malloc ---------------------

compile_library my_mmap <<'END'
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
static unsigned calls;
static void call_back(void) {
    static __thread int inside;
    if (inside++ == 0) {
        free(malloc(100 + calls++ % 5000));
        free(malloc(300000));
    }
    inside--;
}
void *mmap(void *at, size_t bytes, int protection, int flags, int file, off_t offset) {
    call_back();
    return (void *)syscall(SYS_mmap, at, bytes, protection, flags, file, offset);
}
int munmap(void *at, size_t bytes) { call_back(); return (int)syscall(SYS_munmap, at, bytes); }
int madvise(void *at, size_t bytes, int advice) { call_back(); return (int)syscall(SYS_madvise, at, bytes, advice); }
int mprotect(void *at, size_t bytes, int protection) { call_back(); return (int)syscall(SYS_mprotect, at, bytes, protection); }
int open(const char *path, int flags, ...) {
    va_list list;
    va_start(list, flags);
    int mode = va_arg(list, int);
    va_end(list);
    call_back();
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}
END
compile churn <<'END'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static void *work(void *argument) {
    for (size_t round = 0; round < 3000; round++) {
        char *ptr = malloc(round * 37 % 400000);
        memset(ptr, 1, round % 37);
        free(realloc(ptr, round * 91 % 900000 + 1));
    }
    return argument;
}
int main(void) {
    pthread_t thread;
    pthread_create(&thread, NULL, work, NULL);
    work(NULL);
    pthread_join(thread, NULL);
    puts("done");
}
END
for conf in "" heap:classic reserve:16M purge:off; do
    [[ $(HALLOC_CONF=$conf on_halloc ./my_mmap.so -- ./churn) == "done" ]] || die "an mmap that calls malloc, HALLOC_CONF=$conf"
    [[ $(HALLOC_CONF=$conf LD_PRELOAD=$library:$work/my_mmap.so timeout 300 ./churn) == "done" ]] || die "the same, halloc first"
done
echo "early calls are served"
