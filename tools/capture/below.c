/*
 * below.c - finds the allocator below by name, and has memory for calls before that.
 *
 * dlsym(RTLD_NEXT, ...) gives what the program would call without this library: glibc, Halloc, or another
 * library that is preloaded after us. In some C libraries dlsym calls calloc to remember an error. That
 * calloc is ours, and the allocator below is not known yet. So a small static buffer serves it. Its memory
 * is recognised by its address, and never given back.
 */
#include "capture.h"

#include <dlfcn.h>
#include <string.h>

struct next_names next;

/* --- Early memory --------------------------------------------------------------------------------- */

/* 16 bytes before each allocation hold its size. */
_Alignas(4096) char early[EARLY_BYTES];
static atomic_size_t early_used;

void *early_allocate(size_t size, size_t alignment) {
    if (alignment < 16)
        alignment = 16;
    if (size > EARLY_BYTES || alignment > 4096)
        return NULL;
    size_t room = size + alignment + 32;
    size_t at = atomic_fetch_add(&early_used, room);
    if (at + room > EARLY_BYTES)
        return NULL;
    uintptr_t start = ((uintptr_t)early + at + 16 + alignment - 1) & ~(uintptr_t)(alignment - 1);
    memcpy((char *)start - sizeof size, &size, sizeof size);
    return (char *)start;
}

size_t early_size(const void *pointer) {
    size_t size;
    memcpy(&size, (const char *)pointer - sizeof size, sizeof size);
    return size;
}

/* --- Names ---------------------------------------------------------------------------------------- */

void *next_symbol(const char *name) {
    return dlsym(RTLD_NEXT, name);
}

/* Strict C forbids a cast from void * to a function pointer; POSIX allows this copy. */
static void find(void *pointer, const char *name) {
    void *symbol = next_symbol(name);
    memcpy(pointer, &symbol, sizeof symbol);
}

void next_find(void) {
    find(&next.free, "free");
    find(&next.calloc, "calloc");
    find(&next.realloc, "realloc");
    find(&next.memalign, "memalign");
    find(&next.aligned_alloc, "aligned_alloc");
    find(&next.posix_memalign, "posix_memalign");
    find(&next.valloc, "valloc");
    find(&next.pvalloc, "pvalloc");
    find(&next.free_sized, "free_sized");
    find(&next.free_aligned_sized, "free_aligned_sized");
    find(&next.usable_size, "malloc_usable_size");
    find(&next.dlclose, "dlclose");
    find(&next.malloc, "malloc"); /* the last: a thread that sees it sees all */
    dlerror();                    /* the program shall see no error of ours */
}
