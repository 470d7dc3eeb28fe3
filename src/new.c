/*
 * new.c - the C++ operator new, exported from C under its mangled name.
 *
 * So the library needs no C++ compiler and no libstdc++. In a program with a C++ runtime, a failing new calls
 * its new_handler and throws bad_alloc. Both are found by weak references, or by name if the runtime came
 * later, with a plugin. -fexceptions lets the exception pass through this file. Without a runtime a failing
 * new aborts: nobody could catch.
 *
 * The usual forms of delete are free itself (malloc.c). All other forms are the C++ runtime's. Its nothrow
 * new calls ours inside try and catch, its aligned new calls our aligned_alloc, and its deletes call ours or
 * free.
 *
 * Names: Itanium C++ ABI. nw is new, na new[], m size_t.
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
static NOINLINE void *new_failed(size_t size) {
    new_handler (*get)(void) = find_in_runtime(get_new_handler, "_ZSt15get_new_handlerv");
    for (new_handler handler; get && (handler = get());) {
        handler();
        void *ptr = halloc_malloc(size);
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
    return likely(ptr) ? ptr : new_failed(size);
}
EXPORT void *_Znam(size_t size) ALIAS(_Znwm);

#endif
