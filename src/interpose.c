/*
 * interpose.c - functions of libc that a process heap must know of. In libhalloc.so alone.
 *
 * dlopen. Under RTLD_DEEPBIND a library finds names in itself and in libc before the program. So its malloc
 * is libc's, while objects go to and fro between it and the program. PHP loads its modules so, and crashed
 * under every preloaded allocator. Here dlopen drops the flag. Where libc searches for a library depends on
 * the caller (RUNPATH), which libc knows by the return address. So ours must end in a jump: compilers make
 * one of a last call of the same type from -O2 on.
 *
 * setrlimit. A limit on addresses counts what the region reserves: the region gives that back.
 *
 * mlockall. It locks what is mapped from now on, and the limit on locked memory counts all that is mapped. So
 * the region gives back what it reserves, and maps what it needs.
 *
 * pthread_create. While a thread is alone it owns each slab that it frees into, and others can't use their
 * free slots. So before another thread begins, the slabs of a large heap go to the pools (threads.h).
 */
#include <dlfcn.h>
#include <pthread.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/config.h"
#include "base/export.h"
#include "thread/threads.h"

#if defined(__GLIBC__) && defined(__OPTIMIZE__) && !defined(HALLOC_NO_OVERRIDE)

/* The next dlopen may be another interposer's. */
EXPORT void *dlopen(const char *path, int mode) {
    __typeof__(dlopen) *next = dlsym(RTLD_NEXT, "dlopen");
    return next(path, mode & ~RTLD_DEEPBIND);
}

/* Under other names, for libc's headers declare these with their own types. */
EXPORT int change_limit(pid_t pid, int resource, const void *wanted, void *before) __asm__("prlimit64");
EXPORT int change_own_limit(int resource, const void *wanted) __asm__("setrlimit64");

int change_limit(pid_t pid, int resource, const void *wanted, void *before) {
    int result = (int)syscall(SYS_prlimit64, pid, resource, wanted, before);
    if (result == 0 && wanted && resource == RLIMIT_AS && *(const rlim_t *)wanted != RLIM_INFINITY)
        halloc_heed_limits();
    return result;
}

int change_own_limit(int resource, const void *wanted) {
    return change_limit(0, resource, wanted, NULL);
}

EXPORT int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *),
                          void *argument) {
    static __typeof__(pthread_create) *next; /* dlsym waits for a dlopen that may wait for this thread */
    if (!load_relaxed(&next))
        store_relaxed(&next, dlsym(RTLD_NEXT, "pthread_create"));
    halloc_before_thread();
    return next(thread, attributes, start, argument);
}

EXPORT int mlockall(int flags) {
    halloc_malloc_trim(0); /* starts the heap; and what nobody needs is not locked */
    halloc_heed_limits();
    return (int)syscall(SYS_mlockall, flags);
}

__asm__(".globl prlimit, setrlimit\nprlimit = prlimit64\nsetrlimit = setrlimit64");

#endif
