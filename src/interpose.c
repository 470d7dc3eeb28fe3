/*
 * interpose.c - functions of libc's that a process heap must know of. In libhalloc.so alone.
 *
 * dlopen. Under RTLD_DEEPBIND a library and what it needs come before the program in the search for its
 * names, and it needs libc: so its malloc is libc's, while objects go to and fro between it and the
 * program. PHP loads its modules so, and ended under every preloaded allocator. Here dlopen forgets the
 * flag. The call must remain the caller's: where a library is searched depends on who asks (RUNPATH), which
 * libc sees by the return address. So it is a jump, which compilers make of a last call of the same type
 * from -O2 on.
 *
 * setrlimit. A limit on addresses counts what the region reserves: it gives that back.
 */
#include <dlfcn.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/config.h"
#include "base/export.h"

#if defined(__GLIBC__) && defined(__OPTIMIZE__) && !defined(HALLOC_NO_OVERRIDE)

typedef void *open_library(const char *path, int mode);

/* What is asked next may be another library's, which stands in front of libc's. */
EXPORT void *dlopen(const char *path, int mode) {
    static open_library *next;
    if (!load_relaxed(&next))
        store_relaxed(&next, (open_library *)dlsym(RTLD_NEXT, "dlopen"));
    return load_relaxed(&next)(path, mode & ~RTLD_DEEPBIND);
}

/* By other names, for libc's headers declare them with types of their own. */
EXPORT int change_limit(pid_t pid, int resource, const void *wanted, void *before) __asm__("prlimit64");
EXPORT int change_own_limit(int resource, const void *wanted) __asm__("setrlimit64");

int change_limit(pid_t pid, int resource, const void *wanted, void *before) {
    int result = (int)syscall(SYS_prlimit64, pid, resource, wanted, before);
    if (result == 0 && wanted && resource == RLIMIT_AS)
        halloc_heed_limits();
    return result;
}

int change_own_limit(int resource, const void *wanted) {
    return change_limit(0, resource, wanted, NULL);
}

__asm__(".globl prlimit, setrlimit\nprlimit = prlimit64\nsetrlimit = setrlimit64");

#endif
