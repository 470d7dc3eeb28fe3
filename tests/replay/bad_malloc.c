/* An allocator in a shared object that makes one mistake, as MISTAKE says, after a while: for `halloc replay
 * --check`. A bump allocator; each block has its size in front. */
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define ROOM ((size_t)1 << 30)
#define AFTER 3000 /* calls that are fine: libc's start has some, and the trace should */

static char *at, *memory;
static size_t calls;

static char *give_locked(size_t alignment, size_t size) {
    if (!memory)
        at = memory =
            mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    alignment = alignment < 16 ? 16 : alignment;
    char *ptr = (char *)(((uintptr_t)at + 16 + alignment - 1) & -alignment);
    if (size > ROOM || ptr + size > memory + ROOM - 4096) {
        errno = ENOMEM;
        return NULL;
    }
    memcpy(ptr - 16, &size, sizeof size);
    at = ptr + ((size + 15) & ~(size_t)15);
    calls++;
    return ptr;
}

static int locked;

static void lock(void) {
    while (__atomic_exchange_n(&locked, 1, __ATOMIC_ACQUIRE))
        ;
}

static void unlock(void) {
    __atomic_store_n(&locked, 0, __ATOMIC_RELEASE);
}

static char *give(size_t alignment, size_t size) {
    lock();
    char *ptr = give_locked(alignment, size);
    unlock();
    return ptr;
}

void *malloc(size_t size) {
    lock();
    char *ptr = give_locked(16, size + 16);
    if (MISTAKE == 1 && calls > AFTER) /* misaligned */
        ptr += 4;
    if (MISTAKE == 2 && calls > AFTER) /* overlapping */
        at -= (size + 31) & ~(size_t)15;
    if (MISTAKE == 3 && calls == AFTER) /* crashing */
        *(volatile char *)8 = 1;
    if (MISTAKE == 4 && calls > AFTER) /* full */
        ptr = NULL;
    unlock();
    return ptr;
}

void free(void *ptr) {
    (void)ptr;
}

void *calloc(size_t count, size_t size) {
    return give(16, count * size);
}

void *realloc(void *ptr, size_t size) {
    char *moved = give(16, size);
    size_t old = 0;
    if (ptr && moved) {
        memcpy(&old, (char *)ptr - 16, sizeof old);
        memcpy(moved, ptr, old < size ? old : size);
    }
    return moved;
}

int posix_memalign(void **out, size_t alignment, size_t size) {
    *out = give(alignment, size);
    return *out ? 0 : ENOMEM;
}

void *memalign(size_t alignment, size_t size) {
    return give(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    return give(alignment, size);
}
