/*
 * count.c - a library, preloaded before Halloc's: counts exactly what malloc and its kin grant, call by call.
 *
 *      fresh      of new objects and of those that realloc moved; and what others grew by. If they have $EVERY bytes
 *                 or more they count as a whole again: they are samples again (docs/decisions/sampling.md)
 *      all        as the library's own counters have it: a realloc counts as a whole, even one that changes nothing
 *
 * At exit both go to the file that $COUNTED names.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static unsigned long fresh, all;
static unsigned long every = -1ul;
static pid_t counted;

static void add(unsigned long *sum, unsigned long bytes) {
    __atomic_fetch_add(sum, bytes, __ATOMIC_RELAXED);
}

static void *took(void *ptr) {
    size_t bytes = ptr ? malloc_usable_size(ptr) : 0;
    add(&fresh, bytes);
    add(&all, bytes);
    return ptr;
}

#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

void *malloc(size_t size) {
    static void *(*next)(size_t);
    if (!next)
        next = NEXT(malloc);
    return took(next(size));
}

void *calloc(size_t count, size_t size) {
    static void *(*next)(size_t, size_t);
    if (!next)
        next = NEXT(calloc);
    return took(next(count, size));
}

void *realloc(void *ptr, size_t size) {
    static void *(*next)(void *, size_t);
    if (!next)
        next = NEXT(realloc);
    size_t before = ptr ? malloc_usable_size(ptr) : 0;
    void *now = next(ptr, size);
    size_t bytes = now ? malloc_usable_size(now) : 0;
    add(&all, bytes);
    add(&fresh, now != ptr || (bytes > before && bytes >= every) ? bytes
                : bytes > before                                 ? bytes - before
                                                                 : 0);
    return now;
}

int posix_memalign(void **to, size_t alignment, size_t size) {
    static int (*next)(void **, size_t, size_t);
    if (!next)
        next = NEXT(posix_memalign);
    int error = next(to, alignment, size);
    if (!error)
        took(*to);
    return error;
}

__attribute__((constructor)) static void begin(void) {
    counted = getpid();
    if (getenv("EVERY"))
        every = strtoul(getenv("EVERY"), NULL, 10);
}

__attribute__((destructor)) static void end(void) {
    const char *path = getenv("COUNTED");
    int saved = errno;
    unsigned long sums[] = {fresh, all};
    FILE *file = path && counted == getpid() ? fopen(path, "w") : NULL;
    if (file) {
        fprintf(file, "%lu %lu\n", sums[0], sums[1]);
        fclose(file);
    }
    errno = saved;
}
