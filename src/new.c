/*
 * new.c - the C++ operators new and delete, exported from C under their mangled names.
 *
 * So the library needs no C++ compiler and no libstdc++, and `delete` is free, not a call to it. In a program
 * with a C++ runtime, a failing new calls its new_handler and throws bad_alloc. Both are found by weak
 * references, or by name if the runtime came later, with a plugin. -fexceptions lets the exception pass
 * through this file. Without a runtime a failing new aborts: nobody could catch.
 *
 * The nothrow forms of new are left to the C++ runtime: they call ours inside try and catch, for a
 * new_handler may throw, and only C++ can catch.
 *
 * Names: Itanium C++ ABI. m is size_t, Pv a void pointer, St11align_val_t std::align_val_t.
 */
#include <dlfcn.h>
#include <stdlib.h>

#include "base/export.h"
#include "platform/fatal.h"
#include "process/process.h"

#ifndef HALLOC_NO_OVERRIDE

typedef void (*new_handler)(void);

extern new_handler get_new_handler(void) __asm__("_ZSt15get_new_handlerv") __attribute__((weak));
extern void throw_bad_alloc(void) __asm__("_ZSt17__throw_bad_allocv") __attribute__((weak, noreturn));

/* Where dlopen is: not in static programs, where nothing comes later. */
#pragma weak dlopen
#pragma weak dlsym

static void *find_in_runtime(void *found, const char *name) {
    if (found || !dlopen || !dlsym)
        return found;
    void *runtime = dlopen("libstdc++.so.6", RTLD_LAZY | RTLD_NOLOAD);
    return runtime ? dlsym(runtime, name) : NULL;
}

/* Asks the handler for memory until there is some or it gives up, as the standard says. The handler
 * may throw. */
static NOINLINE void *new_failed(size_t size, size_t alignment) {
    new_handler (*get)(void) = find_in_runtime(get_new_handler, "_ZSt15get_new_handlerv");
    for (new_handler handler; get && (handler = get());) {
        handler();
        void *ptr = halloc_aligned_alloc(alignment, size);
        if (ptr)
            return ptr;
    }
    void (*throw)(void) = find_in_runtime(throw_bad_alloc, "_ZSt17__throw_bad_allocv");
    if (throw)
        throw();
    warn("operator new", "out of memory, and no C++ runtime to throw std::bad_alloc");
    abort();
}

EXPORT void *_Znwm(size_t size) {
    void *ptr = halloc_malloc(size);
    return likely(ptr) ? ptr : new_failed(size, ALIGNMENT_BYTES);
}
EXPORT void *_ZnwmSt11align_val_t(size_t size, size_t alignment) {
    void *ptr = halloc_aligned_alloc(alignment, size);
    return likely(ptr) ? ptr : new_failed(size, alignment);
}
EXPORT void *_Znam(size_t size) ALIAS(_Znwm);
EXPORT void *_ZnamSt11align_val_t(size_t size, size_t alignment) ALIAS(_ZnwmSt11align_val_t);

/* Every delete is free: size and alignment are hints, and programs that give wrong ones exist. In
 * the single-file build it is the same address; an alias can't reach into another file. */
#define UNUSED __attribute__((unused))
#ifdef HALLOC_SINGLE_FILE
#define DELETE(name, ...) EXPORT void name(void *ptr, ##__VA_ARGS__) ALIAS(halloc_free)
#if !defined(__clang__)
#pragma GCC diagnostic ignored "-Wattribute-alias" /* they take more arguments than free looks at */
#endif
#else
#define DELETE(name, ...)                                                                                    \
    EXPORT void name(void *ptr, ##__VA_ARGS__) {                                                             \
        halloc_free(ptr);                                                                                    \
    }
#endif

DELETE(_ZdlPv);
DELETE(_ZdaPv);
DELETE(_ZdlPvm, UNUSED size_t size);
DELETE(_ZdaPvm, UNUSED size_t size);
DELETE(_ZdlPvRKSt9nothrow_t, UNUSED const void *tag);
DELETE(_ZdaPvRKSt9nothrow_t, UNUSED const void *tag);
DELETE(_ZdlPvSt11align_val_t, UNUSED size_t alignment);
DELETE(_ZdaPvSt11align_val_t, UNUSED size_t alignment);
DELETE(_ZdlPvmSt11align_val_t, UNUSED size_t size, UNUSED size_t alignment);
DELETE(_ZdaPvmSt11align_val_t, UNUSED size_t size, UNUSED size_t alignment);
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, UNUSED size_t alignment, UNUSED const void *tag);
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, UNUSED size_t alignment, UNUSED const void *tag);

#endif
