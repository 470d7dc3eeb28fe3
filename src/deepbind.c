/*
 * deepbind.c - libraries that dlopen is told to bind to their own copies first. Layer 11, in libhalloc.so
 * alone.
 *
 * Under RTLD_DEEPBIND a library and what it needs come before the program in the search for its names, and it
 * needs libc: so its malloc is libc's, while objects go to and fro between it and the program. PHP loads its
 * modules so, and ended under every preloaded allocator. Here dlopen forgets the flag.
 *
 * The call must be the caller's: where a library is searched depends on who asks (RUNPATH), which libc sees
 * by the return address. So it is a jump, which compilers make of a last call of the same type.
 */
#include <dlfcn.h>

#include "export.h"

#if defined(__GLIBC__) && defined(__OPTIMIZE__) && !defined(HALLOC_NO_OVERRIDE)

typedef void *open_library(const char *path, int mode);

/* What is asked next may be another library's, which stands in front of libc's. */
__attribute__((optimize("optimize-sibling-calls"))) EXPORT void *dlopen(const char *path, int mode) {
    static open_library *next;
    if (!load_relaxed(&next))
        store_relaxed(&next, (open_library *)dlsym(RTLD_NEXT, "dlopen"));
    return load_relaxed(&next)(path, mode & ~RTLD_DEEPBIND);
}

#endif
