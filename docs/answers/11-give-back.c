/* 11-give-back.c - gives the memory of a free block back to the system. */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* The block is [start, start + bytes). Returns how many bytes of it went back: those now read as zero. */
size_t give_back(char *start, size_t bytes) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = ((uintptr_t)start + page - 1) & ~(page - 1); /* a page that the neighbour shares stays */
    uintptr_t to = ((uintptr_t)start + bytes) & ~(page - 1);
    if (from >= to || madvise((void *)from, to - from, MADV_DONTNEED) != 0)
        return 0;
    return to - from;
}
