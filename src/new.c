/*
 * new.c - the C++ operators new and delete, exported from C under their mangled names.
 *
 * So the library needs no C++ compiler and no libstdc++, and `delete` is free under another name. In a
 * program with a C++ runtime, a failing new calls its new_handler and throws bad_alloc. Both are found by
 * weak references, or by name if the runtime came later, with a plugin. -fexceptions lets the exception
 * pass through this file. Without a runtime a failing new aborts: nobody could catch.
 *
 * The nothrow forms of new are left to the C++ runtime: they call ours inside try and catch, for a
 * new_handler may throw, and only C++ can catch.
 *
 * Names: Itanium C++ ABI. nw is new, na new[], dl delete, da delete[]; m is size_t, Pv a void pointer,
 * St11align_val_t std::align_val_t.
 */
#include <dlfcn.h>
#include <stdlib.h>

#include "base/export.h"
#include "platform/fatal.h"
#include "process/process.h"
#include "thread/thread_cache.h"

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

/* The slow path of malloc. If there is no memory, asks the handler for some until there is or it gives up, as
 * the standard says. The handler may throw. */
static __attribute__((noinline)) void *new_slowly(size_t size, size_t alignment, enum maker maker) {
    void *ptr = halloc_aligned_alloc(alignment, size);
    new_handler (*get)(void) = ptr ? NULL : find_in_runtime(get_new_handler, "_ZSt15get_new_handlerv");
    for (new_handler handler; !ptr && get && (handler = get());) {
        handler();
        ptr = halloc_aligned_alloc(alignment, size);
    }
    if (ptr && conf.harden)
        harden_resize(ptr, size, maker);
    if (ptr)
        return ptr;
    void (*throw)(void) = find_in_runtime(throw_bad_alloc, "_ZSt17__throw_bad_allocv");
    if (throw)
        throw();
    print_line("halloc: operator new: out of memory, and no C++ runtime to throw std::bad_alloc");
    abort();
}

#define NEW(name, maker)                                                                                     \
    EXPORT void *name(size_t size) {                                                                         \
        void *slot = size <= TABLE_MOST_BYTES ? slot_pop(&cache_fast->list[size_class_table[size]]) : NULL;  \
        return likely(slot) ? slot : new_slowly(size, ALIGNMENT_BYTES, maker);                               \
    }                                                                                                        \
    EXPORT void *name##St11align_val_t(size_t size, size_t alignment) {                                      \
        return new_slowly(size, alignment, maker);                                                           \
    }
NEW(_Znwm, BY_NEW)
NEW(_Znam, BY_NEW_ARRAY)

/* Every delete is free. Size and alignment are looked at under harden:on only: programs that give wrong ones
 * exist. */
#define UNUSED __attribute__((unused))
INTERNAL void free_as(void *ptr, const char *call, size_t size, size_t alignment); /* malloc.c */
#define DELETE(name, call, size, alignment, ...)                                                             \
    EXPORT void name(void *ptr, ##__VA_ARGS__) {                                                             \
        free_as(ptr, call, size, alignment);                                                                 \
    }
#define DELETES(name, call)                                                                                  \
    DELETE(name, call, SIZE_UNSAID, 1)                                                                       \
    DELETE(name##m, call, size, 1, size_t size)                                                              \
    DELETE(name##RKSt9nothrow_t, call, SIZE_UNSAID, 1, UNUSED const void *tag)                               \
    DELETE(name##St11align_val_t, call, SIZE_UNSAID, alignment, size_t alignment)                            \
    DELETE(name##mSt11align_val_t, call, size, alignment, size_t size, size_t alignment)                     \
    DELETE(name##St11align_val_tRKSt9nothrow_t, call, SIZE_UNSAID, alignment, size_t alignment,              \
           UNUSED const void *tag)
DELETES(_ZdlPv, "delete")
DELETES(_ZdaPv, "delete[]")

#endif
