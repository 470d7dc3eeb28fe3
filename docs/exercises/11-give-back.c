/* 11-give-back.c - gives the memory of a free block back to the system. The program's data in the blocks beside it is lost,
 * and the resident size stays what it was. Mend both, and believe the system when it says no. */
#define _GNU_SOURCE
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* The block is [start, start + bytes). Returns how many bytes of it went back: those now read as zero. */
size_t give_back(char *start, size_t bytes) {
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t from = (uintptr_t)start & ~(page - 1);
    uintptr_t to = ((uintptr_t)start + bytes + page - 1) & ~(page - 1);
    madvise((void *)from, to - from, MADV_FREE);
    return to - from;
}
